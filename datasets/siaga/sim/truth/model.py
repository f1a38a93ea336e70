"""The ground truth's form, version 2: one JSON file beside each clip."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from siaga.core.errors import StorageError
from siaga.sim.motion.state import HelmetState, LanyardState
from siaga.sim.raw import Box
from siaga.sim.scenario import Light

SCHEMA_VERSION = 2
Tell = Literal["yes", "too small", "occluded", "cut off", "indistinct"]
"""``indistinct``: too dark, or no different from what is behind."""
Span = tuple[float, float]
"""Start and end, seconds of the clip."""
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Tells:
    """Whether a careful person who looks at this one frame could tell if the item is worn."""

    helmet: Tell
    harness: Tell


@dataclass(frozen=True, slots=True)
class Person:
    """One person in one frame; all boxes are xyxy in pixels of the picture.

    Attributes:
        id: The same person has the same one through the clip.
        xyxy: Amodal box, not cut at the edge.
        visible_xyxy: Box of what can be seen, or None.
        visibility: Share of the amodal body that can be seen: neither covered nor outside the picture.
        truncated: Part of the amodal box is outside the picture.
        head_xyxy: Amodal box from chin to the top of head, hair and worn helmet; None without a head in view.
        head_visibility: As ``visibility``, of the head with a worn helmet.
        helmet_xyxy: Amodal box of the helmet alone, worn or not.
        feet: Left and right foot, pixels, also outside the picture.
        zones: Names of the zones that the person stands in.
        tell: Whether it can be told what is worn.
        tell_zone: Whether it can be told where the person stands.
    """

    id: str
    xyxy: Box
    visible_xyxy: Box | None
    visibility: float
    truncated: bool
    head_xyxy: Box | None
    head_visibility: float
    helmet: HelmetState
    helmet_xyxy: Box | None
    vest_xyxy: Box | None
    harness: Literal["worn", "none"]
    harness_xyxy: Box | None
    lanyard: LanyardState
    feet: tuple[Point, Point]
    zones: tuple[str, ...]
    tell: Tells
    tell_zone: Tell


@dataclass(frozen=True, slots=True)
class TruthEvent:
    """What should be reported, from the state of the world.

    Attributes:
        item: What is missing; None for an intrusion.
        zone: The zone concerned; None for what holds on the whole site.
        start_s, end_s: From when to when it is so while the person is in the picture.
        could_tell_s: When a careful person could see it; empty if never.
    """

    rule: Literal["missing_ppe", "zone_intrusion"]
    item: Literal["helmet", "harness"] | None
    zone: str | None
    who: str
    start_s: float
    end_s: float
    could_tell_s: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class TruthZone:
    """A zone as the camera sees it: ``coordinates`` from 0 to 1 of the picture, cut at its edge; empty if it
    is not in the picture."""

    coordinates: tuple[Point, ...]
    exclusion: bool
    requires: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """All that is true of one clip. ``people`` holds one tuple for each frame; weather goes from 0 to 1."""

    clip: str
    scenario: str
    camera: str
    seed: int
    width: int
    height: int
    fps: int
    frames: int
    light: Light
    zones: dict[str, TruthZone]
    events: tuple[TruthEvent, ...]
    people: tuple[tuple[Person, ...], ...]
    schema_version: Literal[2] = 2
    rain: float = 0.0
    dust: float = 0.0
    dirt: float = 0.0


_TRUTH = TypeAdapter(Truth)


def write_truth(path: Path, truth: Truth) -> None:
    """Write it as one line of JSON; the file is there only when it is whole."""
    fields = {"schema_version": SCHEMA_VERSION, **asdict(truth)}
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(json.dumps(fields, separators=(",", ":")) + "\n", encoding="utf-8")
    part.replace(path)


def read_truth(path: Path) -> Truth:
    """Read a clip's ground truth.

    Raises:
        StorageError: It is missing, broken or of another version.
    """
    try:
        return _TRUTH.validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        first = " ".join(str(error).split("\n")[:3])
        raise StorageError(
            f"the ground truth cannot be used ({first})", where=str(path), fix="Render the clip again."
        ) from error
