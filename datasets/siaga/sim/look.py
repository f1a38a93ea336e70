"""What a person of the simulated site looks like, as a scenario writes it."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

HelmetPlace = Literal["head", "hand", "hip", "table", "none"]
LanyardState = Literal["clipped", "hanging", "none"]

COLOURS: dict[str, tuple[int, int, int]] = {
    "white": (232, 232, 228),
    "cream": (222, 210, 182),
    "grey": (128, 132, 135),
    "charcoal": (62, 64, 68),
    "black": (34, 34, 36),
    "yellow": (238, 196, 38),
    "orange": (240, 112, 32),
    "red": (196, 42, 36),
    "maroon": (110, 38, 40),
    "pink": (214, 130, 150),
    "blue": (38, 92, 172),
    "navy": (38, 50, 84),
    "denim": (66, 88, 122),
    "sky": (140, 178, 210),
    "green": (44, 122, 72),
    "olive": (96, 98, 60),
    "khaki": (170, 152, 112),
    "brown": (104, 78, 56),
    "purple": (98, 66, 128),
}
"""Named colours as sRGB, 0 to 255."""

_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def _known_colour(text: str) -> str:
    if text not in COLOURS and not _HEX.fullmatch(text):
        raise ValueError(f"{text!r} is no colour; use #rrggbb or one of: {', '.join(sorted(COLOURS))}")
    return text


Colour = Annotated[str, AfterValidator(_known_colour)]
"""One of :data:`COLOURS`, or ``#rrggbb`` (sRGB)."""


def srgb(colour: str) -> tuple[int, int, int]:
    """A scenario's colour as sRGB, 0 to 255."""
    if colour in COLOURS:
        return COLOURS[colour]
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def linear(colour: str) -> tuple[float, float, float]:
    """A scenario's colour as linear RGB, 0 to 1, as a renderer's materials take it (IEC 61966-2-1)."""
    red, green, blue = (_decode(value / 255) for value in srgb(colour))
    return red, green, blue


def _decode(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


class Block(BaseModel):
    """A block of a scenario file: frozen, and a key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class HelmetLook(Block):
    """A helmet and where it is when the person comes on."""

    colour: Colour = "yellow"
    at: HelmetPlace = "head"
    place: tuple[float, float, float] | None = Field(
        default=None, description="With `at: table`: where it lies, world metres (the middle of its rim)."
    )


class HarnessLook(Block):
    """A full-body harness and how its lanyard is when the person comes on."""

    colour: Colour = "black"
    lanyard: LanyardState = "hanging"


class Look(Block):
    """Body and clothing."""

    build: Literal["slim", "medium", "heavy"] = "medium"
    height_m: Annotated[float, Field(ge=1.45, le=2.05, description="Bare height, metres.")] = 1.72
    skin: Annotated[int, Field(ge=1, le=6, description="Fitzpatrick type, 1 (pale) to 6 (dark).")] = 3
    hair: Literal["short", "bald", "long", "headscarf", "cap", "beanie"] = "short"
    hair_colour: Colour = "black"
    top: Literal["shirt", "jacket", "overalls", "dungarees", "rain"] = "jacket"
    colour: Annotated[Colour, Field(description="Of the top.")] = "navy"
    trousers: Colour = "charcoal"
    vest: Literal["none", "yellow", "orange"] = "none"
    backpack: bool = False
    tool_belt: bool = False
    gloves: bool = False
    helmet: HelmetLook | None = None
    harness: HarnessLook | None = None
