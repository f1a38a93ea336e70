"""What a clip's ground truth says: ``NAME.truth.json`` beside ``NAME.mp4``, schema version 2."""

import json
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from siaga.core.errors import BadRequest, NotFound
from siaga.core.geometry import Box
from siaga.core.verdict import Item

Span = tuple[float, float]
_ENOUGH_VISIBLE = 0.6


class _Block(BaseModel):
    # What the score does not use (feet, parts' boxes) may stand there too.
    model_config = ConfigDict(frozen=True, extra="ignore")


class TruthZone(_Block):
    """A zone as the camera sees it; corners x,y from 0 to 1 of the picture."""

    coordinates: tuple[tuple[float, float], ...]
    exclusion: bool = False
    requires: tuple[Item, ...] = ()


class TruthEvent(_Block):
    """Something that should be reported. Seconds count from the clip's first picture.

    Attributes:
        item: What is missing (``missing_ppe``); None for other rules.
        zone: None: the whole picture.
        who: Id of the person.
        could_tell_s: When a careful person could see it; empty: never.
    """

    rule: Literal["missing_ppe", "zone_intrusion"]
    item: Item | None = None
    zone: str | None = None
    who: str
    start_s: float = Field(ge=0)
    end_s: float
    could_tell_s: tuple[Span, ...] = ()

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.end_s < self.start_s:
            raise ValueError("the event ends before it starts")
        return self

    @property
    def tellable(self) -> tuple[Span, ...]:
        """The parts of the event in which it could be told, in order."""
        clipped = ((max(begin, self.start_s), min(end, self.end_s)) for begin, end in self.could_tell_s)
        return tuple(sorted((begin, end) for begin, end in clipped if end >= begin))


class TruthPerson(_Block):
    """One person in one picture. Boxes in pixels of the picture.

    Attributes:
        xyxy: The whole person, also what is hidden.
        visible_xyxy: What shows of it.
        visibility: Share of the person that shows, 0..1.
        truncated: Cut off by the picture's edge.
        tell: Per item ``yes``, or why a careful person could not tell.
    """

    id: str
    xyxy: Box
    visible_xyxy: Box | None = None
    visibility: float = 1.0
    truncated: bool = False
    helmet: Literal["worn", "hand", "hip", "table", "none"] = "none"
    vest_xyxy: Box | None = None
    harness: Literal["worn", "none"] = "none"
    zones: tuple[str, ...] = ()
    tell: dict[Item, str] = Field(default_factory=dict)

    @property
    def clear(self) -> bool:
        """Enough of the person shows to ask that a detector find it, however small it is."""
        return not self.truncated and self.visibility >= _ENOUGH_VISIBLE

    @property
    def height(self) -> float:
        """Of the whole person, in pixels."""
        return self.xyxy[3] - self.xyxy[1]

    def wears(self, item: Item) -> bool:
        """Whether ``item`` is worn as it should be."""
        if item is Item.VEST:
            return self.vest_xyxy is not None
        return (self.helmet if item is Item.HELMET else self.harness) == "worn"

    def tellable(self, item: Item) -> bool:
        """Whether a careful person could say in this picture if ``item`` is worn."""
        return self.tell.get(item) == "yes"


class ClipTruth(_Block):
    """The truth of one clip and camera.

    Attributes:
        fps: Pictures a second; ``people[i]`` is the picture at ``i / fps`` seconds.
        light: Condition of the light, e.g. ``day`` or ``night``.
        rain, dust, dirt: Weather and a dirty window, 0 (none) to 1.
    """

    schema_version: Literal[2]
    clip: str
    scenario: str = ""
    camera: str = ""
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    fps: float = Field(gt=0)
    frames: int = Field(gt=0)
    light: str = "day"
    rain: float = Field(0.0, ge=0, le=1)
    dust: float = Field(0.0, ge=0, le=1)
    dirt: float = Field(0.0, ge=0, le=1)
    zones: dict[str, TruthZone] = Field(default_factory=dict)
    events: tuple[TruthEvent, ...] = ()
    people: tuple[tuple[TruthPerson, ...], ...]

    @model_validator(mode="after")
    def _one_entry_per_picture(self) -> Self:
        if len(self.people) != self.frames:
            raise ValueError(f"people has {len(self.people)} entries for {self.frames} frames")
        return self

    @property
    def condition(self) -> str:
        """The light, and whatever else makes it hard to see."""
        hard = {"rain": self.rain, "dust": self.dust, "dirty window": self.dirt}
        return ", ".join([self.light, *(f"{name} {share:g}" for name, share in hard.items() if share)])

    @property
    def seconds(self) -> float:
        """Length of the clip."""
        return self.frames / self.fps

    def at(self, seconds: float) -> tuple[TruthPerson, ...]:
        """Who is in the picture nearest to ``seconds``."""
        return self.people[min(max(round(seconds * self.fps), 0), self.frames - 1)]


def truth_path(clip: Path) -> Path:
    """Where the truth of ``clip`` is looked for."""
    return clip.with_name(f"{clip.stem}.truth.json")


def read_truth(clip: Path) -> ClipTruth:
    """Read the truth beside ``clip``.

    Raises:
        NotFound: The clip or its truth is not there.
        BadRequest: The truth cannot be understood.
    """
    path = truth_path(clip)
    if not clip.is_file():
        raise NotFound("no such clip", where=str(clip), fix="Give an MP4 with its ground truth beside it.")
    if not path.is_file():
        raise NotFound(
            "the clip has no ground truth, so there is nothing to score it against",
            where=str(clip),
            fix=f"Put {path.name} beside it, or look at it with siaga analyze.",
        )
    try:
        return parse_truth(json.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        what = f"{place}: {first['msg']}" if place else first["msg"]
        raise BadRequest(what, where=str(path), fix="Write the truth anew (schema version 2).") from None
    except (OSError, ValueError, TypeError) as error:
        raise BadRequest(
            f"the ground truth cannot be read ({type(error).__name__})",
            where=str(path),
            fix="It must be UTF-8 JSON of schema version 2.",
        ) from error


def parse_truth(data: Any) -> ClipTruth:
    """Truth from its JSON.

    Raises:
        ValidationError, TypeError: It is not of this form.
    """
    if not isinstance(data, dict):
        raise TypeError("the truth is not an object")
    return ClipTruth.model_validate(data)


def overlap_s(one: Span, other: Span) -> float:
    """Seconds that two spans share; negative: the seconds between them."""
    return min(one[1], other[1]) - max(one[0], other[0])
