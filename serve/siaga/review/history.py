"""The decisions on an event as rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, update

from siaga.core.errors import NotFound
from siaga.db.tables.archive import violations
from siaga.db.tables.review import decisions, reviews
from siaga.review.caller import Caller
from siaga.review.errors import Meanwhile
from siaga.review.machine import (
    Assignee,
    Decision,
    DecisionKind,
    ReviewReason,
    ReviewState,
    Standing,
)
from siaga.review.views import AssigneeView, DecisionView, ReviewView


def event_of(connection: Connection, caller: Caller, event_id: UUID, *, hold: bool = False) -> Row[Any]:
    """The row of ``violations``.

    Args:
        hold: Nobody else decides on it before this transaction ends.

    Raises:
        NotFound: There is none within the caller's sites.
    """
    found = events_of(connection, caller, (event_id,), hold=hold)
    if not found:
        raise NotFound("No such violation.", where=str(event_id))
    return found[0]


def events_of(
    connection: Connection, caller: Caller, event_ids: Sequence[UUID], *, hold: bool = False
) -> Sequence[Row[Any]]:
    """Rows of ``violations`` within the caller's sites, by id; what is not there is left out."""
    query = (
        select(violations)
        .where(violations.c.event_id.in_(event_ids), caller.within(violations.c.site))
        .order_by(violations.c.event_id)
    )
    # SQLite has one writer at a time and knows no row locks.
    return connection.execute(query.with_for_update() if hold else query).all()


def load(connection: Connection, event_id: UUID) -> tuple[Decision, ...]:
    """All decisions, oldest first."""
    return tuple(_decision(row) for row in _rows(connection, event_id))


def shown(connection: Connection, event_id: UUID) -> tuple[DecisionView, ...]:
    """All decisions, oldest first, with who made them."""
    return tuple(
        DecisionView(
            version=row.version,
            kind=DecisionKind(row.kind),
            state=ReviewState(row.state),
            reason=_reason(row),
            assignee=assignee_view(row),
            undoes=row.undoes,
            bulk_id=row.bulk_id,
            by=row.by_name,
            at=row.at,
        )
        for row in _rows(connection, event_id)
    )


def _rows(connection: Connection, event_id: UUID) -> Sequence[Row[Any]]:
    query = select(decisions).where(decisions.c.event_id == event_id).order_by(decisions.c.version)
    return connection.execute(query).all()


def _decision(row: Row[Any]) -> Decision:
    assignee = None if row.assignee is None else Assignee(row.assignee, row.assignee_id)
    verdict = None if row.verdict is None else ReviewState(row.verdict)
    return Decision(
        row.version,
        DecisionKind(row.kind),
        Standing(ReviewState(row.state), verdict, _reason(row), assignee),
        row.undoes,
    )


def _reason(row: Row[Any]) -> ReviewReason | None:
    return None if row.reason is None else ReviewReason(row.reason)


def assignee_view(row: Row[Any]) -> AssigneeView | None:
    """Who is to act, of a row with ``assignee`` and ``assignee_id``."""
    return None if row.assignee is None else AssigneeView(name=row.assignee, user_id=row.assignee_id)


def check_version(connection: Connection, event_id: UUID, history: Sequence[Decision], version: int) -> None:
    """Refuse what was decided on an older picture of things.

    Raises:
        Meanwhile: ``version`` is not the one that holds; says who decided, when and what.
    """
    if len(history) == version:
        return
    last = connection.execute(select(reviews).where(reviews.c.event_id == event_id)).first()
    state = ReviewState.UNREVIEWED if last is None else ReviewState(last.state)
    by = None if last is None else last.by_name
    raise Meanwhile(
        f"{by or 'Nobody'} has decided meanwhile: it is {state} now.",
        version=len(history),
        by=by,
        at=None if last is None else last.at,
        state=state,
        where=f"violation {event_id}",
    )


def append(
    connection: Connection, caller: Caller, event: Row[Any], decision: Decision, bulk_id: UUID | None = None
) -> None:
    """Keep a decision, and that it is the one that holds."""
    holds = decision.standing
    told = {
        "event_id": event.event_id,
        "site": event.site,
        "version": decision.version,
        "state": holds.state,
        "verdict": holds.verdict,
        "reason": holds.reason,
        "assignee": None if holds.assignee is None else holds.assignee.name,
        "assignee_id": None if holds.assignee is None else holds.assignee.user_id,
        "by_id": caller.principal.id,
        "by_name": caller.principal.name,
        "at": caller.at,
    }
    more = {"kind": decision.kind, "undoes": decision.undoes, "bulk_id": bulk_id}
    connection.execute(insert(decisions).values(**told, **more))
    if decision.version == 1:
        connection.execute(insert(reviews).values(**told))
    else:
        connection.execute(update(reviews).where(reviews.c.event_id == event.event_id).values(**told))


def review_view(row: Row[Any]) -> ReviewView:
    """What holds, of a row joined with ``reviews`` (whose columns are None without a decision)."""
    if row.version is None:
        return ReviewView()
    return ReviewView(
        state=ReviewState(row.state),
        verdict=None if row.verdict is None else ReviewState(row.verdict),
        reason=_reason(row),
        assignee=assignee_view(row),
        version=row.version,
        by=row.by_name,
        at=row.at,
    )
