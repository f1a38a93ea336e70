"""From the boxes of single frames to people that are followed over frames."""

from siaga.track.bytetrack import ByteTrack, TrackRules
from siaga.track.tracker import Tracker

__all__ = ["ByteTrack", "TrackRules", "Tracker"]
