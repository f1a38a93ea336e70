"""The configuration of a crop classifier's training: where its crops come from, and how it is fitted."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from siaga.core.yaml_file import YamlFile
from siaga.manifest import Region

from .sets import Split, State

Share = Annotated[float, Field(ge=0, le=1)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Boxes(_Frozen):
    """Heads of a source with a card: ``helmet`` boxes are worn, ``head`` boxes missing.

    ``part``: the card's split. ``held_out``: share of the pictures that go to validation instead.
    """

    kind: Literal["boxes"]
    card: str
    part: str
    split: Split
    held_out: Share = 0.0


class Folders(_Frozen):
    """A folder of crops with a sub-folder per verdict; the whole picture is the person's box."""

    kind: Literal["folders"]
    name: str
    folder: str
    verdicts: dict[str, State]
    split: Split
    held_out: Share = 0.0
    licence: str = "LicenseRef-none-stated"
    url: str = ""


class Verdicts(_Frozen):
    """A table of verdicts (``split,image,cx,cy,w,h,verdict``) on people of a source's pictures.

    ``together``: pictures that show the same scene and must stay in one split; parts of their names.
    """

    kind: Literal["verdicts"]
    name: str
    table: str
    images: str
    verdicts: dict[str, State]
    split: Split
    held_out: Share = 0.0
    together: tuple[tuple[str, ...], ...] = ()
    licence: str
    url: str


class Rendered(_Frozen):
    """Crops of the simulated site (``siaga sim crops``). ``share``: of a batch, not of the set."""

    kind: Literal["rendered"]
    split: Split
    share: Share


Source = Annotated[Boxes | Folders | Verdicts | Rendered, Field(discriminator="kind")]


class Fit(_Frozen):
    """How it is fitted. ``rate``: of the new layer; the start's own layers learn at ``start_rate``."""

    start: Literal["efficientnet-lite0"] = "efficientnet-lite0"
    frozen: Annotated[int, Field(ge=0, le=16)] = 6
    pooling: Literal["mean", "mean and max"] = "mean"
    steps: Annotated[int, Field(ge=1)]
    batch: Annotated[int, Field(ge=2)] = 32
    rate: Annotated[float, Field(gt=0)] = 1e-3
    start_rate: Annotated[float, Field(ge=0)] = 3e-4
    weight_decay: Annotated[float, Field(ge=0)] = 0.02
    smoothing: Share = 0.05
    dropout: Share = 0.2
    warm_up: Share = 0.05
    averaging: Share = 0.995


class Augment(_Frozen):
    """How pictures are worn down to what CCTV shows, chances and ranges.

    ``height_px``: the box is shrunk to a height in this range (log-uniform, never enlarged). ``shift``: of
    the box, in shares of its longer side. ``zoom``: of its size. ``hue``: greatest turn in degrees:
    helmets come in every colour.
    """

    height_px: tuple[float, float]
    shrink: Share = 0.8
    shift: Annotated[float, Field(ge=0, le=0.5)] = 0.1
    zoom: tuple[float, float] = (0.85, 1.2)
    hue: Annotated[int, Field(ge=0, le=180)] = 10
    jpeg: tuple[int, int] = (25, 90)
    blur: Share = 0.3
    noise: Share = 0.4
    grey: Share = 0.15
    light: Share = 0.7
    cover: Share = 0.2


class MostWrong(_Frozen):
    """Shares of validation crops that may be called wrongly; the thresholds follow from them.

    ``worn``: of the missing that are called worn, a danger nobody sees. ``missing``: of the worn that are
    called missing, a false alarm; rarer still, because nearly everybody wears what is asked for.
    """

    worn: Share = 0.02
    missing: Share = 0.005


class CropRecipe(YamlFile):
    """A training configuration with ``task: classify``."""

    called = "training configuration"

    name: str
    task: Literal["classify"]
    seed: int
    item: Literal["helmet", "harness"]
    region: Region
    margin: Annotated[float, Field(ge=0, le=0.5)]
    classes: tuple[State, ...]
    size: tuple[Annotated[int, Field(ge=32)], Annotated[int, Field(ge=32)]]
    head_height_per_width: float = 1.15
    unclear_per_head: Annotated[float, Field(ge=0)] = 0.0
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    fit: Fit
    augment: Augment
    most_wrong: MostWrong = MostWrong()
    most_unknown: Share = 0.2
    """Share of either state that may be called neither, at every height from the gate on."""
