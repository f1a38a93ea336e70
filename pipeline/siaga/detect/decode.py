"""From a model's output tensor to boxes in pixels of its input."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siaga.manifest import OutputSpec

from .letterbox import Boxes
from .nms import MAX_DETECTIONS, nms

Output = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """Boxes of one picture in pixels of the model's input, best first.

    Attributes:
        xyxy: (N, 4) float32.
        confidence: (N,) float32, 0..1.
        class_id: (N,) int32.
    """

    xyxy: Boxes
    confidence: NDArray[np.float32]
    class_id: NDArray[np.int32]

    def take(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> "Raw":
        """The boxes that ``index`` picks."""
        return Raw(self.xyxy[index], self.confidence[index], self.class_id[index])


def expected_channels(spec: OutputSpec, classes: int) -> tuple[int, int]:
    """The axis of the three of ``spec``'s output that carries a box, and how long it must be."""
    match spec.form:
        case "yolov8":
            return 1, 4 + classes
        case "yolov5":
            return 2, 5 + classes
        case "end2end":
            return 2, 6


def decode(spec: OutputSpec, output: Output, thresholds: NDArray[np.float32], iou: float) -> Raw:
    """Boxes of one picture.

    A box counts as its best class, and stays when that class's score is over the class's threshold.

    Args:
        spec: The form of the output.
        output: One picture's output, without the batch axis: (4 + C, N), (N, 5 + C) or (N, 6).
        thresholds: (C,) float32, least confidence per class.
        iou: Overlap for NMS; an end-to-end head has had its own.
    """
    match spec.form:
        case "yolov8":
            found = _yolov8(output, thresholds)
        case "yolov5":
            found = _yolov5(output, thresholds)
        case "end2end":
            return _end2end(output, thresholds)
    return found.take(nms(found.xyxy, found.confidence, found.class_id, iou))


def _yolov8(output: Output, thresholds: NDArray[np.float32]) -> Raw:
    scores = output[4:]
    best = scores.max(axis=0)
    picked = np.flatnonzero(best > thresholds.min())
    class_id = scores[:, picked].argmax(axis=0).astype(np.int32)
    return _over(Raw(_corners(output[:4, picked].T), best[picked], class_id), thresholds)


def _yolov5(output: Output, thresholds: NDArray[np.float32]) -> Raw:
    rows = output[output[:, 4] > thresholds.min()]
    scores = rows[:, 5:] * rows[:, 4:5]
    class_id = scores.argmax(axis=1).astype(np.int32)
    return _over(Raw(_corners(rows[:, :4]), scores.max(axis=1), class_id), thresholds)


def _end2end(output: Output, thresholds: NDArray[np.float32]) -> Raw:
    # A class outside the manifest's, or none (NaN), would be an index fault far from here.
    known = (output[:, 5] >= 0) & (output[:, 5] < len(thresholds))
    rows = output[known & (output[:, 4] > thresholds.min())]
    found = _over(Raw(rows[:, :4], rows[:, 4], rows[:, 5].astype(np.int32)), thresholds)
    best_first = np.argsort(-found.confidence, kind="stable")[:MAX_DETECTIONS]
    return found.take(best_first)


def _over(found: Raw, thresholds: NDArray[np.float32]) -> Raw:
    # A model may overflow; what is not a number would poison the tracker.
    finite = np.isfinite(found.xyxy).all(axis=1)
    return found.take(finite & (found.confidence > thresholds[found.class_id]))


def _corners(xywh: Boxes) -> Boxes:
    centre, half = xywh[:, :2], xywh[:, 2:] / 2
    return np.concatenate((centre - half, centre + half), axis=1)
