"""Dust and rain between the camera and what it looks at."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from .conditions import Conditions, Plane, Rgb
from .people import Patch

_DUST_RGB = (198.0, 182.0, 155.0)
_MIST_RGB = (168.0, 174.0, 180.0)
_DUST_PER_M = 0.045
_MIST_PER_M = 0.008
_FURTHEST_M = 200.0
_DRIFT_PX_PER_S = 25.0
"""How fast the swathes of dust drift across the picture."""
_STREAKS = ((50, 70.0, 1.4, 42), (260, 34.0, 0.6, 40), (900, 15.0, 0.0, 30))
"""Near, middle and far rain: streaks in 1280 x 720 pixels at full rain, their length and blur in pixels,
and their brightness."""


class Haze:
    """Dust, or the mist of rain, that thickens with distance (Koschmieder's law of airlight).

    Args:
        depth: (H, W) metres to what is behind the people; without it, nothing is done.
    """

    def __init__(self, conditions: Conditions, depth: Plane | None) -> None:
        self._density = conditions.dust * _DUST_PER_M + conditions.rain * _MIST_PER_M
        self._drift = _DRIFT_PX_PER_S / conditions.fps
        self._thickness: Plane | None = None
        if depth is None or self._density == 0:
            return
        self._thickness = np.minimum(depth, _FURTHEST_M) * np.float32(-self._density)
        dusty = conditions.dust * _DUST_PER_M / self._density
        colour = np.array(_DUST_RGB) * dusty + np.array(_MIST_RGB) * (1 - dusty)
        if conditions.light in ("night", "infrared"):
            colour *= 0.3
        self._air = np.empty((*depth.shape, 3), np.uint8)
        self._air[:] = colour.astype(np.uint8)
        self._cloud = _cloud(conditions, depth.shape) * np.float32(0.5 * dusty) + 1 if dusty else None

    def apply(self, picture: Rgb, people: Sequence[Patch], frame: int) -> Rgb:
        """Lay the haze over an (H, W, 3) RGB uint8 picture; ``people`` are nearer than the depth."""
        if self._thickness is None:
            return picture
        thickness = self._thickness
        if self._cloud is not None:
            width = thickness.shape[1]
            shift = round(frame * self._drift) % width
            thickness = thickness * self._cloud[:, shift : shift + width]
        clear = np.asarray(cv2.exp(thickness), np.float32)
        for patch in people:
            seen = math.exp(-self._density * patch.depth)
            region = clear[patch.rows, patch.columns]
            np.maximum(region, patch.mask * np.float32(seen), out=region)
        return np.asarray(cv2.blendLinear(picture, self._air, clear, 1 - clear), np.uint8)


def _cloud(conditions: Conditions, shape: tuple[int, ...]) -> Plane:
    """(H, 2 W) swathes, about -1 to 1, that repeat after W columns."""
    height, width = shape
    rng = conditions.rng("dust")
    total = np.zeros((height, width), np.float32)
    for cells, weight in ((4, 0.6), (9, 0.4)):
        coarse = rng.normal(0, 0.5, (cells, cells)).astype(np.float32)
        wrapped = np.concatenate([coarse, coarse[:, :1]], axis=1)
        total += weight * cv2.resize(wrapped, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.concatenate([total, total], axis=1)


class Rain:
    """Streaks, other ones in every frame: between two frames, each drop has left the picture."""

    def __init__(self, conditions: Conditions, size: tuple[int, int]) -> None:
        self._conditions = conditions
        rng = conditions.rng("rain")
        lean = rng.uniform(-0.2, 0.2)
        strength = 1.0 if conditions.light != "infrared" else 1.8
        self._layers = [
            _streaks(rng, size, conditions.rain, kind, lean, strength) for kind in _STREAKS if conditions.rain
        ]

    def apply(self, picture: Rgb, frame: int) -> Rgb:
        """Add the streaks of one frame to an (H, W, 3) RGB uint8 picture."""
        if not self._layers:
            return picture
        rng = self._conditions.rng("drops", frame)
        height, width = picture.shape[:2]
        falling = np.zeros((height, width), np.uint8)
        for layer in self._layers:
            y, x = int(rng.integers(height)), int(rng.integers(width))
            np.maximum(falling, layer[y : y + height, x : x + width], out=falling)
        return np.asarray(cv2.add(picture, cv2.merge([falling] * 3)), np.uint8)


def _streaks(
    rng: np.random.Generator,
    size: tuple[int, int],
    rain: float,
    kind: tuple[int, float, float, int],
    lean: float,
    strength: float,
) -> Rgb:
    """(2 H, 2 W) uint8: streaks that repeat after H rows and W columns."""
    width, height = size
    count, length, blur, brightness = kind
    scale = width / 1280
    tile = np.zeros((height * 2, width * 2), np.uint8)
    for _ in range(round(count * rain)):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        long = length * scale * rng.uniform(0.6, 1.4)
        tint = min(255, round(brightness * strength * rng.uniform(0.4, 1.0)))
        for dx in (0, width):
            for dy in (0, height):
                start = round(x + dx), round(y + dy)
                end = round(x + dx + lean * long), round(y + dy + long)
                cv2.line(tile, start, end, (tint,), 1 + math.floor(blur * scale), cv2.LINE_AA)
    if blur:
        tile = np.asarray(cv2.GaussianBlur(tile, (0, 0), blur * scale + 0.3), np.uint8)
    return tile
