"""ByteTrack (Zhang et al., ECCV 2022, arXiv:2110.06864) as the ``trackers`` library keeps it."""

from dataclasses import dataclass

import numpy as np
from trackers.core.bytetrack.tracker import ByteTrackTracker

from siaga.core.detection import Detections
from siaga.core.person import Track

# The library states its time budget in frames of a 30 fps video, whatever the real rate.
_LIBRARY_FPS = 30


@dataclass(frozen=True, slots=True)
class TrackRules:
    """How people are followed.

    Attributes:
        activate: Least score of a box that begins a track, and for the first association; the model's own
            threshold for ``person``.
        weak: Least score for the second association, which keeps half-hidden people alive. The detector
            must be asked for person boxes down to here, or this does nothing.
        min_iou: Least overlap of a box with where its track was expected.
        confirm: Consecutive frames in which a person must be found before it gets an id.
        lost_s: Seconds without a box after which a track is given up.
        fps: Nominal rate of analysed frames; the real times of frames count, this only scales noise.
    """

    activate: float = 0.4
    weak: float = 0.1
    min_iou: float = 0.1
    confirm: int = 2
    lost_s: float = 2.0
    fps: float = 5.0


class ByteTrack:
    """A :class:`~siaga.track.tracker.Tracker` over the library's ``ByteTrackTracker``.

    Ids count from 1 and go on counting over :meth:`reset`.
    """

    def __init__(self, rules: TrackRules | None = None) -> None:
        rules = rules or TrackRules()
        self._weak = np.float32(rules.weak)
        self._first_id = 1
        self._next_id = 1
        self._last_t = float("-inf")
        self._tracker = ByteTrackTracker(
            lost_track_buffer=round(rules.lost_s * _LIBRARY_FPS),
            frame_rate=rules.fps,
            track_activation_threshold=rules.activate,
            minimum_consecutive_frames=rules.confirm,
            minimum_iou_threshold=rules.min_iou,
            high_conf_det_threshold=rules.activate,
        )

    def update(self, detections: Detections, t: float) -> tuple[Track, ...]:
        if t < self._last_t:
            return ()
        self._last_t = t
        people = detections.of("person")
        people = people.take(people.confidence >= self._weak)
        found = self._tracker.update(people.to_supervision(), timestamp=t)
        tracks = [
            Track(self._first_id + int(number), (x1, y1, x2, y2), float(confidence))
            for number, (x1, y1, x2, y2), confidence in zip(
                found.tracker_id, found.xyxy.tolist(), _confidences(found.confidence), strict=True
            )
            if number >= 0
        ]
        tracks.sort(key=lambda track: track.track_id)
        if tracks:
            self._next_id = max(self._next_id, tracks[-1].track_id + 1)
        return tuple(tracks)

    def reset(self) -> None:
        self._tracker.reset()
        self._first_id = self._next_id
        self._last_t = float("-inf")


def _confidences(values: np.ndarray | None) -> np.ndarray:
    """The library gives None where it found nothing."""
    return np.zeros(0, np.float32) if values is None else values
