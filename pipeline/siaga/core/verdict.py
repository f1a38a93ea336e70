"""What is said of one person and one item: worn, missing, or that it cannot be told, and why."""

from dataclasses import dataclass
from enum import StrEnum


class Item(StrEnum):
    """Protective equipment that can be asked for."""

    HELMET = "helmet"
    VEST = "vest"
    HARNESS = "harness"


class State(StrEnum):
    """``UNKNOWN`` never raises an alarm; it is counted and shown."""

    WORN = "worn"
    MISSING = "missing"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why it cannot be told."""

    TOO_SMALL = "too_small"
    OCCLUDED = "occluded"
    CUT_OFF = "cut_off"
    BLURRED = "blurred"
    NOT_SEEN = "not_seen"
    AMBIGUOUS = "ambiguous"
    NOT_ENOUGH_LOOKS = "not_enough_looks"
    NOT_JUDGED_BY_MODEL = "not_judged_by_model"


@dataclass(frozen=True, slots=True)
class Look:
    """One frame's opinion on one person and item. ``reason`` is set exactly when the state is unknown."""

    item: Item
    state: State
    confidence: float = 0.0
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Votes:
    """Looks counted in the voting window."""

    worn: int = 0
    missing: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What holds for a person after voting over its track.

    Attributes:
        confidence: Mean confidence of the looks that agree with ``state``; 0 for unknown.
        reason: Set exactly when ``state`` is unknown.
    """

    item: Item
    state: State
    confidence: float
    votes: Votes
    reason: Reason | None = None
