"""The contract of a rule: what it finds about each person of one frame, without memory of violations."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from siaga.core.event import RuleKind, Severity, Subject
from siaga.core.person import Judged
from siaga.core.scene import Scene
from siaga.core.verdict import Item


class Standing(Enum):
    """Where a person stands with a rule. ``UNCLEAR`` begins nothing and resolves nothing."""

    VIOLATES = "violates"
    UNCLEAR = "unclear"
    KEPT = "kept"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time: seconds on the rule clock, and the same as aware UTC."""

    t: float
    utc: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """One person and one rule in one frame.

    Attributes:
        who: The person's key, the same over changes of track id.
        since: When the person began to stand like this, as far as the rule knows.
        missing: Items that are missing now.
        worn: Items that are worn now.
    """

    who: int
    standing: Standing
    subject: Subject
    since: Moment
    missing: tuple[Item, ...] = ()
    worn: tuple[Item, ...] = ()


class Rule(Protocol):
    """A rule of one camera."""

    @property
    def kind(self) -> RuleKind:
        """What a violation of it is called."""

    @property
    def zone(self) -> str | None:
        """The zone's name; None for the whole picture."""

    @property
    def severity(self) -> Severity:
        """How soon somebody should look."""

    def on(self, utc: datetime) -> bool:
        """Whether the schedule has the rule on at ``utc`` (aware)."""

    def findings(self, scene: Scene, who: Mapping[int, int]) -> tuple[Finding, ...]:
        """One finding per person in view; ``who`` gives each track id's key."""


def subject_of(judged: Judged) -> Subject:
    """A judged person as the subject of a transition."""
    person = judged.person
    return Subject(person.track_id, person.xyxy, person.head_box, judged.verdicts)
