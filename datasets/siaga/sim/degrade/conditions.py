"""How hard it is to see: what a scenario and a camera say, as the numbers that the stages take."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

import numpy as np
import numpy.typing as npt

from siaga.sim.scenario import CameraView, Light, Scenario

Rgb = npt.NDArray[np.uint8]
"""(H, W, 3) RGB."""
Plane = npt.NDArray[np.float32]
"""(H, W)."""

_EXPOSURE_S: dict[Light, float] = {
    "day": 1 / 500,
    "low_sun": 1 / 250,
    "overcast": 1 / 125,
    "night": 1 / 25,
    "infrared": 1 / 30,
}
_GAIN: dict[Light, float] = {"day": 1.0, "low_sun": 1.15, "overcast": 1.3, "night": 4.0, "infrared": 3.0}
_SATURATION: dict[Light, float] = {
    "day": 0.94,
    "low_sun": 0.92,
    "overcast": 0.86,
    "night": 0.62,
    "infrared": 0.0,
}


@dataclass(frozen=True, slots=True)
class Conditions:
    """Of one camera in one clip.

    Attributes:
        camera: Name, shown in the picture.
        start: UTC time of the first frame, shown in the picture.
        fps: Pictures a second.
        rain, dust, dirt, noise: 0 (none) to 1.
        seed: Of every random stream here.
    """

    camera: str
    start: datetime
    fps: int
    seed: int
    light: Light = "day"
    rain: float = 0.0
    dust: float = 0.0
    dirt: float = 0.0
    noise: float = 0.2

    @classmethod
    def of(cls, scenario: Scenario, camera: str) -> Conditions:
        """What a scenario says about one of its cameras."""
        view: CameraView = scenario.cameras[camera]
        return cls(
            camera=camera,
            start=scenario.start,
            fps=scenario.fps,
            seed=scenario.seed,
            light=scenario.light,
            rain=scenario.rain,
            dust=scenario.dust,
            dirt=scenario.dirt,
            noise=view.noise,
        )

    @property
    def exposure_s(self) -> float:
        """How long a moving thing smears, seconds."""
        return _EXPOSURE_S[self.light]

    @property
    def noise_levels(self) -> float:
        """Standard deviation of the noise of a mid grey, in levels of 255."""
        return (0.6 + 5.0 * self.noise) * math.sqrt(_GAIN[self.light])

    @property
    def saturation(self) -> float:
        """What is left of the colours, 0 to 1."""
        return _SATURATION[self.light]

    def rng(self, stream: str, frame: int = 0) -> np.random.Generator:
        """Random numbers that depend on the seed, the camera, the stream's name and the frame, and on no call
        before."""
        return np.random.default_rng([self.seed, crc32(self.camera.encode()), crc32(stream.encode()), frame])
