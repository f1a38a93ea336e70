"""The contract of a tracker."""

from typing import Protocol

from siaga.core.detection import Detections
from siaga.core.person import Track


class Tracker(Protocol):
    """Follows the people of one camera. One instance per camera; ids of two instances are unrelated."""

    def update(self, detections: Detections, t: float) -> tuple[Track, ...]:
        """Take one analysed frame.

        Args:
            detections: All boxes of the frame, full-resolution pixels; only class ``person`` is followed.
            t: Seconds on the rule clock. Frames may come at any rate; a time that does not advance is
                allowed, one that goes back gives no tracks.

        Returns:
            The confirmed tracks seen in this frame, by ascending id, each with the detector's own box (not
            a smoothed one). A track that was not seen in this frame is not among them.
        """

    def reset(self) -> None:
        """Forget everybody, e.g. when the stream was cut. Ids given before are never given again."""
