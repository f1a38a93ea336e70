"""Boxes and polygons. Boxes are ``xyxy``: left, top, right, bottom, in pixels of the full frame."""

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

Box = tuple[float, float, float, float]
Point = tuple[float, float]
Anchor = Literal["bottom_center", "center", "top_center"]
FloatArray = NDArray[np.float32]

_EPSILON = np.float32(1e-9)


def as_boxes(boxes: Iterable[Box]) -> FloatArray:
    """Stack boxes into an array of shape (N, 4) float32; (0, 4) when there are none."""
    return np.asarray(list(boxes), dtype=np.float32).reshape(-1, 4)


def area(xyxy: FloatArray) -> FloatArray:
    """Areas (N,) of boxes (N, 4); inverted boxes count as empty."""
    size = np.maximum(xyxy[:, 2:] - xyxy[:, :2], 0)
    return np.asarray(size[:, 0] * size[:, 1], dtype=np.float32)


def intersection(a: FloatArray, b: FloatArray) -> FloatArray:
    """Intersection areas (N, M) of boxes (N, 4) and (M, 4)."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    size = np.maximum(high - low, 0)
    return np.asarray(size[..., 0] * size[..., 1], dtype=np.float32)


def iou(a: FloatArray, b: FloatArray) -> FloatArray:
    """Intersection over union (N, M) of boxes (N, 4) and (M, 4)."""
    shared = intersection(a, b)
    union = area(a)[:, None] + area(b)[None, :] - shared
    return np.asarray(shared / np.maximum(union, _EPSILON), dtype=np.float32)


def contained(inner: FloatArray, outer: FloatArray) -> FloatArray:
    """Share (N, M) of each inner box (N, 4) that lies in each outer box (M, 4), 0..1."""
    return np.asarray(
        intersection(inner, outer) / np.maximum(area(inner)[:, None], _EPSILON), dtype=np.float32
    )


def clip_box(box: Box, width: float, height: float) -> Box:
    """The part of ``box`` inside a picture of ``width`` x ``height`` pixels."""
    x1, y1, x2, y2 = box
    return (
        min(max(x1, 0.0), width),
        min(max(y1, 0.0), height),
        min(max(x2, 0.0), width),
        min(max(y2, 0.0), height),
    )


def grow(box: Box, ratio: float) -> Box:
    """``box`` made larger about its centre by ``ratio`` of its size on every side."""
    x1, y1, x2, y2 = box
    dx, dy = (x2 - x1) * ratio, (y2 - y1) * ratio
    return (x1 - dx, y1 - dy, x2 + dx, y2 + dy)


def anchor_point(box: Box, anchor: Anchor = "bottom_center") -> Point:
    """The point of ``box`` that counts as where the person is."""
    x1, y1, x2, y2 = box
    y = {"bottom_center": y2, "center": (y1 + y2) / 2, "top_center": y1}[anchor]
    return ((x1 + x2) / 2, y)


def displacement(a: Box, b: Box) -> float:
    """How far ``b`` is from ``a``: between their top centres, in units of their mean height.

    Infinite when one is over twice as high as the other: a person does not change size like that in the
    few seconds over which this is asked. The top is taken because feet are hidden more often than heads.
    """
    height_a, height_b = a[3] - a[1], b[3] - b[1]
    if min(height_a, height_b) <= 0 or max(height_a, height_b) > 2 * min(height_a, height_b):
        return float("inf")
    dx = (a[0] + a[2] - b[0] - b[2]) / 2
    return float(np.hypot(dx, a[1] - b[1]) / ((height_a + height_b) / 2))


class Polygon:
    """A zone's outline in normalised coordinates (0..1 of the picture's width and height).

    Args:
        points: At least three corners, in order.

    Raises:
        ValueError: Fewer than three corners, a corner outside 0..1, or an outline that crosses itself;
            the text says which. The configuration turns it into a ConfigError with file and line.
    """

    __slots__ = ("_shape", "points")

    def __init__(self, points: Sequence[Point]) -> None:
        if len(points) < 3:
            raise ValueError(f"a polygon needs at least 3 corners, this one has {len(points)}")
        for x, y in points:
            if not (0.0 <= x <= 1.0 and 0.0 <= y <= 1.0):
                raise ValueError(f"corner ({x:g}, {y:g}) is outside the picture; coordinates run from 0 to 1")
        shape = shapely.Polygon(points)
        if not shape.is_valid or shape.area <= 0:
            raise ValueError(f"the polygon crosses itself or has no area ({shapely.is_valid_reason(shape)})")
        shapely.prepare(shape)
        self.points: tuple[Point, ...] = tuple((float(x), float(y)) for x, y in points)
        self._shape = shape

    def contains(self, point: Point, size: tuple[int, int]) -> bool:
        """Whether ``point`` (pixels) lies in or on the outline, in a picture of ``size`` (width, height)."""
        return self.contain([point], size)[0]

    def contain(self, points: Sequence[Point], size: tuple[int, int]) -> list[bool]:
        """:meth:`contains` for each of ``points``, in one call."""
        if not points:
            return []
        scaled = np.asarray(points, dtype=np.float64) / size
        inside = shapely.intersects_xy(self._shape, scaled[:, 0], np.minimum(scaled[:, 1], 1.0))
        return [bool(found) for found in inside]

    def pixels(self, size: tuple[int, int]) -> NDArray[np.int32]:
        """Corners (N, 2) int32 in pixels of a picture of ``size`` (width, height), for drawing."""
        corners: NDArray[np.int32] = np.rint(np.asarray(self.points) * np.asarray(size)).astype(np.int32)
        return corners

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Polygon) and self.points == other.points

    def __hash__(self) -> int:
        return hash(self.points)

    def __repr__(self) -> str:
        return f"Polygon({self.points!r})"
