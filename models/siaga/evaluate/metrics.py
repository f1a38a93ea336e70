"""Average precision as COCO defines it, and precision and recall at one threshold.

Matching, ignored boxes and the 101 recalls are those of pycocotools' ``COCOeval`` without a limit on
detections; the tests hold both against each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
IOUS = np.arange(0.5, 1.0, 0.05)
RECALLS = np.linspace(0, 1, 101)


@dataclass(frozen=True, slots=True)
class Scene:
    """One class in one picture, boxes xyxy (N, 4) in pixels.

    Attributes:
        ignored: Regions; a detection that hits no true box and lies on one (intersection over its own area)
            counts neither way. Any number of detections may lie on one (COCO's crowd).
        truth_outside: True boxes (N,) that are not asked for: a detection on one counts neither way.
        found_outside: Detections (M,) that count neither way unless they hit.
    """

    truth: Floats
    found: Floats
    scores: Floats
    ignored: Floats
    truth_outside: Bools | None = None
    found_outside: Bools | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """``truths``: boxes in all. Precision and recall: at the threshold given, IoU 0.5. NaN: undefined."""

    truths: int
    ap50: float
    ap50_95: float
    precision: float
    recall: float


def area(boxes: Floats) -> Floats:
    """(N,) square pixels of xyxy boxes."""
    return np.asarray((boxes[:, 2:] - boxes[:, :2]).clip(min=0).prod(axis=1))


def height(boxes: Floats) -> Floats:
    """(N,) pixels of xyxy boxes."""
    return np.asarray(boxes[:, 3] - boxes[:, 1])


def intersection(a: Floats, b: Floats) -> Floats:
    """(N, M) square pixels shared by xyxy boxes."""
    top_left = np.maximum(a[:, None, :2], b[None, :, :2])
    bottom_right = np.minimum(a[:, None, 2:], b[None, :, 2:])
    return np.asarray((bottom_right - top_left).clip(min=0).prod(axis=2))


def iou(a: Floats, b: Floats) -> Floats:
    """(N, M) intersection over union of xyxy boxes."""
    shared = intersection(a, b)
    return np.asarray(shared / np.maximum(area(a)[:, None] + area(b)[None] - shared, 1e-9))


def match(scene: Scene, least_iou: float) -> npt.NDArray[np.int8]:
    """For each detection: 1 hit, 0 false, -1 ignored. Best score first takes its best free true box."""
    return np.asarray(match_all(scene, [least_iou])[0], np.int8)


@dataclass(frozen=True, slots=True)
class Geometry:
    """How the boxes of a scene lie, whatever is asked for.

    Attributes:
        overlaps: (M, N) IoU of detections and true boxes; ``best`` (M,): the greatest.
        on_ignored: (M,) greatest share of a detection on one ignored region.
        order: (M,) detections, best score first.
    """

    overlaps: Floats
    best: Floats
    on_ignored: Floats
    order: npt.NDArray[np.intp]


def geometry(scene: Scene) -> Geometry:
    """Worked out once, for :func:`match_all` at many measures."""
    overlaps = iou(scene.found, scene.truth)
    shared = intersection(scene.found, scene.ignored).max(axis=1, initial=0.0)
    return Geometry(
        overlaps,
        overlaps.max(axis=1, initial=0.0),
        shared / np.maximum(area(scene.found), 1e-9),
        np.argsort(-scene.scores, kind="stable"),
    )


def match_all(scene: Scene, levels: Sequence[float], known: Geometry | None = None) -> npt.NDArray[np.int8]:
    """:func:`match` at each of ``levels``, (L, M)."""
    known = known or geometry(scene)
    outside = np.zeros(len(scene.truth), np.bool_) if scene.truth_outside is None else scene.truth_outside
    verdicts = np.zeros((len(levels), len(scene.found)), np.int8)
    for verdict, least in zip(verdicts, levels, strict=True):
        near = known.order[known.best[known.order] >= least]
        if len(near):
            _match_boxes(verdict, near, known.overlaps, outside, least)
        verdict[(verdict == 0) & (known.on_ignored >= least)] = -1
        if scene.found_outside is not None:
            verdict[(verdict == 0) & scene.found_outside] = -1
    return verdicts


def _match_boxes(
    verdict: npt.NDArray[np.int8], order: npt.NDArray[np.intp], overlaps: Floats, outside: Bools, least: float
) -> None:
    """Give each detection of ``order`` its best free true box; one that is asked for comes first."""
    free = np.ones(overlaps.shape[1], np.bool_)
    kinds = ((~outside, 1), (outside, -1)) if outside.any() else ((~outside, 1),)
    for index in order:
        for asked, value in kinds:
            row = np.where(free & asked, overlaps[index], -1.0)
            best = row.argmax()
            if row[best] >= least:
                free[best] = False
                verdict[index] = value
                break


def within(scene: Scene, truth: Floats, found: Floats, low: float, high: float) -> Scene:
    """The scene with only true boxes whose measure lies from ``low`` to below ``high`` asked for.

    Args:
        truth: (N,) measure of each true box; ``found`` (M,) of each detection.
    """
    return replace(
        scene,
        truth_outside=(truth < low) | (truth >= high),
        found_outside=(found < low) | (found >= high),
    )


@dataclass(frozen=True, slots=True)
class Ranking:
    """All counted detections of one class in many pictures, best first.

    Attributes:
        scores: (M,); ``hits`` (M,): whether each is a hit; ``scene`` (M,): the picture it is in.
        truths_in: (P,) true boxes in each picture.
    """

    scores: Floats
    hits: Bools
    scene: npt.NDArray[np.intp]
    truths_in: npt.NDArray[np.intp]

    @property
    def truths(self) -> int:
        """True boxes in all."""
        return int(self.truths_in.sum())


def rank(scenes: Sequence[Scene], least_iou: float) -> Ranking:
    """Match every picture once, best score first over all of them; ignored detections are left out."""
    return rank_all(scenes, [least_iou])[0]


def rank_all(
    scenes: Sequence[Scene], levels: Sequence[float], known: Sequence[Geometry] | None = None
) -> list[Ranking]:
    """:func:`rank` at each of ``levels``; ``known``: the scenes' geometry, when it was worked out before."""
    known = known or [geometry(scene) for scene in scenes]
    matched = (match_all(scene, levels, own) for scene, own in zip(scenes, known, strict=True))
    verdicts = np.concatenate([np.zeros((len(levels), 0), np.int8), *matched], axis=1)
    scores = np.concatenate([np.zeros(0), *(scene.scores for scene in scenes)])
    place = np.repeat(np.arange(len(scenes)), [len(scene.scores) for scene in scenes])
    truths_in = np.array([_asked_for(scene) for scene in scenes], np.intp)
    rankings = []
    for verdict in verdicts:
        counted = np.flatnonzero(verdict >= 0)
        order = counted[np.argsort(-scores[counted], kind="stable")]
        rankings.append(Ranking(scores[order], verdict[order] == 1, place[order], truths_in))
    return rankings


def _asked_for(scene: Scene) -> int:
    outside = 0 if scene.truth_outside is None else int(scene.truth_outside.sum())
    return len(scene.truth) - outside


def curve(ranking: Ranking) -> tuple[Floats, Floats]:
    """Precision and recall after each counted detection, best first; both (M,)."""
    hits = np.cumsum(ranking.hits)
    return hits / np.arange(1, len(hits) + 1), hits / max(ranking.truths, 1)


def average_precision(ranking: Ranking) -> float:
    """Area under the interpolated precision-recall curve at 101 recalls (COCO). NaN without true boxes."""
    if not ranking.truths:
        return float("nan")
    precision, recall = curve(ranking)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, RECALLS, side="left")
    return float(np.mean([envelope[i] if i < len(envelope) else 0.0 for i in at]))


def at_threshold(ranking: Ranking, threshold: float) -> tuple[float, float]:
    """Precision and recall of detections scoring at least ``threshold``. NaN where undefined."""
    kept = int(np.searchsorted(-ranking.scores, -threshold, side="right"))
    hits = int(ranking.hits[:kept].sum())
    nan = float("nan")
    return (hits / kept if kept else nan), (hits / ranking.truths if ranking.truths else nan)


def score(scenes: Sequence[Scene], threshold: float) -> Score:
    """Everything about one class."""
    return score_of(rank_all(scenes, IOUS.tolist()), threshold)


def score_of(rankings: Sequence[Ranking], threshold: float) -> Score:
    """Everything about one class from its rankings at ``IOUS``."""
    per_iou = [average_precision(ranking) for ranking in rankings]
    precision, recall = at_threshold(rankings[0], threshold)
    return Score(rankings[0].truths, per_iou[0], float(np.mean(per_iou)), precision, recall)
