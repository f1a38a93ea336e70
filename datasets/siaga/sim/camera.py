"""A fixed camera: a pinhole with one coefficient of radial distortion.

Two pictures belong to a camera. The *render* is what a pinhole sees: straight lines stay straight, its size
is ``render_size``. The *picture* is what the camera delivers: ``width`` x ``height``, bent by the lens. Both
have the same focal length in pixels and the same centre, so that nothing is scaled in the middle; the render
is larger by as much as the bent picture needs (overscan).

Pixels: x to the right, y down, (0, 0) is the upper left corner of the first pixel. World: metres, Z up.

The lens is the division model of Fitzgibbon, "Simultaneous linear estimation of multiple view geometry and
lens distortion" (2001): with radii in focal lengths, r_render = r_picture / (1 + k1 r_picture^2). For small
radii it equals r_picture = r_render (1 + k1 r_render^2), the first term of Brown's model; unlike that one, it
never folds the scene over, and both directions have a closed form.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from siaga.core.errors import ConfigError

Points = npt.NDArray[np.float64]
Picture = TypeVar("Picture", np.uint8, np.float32)

_NEAR_M = 0.05
_MOST_BENT = 0.5
"""Least 1 + k1 r^2 at the picture's corner; with less, the overscan would be many times the picture."""


class View(Protocol):
    """What a scenario says about a camera's place and lens."""

    @property
    def position(self) -> Sequence[float]:
        """Metres."""

    @property
    def look_at(self) -> Sequence[float]:
        """A point in the middle of the picture, metres."""

    @property
    def fov_deg(self) -> float:
        """Horizontal angle of view that the picture would have without distortion."""

    @property
    def k1(self) -> float:
        """Radial coefficient, 0 or less: 0 is a straight lens, -0.15 a usual wide one."""


@dataclass(frozen=True)
class Camera:
    """A camera at ``position`` that looks at ``look_at``, upright.

    Args:
        position: World, metres.
        look_at: World, metres.
        fov_deg: Horizontal angle of view of the undistorted picture, degrees.
        k1: Radial coefficient, 0 or less.
        width: Of the picture, pixels.
        height: Of the picture, pixels.

    Raises:
        ConfigError: The camera looks straight up or down, or no lens has this angle and distortion.
    """

    position: tuple[float, float, float]
    look_at: tuple[float, float, float]
    fov_deg: float
    k1: float
    width: int
    height: int

    @classmethod
    def from_view(cls, view: View, width: int, height: int) -> Camera:
        """The camera of a scenario's ``view`` for pictures of ``width`` x ``height`` pixels."""
        x, y, z = view.position
        to_x, to_y, to_z = view.look_at
        return cls((x, y, z), (to_x, to_y, to_z), view.fov_deg, view.k1, width, height)

    def __post_init__(self) -> None:
        if not 1.0 <= self.fov_deg <= 150.0:
            raise ConfigError(f"fov_deg {self.fov_deg:g} is no angle of view.", fix="Give 1 to 150 degrees.")
        offset = np.subtract(self.look_at, self.position)
        if math.hypot(offset[0], offset[1]) < 1e-3 * float(np.linalg.norm(offset)) or not offset.any():
            raise ConfigError(
                "The camera looks straight up or down, so that no side of its picture is the upper one.",
                fix="Move look_at to the side.",
            )
        corner = math.hypot(self.width, self.height) / 2 / self.focal_px
        if self.k1 > 0 or 1 + self.k1 * corner**2 < _MOST_BENT:
            raise ConfigError(
                f"k1 {self.k1:g} is no barrel distortion at fov_deg {self.fov_deg:g}.",
                fix=f"Give {(_MOST_BENT - 1) / corner**2:.2f} to 0.",
            )

    @property
    def focal_px(self) -> float:
        """Focal length, in pixels of the render and of the middle of the picture."""
        return self.width / 2 / math.tan(math.radians(self.fov_deg) / 2)

    @cached_property
    def axes(self) -> Points:
        """(3, 3): unit vectors in world space to the right, up and forward of the picture."""
        forward = np.subtract(self.look_at, self.position)
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, (0.0, 0.0, 1.0))
        right /= np.linalg.norm(right)
        return np.stack([right, np.cross(right, forward), forward])

    @cached_property
    def matrix_world(self) -> Points:
        """(4, 4): from a camera that looks along -Z with Y up (Blender, OpenGL) to the world."""
        right, up, forward = self.axes
        matrix = np.eye(4)
        matrix[:3, :3] = np.stack([right, up, -forward], axis=1)
        matrix[:3, 3] = self.position
        return matrix

    @cached_property
    def render_size(self) -> tuple[int, int]:
        """Width and height of the render, both even, at least as large as the picture."""
        half = np.array([[self.width / 2, self.height / 2]])
        width, height = (2 * math.ceil(reach - 1e-6) for reach in self._straighten(half)[0])
        return width, height

    @property
    def render_fov_deg(self) -> float:
        """Horizontal angle of view of the render, degrees."""
        return math.degrees(2 * math.atan(self.render_size[0] / 2 / self.focal_px))

    def project(self, world: npt.ArrayLike) -> Points:
        """(N, 3) world metres to (N, 3): x and y in render pixels, depth along the axis in metres.

        x and y of points less than 0.05 m in front of the camera, or behind it, are NaN.
        """
        points = np.atleast_2d(np.asarray(world, np.float64)) - np.asarray(self.position)
        across, up, depth = (points @ self.axes.T).T
        scale = self.focal_px / np.where(depth > _NEAR_M, depth, np.nan)
        centre_x, centre_y = self._render_centre
        return np.stack([centre_x + across * scale, centre_y - up * scale, depth], axis=1)

    def distort(self, render_px: npt.ArrayLike) -> Points:
        """(N, 2) render pixels to (N, 2) picture pixels, also of what is outside; NaN stays NaN."""
        offset = np.asarray(render_px, np.float64)[:, :2] - self._render_centre
        squared = np.sum(offset**2, axis=1, keepdims=True) / self.focal_px**2
        return np.asarray(self._centre + offset * 2 / (1 + np.sqrt(1 - 4 * self.k1 * squared)))

    def undistort(self, picture_px: npt.ArrayLike) -> Points:
        """(N, 2) picture pixels to (N, 2) render pixels: the inverse of ``distort``.

        NaN for what no direction of the scene reaches, far outside the picture.
        """
        offset = np.asarray(picture_px, np.float64)[:, :2] - self._centre
        return self._render_centre + self._straighten(offset)

    def see(self, world: npt.ArrayLike) -> Points:
        """(N, 3) world metres to (N, 2) picture pixels; NaN behind the camera."""
        return self.distort(self.project(world))

    def box(self, world: npt.ArrayLike) -> tuple[float, float, float, float] | None:
        """The xyxy in picture pixels around (N, 3) world points, or None if none is before the camera.

        The box is not cut at the picture's edge.
        """
        seen = self.see(world)
        seen = seen[np.isfinite(seen).all(axis=1)]
        if len(seen) == 0:
            return None
        (left, top), (right, bottom) = seen.min(axis=0), seen.max(axis=0)
        return float(left), float(top), float(right), float(bottom)

    def warp(
        self, render: npt.NDArray[Picture], interpolation: int = cv2.INTER_CUBIC
    ) -> npt.NDArray[Picture]:
        """The picture of a render: (render height, render width[, C]) to (height, width[, C]), same dtype.

        Use ``cv2.INTER_NEAREST`` for depth and masks.

        Raises:
            ConfigError: The render has another size than ``render_size``.
        """
        if render.shape[1::-1] != self.render_size:
            raise ConfigError(
                f"The render has {render.shape[1]} x {render.shape[0]} pixels, the camera needs "
                f"{self.render_size[0]} x {self.render_size[1]}.",
                fix="Render anew, or warp with the camera that it was rendered for.",
            )
        if self.k1 == 0 and self.render_size == (self.width, self.height):
            return render
        coarse, fine = self._maps
        bent = cv2.remap(render, coarse, fine, interpolation, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(bent, render.dtype)

    @cached_property
    def in_picture(self) -> npt.NDArray[np.bool_]:
        """(render height, render width): the render's pixels whose middle is in the picture."""
        width, height = self.render_size
        grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).reshape(-1, 2) + 0.5
        bent = self.distort(grid)
        inside = ((bent >= 0) & (bent < (self.width, self.height))).all(axis=1)
        return np.asarray(inside.reshape(height, width))

    @property
    def _centre(self) -> Points:
        return np.array([self.width / 2, self.height / 2])

    @property
    def _render_centre(self) -> Points:
        return np.array(self.render_size) / 2

    def _straighten(self, offset: Points) -> Points:
        squared = np.sum(offset**2, axis=1, keepdims=True) / self.focal_px**2
        divisor = 1 + self.k1 * squared
        return np.asarray(offset / np.where(divisor > 0, divisor, np.nan))

    @cached_property
    def _maps(self) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.uint16]]:
        """OpenCV's fixed-point maps: for the middle of each picture pixel, where it is in the render."""
        grid = np.stack(np.meshgrid(np.arange(self.width), np.arange(self.height)), axis=-1)
        source = self.undistort(grid.reshape(-1, 2) + 0.5) - 0.5
        maps = source.astype(np.float32).reshape(self.height, self.width, 2)
        coarse, fine = cv2.convertMaps(maps, None, cv2.CV_16SC2)  # type: ignore[call-overload]
        return coarse, fine
