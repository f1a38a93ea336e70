"""Where heads were, for as long as a clip may still ask."""

from collections import deque
from itertools import count

import numpy as np

from siaga.core.detection import Detections
from siaga.core.frame import Frame
from siaga.core.geometry import Box, as_boxes, iou
from siaga.core.person import Judged
from siaga.core.video import HeadSample

_SAME = 0.7


class HeadHistory:
    """Remembers people's boxes per analysed frame of one camera.

    Args:
        seconds: How far back a clip can reach.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._loose = count(-1, -1)
        self._frames: deque[tuple[int, float, tuple[HeadSample, ...]]] = deque()

    def add(self, frame: Frame, people: tuple[Judged, ...], detections: Detections) -> None:
        """Remember ``people`` at ``frame``, and every head and body that belongs to no track yet."""
        tracked = [
            HeadSample(frame.pts, judged.person.track_id, judged.person.xyxy, judged.person.head_box)
            for judged in people
        ]
        self._frames.append(
            (frame.epoch, frame.pts, (*tracked, *self._others(frame.pts, tracked, detections)))
        )
        while self._frames and self._outdated(frame, *self._frames[0][:2]):
            self._frames.popleft()

    def _others(self, pts: float, tracked: list[HeadSample], detections: Detections) -> list[HeadSample]:
        bodies = _new_boxes(detections.of("person"), [sample.person for sample in tracked])
        known_heads = [sample.head for sample in tracked if sample.head is not None]
        heads = [box for name in ("head", "helmet") for box in _new_boxes(detections.of(name), known_heads)]
        # Each stands for itself, under a number that no track has: nobody knows which belong together.
        return [
            *(HeadSample(pts, next(self._loose), box, None) for box in bodies),
            *(HeadSample(pts, next(self._loose), box, box) for box in heads),
        ]

    def _outdated(self, frame: Frame, epoch: int, pts: float) -> bool:
        # Another epoch's clock cannot be compared; its frames leave by count instead.
        return frame.pts - pts > self._seconds if epoch == frame.epoch else len(self._frames) > 2000

    def between(self, epoch: int, pts0: float, pts1: float) -> tuple[HeadSample, ...]:
        """Samples over the span and one analysed frame beyond it on either side."""
        frames = [entry for entry in self._frames if entry[0] == epoch]
        first = max((pts for _, pts, _ in frames if pts < pts0), default=pts0)
        last = min((pts for _, pts, _ in frames if pts > pts1), default=pts1)
        return tuple(sample for _, pts, samples in frames if first <= pts <= last for sample in samples)


def _new_boxes(found: Detections, known: list[Box]) -> list[Box]:
    overlap = iou(found.xyxy, as_boxes(known))
    unknown = found.xyxy[~np.any(overlap > _SAME, axis=1)]
    return [(float(x1), float(y1), float(x2), float(y2)) for x1, y1, x2, y2 in unknown]
