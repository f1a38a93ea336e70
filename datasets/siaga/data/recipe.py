"""The part of a training configuration that says how the training set is made."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from siaga.core.yaml_file import YamlFile

from .cards import Class


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Teacher(_Frozen):
    """How the COCO model labels people: input side in pixels, least score."""

    image_size: Annotated[int, Field(ge=32, multiple_of=32)] = 640
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.4


class Grids(_Frozen):
    """See ``variants.GridSpec``."""

    count: Annotated[int, Field(ge=0)]
    size: Annotated[int, Field(ge=128)]
    head_px: tuple[float, float]
    bare_head_share: Annotated[float, Field(ge=0, le=1)]
    jpeg_quality: tuple[int, int]


class Cutouts(_Frozen):
    """See ``cutouts.PasteSpec``. ``folder``: relative to the folder of the dataset cards."""

    folder: str
    count: Annotated[int, Field(ge=0)]
    size: Annotated[int, Field(ge=128)]
    people: tuple[int, int]
    person_px: tuple[float, float]
    jpeg_quality: tuple[int, int]


class Data(_Frozen):
    sources: Annotated[tuple[str, ...], Field(min_length=1)]
    head_height_per_width: Annotated[float, Field(gt=0)]
    teacher: Teacher
    duplicate_bits: Annotated[int, Field(ge=0, le=64)]
    bare_head_repeats: Annotated[int, Field(ge=1)]
    grids: Grids
    cutouts: Cutouts | None = None


class Recipe(YamlFile):
    """A training configuration.

    ``augment``: how pictures are made worse on the way in, see ``siaga.train.augment``. ``train`` goes to
    the training framework as it stands.
    """

    called = "training configuration"

    task: Literal["detect"] = "detect"
    name: str
    seed: int
    classes: Annotated[tuple[Class, ...], Field(min_length=1)]
    data: Data
    augment: dict[str, Any] = Field(default_factory=dict)
    train: dict[str, float | int | bool | str]
