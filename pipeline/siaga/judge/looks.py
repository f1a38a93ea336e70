"""What one frame says about one person and one item.

A missing helmet needs a bare head that was found: absence alone is never taken for it. There is no class
for a torso without a vest, so a vest is only ever seen worn, and otherwise not seen. The harness is judged
by no detector: only a classifier of the second stage says anything about it (see ``closer``).
"""

from collections.abc import Set
from dataclasses import dataclass

from siaga.core.geometry import Box
from siaga.core.person import Person
from siaga.core.verdict import Item, Look, Reason, State

_HEADS_PER_BODY = 7.0
_FLAT = 0.6
"""Height over width under which a box is too flat to be a person of whom enough shows."""
_EDGE = 0.003
"""Share of the picture's width that counts as its edge; detectors stop a little short of it."""


@dataclass(frozen=True, slots=True)
class Gates:
    """Heights in full-resolution pixels under which nothing is judged; from the model's manifest."""

    min_head_px: float = 0.0
    min_person_px: float = 0.0


def look_at(person: Person, item: Item, size: tuple[int, int], gates: Gates, classes: Set[str]) -> Look:
    """This frame's look at ``item`` on ``person``.

    Args:
        size: (width, height) in pixels of the full-resolution picture.
        classes: Names of the model's classes.
    """
    if item.value not in classes or item is Item.HARNESS:
        return Look(item, State.UNKNOWN, reason=Reason.NOT_JUDGED_BY_MODEL)
    return _helmet(person, size, gates) if item is Item.HELMET else _vest(person, size, gates)


def _helmet(person: Person, size: tuple[int, int], gates: Gates) -> Look:
    reason = _helmet_unknown(person, size, gates)
    if reason is not None:
        return Look(Item.HELMET, State.UNKNOWN, reason=reason)
    if person.helmet is not None:
        return Look(Item.HELMET, State.WORN, person.helmet.confidence)
    if person.head is not None:
        return Look(Item.HELMET, State.MISSING, person.head.confidence)
    return Look(Item.HELMET, State.UNKNOWN, reason=Reason.NOT_SEEN)


def _helmet_unknown(person: Person, size: tuple[int, int], gates: Gates) -> Reason | None:
    height = person.xyxy[3] - person.xyxy[1]
    head_px = height / _HEADS_PER_BODY if person.head_px is None else person.head_px
    if height < gates.min_person_px or head_px < gates.min_head_px:
        return Reason.TOO_SMALL
    if _cut_off(person, size):
        return Reason.CUT_OFF
    if person.covered_by_other or flat(person.xyxy):
        return Reason.OCCLUDED
    if person.helmet is not None and person.head is not None:
        return Reason.AMBIGUOUS
    return None


def _vest(person: Person, size: tuple[int, int], gates: Gates) -> Look:
    if person.xyxy[3] - person.xyxy[1] < gates.min_person_px:
        return Look(Item.VEST, State.UNKNOWN, reason=Reason.TOO_SMALL)
    if person.vest is not None:
        return Look(Item.VEST, State.WORN, person.vest.confidence)
    hidden = person.covered_by_other or flat(person.xyxy)
    reason = Reason.OCCLUDED if hidden else Reason.CUT_OFF if at_edge(person.xyxy, size) else Reason.NOT_SEEN
    return Look(Item.VEST, State.UNKNOWN, reason=reason)


def _cut_off(person: Person, size: tuple[int, int]) -> bool:
    """Whether the head, or without one the upper part of the body, runs into the picture's edge."""
    return at_edge(person.head_box or upper(person.xyxy, 0.25), size)


def upper(box: Box, share: float) -> Box:
    """The uppermost ``share`` of ``box``."""
    x1, y1, x2, y2 = box
    return (x1, y1, x2, y1 + share * (y2 - y1))


def at_edge(box: Box, size: tuple[int, int]) -> bool:
    """Whether the left, top, right or bottom edge of the picture cuts ``box``."""
    width, height = size
    margin = max(2.0, _EDGE * width)
    return box[0] <= margin or box[1] <= margin or box[2] >= width - margin or box[3] >= height - margin


def flat(box: Box) -> bool:
    """Whether ``box`` is too flat to be a person of whom enough shows."""
    return box[3] - box[1] < _FLAT * (box[2] - box[0])
