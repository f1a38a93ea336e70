"""What the doctor says."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer. ``way_out``: what to do about a warning or failure."""

    name: str
    status: Status
    said: str
    way_out: str = ""
