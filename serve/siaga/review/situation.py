"""Which events tell of one situation: the only ones that may be decided together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from siaga.db.tables.archive import violations

_AROUND = timedelta(hours=12)
_MOST = 500


def situation_of(connection: Connection, event: Row[Any], now: datetime) -> tuple[Row[Any], ...]:
    """The event and those that belong to the same situation, by start.

    The same site, camera, rule and zone, and connected by overlapping in time: each overlaps another of
    them (touching is not overlapping). What is still open reaches until ``now``. Looked for among what began
    at most 12 hours before or after, the 500 nearest at most.
    """
    v = violations.c
    zone = v.zone.is_(None) if event.zone is None else v.zone == event.zone
    rows = connection.execute(
        select(violations)
        .where(
            v.site == event.site,
            v.camera == event.camera,
            v.rule == event.rule,
            zone,
            or_(v.open, v.end_at > event.start_at - _AROUND),
            v.start_at > event.start_at - _AROUND,
            v.start_at < event.start_at + _AROUND,
        )
        .order_by(v.start_at, v.event_id)
        .limit(_MOST)
    ).all()
    return next((group for group in _connected(rows, now) if event.event_id in _ids(group)), (event,))


def _ids(group: Sequence[Row[Any]]) -> set[Any]:
    return {row.event_id for row in group}


def _connected(rows: Sequence[Row[Any]], now: datetime) -> list[tuple[Row[Any], ...]]:
    groups: list[list[Row[Any]]] = []
    reach: datetime | None = None
    for row in rows:
        if reach is None or row.start_at >= reach:
            groups.append([])
            reach = None
        groups[-1].append(row)
        end = now if row.open or row.end_at is None else row.end_at
        reach = end if reach is None else max(reach, end)
    return [tuple(group) for group in groups]
