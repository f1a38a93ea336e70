"""Indicators that lead: how many near misses are told, how soon events are looked at, what is overdue."""

from __future__ import annotations

from datetime import datetime
from statistics import median

from sqlalchemy import Connection, func, select

from siaga.access import Scope
from siaga.core.event import RuleKind
from siaga.db import Database
from siaga.db.statements import within
from siaga.db.tables.archive import violations
from siaga.db.tables.review import actions, reports, reviews
from siaga.stats.facts import Dimension, Seen, Where, seen
from siaga.stats.suppress import shown
from siaga.stats.times import Zones
from siaga.stats.views import Leading

_NEWEST = 10_000
_HOUR_S = 3600.0


class LeadingIndicators:
    """From the archive and what people made of it; bound by ``scope``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, scope: Scope, where: Where, now: datetime, *, restricted: bool = False) -> Leading:
        """Indicators of a span and, for actions, of now. Only ``where``'s span and site count."""
        with self._database.reading() as connection:
            told = _reports(connection, scope, where)
            begun, decided, hours = _reviewed(connection, scope, where)
            still_open, overdue = _actions(connection, scope, where.site, now)
            observed = sum(seen(connection, scope, where, Dimension.TOTAL).values(), Seen())
        known = observed.watched_s + observed.down_s
        asked = observed.judged_s + observed.unknown_s
        small = restricted and shown(begun, restricted=True) is None
        return Leading(
            since=where.since,
            until=where.until,
            near_misses=shown(told.get("near_miss", 0), restricted=restricted),
            hazards=shown(told.get("hazard", 0), restricted=restricted),
            reviewed_share=None if small or begun == 0 else decided / begun,
            median_hours_to_review=None if small or not hours else median(hours),
            actions_open=shown(still_open, restricted=restricted),
            actions_overdue=shown(overdue, restricted=restricted),
            watched_share=observed.watched_s / known if known > 0 else None,
            unknown_share=observed.unknown_s / asked if asked > 0 else None,
        )


def _reports(connection: Connection, scope: Scope, where: Where) -> dict[str, int]:
    row = reports.c
    query = (
        select(row.kind, func.count())
        .where(within(scope, row.site), row.happened_at >= where.since, row.happened_at < where.until)
        .group_by(row.kind)
    )
    if where.site is not None:
        query = query.where(row.site == where.site)
    return {row[0]: row[1] for row in connection.execute(query)}


def _reviewed(connection: Connection, scope: Scope, where: Where) -> tuple[int, int, list[float]]:
    """How many began, how many of them are decided on, and hours from receipt to the decision."""
    v = violations.c
    query = (
        select(func.count(), func.count(reviews.c.verdict))
        .select_from(violations)
        .join(reviews, reviews.c.event_id == v.event_id, isouter=True)
        .where(
            within(scope, v.site),
            v.start_at >= where.since,
            v.start_at < where.until,
            v.rule != RuleKind.CAMERA_UNMONITORED.value,
        )
    )
    if where.site is not None:
        query = query.where(v.site == where.site)
    begun, decided = connection.execute(query).one()
    times = (
        query.with_only_columns(v.received_at, reviews.c.at)
        .where(reviews.c.verdict.is_not(None))
        .order_by(v.start_at.desc())
        .limit(_NEWEST)
    )
    hours = [(at - received).total_seconds() / _HOUR_S for received, at in connection.execute(times)]
    return begun, decided, hours


def _actions(connection: Connection, scope: Scope, site: str | None, now: datetime) -> tuple[int, int]:
    row = actions.c
    zones = Zones(connection)
    query = select(row.site, row.due_on).where(within(scope, row.site), row.state == "open")
    if site is not None:
        query = query.where(row.site == site)
    days = [due < now.astimezone(zones.of(name)).date() for name, due in connection.execute(query)]
    return len(days), sum(days)
