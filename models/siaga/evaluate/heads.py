"""What users feel: is a bare head called bare, and by which head height on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .metrics import Floats, iou

EDGES = (0, 12, 16, 20, 25, 32, 48, 10_000)
"""Head heights in pixels of the full picture, between which results are counted."""
_SAME_HEAD_IOU = 0.4


@dataclass(frozen=True, slots=True)
class Look:
    """One true head in one picture, and the best score of a box of either class on it (0: none).

    ``height_px``: in the full picture; ``scale``: pixels of the model's input per pixel of the picture.
    """

    bare: bool
    height_px: float
    as_head: float
    as_helmet: float
    scale: float = 1.0

    def called(self, head_threshold: float, helmet_threshold: float) -> str:
        """``head`` (bare), ``helmet``, or ``nothing``; where both pass, the higher score."""
        head = self.as_head if self.as_head >= head_threshold else 0.0
        helmet = self.as_helmet if self.as_helmet >= helmet_threshold else 0.0
        if head == helmet == 0.0:
            return "nothing"
        return "head" if head >= helmet else "helmet"


def looks(truth: Floats, bare: bool, heads: Floats, helmets: Floats, scale: float = 1.0) -> Iterator[Look]:
    """One look per true box.

    Args:
        truth: (N, 4) xyxy of heads, all bare or all helmeted.
        heads: (M, 5) xyxy and score of boxes found as bare heads; ``helmets`` likewise.
    """
    best = [_best_score(truth, found) for found in (heads, helmets)]
    for row, box in enumerate(truth):
        yield Look(bare, float(box[3] - box[1]), float(best[0][row]), float(best[1][row]), scale)


def _best_score(truth: Floats, found: Floats) -> Floats:
    if not len(found):
        return np.zeros(len(truth))
    same = iou(truth, found[:, :4]) >= _SAME_HEAD_IOU
    return np.asarray(np.where(same, found[None, :, 4], 0.0).max(axis=1))


def table(
    found: Sequence[Look], head_threshold: float, helmet_threshold: float
) -> list[dict[str, float | int]]:
    """For each range of head heights: true bare heads and helmets, and what they were called."""
    rows: list[dict[str, float | int]] = []
    for low, high in pairwise(EDGES):
        row: dict[str, float | int] = {"from_px": low, "to_px": high}
        for kind, bare in (("bare", True), ("helmeted", False)):
            inside = [look for look in found if look.bare == bare and low <= look.height_px < high]
            row[kind] = len(inside)
            for call in ("head", "helmet", "nothing"):
                row[f"{kind}_called_{call}"] = sum(
                    look.called(head_threshold, helmet_threshold) == call for look in inside
                )
        rows.append(row)
    return rows
