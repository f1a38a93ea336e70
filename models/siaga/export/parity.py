"""Does a file still say what the model it was made of says? Measured on real pictures, and a gate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import linear_sum_assignment

from siaga.core.detection import Detections
from siaga.core.errors import ModelError
from siaga.detect import Detector
from siaga.evaluate.metrics import Floats, Scene, iou, score
from siaga.manifest import Manifest, Parity

from .pictures import Picture

Precision = Literal["fp32", "fp16", "int8"]
LEAST_SCORE = 0.01
"""Weaker boxes count neither for the comparison nor for the average precision."""
_SAME_BOX_IOU = 0.5


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least share of boxes found by both, the least mean IoU, the greatest mean difference of scores,
    and the greatest difference of mAP50-95, in points (hundredths)."""

    matched: float
    box_iou: float
    score_difference: float
    map_points: float


BOUNDS: Mapping[Precision, Bounds] = {
    "fp32": Bounds(0.995, 0.99, 0.005, 0.5),
    "fp16": Bounds(0.99, 0.98, 0.01, 0.5),
    "int8": Bounds(0.95, 0.90, 0.05, 1.5),
}


def with_weak_boxes(manifest: Manifest) -> Manifest:
    """The manifest with every threshold at ``LEAST_SCORE``."""
    floor = dict.fromkeys(manifest.classes, LEAST_SCORE)
    return manifest.model_copy(
        update={"thresholds": manifest.thresholds.model_copy(update={"confidence": floor})}
    )


@dataclass(frozen=True, slots=True)
class _Agreement:
    """One class in one picture: boxes over the threshold, how many of them have a partner, and the pairs."""

    boxes: int
    matched: int
    overlaps: Floats
    differences: Floats


@dataclass(frozen=True, slots=True)
class Figures:
    """What a comparison gave; the fields are those of :class:`siaga.manifest.Parity`."""

    images: int
    boxes: int
    matched: float
    box_iou: float
    score_difference: float
    map50_95: float
    map50_95_against: float

    @property
    def map_points(self) -> float:
        """Difference of mAP50-95 in points, this file's less the other's."""
        return 100 * (self.map50_95 - self.map50_95_against)

    def __str__(self) -> str:
        return (
            f"{self.matched:.1%} of {self.boxes} boxes found by both, mean IoU {self.box_iou:.4f}, "
            f"mean score difference {self.score_difference:.4f}, mAP50-95 {self.map50_95:.4f} against "
            f"{self.map50_95_against:.4f} ({self.map_points:+.2f} points) on {self.images} pictures"
        )


def compare(
    reference: Detector,
    candidate: Detector,
    pictures: Iterable[Picture],
    thresholds: Mapping[str, float],
    progress: Callable[[int], None],
) -> Figures:
    """Run both over the pictures.

    Args:
        reference: Opened :func:`with_weak_boxes`; ``candidate`` likewise. Same classes in the same order.
        thresholds: By class; a box over it in either model must be found by the other.
        progress: Called with the number of pictures done.
    """
    names = candidate.class_names
    agreements: list[_Agreement] = []
    scenes: list[dict[str, list[Scene]]] = [{name: [] for name in names} for _ in range(2)]
    images = 0
    for images, picture in enumerate(pictures, 1):
        found = [model.detect([picture.frame])[0] for model in (reference, candidate)]
        for class_id, name in enumerate(names):
            sides = [_of_class(one, class_id) for one in found]
            agreements.append(_agree(sides[0], sides[1], thresholds[name]))
            for kept, (boxes, scores) in zip(scenes, sides, strict=True):
                truth = picture.truth.get(name, np.empty((0, 4)))
                kept[name].append(Scene(truth, boxes, scores, np.empty((0, 4))))
        progress(images)
    return _sum_up(images, agreements, [_mean_ap(kept.values()) for kept in scenes])


def _sum_up(images: int, agreements: Sequence[_Agreement], maps: Sequence[float]) -> Figures:
    boxes = sum(one.boxes for one in agreements)
    overlaps = np.concatenate([np.empty(0), *(one.overlaps for one in agreements)])
    differences = np.concatenate([np.empty(0), *(one.differences for one in agreements)])
    return Figures(
        images=images,
        boxes=boxes,
        matched=sum(one.matched for one in agreements) / boxes if boxes else 1.0,
        box_iou=float(overlaps.mean()) if len(overlaps) else 1.0,
        score_difference=float(differences.mean()) if len(differences) else 0.0,
        map50_95=maps[1],
        map50_95_against=maps[0],
    )


def _of_class(found: Detections, class_id: int) -> tuple[Floats, Floats]:
    own = found.class_id == class_id
    return found.xyxy[own].astype(np.float64), found.confidence[own].astype(np.float64)


def _agree(a: tuple[Floats, Floats], b: tuple[Floats, Floats], threshold: float) -> _Agreement:
    """Pair boxes so that overlaps are greatest; a pair counts where either score is over the threshold."""
    strong_a, strong_b = a[1] > threshold, b[1] > threshold
    overlaps = iou(a[0], b[0])
    rows, columns = linear_sum_assignment(overlaps, maximize=True)
    same = overlaps[rows, columns] >= _SAME_BOX_IOU
    rows, columns = rows[same], columns[same]
    counted = strong_a[rows] | strong_b[columns]
    return _Agreement(
        boxes=int(strong_a.sum() + strong_b.sum()),
        matched=int(strong_a[rows].sum() + strong_b[columns].sum()),
        overlaps=overlaps[rows, columns][counted],
        differences=np.abs(a[1][rows] - b[1][columns])[counted],
    )


def _mean_ap(classes: Iterable[Sequence[Scene]]) -> float:
    """Mean AP50-95 of the classes that have a true box; 0 where none has."""
    values = [score(scenes, 0.0).ap50_95 for scenes in classes]
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else 0.0


def judge(figures: Figures, precision: Precision) -> None:
    """The gate.

    Raises:
        ModelError: A bound of this precision is broken; the text has the figures.
    """
    bounds = BOUNDS[precision]
    faults = []
    if figures.matched < bounds.matched:
        faults.append(f"fewer than {bounds.matched:.1%} of the boxes are found by both")
    if figures.box_iou < bounds.box_iou:
        faults.append(f"the mean IoU is under {bounds.box_iou}")
    if figures.score_difference > bounds.score_difference:
        faults.append(f"scores differ by more than {bounds.score_difference} in the mean")
    if abs(figures.map_points) > bounds.map_points:
        faults.append(f"mAP50-95 differs by more than {bounds.map_points} points")
    if faults:
        raise ModelError(
            f"The {precision} file is not what it was made of: {'; '.join(faults)} ({figures}).",
            fix="Nothing was put in place. For int8, calibrate with more pictures, and of the kind that the "
            "cameras see; or ship the file in a higher precision.",
        )


def entry(figures: Figures, precision: Precision, against: tuple[str, str], runtime: str) -> Parity:
    """The manifest's ``parity``. ``against``: name and sha256 of what the file was compared with."""
    return Parity(
        against=against[0],
        against_sha256=against[1],
        precision=precision,
        runtime=runtime,
        images=figures.images,
        boxes=figures.boxes,
        matched=round(figures.matched, 5),
        box_iou=round(figures.box_iou, 5),
        score_difference=round(figures.score_difference, 5),
        map50_95=round(figures.map50_95, 5),
        map50_95_against=round(figures.map50_95_against, 5),
    )
