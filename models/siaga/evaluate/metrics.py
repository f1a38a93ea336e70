"""Average precision as COCO defines it, and precision and recall at one threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
IOUS = np.arange(0.5, 1.0, 0.05)


@dataclass(frozen=True, slots=True)
class Scene:
    """One class in one picture, boxes xyxy (N, 4) in pixels.

    ``ignored``: a detection on such a region that hits no true box counts neither way.
    """

    truth: Floats
    found: Floats
    scores: Floats
    ignored: Floats


@dataclass(frozen=True, slots=True)
class Score:
    """``truths``: boxes in all. Precision and recall: at the threshold given, IoU 0.5. NaN: undefined."""

    truths: int
    ap50: float
    ap50_95: float
    precision: float
    recall: float


def iou(a: Floats, b: Floats) -> Floats:
    """(N, M) intersection over union of xyxy boxes."""
    top_left = np.maximum(a[:, None, :2], b[None, :, :2])
    bottom_right = np.minimum(a[:, None, 2:], b[None, :, 2:])
    overlap = (bottom_right - top_left).clip(min=0).prod(axis=2)
    area_a, area_b = ((box[:, 2:] - box[:, :2]).prod(axis=1) for box in (a, b))
    return np.asarray(overlap / np.maximum(area_a[:, None] + area_b[None] - overlap, 1e-9))


def match(scene: Scene, least_iou: float) -> npt.NDArray[np.int8]:
    """For each detection: 1 hit, 0 false, -1 ignored. Best score first takes its best free true box."""
    verdict = np.zeros(len(scene.found), dtype=np.int8)
    overlaps = iou(scene.found, scene.truth)
    free = np.ones(len(scene.truth), dtype=np.bool_)
    on_ignored = iou(scene.found, scene.ignored).max(axis=1, initial=0.0) >= least_iou
    for index in np.argsort(-scene.scores, kind="stable"):
        row = np.where(free, overlaps[index], -1.0)
        if row.size and row.max() >= least_iou:
            free[row.argmax()] = False
            verdict[index] = 1
        elif on_ignored[index]:
            verdict[index] = -1
    return verdict


@dataclass(frozen=True, slots=True)
class Ranking:
    """All counted detections of one class in many pictures: scores and whether each is a hit; true boxes."""

    scores: Floats
    hits: npt.NDArray[np.bool_]
    truths: int


def rank(scenes: Sequence[Scene], least_iou: float) -> Ranking:
    """Match every picture once, best score first over all of them; ignored detections are left out."""
    verdicts = np.concatenate([np.zeros(0, np.int8), *(match(scene, least_iou) for scene in scenes)])
    scores = np.concatenate([np.zeros(0), *(scene.scores for scene in scenes)])
    counted = np.flatnonzero(verdicts >= 0)
    order = counted[np.argsort(-scores[counted], kind="stable")]
    return Ranking(scores[order], verdicts[order] == 1, sum(len(scene.truth) for scene in scenes))


def average_precision(ranking: Ranking) -> float:
    """Area under the interpolated precision-recall curve at 101 recalls (COCO). NaN without true boxes."""
    if not ranking.truths:
        return float("nan")
    hits = np.cumsum(ranking.hits)
    recall = hits / ranking.truths
    precision = hits / np.arange(1, len(hits) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, np.linspace(0, 1, 101), side="left")
    return float(np.mean([envelope[i] if i < len(envelope) else 0.0 for i in at]))


def at_threshold(ranking: Ranking, threshold: float) -> tuple[float, float]:
    """Precision and recall of detections scoring at least ``threshold``. NaN where undefined."""
    kept = int(np.searchsorted(-ranking.scores, -threshold, side="right"))
    hits = int(ranking.hits[:kept].sum())
    nan = float("nan")
    return (hits / kept if kept else nan), (hits / ranking.truths if ranking.truths else nan)


def score(scenes: Sequence[Scene], threshold: float) -> Score:
    """Everything about one class."""
    rankings = [rank(scenes, float(level)) for level in IOUS]
    per_iou = [average_precision(ranking) for ranking in rankings]
    precision, recall = at_threshold(rankings[0], threshold)
    return Score(rankings[0].truths, per_iou[0], float(np.mean(per_iou)), precision, recall)
