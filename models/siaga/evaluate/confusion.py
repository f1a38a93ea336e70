"""Which class was taken for which, at the thresholds that the edge runs at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from .metrics import Bools, Floats, area, intersection, iou
from .predict import Found
from .scenes import ignored_of, truth_of

Counts = npt.NDArray[np.int64]
_SAME_IOU = 0.5


def confusion(found: Sequence[Found], names: Sequence[str], thresholds: Mapping[str, float]) -> Counts:
    """(C + 1, C + 1) counts: true class by class found; last row: nothing is there, last column: not found.

    One-to-one at IoU 0.5, a pair of the same class first; detections on ignored regions are left out.
    """
    counts = np.zeros((len(names) + 1, len(names) + 1), np.int64)
    for picture in found:
        _add(counts, picture, names, thresholds)
    return counts


def _add(counts: Counts, picture: Found, names: Sequence[str], thresholds: Mapping[str, float]) -> None:
    true_boxes, true_ids = _stacked([truth_of(picture, name) for name in names])
    kept = []
    for name in names:
        own = picture.detections.of(name)
        kept.append(own.xyxy[own.confidence > thresholds[name]].astype(np.float64))
    boxes, ids = _stacked(kept)
    overlaps = iou(true_boxes, boxes)
    gain = np.where(overlaps >= _SAME_IOU, overlaps + (true_ids[:, None] == ids[None]), 0.0)
    rows, columns = linear_sum_assignment(-gain)
    pairs = [(r, c) for r, c in zip(rows.tolist(), columns.tolist(), strict=True) if gain[r, c] > 0]
    for row, column in pairs:
        counts[true_ids[row], ids[column]] += 1
    for row in set(range(len(true_ids))) - {row for row, _ in pairs}:
        counts[true_ids[row], -1] += 1
    unreadable = _unreadable(picture, names, boxes, ids)
    for column in set(range(len(ids))) - {column for _, column in pairs}:
        counts[-1, ids[column]] += not unreadable[column]


def _stacked(parts: Sequence[Floats]) -> tuple[Floats, npt.NDArray[np.intp]]:
    ids = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return np.concatenate([np.empty((0, 4)), *parts]), ids


def _unreadable(picture: Found, names: Sequence[str], boxes: Floats, ids: npt.NDArray[np.intp]) -> Bools:
    out = np.zeros(len(boxes), np.bool_)
    for index, name in enumerate(names):
        own = ids == index
        shared = intersection(boxes[own], ignored_of(picture, name)).max(axis=1, initial=0.0)
        out[own] = shared / np.maximum(area(boxes[own]), 1e-9) >= _SAME_IOU
    return out
