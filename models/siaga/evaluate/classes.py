"""How well the boxes of one class are found: average precision in all, by size, and its intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from .bootstrap import Draws, Interval, average_precisions, interval
from .heads import EDGES
from .metrics import (
    IOUS,
    Floats,
    Geometry,
    Ranking,
    Scene,
    Score,
    area,
    average_precision,
    geometry,
    height,
    rank_all,
    score_of,
    within,
)

SIZES = (("small", 0.0, 32.0**2), ("medium", 32.0**2, 96.0**2), ("large", 96.0**2, math.inf))
"""COCO's: square pixels of the picture."""
_LEVELS: list[float] = IOUS.tolist()
_HEADS = ("head", "helmet")


@dataclass(frozen=True, slots=True)
class Band:
    """Average precision of the true boxes whose measure lies from ``low`` to below ``high``.

    ``ap``: at each of the levels asked for, IoU 0.5 first.
    """

    name: str
    low: float
    high: float
    truths: int
    ap: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ClassResult:
    """One class.

    Attributes:
        ranking: At IoU 0.5, for the curve.
        ap50s, ap50_95s: (R,) resampled.
        sizes: By area; ``head_px``: heads and helmets by height, otherwise empty.
    """

    name: str
    score: Score
    ranking: Ranking
    ap50s: Floats
    ap50_95s: Floats
    sizes: tuple[Band, ...]
    head_px: tuple[Band, ...]

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "truths": self.score.truths,
            "ap50": short(self.score.ap50),
            "ap50_interval": short_pair(interval(self.ap50s)),
            "ap50_95": short(self.score.ap50_95),
            "ap50_95_interval": short_pair(interval(self.ap50_95s)),
            "precision": short(self.score.precision),
            "recall": short(self.score.recall),
            "sizes": {
                band.name: {
                    "truths": band.truths,
                    "ap50": short(band.ap[0]),
                    "ap50_95": short(float(np.mean(band.ap))),
                }
                for band in self.sizes
            },
            "head_px": [
                {
                    "from_px": int(band.low),
                    "to_px": int(band.high),
                    "truths": band.truths,
                    "ap50": short(band.ap[0]),
                }
                for band in self.head_px
            ],
        }


def class_result(name: str, scenes: Sequence[Scene], threshold: float, draws: Draws) -> ClassResult:
    """Everything about one class.

    Args:
        scenes: One per picture.
        threshold: The manifest's, for precision and recall.
        draws: Resamples of these pictures.
    """
    known = [geometry(scene) for scene in scenes]
    rankings = rank_all(scenes, _LEVELS, known)
    resampled = np.stack([average_precisions(draws, ranking) for ranking in rankings])
    edges = [(f"{low}-{high} px", float(low), float(high)) for low, high in pairwise(EDGES)]
    return ClassResult(
        name,
        score_of(rankings, threshold),
        rankings[0],
        resampled[0],
        np.asarray(resampled.mean(axis=0)),
        _bands(scenes, known, area, SIZES, _LEVELS),
        _bands(scenes, known, height, edges, _LEVELS[:1]) if name in _HEADS else (),
    )


def means(results: Sequence[ClassResult]) -> dict[str, Any]:
    """mAP50 and mAP50-95 over the classes that have true boxes, with intervals."""
    own = [result for result in results if result.score.truths]
    if not own:
        return {"map50": None, "map50_interval": None, "map50_95": None, "map50_95_interval": None}
    return {
        "map50": short(float(np.mean([result.score.ap50 for result in own]))),
        "map50_interval": short_pair(interval(_mean([result.ap50s for result in own]))),
        "map50_95": short(float(np.mean([result.score.ap50_95 for result in own]))),
        "map50_95_interval": short_pair(interval(_mean([result.ap50_95s for result in own]))),
    }


def short(value: float | None) -> float | None:
    """Four digits; None where it is not defined."""
    return None if value is None or math.isnan(value) else round(value, 4)


def short_pair(pair: Interval | None) -> list[float | None] | None:
    """An interval as JSON has it."""
    return None if pair is None else [short(side) for side in pair]


def _mean(values: Sequence[Floats]) -> Floats:
    """Over classes; a resample without one of the classes has none."""
    return np.asarray(np.stack(values).mean(axis=0))


def _bands(
    scenes: Sequence[Scene],
    known: Sequence[Geometry],
    measure: Callable[[Floats], Floats],
    edges: Sequence[tuple[str, float, float]],
    levels: Sequence[float],
) -> tuple[Band, ...]:
    bands = []
    for name, low, high in edges:
        inside = [within(scene, measure(scene.truth), measure(scene.found), low, high) for scene in scenes]
        rankings = rank_all(inside, levels, known)
        values = tuple(average_precision(ranking) for ranking in rankings)
        bands.append(Band(name, low, high, rankings[0].truths, values))
    return tuple(bands)
