"""The fields of a manifest: frozen, unknown keys refused."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Fraction = Annotated[float, Field(ge=0, le=1)]
Side = Annotated[int, Field(ge=32, le=4096)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Triple = tuple[float, float, float]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class InputSpec(_Frozen):
    """The tensor that the model takes: (B, 3, height, width), letterboxed with ``pad_value``.

    A pixel enters as ``(value * scale - mean) / std``, value in 0..255, channels in the order ``channels``.
    """

    name: str
    width: Side = 640
    height: Side = 384
    stride: Annotated[int, Field(ge=1, le=256)] = 32
    dynamic: bool = False
    """Whether batch, height and width are free (height and width in multiples of ``stride``)."""
    channels: Literal["RGB", "BGR"] = "RGB"
    layout: Literal["NCHW"] = "NCHW"
    dtype: Literal["float32", "float16"] = "float32"
    scale: Annotated[float, Field(gt=0)] = 1 / 255
    mean: Triple = (0.0, 0.0, 0.0)
    std: Triple = (1.0, 1.0, 1.0)
    pad_value: Annotated[int, Field(ge=0, le=255)] = 114

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if self.width % self.stride or self.height % self.stride:
            raise ValueError(f"width and height must be multiples of the stride, {self.stride}")
        if min(self.std) <= 0:
            raise ValueError("std must be positive")
        return self


class NamedOutput(_Frozen):
    """A tensor that the model gives, by its name in the file."""

    name: str


class OutputSpec(NamedOutput):
    """The tensor that the model gives, float32, in pixels of the letterboxed input.

    ``yolov8``: (B, 4 + C, N), centre x, centre y, width, height, one score per class (v8, 11).
    ``yolov5``: (B, N, 5 + C), centre x, centre y, width, height, objectness, one score per class.
    ``end2end``: (B, N, 6), x1, y1, x2, y2, score, class; no NMS needed.
    """

    form: Literal["yolov8", "yolov5", "end2end"]


class Thresholds(_Frozen):
    """Least score per class, and the overlap (IoU) over which NMS drops the weaker box of a class."""

    confidence: dict[str, Fraction]
    nms_iou: Fraction = 0.6
    candidate: Fraction = 0.1
    """Least score of a head or helmet that only shows a classifier where to look, and claims nothing."""


class Gates(_Frozen):
    """Heights under which nothing is judged (the verdict is ``unknown``).

    In pixels of the picture that is analysed: what the model sees decides, whatever the camera's own size.
    """

    min_head_px: Annotated[float, Field(ge=0)] = 0.0
    min_person_px: Annotated[float, Field(ge=0)] = 0.0


class Votes(_Frozen):
    """How many looks make a verdict.

    Of the last ``window`` looks at a track, at least ``min_looks`` must have seen the head; then the share
    of them that saw a helmet decides: ``worn`` and ``missing`` are the least shares for each verdict.
    """

    window: Annotated[int, Field(ge=1, le=1000)] = 15
    min_looks: Annotated[int, Field(ge=1, le=1000)] = 5
    worn: Fraction = 0.6
    missing: Fraction = 0.7

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.min_looks > self.window:
            raise ValueError("min_looks cannot exceed window")
        return self


class Source(_Frozen):
    """One data source that went into the weights. ``images``: how many of its pictures."""

    name: str
    licence: str
    url: str
    images: Annotated[int, Field(ge=0)]


class Training(_Frozen):
    """How the weights came about. ``hours`` is wall-clock."""

    start: str
    framework: str
    command: str
    commit: str
    date: str
    hardware: str
    hours: Annotated[float, Field(ge=0)]
    sources: tuple[Source, ...]


class Measurement(_Frozen):
    """Results of the exported file on one source that was not trained on.

    ``metrics``: name to number, such as ``head_ap50`` or ``person_boxes``.
    """

    source: str
    split: str
    tuned_on: bool = False
    """Whether the thresholds were chosen on it."""
    images: Annotated[int, Field(ge=0)]
    metrics: dict[str, float]


class Parity(_Frozen):
    """How far a file is from what it was made of, through the edge's own detector, on real pictures.

    A box counts where either model finds it at the manifest's thresholds; ``boxes`` of both together.

    Attributes:
        against: The checkpoint or model file that it was compared with.
        precision: Of the numbers in the file.
        runtime: What ran it.
        images: Labelled pictures.
        matched: Share of the boxes that the other model finds too (IoU at least 0.5, same class, any score).
        box_iou: Mean IoU of matched boxes.
        score_difference: Mean absolute difference of their scores.
        map50_95: Mean average precision of this file; ``map50_95_against``: of the other.
    """

    against: str
    against_sha256: Sha256
    precision: Literal["fp32", "fp16", "int8"]
    runtime: str
    images: Annotated[int, Field(gt=0)]
    boxes: Annotated[int, Field(ge=0)]
    matched: Fraction
    box_iou: Fraction
    score_difference: Fraction
    map50_95: Fraction
    map50_95_against: Fraction
