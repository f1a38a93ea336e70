"""A tracked person and what was matched to it."""

from dataclasses import dataclass

from siaga.core.geometry import Box
from siaga.core.verdict import Item, Look, Verdict


@dataclass(frozen=True, slots=True)
class Track:
    """A person followed over frames.

    Attributes:
        track_id: Unique per camera and run, from 1; never means an identity.
        xyxy: Pixels of the full-resolution picture.
        confidence: The detector's, 0..1.
    """

    track_id: int
    xyxy: Box
    confidence: float


@dataclass(frozen=True, slots=True)
class Part:
    """A detected part that was matched to a person: box in full-resolution pixels, confidence 0..1."""

    xyxy: Box
    confidence: float


@dataclass(frozen=True, slots=True)
class Person:
    """A track with the parts that one-to-one matching gave it.

    Attributes:
        head: A bare head on this person's head region.
        helmet: A head with a helmet on, on this person's head region.
        vest: A hi-vis vest on the torso.
        head_px: Height in full-resolution pixels of the matched head region; None when none was matched.
        covered_by_other: Another person's box covers this person's head region.
    """

    track_id: int
    xyxy: Box
    confidence: float
    head: Part | None = None
    helmet: Part | None = None
    vest: Part | None = None
    head_px: float | None = None
    covered_by_other: bool = False

    @property
    def head_box(self) -> Box | None:
        """Where the head is, helmet or not; None when no head was matched."""
        part = self.helmet or self.head
        return part.xyxy if part else None


@dataclass(frozen=True, slots=True)
class Judged:
    """A person with this frame's looks and the verdicts that hold now."""

    person: Person
    looks: tuple[Look, ...] = ()
    verdicts: tuple[Verdict, ...] = ()

    def verdict(self, item: Item) -> Verdict | None:
        """The verdict on ``item``; None when it was not asked for."""
        return next((verdict for verdict in self.verdicts if verdict.item is item), None)
