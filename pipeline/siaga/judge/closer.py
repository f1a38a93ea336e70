"""The second look, at full resolution: where a classifier must look, and what its answer is worth.

The detector says where heads are, also those of which it is not sure, and what it is sure of; the classifier
says what is on them. Where the two contradict each other nothing is said. Where no head was found, not even
a weak one, the classifier may see a helmet, and nobody is called bare-headed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from siaga.core.detection import Detections
from siaga.core.geometry import Box, as_boxes
from siaga.core.person import Person
from siaga.core.verdict import Item, Look, Reason, State
from siaga.judge.associate import covered, head_region, match_heads
from siaga.judge.heads import HeadCandidate, find_heads, same_spot
from siaga.judge.looks import Gates, at_edge, flat, upper
from siaga.manifest import CropManifest

CloseLooks = Mapping[int, Mapping[Item, Look]]
"""By track id: what the classifiers say in this frame. An item that is not there was not looked at."""

_UPRIGHT = 1.6
"""Height over width from which a person is taken to stand, the head at the upper end."""
_TORSO = 0.6


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look.

    Attributes:
        xyxy: Pixels of the full-resolution picture.
        guessed: Nothing was found there, so that it follows from where the person is; or only a weak head,
            on somebody who is weak too.
    """

    xyxy: Box
    guessed: bool = False


def head_places(
    people: Sequence[Person], weak: Detections, size: tuple[int, int], sure_from: float
) -> list[Place | Reason]:
    """Where each person's head is to be looked at, or why it cannot be.

    The head that was matched; else a weak candidate that sits on the person, one to one as sure ones do;
    else, for somebody upright whose upper end is free, where the head must be, as a guess. Weak boxes
    keep tracks alive, also one on a cone that somebody walks past, with that one's head: two weak boxes are
    a guess as well.

    Args:
        people: Everybody in the frame, with the parts that the detector is sure of.
        weak: Heads and helmets of which the detector is not sure.
        size: (width, height) in pixels of the full-resolution picture.
        sure_from: Confidence from which the detector is sure of a person.
    """
    if not people:
        return []
    heads = _with_candidates(people, [_sure(person) for person in people], weak)
    hidden = covered(as_boxes(person.xyxy for person in people), heads)
    places = [
        _place(person, head, bool(hidden[row]), size, [other for other in heads if other is not head])
        for row, (person, head) in enumerate(zip(people, heads, strict=True))
    ]
    return [
        replace(place, guessed=True)
        if isinstance(place, Place) and person.head_box is None and person.confidence < sure_from
        else place
        for person, place in zip(people, places, strict=True)
    ]


def _sure(person: Person) -> HeadCandidate | None:
    found = person.helmet is not None or person.head is not None
    return HeadCandidate(person.helmet, person.head) if found else None


def _with_candidates(
    people: Sequence[Person], heads: Sequence[HeadCandidate | None], weak: Detections
) -> list[HeadCandidate | None]:
    """``heads``, and for people without one the weak candidate that is theirs."""
    free = [row for row, head in enumerate(heads) if head is None]
    filled = list(heads)
    if not free or not len(weak):
        return filled
    known = [head.part.xyxy for head in heads if head is not None]
    new = tuple(head for head in find_heads(weak) if not _on_any(head.part.xyxy, known))
    boxes = as_boxes(people[row].xyxy for row in free)
    for row, head in zip(free, match_heads(boxes, new), strict=True):
        filled[row] = head
    return filled


def _on_any(box: Box, others: Sequence[Box]) -> bool:
    return bool(same_spot(as_boxes((box, *others)))[0, 1:].any())


def _place(
    person: Person,
    head: HeadCandidate | None,
    hidden: bool,
    size: tuple[int, int],
    others: Sequence[HeadCandidate | None],
) -> Place | Reason:
    if at_edge(head.part.xyxy if head else upper(person.xyxy, 0.25), size):
        return Reason.CUT_OFF
    if hidden or flat(person.xyxy):
        return Reason.OCCLUDED
    if head is not None:
        return Place(head.part.xyxy) if head.is_one else Reason.AMBIGUOUS
    x1, y1, x2, y2 = person.xyxy
    if y2 - y1 < _UPRIGHT * (x2 - x1):
        return Reason.NOT_SEEN
    region = head_region(person.xyxy)
    taken = any(other is not None and _centre_in(other.part.xyxy, region) for other in others)
    return Reason.NOT_SEEN if taken else Place(region, guessed=True)


def _centre_in(inner: Box, outer: Box) -> bool:
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3]


def torso_place(person: Person, size: tuple[int, int]) -> Place | Reason:
    """The person's box, when enough of the upper body shows to look for a harness; else why not."""
    if at_edge(upper(person.xyxy, _TORSO), size):
        return Reason.CUT_OFF
    if person.covered_by_other or flat(person.xyxy):
        return Reason.OCCLUDED
    return Place(person.xyxy)


def gate(place: Place | Reason, manifest: CropManifest) -> Place | Look:
    """``place`` when it is large enough to be looked at, else the look that says why it is not."""
    item = Item(manifest.item)
    if isinstance(place, Reason):
        return Look(item, State.UNKNOWN, reason=place)
    if place.xyxy[3] - place.xyxy[1] < manifest.gates.min_px:
        return Look(item, State.UNKNOWN, reason=Reason.TOO_SMALL)
    return place


def answer(probabilities: NDArray[np.float32], manifest: CropManifest, place: Place) -> Look:
    """What the classifier says of the crop at ``place``: (K,) float32, in the order of ``manifest.classes``.

    Unknown where neither state reaches its threshold: ``not_seen`` when another class leads, else
    ``ambiguous``. ``not_seen`` also in place of ``missing`` where the place is a guess.
    """
    item = Item(manifest.item)
    said = dict(zip(manifest.classes, probabilities.tolist(), strict=True))
    worn, missing = said["worn"], said["missing"]
    if worn > missing and worn >= manifest.thresholds.worn:
        return Look(item, State.WORN, worn)
    if missing > worn and missing >= manifest.thresholds.missing:
        if place.guessed:
            return Look(item, State.UNKNOWN, reason=Reason.NOT_SEEN)
        return Look(item, State.MISSING, missing)
    other = max((share for name, share in said.items() if name not in ("worn", "missing")), default=0.0)
    reason = Reason.NOT_SEEN if other > max(worn, missing) else Reason.AMBIGUOUS
    return Look(item, State.UNKNOWN, reason=reason)


def confirmed(look: Look, person: Person, gates: Gates) -> Look:
    """``look`` at ``person``'s helmet, unless the detector surely saw the contrary.

    Args:
        gates: The detector's, in full-resolution pixels: under them its word does not count.
    """
    claim = _claim(person, gates)
    if look.state is State.UNKNOWN or claim in (None, look.state):
        return look
    return Look(look.item, State.UNKNOWN, reason=Reason.AMBIGUOUS)


def _claim(person: Person, gates: Gates) -> State | None:
    """What the detector is sure of; None when it is not."""
    both_or_none = (person.helmet is None) == (person.head is None)
    if both_or_none or (person.head_px or 0.0) < gates.min_head_px:
        return None
    return State.WORN if person.helmet is not None else State.MISSING
