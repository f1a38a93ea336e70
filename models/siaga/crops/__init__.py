"""Classifiers of the second stage: crop sets, training, calibration, and the proof on sources never seen."""
