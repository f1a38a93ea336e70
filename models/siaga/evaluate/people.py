"""One true person, one verdict: what the edge would say of each person on a single picture.

The people that the model found get their heads and their verdicts from the edge's own association and
judge; the truth of each true person comes from the same association over the true boxes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np
from scipy.optimize import linear_sum_assignment

from siaga.core.detection import Detections
from siaga.core.geometry import Box
from siaga.core.person import Person, Track
from siaga.core.verdict import Item, Look, State
from siaga.judge.associate import associate
from siaga.judge.looks import Gates, look_at
from siaga.manifest import Manifest

from .metrics import Floats, area, intersection, iou
from .pictures import Rgb, Size
from .predict import Found
from .scenes import ignored_of, truth_of

SAME_PERSON_IOU = 0.5
SAME_HEAD_IOU = 0.4
_ON_IGNORED = 0.5
_THE_SAME_BOX = 0.99
Call = Literal["worn", "missing", "unknown", "not_found"]
Whose = Literal["person", "nobody", "second"]


@dataclass(frozen=True, slots=True)
class Judged:
    """What the detector alone makes of one picture; boxes in its pixels.

    Attributes:
        size: (width, height) of the picture.
        people: Everybody whom the model found, with their matched heads; ``looks``: at their helmets.
        detections: All boxes, also those under the manifest's thresholds.
        gates: Of the manifest, in pixels of the picture.
    """

    size: Size
    people: tuple[Person, ...]
    looks: tuple[Look, ...]
    detections: Detections
    gates: Gates


class SecondStage(Protocol):
    """Judges helmets again, on the full-resolution picture: one look per person, in the same order."""

    @property
    def gate_px(self) -> float:
        """Height of a head in pixels of the picture under which it is not judged."""
        ...

    def __call__(self, judged: Judged, rgb: Rgb) -> Sequence[Look]:
        """``rgb``: the picture, (H, W, 3) uint8 RGB."""
        ...


@dataclass(frozen=True, slots=True)
class TruePerson:
    """A person in the picture. ``xyxy``: of the body, or of the head where only heads are labelled.

    ``worn``: whether a helmet sits on the head; None: the labels do not say.
    """

    xyxy: Box
    worn: bool | None
    head: Box | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was said of one true person, or of a box that is nobody's.

    Attributes:
        picture: Index of the picture.
        whose: ``person``: the person's own verdict; ``nobody``: a found person where none is; ``second``: a
            further box on a person who has a verdict already, or one whose head is labelled and body is not.
        worn: The truth; None: not known, or nobody.
        call: The verdict; ``not_found``: no box on that person.
        reason: Why a verdict is unknown.
        confidence: Of the verdict, 0..1.
        head: Where the head is, xyxy; ``px`` its height in pixels of the picture (0: unknown).
        gated: Whether that height is under the gate of whoever judges.
    """

    picture: int
    whose: Whose
    worn: bool | None
    call: Call
    reason: str | None
    confidence: float
    head: Box | None
    px: float
    gated: bool


def true_people(found: Found, annotates: Sequence[str]) -> list[TruePerson]:
    """Everybody in the picture, by its labels.

    Where people are labelled, a person's head is the true head or helmet that the edge's association gives
    it; none, or both kinds: not known. Where only heads are labelled, each of them is a person.
    """
    if "person" not in annotates:
        return [
            TruePerson(box, kind == "helmet", box)
            for kind in ("helmet", "head")
            for box in _tuples(truth_of(found, kind))
        ]
    people = associate(_tracks(truth_of(found, "person"), None), _as_detections(found))
    return [
        TruePerson(person.xyxy, _worn(person), person.head_box if _worn(person) is not None else None)
        for person in people
    ]


def lone_heads(found: Found, people: Sequence[TruePerson]) -> list[TruePerson]:
    """True heads that sit on nobody whose box is labelled."""
    taken = _array([person.head for person in people if person.head is not None])
    return [
        TruePerson(box, kind == "helmet", box)
        for kind in ("helmet", "head")
        for box in _tuples(truth_of(found, kind))
        if iou(_array([box]), taken).max(initial=0.0) < _THE_SAME_BOX
    ]


def judge(found: Found, manifest: Manifest) -> Judged:
    """People in one picture and the look at each one's helmet, at the manifest's thresholds and gates."""
    least = np.array([manifest.thresholds.confidence[name] for name in manifest.classes], np.float32)
    kept = found.detections.take(found.detections.confidence > least[found.detections.class_id])
    persons = kept.of("person")
    people = associate(_tracks(persons.xyxy.astype(np.float64), persons.confidence.tolist()), kept)
    gates = Gates(manifest.gates.min_head_px / found.scale, manifest.gates.min_person_px / found.scale)
    classes = frozenset(manifest.classes)
    looks = tuple(look_at(one, Item.HELMET, found.size, gates, classes) for one in people)
    return Judged(found.size, people, looks, found.detections, gates)


def outcomes(
    found: Found, index: int, annotates: Sequence[str], judged: Judged, gate_px: float
) -> list[Outcome]:
    """Hold what was said of the people in one picture against the truth.

    Args:
        index: The picture's.
        gate_px: Height of a head in pixels of the picture under which it is not judged.
    """
    truth, people = true_people(found, annotates), judged.people
    pairs = _by_body(truth, people) if "person" in annotates else _by_head(found, truth, people)
    said = {row: judged.looks[column] for column, row in pairs.items()}
    out = [_of_person(index, person, said.get(row), gate_px) for row, person in enumerate(truth)]
    others = [*truth, *lone_heads(found, truth)]
    same = np.concatenate(
        [_same(truth, people, "person" in annotates), _same(others[len(truth) :], people, False)]
    )
    for column in sorted(set(range(len(people))) - set(pairs)):
        over = same[:, column]
        near = others[int(over.argmax())] if over.max(initial=0.0) > 0 else None
        if near is None and _on_ignored(found, people[column]):
            continue
        out.append(_extra(index, near, people[column], judged.looks[column], gate_px))
    return out


def evaluate_people(
    found: Sequence[Found],
    manifest: Manifest,
    annotates: Sequence[str],
    second_stage: SecondStage | None = None,
    read: Callable[[Found], Rgb] | None = None,
) -> list[Outcome]:
    """Outcomes of all pictures.

    Args:
        second_stage: Judges helmets again; ``read`` gives it the pixels.
    """
    out: list[Outcome] = []
    for index, picture in enumerate(found):
        judged = judge(picture, manifest)
        gate_px = judged.gates.min_head_px
        if second_stage is not None and read is not None:
            gate_px = second_stage.gate_px
            if judged.people:
                judged = replace(judged, looks=tuple(second_stage(judged, read(picture))))
        out.extend(outcomes(picture, index, annotates, judged, gate_px))
    return out


def _by_body(truth: Sequence[TruePerson], people: Sequence[Person]) -> dict[int, int]:
    """Found person to true person, one to one, by the boxes of their bodies."""
    same = _same(truth, people, True)
    rows, columns = linear_sum_assignment(-same)
    return {int(c): int(r) for r, c in zip(rows, columns, strict=True) if same[r, c] > 0}


def _by_head(found: Found, truth: Sequence[TruePerson], people: Sequence[Person]) -> dict[int, int]:
    """Found person to true head: the true head that the association gives to the person's box."""
    tracks = [Track(index, one.xyxy, one.confidence) for index, one in enumerate(people)]
    heads = _array([person.xyxy for person in truth])
    pairs: dict[int, int] = {}
    for one in associate(tracks, _as_detections(found)):
        if one.head_box is not None:
            pairs[one.track_id] = int(iou(_array([one.head_box]), heads)[0].argmax())
    return pairs


def _of_person(index: int, person: TruePerson, look: Look | None, gate_px: float) -> Outcome:
    px = person.head[3] - person.head[1] if person.head else 0.0
    call, reason, confidence = _said(look)
    return Outcome(
        index, "person", person.worn, call, reason, confidence, person.head, px, bool(px) and px < gate_px
    )


def _extra(index: int, near: TruePerson | None, person: Person, look: Look, gate_px: float) -> Outcome:
    call, reason, confidence = _said(look)
    head = near.head if near and near.head else person.head_box
    px = head[3] - head[1] if head else 0.0
    whose: Whose = "second" if near else "nobody"
    worn = near.worn if near else None
    return Outcome(index, whose, worn, call, reason, confidence, head, px, bool(px) and px < gate_px)


def _said(look: Look | None) -> tuple[Call, str | None, float]:
    if look is None:
        return "not_found", None, 0.0
    calls: Mapping[State, Call] = {
        State.WORN: "worn",
        State.MISSING: "missing",
        State.UNKNOWN: "unknown",
    }
    return calls[look.state], look.reason.value if look.reason else None, look.confidence


def _same(truth: Sequence[TruePerson], people: Sequence[Person], whole: bool) -> Floats:
    """IoU (T, P) of true and found people, or of their heads; 0 where it is too little for the same one."""
    nowhere = (0.0, 0.0, 0.0, 0.0)
    boxes = [one.xyxy if whole else one.head_box or nowhere for one in people]
    overlaps = iou(_array([person.xyxy for person in truth]), _array(boxes))
    least = SAME_PERSON_IOU if whole else SAME_HEAD_IOU
    return np.asarray(np.where(overlaps >= least, overlaps, 0.0))


def _array(boxes: Sequence[Box]) -> Floats:
    return np.array(boxes, np.float64).reshape(-1, 4)


def _on_ignored(found: Found, person: Person) -> bool:
    """Whether the person, or its head, lies on a region that nobody can read."""
    pairs = [(person.xyxy, ("person",)), (person.head_box, ("head", "helmet"))]
    return any(
        box is not None and _share(box, ignored_of(found, name)) >= _ON_IGNORED
        for box, names in pairs
        for name in names
    )


def _share(box: Box, regions: Floats) -> float:
    own = np.array([box], np.float64)
    return float((intersection(own, regions) / np.maximum(area(own), 1e-9)).max(initial=0.0))


def _worn(person: Person) -> bool | None:
    if (person.helmet is None) == (person.head is None):
        return None
    return person.helmet is not None


def _tuples(boxes: Floats) -> list[Box]:
    return [(x1, y1, x2, y2) for x1, y1, x2, y2 in boxes.tolist()]


def _tracks(boxes: Floats, scores: Sequence[float] | None) -> list[Track]:
    certain = [1.0] * len(boxes) if scores is None else scores
    return [Track(n, box, s) for n, (box, s) in enumerate(zip(_tuples(boxes), certain, strict=True), 1)]


def _as_detections(found: Found) -> Detections:
    """True heads and helmets as if a perfect detector had found them."""
    names = ("head", "helmet")
    boxes = [truth_of(found, name) for name in names]
    ids = np.repeat(np.arange(len(names), dtype=np.int32), [len(part) for part in boxes])
    xyxy = np.concatenate(boxes).astype(np.float32)
    return Detections(xyxy, np.ones(len(xyxy), np.float32), ids, names)
