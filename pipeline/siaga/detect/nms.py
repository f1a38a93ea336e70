"""Non-maximum suppression: of boxes of one class that overlap, the best stays.

Same boxes in the same order as ultralytics 8.4 (``non_max_suppression(agnostic=False)`` over
``torchvision.ops.nms``): scores descending, ties in the order of the input, a box goes when its IoU with a
box that stayed is over the threshold, all in float32 with classes pushed apart by 7680 pixels.
"""

import numpy as np
from numpy.typing import NDArray

from .letterbox import Boxes

MAX_DETECTIONS = 300
MAX_CANDIDATES = 30_000
_CLASS_OFFSET = np.float32(7680)
_BLOCK = 256


def nms(
    xyxy: Boxes,
    confidence: NDArray[np.float32],
    class_id: NDArray[np.int32],
    iou: float,
    *,
    max_detections: int = MAX_DETECTIONS,
    max_candidates: int = MAX_CANDIDATES,
) -> NDArray[np.intp]:
    """Indices of the boxes that stay, best first.

    Args:
        xyxy: (N, 4) float32.
        confidence: (N,) float32.
        class_id: (N,) int32.
        iou: Overlap over which the weaker of two boxes of one class goes.
        max_detections: At most so many stay.
        max_candidates: Only so many of the best are looked at.
    """
    order = np.argsort(-confidence, kind="stable")[:max_candidates]
    boxes = xyxy[order] + (class_id[order].astype(np.float32) * _CLASS_OFFSET)[:, None]
    threshold = np.float32(iou)
    kept = np.empty(0, np.intp)
    # Blocks bound the memory: a frame full of noise has thousands of candidates.
    for start in range(0, len(order), _BLOCK):
        block = np.arange(start, min(start + _BLOCK, len(order)))
        if len(kept):
            block = block[~(_iou(boxes[kept], boxes[block]) > threshold).any(axis=0)]
        kept = np.concatenate((kept, block[_greedy(boxes[block], threshold)]))
        if len(kept) >= max_detections:
            break
    return order[kept[:max_detections]]


def _greedy(boxes: Boxes, threshold: np.float32) -> NDArray[np.bool_]:
    stays = np.ones(len(boxes), np.bool_)
    overlaps = np.triu(_iou(boxes, boxes) > threshold, 1)
    for index in np.flatnonzero(overlaps.any(axis=1)):
        if stays[index]:
            stays &= ~overlaps[index]
    return stays


def _iou(a: Boxes, b: Boxes) -> NDArray[np.float32]:
    x1 = np.maximum(a[:, None, 0], b[None, :, 0])
    y1 = np.maximum(a[:, None, 1], b[None, :, 1])
    x2 = np.minimum(a[:, None, 2], b[None, :, 2])
    y2 = np.minimum(a[:, None, 3], b[None, :, 3])
    shared = np.maximum(x2 - x1, 0) * np.maximum(y2 - y1, 0)
    union = _area(a)[:, None] + _area(b)[None, :] - shared
    # Boxes without area overlap nothing: 0 / 0 is not over any threshold.
    iou = np.divide(shared, union, out=np.zeros_like(shared), where=union != 0)
    return np.asarray(iou, np.float32)


def _area(boxes: Boxes) -> NDArray[np.float32]:
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), np.float32)
