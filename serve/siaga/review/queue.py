"""Events with what people made of them: the queue that a reviewer drives, and every list with filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
    tuple_,
)

from siaga.core.event import RuleKind, Severity
from siaga.core.verdict import Item
from siaga.db.tables.archive import blobs, evidence, violations
from siaga.db.tables.review import comments, reviews
from siaga.review.caller import Caller
from siaga.review.history import review_view
from siaga.review.machine import ReviewReason, ReviewState
from siaga.review.views import QueueItem
from siaga.review.words import matching


@dataclass(frozen=True, slots=True)
class EventFilter:
    """All given conditions hold together.

    Attributes:
        states: Any of these states of the review; empty: all.
        assignee_id: The user who is to act.
        text: Words in the comments, each at least as a beginning.
        since: Events that began at this time or later; aware.
        until: Events that began before.
    """

    site: str | None = None
    camera: str | None = None
    zone: str | None = None
    rule: RuleKind | None = None
    severity: Severity | None = None
    states: tuple[ReviewState, ...] = ()
    reason: ReviewReason | None = None
    assignee_id: str | None = None
    open: bool | None = None
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None


Place = tuple[datetime, UUID]
"""Start and id of the event after which a page goes on."""


def conditions(caller: Caller, wanted: EventFilter) -> ColumnElement[bool]:
    """The conditions on ``violations`` outer-joined with ``reviews``."""
    v, r = violations.c, reviews.c
    found = [caller.within(v.site)]
    for column, value in (
        (v.site, wanted.site),
        (v.camera, wanted.camera),
        (v.zone, wanted.zone),
        (v.rule, wanted.rule),
        (v.severity, wanted.severity),
        (r.reason, wanted.reason),
        (r.assignee_id, wanted.assignee_id),
    ):
        if value is not None:
            found.append(column == value)
    if wanted.open is not None:
        found.append(v.open if wanted.open else ~v.open)
    if wanted.since is not None:
        found.append(v.start_at >= wanted.since)
    if wanted.until is not None:
        found.append(v.start_at < wanted.until)
    if wanted.states:
        found.append(_in_states(wanted.states))
    if wanted.text is not None:
        found.append(matching(wanted.text))
    return and_(*found)


def _in_states(states: Sequence[ReviewState]) -> ColumnElement[bool]:
    decided = reviews.c.state.in_(states)
    # An event that nobody touched has no row in reviews.
    return or_(decided, reviews.c.state.is_(None)) if ReviewState.UNREVIEWED in states else decided


def joined() -> Select[Any]:
    """Events with what holds for each."""
    r = reviews.c
    return select(
        violations,
        r.state,
        r.verdict,
        r.reason,
        r.assignee_id,
        r.assignee,
        r.version,
        r.by_name,
        r.at,
    ).join_from(violations, reviews, reviews.c.event_id == violations.c.event_id, isouter=True)


def page(
    connection: Connection, caller: Caller, wanted: EventFilter, limit: int, after: Place | None
) -> tuple[QueueItem, ...]:
    """At most ``limit`` events, newest start first."""
    v = violations.c
    query = joined().where(conditions(caller, wanted))
    if after is not None:
        query = query.where(tuple_(v.start_at, v.event_id) < tuple_(*_bound(after)))
    rows = connection.execute(query.order_by(v.start_at.desc(), v.event_id.desc()).limit(limit)).all()
    return items(connection, rows)


def _bound(after: Place) -> tuple[BindParameter[Any], BindParameter[Any]]:
    v = violations.c
    return (
        bindparam("after_start", after[0], type_=v.start_at.type),
        bindparam("after_id", after[1], type_=v.event_id.type),
    )


def items(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[QueueItem, ...]:
    """Rows of ``joined`` as they are shown."""
    ids = [row.event_id for row in rows]
    stills, counts = _stills(connection, ids), _comments(connection, ids)
    return tuple(
        QueueItem(
            event_id=row.event_id,
            site=row.site,
            camera=row.camera,
            rule=RuleKind(row.rule),
            zone=row.zone,
            items=tuple(Item(item) for item in row.items.split(",") if item),
            severity=Severity(row.severity),
            open=row.open,
            start_at=row.start_at,
            end_at=row.end_at,
            received_at=row.received_at,
            review=review_view(row),
            comments=counts.get(row.event_id, 0),
            picture=stills.get(row.event_id),
        )
        for row in rows
    )


def _stills(connection: Connection, event_ids: Sequence[UUID]) -> Mapping[UUID, str]:
    if not event_ids:
        return {}
    query = (
        select(evidence.c.event_id, func.min(evidence.c.sha256))
        .join(blobs, blobs.c.sha256 == evidence.c.sha256)
        .where(evidence.c.event_id.in_(event_ids), evidence.c.media_type == "image/jpeg")
        .group_by(evidence.c.event_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _comments(connection: Connection, event_ids: Sequence[UUID]) -> Mapping[UUID, int]:
    if not event_ids:
        return {}
    query = (
        select(comments.c.event_id, func.count())
        .where(comments.c.event_id.in_(event_ids))
        .group_by(comments.c.event_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def counts(connection: Connection, caller: Caller, wanted: EventFilter) -> dict[ReviewState, int]:
    """How many events are in each state."""
    state = func.coalesce(reviews.c.state, ReviewState.UNREVIEWED.value)
    query = (
        select(state, func.count())
        .select_from(violations)
        .join(reviews, reviews.c.event_id == violations.c.event_id, isouter=True)
        .where(conditions(caller, wanted))
        .group_by(state)
    )
    found = {ReviewState(name): count for name, count in connection.execute(query)}
    return {name: found.get(name, 0) for name in ReviewState}
