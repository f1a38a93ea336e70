"""The sensor and what the camera makes of it: softness, sharpening, weak colours, noise.

The noise is what a camera's own filter leaves: a fine grain that is new in every frame, and blotches, mostly
of colour, that live for some frames. Dark parts are noisier than bright ones, as after a gamma curve.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from siaga.sim.scenario import Light

from .conditions import Conditions, Plane, Rgb
from .optics import vignette

_ROOM = 64
"""How much larger than the picture a tile of noise is: where it is cut out is random."""
_TILES = 4
_LIFE_FRAMES = 5
"""Frames from one set of blotches to the next; between them, one fades into the other."""
_BLOTCH_SHARE = 0.45
_COLOUR_SHARE = 0.5
_SOFTNESS_PX = 0.62
_SHARPENING = 0.55
_NIGHT_LEVELS: dict[Light, float] = {"night": 62.0, "infrared": 78.0}
"""Mean level that the automatic gain brings a dark scene to, and the most that it can do."""
_MOST_GAIN = 3.0
_IR_RGB = (0.46, 0.34, 0.20)


class Sensor:
    """Adds one camera's sensor to (H, W, 3) RGB uint8 pictures.

    Args:
        size: Width and height, pixels.
        plate: (H, W, 3) RGB uint8, the scene without people: at night, the camera's gain is set for it.
    """

    def __init__(self, conditions: Conditions, size: tuple[int, int], plate: Rgb | None = None) -> None:
        self._conditions = conditions
        self._size = size
        self._exposure = _gain_for(plate, conditions)
        self._gain = vignette(size, conditions) * np.float32(self._exposure)
        width, height = size
        rng = conditions.rng("grain")
        self._grain = [_grain(rng, width + _ROOM, height + _ROOM) for _ in range(_TILES)]
        self._sigma = _sigma_by_level(conditions.noise_levels)

    def apply(self, picture: Rgb, frame: int) -> Rgb:
        """One frame as the sensor sees it."""
        light, red, blue = self._separate(picture)
        light = self._optics(light)
        sigma = cv2.LUT(np.clip(light, 0, 255).astype(np.uint8), self._sigma)
        light += sigma * self._luma_noise(frame)
        bright = np.clip(light, 0, 255).astype(np.uint8)
        if red is None or blue is None:
            return np.asarray(cv2.merge([bright] * 3), np.uint8)
        planes = [bright, self._colour(red, "red", frame), self._colour(blue, "blue", frame)]
        return np.asarray(cv2.cvtColor(cv2.merge(planes), cv2.COLOR_YCrCb2RGB), np.uint8)

    def _separate(
        self, picture: Rgb
    ) -> tuple[Plane, npt.NDArray[np.uint8] | None, npt.NDArray[np.uint8] | None]:
        if self._conditions.light == "infrared":
            mixed = cv2.transform(picture, np.array([_IR_RGB], np.float32))
            return np.asarray(mixed, np.float32), None, None
        light, red, blue = cv2.split(cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb))
        return np.asarray(light, np.float32), np.asarray(red, np.uint8), np.asarray(blue, np.uint8)

    def _optics(self, light: Plane) -> Plane:
        """Softness of the lens, then the camera's own sharpening, which leaves faint rims."""
        scale = self._size[0] / 1280
        soft = cv2.GaussianBlur(light * self._gain, (0, 0), max(0.3, _SOFTNESS_PX * scale))
        wide = cv2.GaussianBlur(soft, (0, 0), max(0.5, 1.6 * scale))
        return np.asarray(cv2.addWeighted(soft, 1 + _SHARPENING, wide, -_SHARPENING, 0), np.float32)

    def _luma_noise(self, frame: int) -> Plane:
        rng = self._conditions.rng("noise", frame)
        tile = self._grain[int(rng.integers(_TILES))]
        y, x = (int(value) for value in rng.integers(0, _ROOM, 2))
        width, height = self._size
        blotches = self._blotches("luma", frame)
        return tile[y : y + height, x : x + width] + _BLOTCH_SHARE * blotches

    def _colour(self, plane: npt.NDArray[np.uint8], name: str, frame: int) -> npt.NDArray[np.uint8]:
        """Half the resolution, as video has it, weaker, with blotches."""
        width, height = self._size
        half = (width // 2, height // 2)
        saturation = self._conditions.saturation * self._exposure
        small = cv2.resize(plane, half, interpolation=cv2.INTER_AREA).astype(np.float32)
        level = _COLOUR_SHARE * self._conditions.noise_levels
        small = 128 + (small - 128) * saturation + level * self._blotches(name, frame, half)
        large = cv2.resize(
            np.clip(small, 0, 255).astype(np.uint8), self._size, interpolation=cv2.INTER_LINEAR
        )
        return np.asarray(large, np.uint8)

    def _blotches(self, name: str, frame: int, size: tuple[int, int] | None = None) -> Plane:
        """(H, W) about N(0, 1), coarse, fading from one set to the next."""
        step, share = divmod(frame, _LIFE_FRAMES)
        angle = share / _LIFE_FRAMES * np.pi / 2
        width, height = self._size
        shape = max(1, height // 4), max(1, width // 4)
        old, new = (_coarse_noise(self._conditions, name, number, shape) for number in (step, step + 1))
        mixed = np.float32(np.cos(angle)) * old + np.float32(np.sin(angle)) * new
        return np.asarray(cv2.resize(mixed, size or self._size, interpolation=cv2.INTER_LINEAR), np.float32)


@lru_cache(maxsize=12)
def _coarse_noise(conditions: Conditions, name: str, number: int, shape: tuple[int, int]) -> Plane:
    return conditions.rng(f"blotches {name}", number).standard_normal(shape, np.float32)


def _gain_for(plate: Rgb | None, conditions: Conditions) -> float:
    """What the camera's automatic gain multiplies a dark scene with."""
    target = _NIGHT_LEVELS.get(conditions.light)
    if plate is None or target is None:
        return 1.0
    return min(_MOST_GAIN, max(1.0, target / max(1.0, float(plate.mean()))))


def _grain(rng: np.random.Generator, width: int, height: int) -> Plane:
    """(H, W) of standard deviation 1, a little correlated between neighbours, as demosaicing leaves it."""
    noise = cv2.GaussianBlur(rng.standard_normal((height, width), np.float32), (0, 0), 0.6)
    return np.asarray(noise / noise.std(), np.float32)


def _sigma_by_level(mid_grey: float) -> Plane:
    """(1, 256) standard deviation of the noise by level: the slope of a gamma curve, flat near black."""
    level = np.arange(256) / 255
    slope = np.clip(level, 0.06, 1) ** -0.4
    sigma = mid_grey * slope / 0.5**-0.4
    sigma *= np.clip(level / 0.06, 0.35, 1)
    return np.asarray(sigma[None], np.float32)
