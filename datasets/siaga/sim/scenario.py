"""A scenario: who walks where, wears what, takes the helmet off when, under which light and cameras.

The file is YAML; angles in degrees, metres, seconds. See ``scenarios/`` for the shipped ones. One that begins
with ``extends: NAME`` says only what is different from that one.
"""

import typing
from collections.abc import Iterable
from datetime import UTC, datetime
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from siaga.core.errors import ConfigError
from siaga.core.settings.camera import Name

from .look import Block, HarnessLook, HelmetLook, Look
from .script import MachineStep, Point, Step
from .variation import Source, read_source

__all__ = [
    "Actor",
    "CameraView",
    "HarnessLook",
    "HelmetLook",
    "Light",
    "Look",
    "Machine",
    "Scenario",
    "Step",
    "Zone",
    "load_scenario",
    "parse_scenario",
    "scenario_names",
]

Vec3 = tuple[float, float, float]
Light = Literal["day", "overcast", "low_sun", "night", "infrared"]
Share = Annotated[float, Field(ge=0, le=1)]


def _polygon(points: tuple[Point, ...]) -> tuple[Point, ...]:
    doubled_area = sum(
        x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1], strict=True)
    )
    if abs(doubled_area) < 1e-6:
        raise ValueError("this polygon has no area")
    return points


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class CameraView(Block):
    """A camera of the site.

    Attributes:
        k1: Radial distortion, 0 or less: 0 is a straight lens, -0.15 a usual wide one (see `camera`).
        noise: Sensor noise, 0 to 1.
    """

    position: Vec3
    look_at: Vec3
    fov_deg: float = Field(60, ge=10, le=120, description="Horizontal field of view, degrees.")
    k1: float = Field(0.0, ge=-0.4, le=0.0)
    noise: Share = 0.2
    codec: Literal["h264", "h265"] = "h264"
    kbps: int = Field(1200, ge=50, le=20000)


class Zone(Block):
    """A zone on the ground or on a deck.

    Attributes:
        polygon: World metres.
        z: Height of its floor, metres; feet count up to 0.6 m from it.
    """

    polygon: Annotated[tuple[Point, ...], Field(min_length=3), AfterValidator(_polygon)]
    z: float = 0.0
    exclusion: bool = False
    requires: tuple[Literal["helmet", "harness", "vest"], ...] = ()


class Machine(Block):
    """A moving machine of the site, by its name there."""

    script: tuple[MachineStep, ...] = ()


class Actor(Block):
    """A person.

    Attributes:
        start: World metres; where the person stands when coming on.
        level: Name of the site's deck they start on, or None: the ground.
        facing_deg: Heading at the start: 0 faces -y, 90 faces +x.
        enters_s: Seconds of scene time at which the script begins; before 0: the clip finds them at it.
        leaves: Go off the site when the script ends; otherwise stand there until the clip ends.
    """

    look: Look = Field(default_factory=Look)
    start: Point
    level: str | None = None
    facing_deg: float = 0.0
    enters_s: float = Field(0.0, ge=-600)
    leaves: bool = False
    script: tuple[Step, ...] = ()


class Scenario(Block):
    """A clip's world.

    Attributes:
        start: UTC, what the on-screen stamp shows on the first frame.
        rain, dust, dirt: 0 (none) to 1.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    site: str
    seed: int = Field(0, ge=0)
    duration_s: float = Field(gt=0, le=3600)
    fps: int = Field(10, ge=1, le=60)
    width: int = Field(1280, ge=64, le=7680, multiple_of=2)
    height: int = Field(720, ge=64, le=4320, multiple_of=2)
    start: Annotated[datetime, AfterValidator(_utc)]
    light: Light = "day"
    rain: Share = 0.0
    dust: Share = 0.0
    dirt: Share = 0.0
    cameras: dict[Name, CameraView] = Field(min_length=1)
    zones: dict[Name, Zone] = Field(default_factory=dict)
    machines: dict[str, Machine] = Field(default_factory=dict)
    cast: dict[str, Actor] = Field(default_factory=dict)

    @property
    def frame_count(self) -> int:
        """Frames of the clip."""
        return round(self.duration_s * self.fps)

    @model_validator(mode="after")
    def _scripts_fit_looks(self) -> "Scenario":
        for name, actor in self.cast.items():
            for step in actor.script:
                if step.helmet and actor.look.helmet is None:
                    raise ValueError(f"{name} has no helmet (look.helmet), but the script moves it")
                if step.lanyard and actor.look.harness is None:
                    raise ValueError(
                        f"{name} has no harness (look.harness), but the script moves its lanyard"
                    )
        return self


def scenario_names() -> list[str]:
    """The shipped scenarios."""
    folder = resources.files("siaga.sim") / "scenarios"
    return sorted(
        entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")
    )


def load_scenario(source: str | Path) -> Scenario:
    """Read a scenario: a path, or the name of a shipped one.

    Raises:
        ConfigError: No such file or name, unreadable, or :func:`parse_scenario` refuses it.
    """
    text, filename = _text_of(source)
    folder = Path(source).parent if filename == str(source) else None
    return parse_scenario(text, filename=filename, folder=folder)


def parse_scenario(text: str, *, filename: str = "scenario", folder: Path | None = None) -> Scenario:
    """Parse a scenario.

    Args:
        folder: Where a file named after ``extends`` is looked for; None: where the process runs.

    Raises:
        ConfigError: Lists every problem with file, line and, for a misspelt name, the nearest right one.
    """

    def find(base: str) -> tuple[str, str]:
        return _text_of(base if folder is None or base in scenario_names() else folder / base)

    source = read_source(text, filename, find)
    try:
        return Scenario.model_validate(source.data)
    except ValidationError as error:
        raise _explain(error.errors(include_url=False), source) from None


def _text_of(source: str | Path) -> tuple[str, str]:
    """The text of a path, or of the name of a shipped scenario, and what to call it in messages."""
    names = scenario_names()
    if isinstance(source, str) and source in names:
        file = resources.files("siaga.sim") / "scenarios" / f"{source}.yaml"
        return file.read_text(encoding="utf-8"), f"{source}.yaml"
    try:
        return Path(source).read_text(encoding="utf-8"), str(source)
    except FileNotFoundError as error:
        fix = f"Give a path, or one of the shipped scenarios: {', '.join(names)}."
        raise ConfigError("no such scenario", where=str(source), fix=fix) from error
    except (OSError, UnicodeDecodeError) as error:
        what = f"the file cannot be read ({type(error).__name__})"
        raise ConfigError(what, where=str(source), fix="It must be UTF-8 text.") from error


def _explain(errors: Iterable[ErrorDetails], source: Source) -> ConfigError:
    lines = []
    for entry in errors:
        loc = tuple(part for part in entry["loc"] if part != "[key]")
        lines.append((*source.place(loc), ".".join(str(part) for part in loc), _sentence(entry)))
    lines.sort()
    (filename, line, key, text), *others = lines
    rest = "".join(f"\n{name}:{number}: {at}: {words}" for name, number, at, words in others)
    return ConfigError((f"{key}: {text}" if key else text) + rest, where=f"{filename}:{line}")


def _sentence(entry: ErrorDetails) -> str:
    kind = entry["type"]
    if kind == "extra_forbidden":
        return _unknown(f"unknown key {entry['loc'][-1]!r}", str(entry["loc"][-1]), _known_keys(entry["loc"]))
    if kind == "literal_error":
        expected = str(entry["ctx"]["expected"]).replace(" or ", ",").split(",")
        known = [part.strip(" '") for part in expected]
        return _unknown(f"{entry['input']!r} is not one of these", str(entry["input"]), known)
    if kind == "missing":
        return "this key is needed and is not there"
    if kind == "value_error":
        return str(entry["ctx"]["error"])
    return f"{entry['msg'][0].lower()}{entry['msg'][1:]} (found {str(entry['input'])[:60]!r})"


def _unknown(what: str, given: str, known: list[str]) -> str:
    near = get_close_matches(given, known, n=1, cutoff=0.6)
    return f"{what}; did you mean {near[0]!r}?" if near else f"{what}; known here: {', '.join(sorted(known))}"


def _known_keys(loc: tuple[str | int, ...]) -> list[str]:
    """The keys that the block around ``loc`` knows."""
    block: Any = Scenario
    for part in loc[:-1]:
        if isinstance(part, str) and part in block.model_fields:
            block = _block_in(block.model_fields[part].annotation) or block
    return list(block.model_fields)


def _block_in(annotation: Any) -> type[BaseModel] | None:
    """The block that an annotation like ``dict[str, Block]`` or ``Block | None`` holds, if any."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_block_in(argument) for argument in typing.get_args(annotation))
    return next((block for block in inner if block), None)
