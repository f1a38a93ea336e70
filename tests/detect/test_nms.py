"""NMS against a slow one that follows the definition word by word."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from siaga.detect.nms import nms

Boxes = NDArray[np.float32]


def _slow(
    xyxy: Boxes, confidence: NDArray[np.float32], class_id: NDArray[np.int32], iou: float, limit: int
) -> list[int]:
    order = sorted(range(len(xyxy)), key=lambda index: (-confidence[index], index))
    kept: list[int] = []
    for index in order:
        if all(
            class_id[index] != class_id[other] or not _overlap(xyxy[index], xyxy[other]) > np.float32(iou)
            for other in kept
        ):
            kept.append(index)
    return kept[:limit]


def _overlap(a: Boxes, b: Boxes) -> np.float32:
    wide = max(np.float32(0), min(a[2], b[2]) - max(a[0], b[0]))
    high = max(np.float32(0), min(a[3], b[3]) - max(a[1], b[1]))
    shared = np.float32(wide * high)
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    return np.float32(shared / union) if union else np.float32(0)


# Whole pixels, so that pushing classes apart by 7680 costs no precision and both sides compute the same.
_box = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 40), st.integers(0, 40))
_found = st.lists(st.tuples(_box, st.integers(1, 9), st.integers(0, 2)), max_size=40)


@settings(max_examples=200, deadline=None)
@given(_found, st.sampled_from([0.0, 0.3, 0.5, 0.6, 1.0]), st.integers(1, 20))
def test_equals_the_definition(
    found: list[tuple[tuple[int, int, int, int], int, int]], iou: float, limit: int
) -> None:
    xyxy = np.array([(x, y, x + w, y + h) for (x, y, w, h), _, _ in found], np.float32).reshape(-1, 4)
    confidence = np.array([score / 10 for _, score, _ in found], np.float32)
    class_id = np.array([kind for _, _, kind in found], np.int32)
    kept = nms(xyxy, confidence, class_id, iou, max_detections=limit)
    assert kept.tolist() == _slow(xyxy, confidence, class_id, iou, limit)


def _many(count: int, seed: int) -> tuple[Boxes, NDArray[np.float32], NDArray[np.int32]]:
    random = np.random.RandomState(seed)
    # A coarse grid: many overlaps are exactly a half.
    corner = random.randint(0, 30, (count, 2)) * 10
    xyxy = np.concatenate((corner, corner + random.randint(1, 4, (count, 2)) * 20), axis=1).astype(np.float32)
    confidence = (random.randint(1, 100, count) / 100).astype(np.float32)
    return xyxy, confidence, random.randint(0, 2, count).astype(np.int32)


def test_equals_the_definition_over_several_blocks() -> None:
    xyxy, confidence, class_id = _many(900, 1)
    kept = nms(xyxy, confidence, class_id, 0.5)
    assert len(kept) > 100
    assert kept.tolist() == _slow(xyxy, confidence, class_id, 0.5, 300)


def test_an_overlap_of_exactly_the_threshold_stays() -> None:
    xyxy = np.array([[0, 0, 10, 10], [0, 0, 10, 5]], np.float32)
    scores, classes = np.array([0.9, 0.8], np.float32), np.zeros(2, np.int32)
    assert nms(xyxy, scores, classes, 0.5).tolist() == [0, 1]
    assert nms(xyxy, scores, classes, 0.49).tolist() == [0]


def test_only_the_best_candidates_are_looked_at() -> None:
    xyxy, confidence, class_id = _many(500, 2)
    best = np.argsort(-confidence, kind="stable")[:50]
    limited = nms(xyxy, confidence, class_id, 0.5, max_candidates=50)
    assert limited.tolist() == best[nms(xyxy[best], confidence[best], class_id[best], 0.5)].tolist()


def test_at_most_300_stay() -> None:
    corner = np.stack(np.divmod(np.arange(400), 20), axis=1) * 20
    xyxy = np.concatenate((corner, corner + 10), axis=1).astype(np.float32)
    confidence = np.linspace(0.9, 0.1, 400).astype(np.float32)
    assert nms(xyxy, confidence, np.zeros(400, np.int32), 0.5).tolist() == list(range(300))
