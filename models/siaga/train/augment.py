"""Photographs made to look like CCTV, through albumentations, in the order in which a camera spoils them.

First what is in the air (rain, fog), then the light, things in the way, movement, few pixels, the sensor's
noise, and last the codec.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from siaga.core.errors import ConfigError

from .checkpoint import prepare_framework

Probability = Annotated[float, Field(ge=0, le=1)]
Share = Annotated[float, Field(gt=0, le=1)]


class _Step(BaseModel):
    """``p``: how likely a picture gets it. Ranges are (least, most)."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    p: Probability = 0.0

    @model_validator(mode="after")
    def _ranges_run_upwards(self) -> Self:
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, tuple) and value[0] > value[1]:
                raise ValueError(f"{name}: the first number must not be greater than the second")
        return self


class LowLight(_Step):
    """``gamma`` over 1 darkens: grey values v in 0..1 become v ** gamma."""

    gamma: tuple[Annotated[float, Field(ge=1)], float] = (1.5, 3.0)


class Cutouts(_Step):
    """Rectangles of noise in front of the scene. ``size``: of their sides, as a share of the picture's.

    A box that is covered altogether is dropped, one that is covered in part shrinks to what is left.
    """

    holes: tuple[Annotated[int, Field(ge=1)], int] = (1, 6)
    size: tuple[Share, Share] = (0.03, 0.12)


class MotionBlur(_Step):
    """``px``: length of the smear, odd."""

    px: tuple[Annotated[int, Field(ge=3)], int] = (3, 9)


class Downscale(_Step):
    """``scale``: to which share of its size a picture is shrunk before it is blown up again."""

    scale: tuple[Share, Share] = (0.35, 0.8)


class Noise(_Step):
    """``intensity``: of the sensor's noise in brightness; ``colour``: in hue."""

    intensity: tuple[Share, Share] = (0.1, 0.5)
    colour: tuple[Share, Share] = (0.01, 0.05)


class Compression(_Step):
    """``quality``: of the JPEG, 1 to 100."""

    quality: tuple[Annotated[int, Field(ge=1, le=100)], Annotated[int, Field(ge=1, le=100)]] = (15, 70)


class Augment(BaseModel):
    """The section ``augment`` of a training configuration. Everything is off unless it has a ``p``.

    ``strength`` multiplies every ``p``: 0 switches all off, 0.5 halves how often.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    strength: Annotated[float, Field(ge=0, le=2)] = 1.0
    rain: _Step = _Step()
    fog: _Step = _Step()
    low_light: LowLight = LowLight()
    grey: _Step = _Step()
    cutouts: Cutouts = Cutouts()
    motion_blur: MotionBlur = MotionBlur()
    downscale: Downscale = Downscale()
    noise: Noise = Noise()
    compression: Compression = Compression()

    @classmethod
    def parse(cls, raw: dict[str, Any], path: Path) -> Self:
        """From the section of the configuration at ``path``.

        Raises:
            ConfigError: It is not valid; the text names the key.
        """
        try:
            return cls.model_validate(raw)
        except ValidationError as error:
            fault = error.errors(include_url=False, include_input=False)[0]
            key = ".".join(map(str, ("augment", *fault["loc"])))
            raise ConfigError(f"{key}: {fault['msg']}.", where=str(path), fix="See docs/train.md.") from error

    def likely(self, step: _Step) -> float:
        """How likely a picture gets ``step``."""
        return min(1.0, self.strength * step.p)


def transforms(augment: Augment) -> list[Any]:
    """The albumentations transforms, in order, those that never happen left out.

    They take and give (H, W, 3) uint8; the training framework seeds them from its own seed.
    """
    prepare_framework()
    import albumentations as A  # noqa: N812

    gamma, holes = augment.low_light.gamma, augment.cutouts
    steps = [
        A.RandomRain(blur_value=3, brightness_coefficient=0.85, p=augment.likely(augment.rain)),
        A.RandomFog(fog_coef_range=(0.1, 0.4), p=augment.likely(augment.fog)),
        A.RandomGamma(gamma_limit=(100 * gamma[0], 100 * gamma[1]), p=augment.likely(augment.low_light)),
        A.ToGray(p=augment.likely(augment.grey)),
        A.CoarseDropout(
            num_holes_range=holes.holes,
            hole_height_range=holes.size,
            hole_width_range=holes.size,
            fill="random_uniform",
            p=augment.likely(holes),
        ),
        A.MotionBlur(blur_limit=augment.motion_blur.px, p=augment.likely(augment.motion_blur)),
        A.Downscale(scale_range=augment.downscale.scale, p=augment.likely(augment.downscale)),
        A.ISONoise(
            color_shift=augment.noise.colour,
            intensity=augment.noise.intensity,
            p=augment.likely(augment.noise),
        ),
        A.ImageCompression(quality_range=augment.compression.quality, p=augment.likely(augment.compression)),
    ]
    return [step for step in steps if step.p > 0]
