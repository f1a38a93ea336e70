"""When a camera does not watch, and since when."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Condition(StrEnum):
    """Why a camera's zones are "not monitored"."""

    OFFLINE = "offline"
    FROZEN = "frozen"
    DARK = "dark"
    COVERED = "covered"
    MOVED = "moved"
    CLOCK_OFF = "clock_off"
    CORRUPT = "corrupt"


@dataclass(frozen=True, slots=True)
class HealthChange:
    """A condition began (``active``) or ended.

    Attributes:
        t: Seconds on the rule clock (see ``Frame.t``).
        detail: Numbers or short words for a person to read; never a URL or a credential.
    """

    camera: str
    condition: Condition
    active: bool
    t: float
    utc: datetime
    detail: dict[str, str | float | int | bool] = field(default_factory=dict)
