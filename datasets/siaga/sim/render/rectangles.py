"""Dirty rectangles: what of a render must be made anew for a frame."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Rect:
    """Whole pixels of a render, the right and bottom edges not in it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels."""
        return self.bottom - self.top

    @property
    def area(self) -> int:
        """Pixels."""
        return self.width * self.height

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, to cut the rectangle from an array (height, width, ...)."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def overlaps(self, other: Rect) -> bool:
        """Whether they share a pixel."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def around(self, other: Rect) -> Rect:
        """The smallest rectangle around both."""
        return Rect(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


def around_points(pixels: npt.NDArray[np.float64], margin: int, size: tuple[int, int]) -> Rect | None:
    """The rectangle around (N, 2) points and a margin, cut at the render's (width, height), or None.

    Points that are NaN (behind the camera) do not count.
    """
    seen = pixels[np.isfinite(pixels).all(axis=1)]
    if len(seen) == 0:
        return None
    left, top = (max(0, math.floor(v) - margin) for v in seen.min(axis=0))
    right, bottom = (min(s, math.ceil(v) + margin) for v, s in zip(seen.max(axis=0), size, strict=True))
    return Rect(left, top, right, bottom) if right - left >= 2 and bottom - top >= 2 else None


def merged(rects: Iterable[Rect], overhead: int) -> list[Rect]:
    """Join rectangles while one render of both is cheaper than two; then none overlap.

    Args:
        overhead: What starting a render costs, in pixels rendered.
    """
    kept = list(rects)
    again = True
    while again:
        again = False
        for i in range(len(kept) - 1, 0, -1):
            for j in range(i):
                joint = kept[i].around(kept[j])
                if kept[i].overlaps(kept[j]) or joint.area < kept[i].area + kept[j].area + overhead:
                    kept[j] = joint
                    del kept[i]
                    again = True
                    break
    return kept
