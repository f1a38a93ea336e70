"""Training of the detector through ultralytics."""
