"""Which report is about which true event.

The rule, in this order:

1. A report is about the person on whom its track was in most pictures of the second before and after it was
   said. Without such a picture: about the person whose true box overlaps the report's box most in the picture
   in which it was said (IoU of the whole or the visible box, the larger one; at least 0.3). Otherwise about
   nobody. (In the one picture in which it is said, a box may reach over two people who pass each other.)
2. A report can match a true event of that person with the same rule, item and zone, when the two intervals
   overlap or lie at most one second apart. What is asked for on the whole site may be reported for a zone
   that asks for it too. Whether it could be told at that moment does not matter: a report in a gap of
   ``could_tell_s`` is not false.
3. At most one report per true event and one true event per report: as many pairs as possible, and among
   those the ones that overlap longest.
4. A report that is left but could match a taken event is a **duplicate** (the event was *split*).
5. A report that is left otherwise is **false**: also one about somebody who does nothing wrong while another
   person does.
6. A true event that is left but overlaps a report of the same violation is found all the same; that report
   *merged* several.
7. A true event that is left otherwise is **missed**, unless it could never be told.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from siaga.bench.reports import Report
from siaga.bench.truth import ClipTruth, TruthEvent, TruthPerson, overlap_s
from siaga.core.geometry import Box, FloatArray, as_boxes, iou

SLACK_S = 1.0
LEAST_IOU = 0.3
_PAIR = 1e6
"""Worth of a pair over any seconds of overlap."""


class Outcome(StrEnum):
    """What became of a report."""

    CORRECT = "correct"
    DUPLICATE = "duplicate"
    FALSE = "false"


class Fate(StrEnum):
    """What became of a true event."""

    FOUND = "found"
    MERGED = "merged"
    MISSED = "missed"
    UNTELLABLE = "untellable"


@dataclass(frozen=True, slots=True)
class Told:
    """A report and what became of it. ``who``: the person it is about; ``event``: index of the true event."""

    report: Report
    outcome: Outcome
    who: str | None
    event: int | None


@dataclass(frozen=True, slots=True)
class Happened:
    """A true event and what became of it.

    Attributes:
        tellable: It could be told at some moment, so it counts for recall.
        delay_s: From when it could first be told to when it was said, 0 if it was said before; None unless it
            was found by a report of its own and could be told.
        reports: How many reports are about it; over 1: split.
    """

    event: TruthEvent
    fate: Fate
    tellable: bool
    delay_s: float | None
    reports: int


@dataclass(frozen=True, slots=True)
class Matching:
    """The reports and the true events of a clip, in their order."""

    told: tuple[Told, ...]
    happened: tuple[Happened, ...]
    merged_reports: int
    """Reports that cover more than one true event."""


def match(
    truth: ClipTruth, reports: Sequence[Report], tracked: Callable[[Report], str | None] = lambda _: None
) -> Matching:
    """Match by the rule of this module.

    Args:
        tracked: Whom a report's track was on when it was said; None: nobody, so the box decides.
    """
    about = [tracked(report) or _person(truth, report) for report in reports]
    shared = np.full((len(reports), len(truth.events)), -np.inf)
    for row, (report, who) in enumerate(zip(reports, about, strict=True)):
        for column, event in enumerate(truth.events):
            if who == event.who and _same_violation(report, event, truth):
                shared[row, column] = overlap_s(report.span, (event.start_s, event.end_s))
    shared[shared < -SLACK_S] = -np.inf
    pairs = _pairs(shared)
    told = tuple(
        _told(report, who, shared[row], pairs.get(row))
        for row, (report, who) in enumerate(zip(reports, about, strict=True))
    )
    happened = tuple(
        _happened(event, column, told, shared[:, column], set(pairs.values()))
        for column, event in enumerate(truth.events)
    )
    merged = sum(_covers(said, shared[row], happened) > 1 for row, said in enumerate(told))
    return Matching(told, happened, merged)


def person_overlap(people: Sequence[TruthPerson], boxes: FloatArray) -> FloatArray:
    """IoU (N, M) of people with boxes (M, 4): of the whole or the visible person, whichever is larger."""
    whole = iou(as_boxes(person.xyxy for person in people), boxes)
    visible = iou(as_boxes(person.visible_xyxy or person.xyxy for person in people), boxes)
    return np.asarray(np.maximum(whole, visible), dtype=np.float32)


def _person(truth: ClipTruth, report: Report) -> str | None:
    people = truth.at(report.said_s)
    if report.xyxy is None or not people:
        return None
    shared = person_overlap(people, as_boxes([_box(report)]))[:, 0]
    best = int(np.argmax(shared))
    return people[best].id if shared[best] >= LEAST_IOU else None


def _box(report: Report) -> Box:
    return report.xyxy or (0.0, 0.0, 0.0, 0.0)


def _same_violation(report: Report, event: TruthEvent, truth: ClipTruth) -> bool:
    if (report.rule, report.item) != (event.rule, event.item):
        return False
    zone = truth.zones.get(report.zone or "")
    asks_too = event.zone is None and zone is not None and report.item in zone.requires
    return report.zone == event.zone or asks_too


def _pairs(shared: NDArray[np.float64]) -> dict[int, int]:
    """Report to true event."""
    possible = np.isfinite(shared)
    worth = np.where(possible, _PAIR + np.where(possible, shared, 0.0), 0.0)
    rows, columns = linear_sum_assignment(worth, maximize=True)
    chosen = zip(rows.tolist(), columns.tolist(), strict=True)
    return {row: column for row, column in chosen if possible[row, column]}


def _told(report: Report, who: str | None, shared: NDArray[np.float64], pair: int | None) -> Told:
    if pair is not None:
        return Told(report, Outcome.CORRECT, who, pair)
    if np.isfinite(shared).any():
        return Told(report, Outcome.DUPLICATE, who, int(np.argmax(shared)))
    return Told(report, Outcome.FALSE, who, None)


def _covers(said: Told, shared: NDArray[np.float64], happened: Sequence[Happened]) -> int:
    """True events that a report is about: its own and those that it merged."""
    return sum(
        column == said.event or (entry.fate is Fate.MERGED and shared[column] > 0)
        for column, entry in enumerate(happened)
    )


def _happened(
    event: TruthEvent, column: int, told: Sequence[Told], shared: NDArray[np.float64], paired: set[int]
) -> Happened:
    about = [said for said in told if said.event == column]
    tellable = bool(event.tellable)
    if column in paired:
        said_s = next(said.report.said_s for said in about if said.outcome is Outcome.CORRECT)
        delay = max(0.0, said_s - event.tellable[0][0]) if tellable else None
        return Happened(event, Fate.FOUND, tellable, delay, len(about))
    if (shared > 0).any():
        return Happened(event, Fate.MERGED, tellable, None, len(about))
    return Happened(event, Fate.MISSED if tellable else Fate.UNTELLABLE, tellable, None, 0)
