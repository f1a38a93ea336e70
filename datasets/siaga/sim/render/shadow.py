"""Shadows of what moves on what stands still: a map for each lamp, looked up for the plate's pixels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from siaga.sim.camera import Camera

from .raster import FAR, Array, Index, rasterise
from .rectangles import Rect, around_points

Picture = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.float32]
_MAP = 2800
_TEXEL_M = 0.022
_BIAS_M = 0.05
_KEPT = 0.10
"""Share of a lamp's light that reaches its shadow by way of other surfaces."""


@dataclass(frozen=True, slots=True)
class LampView:
    """How a lamp sees the site.

    Attributes:
        axes: (3, 3) two axes across and one along the light.
        centre: (3,) the middle of what is lit, world metres.
        position: (3,) of a lamp, or None for the sun.
        softness_m: Width of the half shadow one metre behind an edge.
    """

    axes: Array
    centre: Array
    position: Array | None
    softness_m: float

    @classmethod
    def of(
        cls,
        centre: npt.ArrayLike,
        direction: npt.ArrayLike | None,
        position: npt.ArrayLike | None,
        softness_m: float,
    ) -> LampView:
        """The view of a sun that shines along `direction` or of a lamp at `position`, upon `centre`."""
        middle = np.asarray(centre, np.float64)
        spot = None if position is None else np.asarray(position, np.float64)
        along = np.asarray(direction, np.float64) if spot is None else middle - spot
        along = along / np.linalg.norm(along)
        across = np.cross(along, (0.0, 0.0, 1.0))
        across /= np.linalg.norm(across)
        return cls(np.stack([across, np.cross(across, along), along]), middle, spot, softness_m)

    def see(self, world: Array) -> Array:
        """(..., 3) world points to x and y in texels of the map and depth along the light in metres."""
        origin = self.centre if self.position is None else self.position
        local = (world - origin) @ self.axes.T
        if self.position is not None:
            reach = float(np.linalg.norm(self.centre - self.position))
            ahead = np.where(local[..., 2] > 0.2, local[..., 2], np.nan)
            local = np.stack([local[..., 0] / ahead * reach, local[..., 1] / ahead * reach, ahead], axis=-1)
        else:
            local[..., 2] += 100.0
        return np.asarray(local * [1 / _TEXEL_M, 1 / _TEXEL_M, 1.0] + [_MAP / 2, _MAP / 2, 0.0])


@dataclass(frozen=True, slots=True)
class Shade:
    """A part of a lamp's shadow map: how far the light gets, metres along it."""

    rect: Rect
    depth: npt.NDArray[np.float32]


class ShadowCaster:
    """Where one lamp's shadows fall in one camera's plate.

    Args:
        lamp: The lamp.
        camera: Of the plate.
        depth: (height, width) of the plate, metres along the axis.
        plate: The plate; `unlit` the same without this lamp.
    """

    def __init__(
        self,
        lamp: LampView,
        camera: Camera,
        depth: npt.NDArray[np.float32],
        plate: Picture,
        unlit: Picture,
    ) -> None:
        self._lamp = lamp
        seen = lamp.see(world_points(camera, depth))
        column, row = np.nan_to_num(seen[..., 0], nan=-1.0), np.nan_to_num(seen[..., 1], nan=-1.0)
        within = (column >= 0) & (column < _MAP) & (row >= 0) & (row < _MAP) & (depth < 200)
        lost = (plate.astype(np.float32) - unlit.astype(np.float32)) * (1 - _KEPT)
        self._darkens = np.maximum(lost, 0.0)
        matters = within & (self._darkens.max(axis=-1) > 1.5)
        self._pixels = np.flatnonzero(matters)
        self._texels = row[matters].astype(np.int64) * _MAP + column[matters].astype(np.int64)
        self._reach = np.nan_to_num(seen[..., 2][matters]).astype(np.float32) - _BIAS_M
        self._shape = depth.shape

    def shade_of(self, points: Array, triangles: Index) -> Shade | None:
        """The shadow map of a mesh: world points (N, 3) and triangles (M, 3)."""
        seen = self._lamp.see(points)
        rect = around_points(seen[:, :2], 1, (_MAP, _MAP))
        if rect is None:
            return None
        return Shade(rect, rasterise(seen, triangles, np.zeros(len(triangles), np.int64), rect).depth)

    def darkening(self, shades: Iterable[Shade]) -> Mask | None:
        """What shadows take from the plate: (height, width, 3), or None where none falls."""
        shade = np.full((_MAP, _MAP), FAR, np.float32)
        for each in shades:
            part = shade[each.rect.slices]
            np.minimum(part, each.depth, out=part)
        blocked = shade.ravel()[self._texels] < self._reach
        if not blocked.any():
            return None
        mask = np.zeros(self._shape, np.float32)
        mask.ravel()[self._pixels[blocked]] = 1.0
        blur = 0.9 + 26.0 * self._lamp.softness_m
        closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3)))
        soft = cv2.GaussianBlur(closed, (0, 0), blur)
        return np.asarray(soft[..., None] * self._darkens, np.float32)


def world_points(camera: Camera, depth: npt.NDArray[np.float32]) -> Array:
    """(height, width, 3) world metres of what each pixel of a render shows."""
    height, width = depth.shape
    y, x = np.mgrid[0:height, 0:width] + 0.5
    metres = np.minimum(depth, 1e4).astype(np.float64)
    right = (x - width / 2) / camera.focal_px * metres
    up = (height / 2 - y) / camera.focal_px * metres
    return np.asarray(np.stack([right, up, metres], axis=-1) @ camera.axes + np.asarray(camera.position))
