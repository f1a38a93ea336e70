"""Events as rows of a table, read in parts so that memory stays small and nobody's writing waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, literal, select, tuple_

from siaga.db import Database, Id, UtcTime
from siaga.db.tables.archive import violations
from siaga.db.tables.review import reviews
from siaga.exports.purpose import Purpose, check_purpose, confirmed

_AT_ONCE = 500

COLUMNS = (
    "event_id",
    "site",
    "camera",
    "rule",
    "zone",
    "items",
    "severity",
    "state",
    "start_at",
    "end_at",
    "received_at",
    "review_state",
    "verdict",
    "reason",
    "assignee",
    "decided_by",
    "decided_at",
)
"""Times are UTC, as ISO 8601."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which events.

    Attributes:
        condition: On ``violations`` outer-joined with ``reviews``; it holds the boundary of sites.
        rows: How many there were when it was made.
    """

    condition: ColumnElement[bool]
    rows: int


def select_events(database: Database, condition: ColumnElement[bool], purpose: Purpose) -> Selection:
    """Find out what would leave, and whether it may for this purpose.

    Raises:
        NotConfirmed: The purpose is disciplinary and somebody has not confirmed all of them.
    """
    query = _joined(func.count(), func.count(case((confirmed(), 1)))).where(condition)
    with database.reading() as connection:
        selected, sure = connection.execute(query).one()
    check_purpose(purpose, selected, sure)
    # What is undone while the export runs must not slip through.
    bound = condition & confirmed() if purpose is Purpose.DISCIPLINARY else condition
    return Selection(bound, selected)


def event_rows(database: Database, selection: Selection) -> Iterator[tuple[str, ...]]:
    """One row of text per event, newest start first, in the order of ``COLUMNS``."""
    v, r = violations.c, reviews.c
    query = (
        _joined(violations, r.state, r.verdict, r.reason, r.assignee, r.by_name, r.at)
        .where(selection.condition)
        .order_by(v.start_at.desc(), v.event_id.desc())
        .limit(_AT_ONCE)
    )
    after: tuple[datetime, UUID] | None = None
    while True:
        part = query
        if after is not None:
            place = tuple_(literal(after[0], UtcTime), literal(after[1], Id))
            part = query.where(tuple_(v.start_at, v.event_id) < place)
        with database.reading() as connection:
            rows = connection.execute(part).all()
        yield from (_texts(row) for row in rows)
        if len(rows) < _AT_ONCE:
            return
        after = (rows[-1].start_at, rows[-1].event_id)


def _joined(*columns: Any) -> Select[Any]:
    query = select(*columns).select_from(violations)
    return query.join(reviews, reviews.c.event_id == violations.c.event_id, isouter=True)


def _texts(row: Any) -> tuple[str, ...]:
    values = (
        row.event_id,
        row.site,
        row.camera,
        row.rule,
        row.zone,
        row.items,
        row.severity,
        "open" if row.open else "ended",
        row.start_at,
        row.end_at,
        row.received_at,
        row.state or "unreviewed",
        row.verdict,
        row.reason,
        row.assignee,
        row.by_name,
        row.at,
    )
    return tuple(_text(value) for value in values)


def _text(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, datetime) else str(value)
