"""Which pixel shows which triangle: a z-buffer in numpy, by points spread over each triangle.

A triangle becomes points no further than 0.85 pixels apart; each pixel keeps the nearest. For meshes whose
triangles are a few pixels small this is as exact as drawing them, and nothing loops over triangles.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from .rectangles import Rect

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
_SPACING_PX = 0.85
_FINEST = 256
_BATCH = 400_000
_CODE_BITS = 16
_DEPTH_STEP_M = 1e-4
FAR = np.float32(1e10)


@dataclass(frozen=True, slots=True)
class Buffer:
    """What shows in a rectangle: `depth` (h, w) float32 metres, else FAR; `code` (h, w) int32, else -1."""

    depth: npt.NDArray[np.float32]
    code: npt.NDArray[np.int32]


def rasterise(points: Array, triangles: Index, codes: Index, rect: Rect) -> Buffer:
    """Draw triangles into a rectangle.

    Args:
        points: (N, 3) x and y in pixels, depth in metres; NaN for what is behind.
        triangles: (M, 3) point numbers.
        codes: (M,) what each triangle is, 0 to 65535.
        rect: Of the render.
    """
    keys = np.full(rect.area, np.iinfo(np.int64).max, np.int64)
    corners = points[triangles]
    keep = _in_reach(corners, rect)
    corners, codes = corners[keep], codes[keep]
    steps = _steps(corners)
    for level in np.unique(steps):
        chosen = np.flatnonzero(steps == level)
        weights = _spread(int(level))
        per_batch = max(1, _BATCH // len(weights))
        for start in range(0, len(chosen), per_batch):
            part = chosen[start : start + per_batch]
            flat = corners[part].transpose(1, 0, 2).reshape(3, -1)
            _splat(keys, (weights @ flat).reshape(len(weights), -1, 3), codes[part], rect)
    return _unpacked(keys, rect)


def _in_reach(corners: Array, rect: Rect) -> npt.NDArray[np.bool_]:
    low, high = corners.min(axis=1), corners.max(axis=1)
    across = (high[:, 0] >= rect.left) & (low[:, 0] < rect.right)
    return np.asarray(across & (high[:, 1] >= rect.top) & (low[:, 1] < rect.bottom))


def _steps(corners: Array) -> Index:
    """Pieces per edge: a power of two, so that few groups come out."""
    edge = np.abs(corners - np.roll(corners, 1, axis=1))[..., :2].max(axis=(1, 2))
    wanted = np.clip(edge / _SPACING_PX, 1, _FINEST)
    return np.asarray(2 ** np.ceil(np.log2(wanted)), np.int64)


@cache
def _spread(steps: int) -> Array:
    """Barycentric weights (S, 3) of the middles of a triangle cut into steps x steps small ones."""
    first, second = np.meshgrid(np.arange(steps), np.arange(steps), indexing="ij")
    upright = np.stack([first, second], -1)[first + second < steps] + 1 / 3
    turned = np.stack([first, second], -1)[first + second < steps - 1] + 2 / 3
    both = np.concatenate([upright, turned]) / steps
    return np.asarray(np.c_[both, 1 - both.sum(axis=1)])


def _splat(keys: Index, samples: Array, codes: Index, rect: Rect) -> None:
    x, y = np.floor(samples[..., 0]) - rect.left, np.floor(samples[..., 1]) - rect.top
    inside = (x >= 0) & (x < rect.width) & (y >= 0) & (y < rect.height)
    pixel = (y[inside] * rect.width + x[inside]).astype(np.int64)
    depth = np.rint(samples[..., 2][inside] / _DEPTH_STEP_M).astype(np.int64)
    code = np.broadcast_to(codes, inside.shape)[inside]
    np.minimum.at(keys, pixel, (depth << _CODE_BITS) | code)


def _unpacked(keys: Index, rect: Rect) -> Buffer:
    empty = keys == np.iinfo(np.int64).max
    depth = np.where(empty, FAR, (keys >> _CODE_BITS) * _DEPTH_STEP_M).astype(np.float32)
    code = np.where(empty, -1, keys & (2**_CODE_BITS - 1)).astype(np.int32)
    shape = (rect.height, rect.width)
    return Buffer(depth.reshape(shape), code.reshape(shape))
