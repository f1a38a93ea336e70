"""The second stage's manifest: a classifier that judges one item on a crop of the full-resolution picture."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from siaga.core.geometry import Box

from .model_file import ModelFile
from .schema import Fraction, NamedOutput, _Frozen

Region = Literal["head", "person"]


class CropOutput(NamedOutput):
    """The tensor that the model gives: (B, number of classes) float32 logits."""


class CropThresholds(_Frozen):
    """Least probability for a state; under both the item is ``unknown``."""

    worn: Fraction
    missing: Fraction


class CropGates(_Frozen):
    """``min_px``: height of the region's box in full-resolution pixels under which nothing is judged."""

    min_px: Annotated[float, Field(ge=0)] = 0.0


class CropManifest(ModelFile):
    """All that a program must know to drive a crop classifier.

    ``classes[i]`` names logit ``i``: ``worn`` and ``missing``, and others (``unclear``) that say neither.
    Probabilities are ``softmax(logits / temperature)``. The batch of the model's input is free, its
    width and height are not, whatever ``input.dynamic`` says.
    """

    task: Literal["classify"]
    item: Literal["helmet", "harness"]
    """What it judges."""
    region: Region
    """Which box is cropped: the head, helmet included, or the whole person."""
    margin: Annotated[float, Field(ge=0, le=2)]
    """Share of the box's longer side that is added on every side (see :func:`crop_region`)."""
    output: CropOutput
    temperature: Annotated[float, Field(gt=0)] = 1.0
    thresholds: CropThresholds
    gates: CropGates = CropGates()

    @model_validator(mode="after")
    def _says_both(self) -> Self:
        if not {"worn", "missing"} <= set(self.classes):
            raise ValueError("classes must contain worn and missing")
        return self


def crop_region(xyxy: Box, region: Region, margin: float) -> Box:
    """What part of the picture is cropped for the box ``xyxy``, in the box's pixels; may lie outside.

    Args:
        xyxy: Of the head (helmet included) or of the person.
        region: ``head``: a square round the box's centre. ``person``: the box's own shape.
        margin: Share of the box's longer side that is added on every side.
    """
    x1, y1, x2, y2 = xyxy
    longer = max(x2 - x1, y2 - y1)
    grown = margin * longer
    if region == "person":
        return (x1 - grown, y1 - grown, x2 + grown, y2 + grown)
    x, y, half = (x1 + x2) / 2, (y1 + y2) / 2, longer / 2 + grown
    return (x - half, y - half, x + half, y + half)
