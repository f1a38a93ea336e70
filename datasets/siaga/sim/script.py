"""The steps of a scenario's scripts: what people and machines do, one after the other."""

from typing import Literal

from pydantic import Field, model_validator

from .look import Block

Point = tuple[float, float]
"""World metres (x, y)."""

Doing = Literal["look", "work", "point", "phone", "bend", "talk", "rest"]
Load = Literal["bucket", "box", "plank", "toolbox"]


class Walk(Block):
    """Walk through the points; the path is rounded at the corners."""

    to: tuple[Point, ...] = Field(min_length=1)
    speed: float = Field(1.25, ge=0.4, le=2.0, description="Metres per second.")


class Stand(Block):
    """Stand for a while."""

    seconds: float = Field(gt=0, le=600)
    doing: Doing = "look"


class Kneel(Block):
    """Go down on one knee and work there; the seconds include going down and getting up."""

    seconds: float = Field(ge=3, le=600)


class Squat(Block):
    """Squat down and work there; the seconds include going down and getting up."""

    seconds: float = Field(ge=3, le=600)


class Climb(Block):
    """Climb a ladder of the site, rung by rung; the person must already stand at its other end."""

    ladder: str
    to: Literal["top", "base"]


class Carry(Block):
    """Walk with a load in the hands."""

    what: Load
    to: tuple[Point, ...] = Field(min_length=1)
    speed: float = Field(1.1, ge=0.4, le=2.0, description="Metres per second.")
    pick_up: bool = Field(True, description="Bend down for it first; false: it is in the hands already.")
    put_down: bool = Field(True, description="Bend down and leave it; false: it stays in the hands.")


class Step(Block):
    """One step of a person's script: exactly one of these keys."""

    walk: Walk | None = None
    stand: Stand | None = None
    face: float | None = Field(default=None, description="Turn on the spot to this heading, degrees.")
    kneel: Kneel | None = None
    squat: Squat | None = None
    climb: Climb | None = None
    helmet: Literal["head", "hand", "hip"] | None = None
    lanyard: Literal["clipped", "hanging"] | None = None
    carry: Carry | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "Step":
        _one_key(self, tuple(type(self).model_fields))
        return self


class MachineStep(Block):
    """One step of a machine's script: a swing of its upper body to a heading, or a stop."""

    swing_deg: float | None = Field(None, description="Swing to this angle against the rest position.")
    seconds: float | None = Field(None, gt=0, le=600, description="Duration of the swing.")
    stop: float | None = Field(None, gt=0, le=600, description="Stand still for these seconds.")

    @model_validator(mode="after")
    def _swing_or_stop(self) -> "MachineStep":
        _one_key(self, ("swing_deg", "stop"))
        if (self.swing_deg is None) != (self.seconds is None):
            raise ValueError("swing_deg and seconds belong together")
        return self


def _one_key(block: Block, names: tuple[str, ...]) -> None:
    given = [name for name in names if getattr(block, name) is not None]
    if len(given) != 1:
        raise ValueError(f"give exactly one of {', '.join(names)} (found {', '.join(given) or 'none'})")
