"""The life of a review as a pure function of its decisions.

::

    unreviewed ──▶ confirmed ◀──▶ unclear ◀──▶ false_alarm (each of the three may become another)
                       │             │              │
                       └─▶ assigned ◀┘              │
                             │  ▲                   │
                             ▼  │                   │
                          corrected                 │
                             │                      │
                             ▼                      ▼
                          closed ◀── confirmed, unclear, false_alarm

Every decision is kept; undoing one is a decision too. What holds is what the last decision says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from siaga.core.errors import Conflict
from siaga.review.errors import NotAllowed


class ReviewState(StrEnum):
    """How far people are with an event."""

    UNREVIEWED = "unreviewed"
    CONFIRMED = "confirmed"
    FALSE_ALARM = "false_alarm"
    UNCLEAR = "unclear"
    ASSIGNED = "assigned"
    CORRECTED = "corrected"
    CLOSED = "closed"


class ReviewReason(StrEnum):
    """Why, in the words in which a model is taught."""

    FALSE_POSITIVE = "false_positive"
    FALSE_NEGATIVE = "false_negative"
    WRONG_CLASS = "wrong_class"
    BAD_BBOX = "bad_bbox"
    INCONCLUSIVE = "inconclusive"


class DecisionKind(StrEnum):
    """What a row of the history is."""

    DECIDE = "decide"
    UNDO = "undo"


_VERDICTS = frozenset({ReviewState.CONFIRMED, ReviewState.FALSE_ALARM, ReviewState.UNCLEAR})

NEXT: Mapping[ReviewState, frozenset[ReviewState]] = MappingProxyType(
    {
        ReviewState.UNREVIEWED: _VERDICTS,
        ReviewState.CONFIRMED: _VERDICTS - {ReviewState.CONFIRMED}
        | {ReviewState.ASSIGNED, ReviewState.CLOSED},
        ReviewState.FALSE_ALARM: _VERDICTS - {ReviewState.FALSE_ALARM} | {ReviewState.CLOSED},
        ReviewState.UNCLEAR: _VERDICTS - {ReviewState.UNCLEAR} | {ReviewState.ASSIGNED, ReviewState.CLOSED},
        ReviewState.ASSIGNED: frozenset({ReviewState.ASSIGNED, ReviewState.CORRECTED}),
        ReviewState.CORRECTED: frozenset({ReviewState.ASSIGNED, ReviewState.CLOSED}),
        ReviewState.CLOSED: frozenset(),
    }
)
"""Where a decision may lead; anything else is refused. A closed review is opened again by undoing."""

REASONS: Mapping[ReviewState, frozenset[ReviewReason]] = MappingProxyType(
    {
        ReviewState.CONFIRMED: frozenset(
            {ReviewReason.FALSE_NEGATIVE, ReviewReason.WRONG_CLASS, ReviewReason.BAD_BBOX}
        ),
        ReviewState.FALSE_ALARM: frozenset(
            {ReviewReason.FALSE_POSITIVE, ReviewReason.WRONG_CLASS, ReviewReason.BAD_BBOX}
        ),
        ReviewState.UNCLEAR: frozenset({ReviewReason.INCONCLUSIVE}),
    }
)
"""Reasons that go with a verdict; the other states take none."""

_NEEDS_REASON = frozenset({ReviewState.FALSE_ALARM, ReviewState.UNCLEAR})


@dataclass(frozen=True, slots=True)
class Assignee:
    """Who is to act. ``user_id`` None: somebody without an account, e.g. a subcontractor's foreman."""

    name: str
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds.

    Attributes:
        verdict: What the event was judged to be, also after it went on to ``assigned`` and further.
        reason: Belongs to the verdict.
        assignee: Set from ``assigned`` on.
    """

    state: ReviewState = ReviewState.UNREVIEWED
    verdict: ReviewState | None = None
    reason: ReviewReason | None = None
    assignee: Assignee | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """One row of the history, numbered from 1 without a gap.

    Attributes:
        standing: What holds after it.
        undoes: The number of the decision that it takes back; set exactly for an undo.
    """

    version: int
    kind: DecisionKind
    standing: Standing
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person wants to decide."""

    state: ReviewState
    reason: ReviewReason | None = None
    assignee: Assignee | None = None


def standing(history: Sequence[Decision]) -> Standing:
    """What holds after these decisions."""
    return history[-1].standing if history else Standing()


def decide(history: Sequence[Decision], wanted: Wanted) -> Decision:
    """The next decision.

    Raises:
        Conflict: That state does not lead there.
        NotAllowed: The reason does not go with the state, or an assignee is missing or out of place.
    """
    now = standing(history)
    if wanted.state not in NEXT[now.state]:
        raise Conflict(
            f"What is {now.state} cannot become {wanted.state}.",
            fix=f"Possible are: {', '.join(sorted(NEXT[now.state])) or 'undoing the last decision'}.",
        )
    _check_reason(wanted)
    _check_assignee(wanted)
    if wanted.state in _VERDICTS:
        after = Standing(wanted.state, wanted.state, wanted.reason)
    else:
        after = Standing(wanted.state, now.verdict, now.reason, wanted.assignee or now.assignee)
    return Decision(len(history) + 1, DecisionKind.DECIDE, after)


def _check_reason(wanted: Wanted) -> None:
    possible = REASONS.get(wanted.state, frozenset())
    if wanted.reason is not None and wanted.reason not in possible:
        raise NotAllowed(
            f"{wanted.reason} is no reason for {wanted.state}.",
            fix=f"Possible are: {', '.join(sorted(possible)) or 'none'}.",
        )
    if wanted.reason is None and wanted.state in _NEEDS_REASON:
        raise NotAllowed(f"{wanted.state} needs a reason.", fix=f"Give one of {', '.join(sorted(possible))}.")


def _check_assignee(wanted: Wanted) -> None:
    if (wanted.state is ReviewState.ASSIGNED) != (wanted.assignee is not None):
        raise NotAllowed(
            "Somebody to act is named when, and only when, an event is assigned.",
            fix="Give assignee together with the state assigned.",
        )


def undo(history: Sequence[Decision]) -> Decision:
    """The decision that takes back the last one that still counts.

    Raises:
        Conflict: There is none.
    """
    counting = effective(history)
    if not counting:
        raise Conflict("There is nothing to undo.", fix="Decide first.")
    before = counting[-2].standing if len(counting) > 1 else Standing()
    return Decision(len(history) + 1, DecisionKind.UNDO, before, counting[-1].version)


def effective(history: Sequence[Decision]) -> tuple[Decision, ...]:
    """The decisions that were not taken back, oldest first."""
    undone = {decision.undoes for decision in history}
    return tuple(d for d in history if d.kind is DecisionKind.DECIDE and d.version not in undone)
