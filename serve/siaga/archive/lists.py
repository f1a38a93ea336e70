"""Pages of long lists, newest first, each by an index that begins with the site."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Select, literal, select, tuple_, union_all

from siaga.access import Scope
from siaga.archive import cursor as cursors
from siaga.archive.contract import Slice, Span, ViolationFilter
from siaga.archive.times import keepable
from siaga.db.tables.archive import cameras, records, violations
from siaga.db.types import Id, UtcTime

_SITES_ONE_BY_ONE = 16
"""Up to here each site's newest rows are read from its index and merged; beyond, one index of all is read."""

Condition = ColumnElement[bool]


def sites_of(connection: Connection, scope: Scope, wanted: str | None = None) -> list[str]:
    """The sites to look at, by name."""
    if wanted is not None:
        return [wanted] if scope.allows(wanted) else []
    if scope.sites is not None:
        return sorted(scope.sites)
    return sorted(connection.execute(select(cameras.c.site).distinct()).scalars())


def page_of_violations(
    connection: Connection, wanted: ViolationFilter, part: Slice, scope: Scope
) -> tuple[list[Row[Any]], str | None]:
    """``event_id`` and ``start_at`` of violations, and the next cursor."""
    conditions = [
        column == value
        for column, value in (
            (violations.c.camera, wanted.camera),
            (violations.c.rule, wanted.rule),
            (violations.c.zone, wanted.zone),
            (violations.c.severity, wanted.severity),
        )
        if value is not None
    ]
    if wanted.open is not None:
        # As a word of the query, not as a value: only then the index of the open ones is used.
        conditions.append(violations.c.open if wanted.open else ~violations.c.open)
    sites = sites_of(connection, scope, wanted.site)
    keys = (violations.c.start_at, violations.c.event_id)
    return _page(connection, keys, sites, [*conditions, *within_span(keys[0], wanted.span)], part)


def page_of_records(
    connection: Connection, span: Span, part: Slice, scope: Scope
) -> tuple[list[Row[Any]], str | None]:
    """``id`` and ``received_at`` of records, and the next cursor."""
    keys = (records.c.received_at, records.c.id)
    return _page(connection, keys, sites_of(connection, scope), within_span(keys[0], span), part)


def within_span(column: Column[Any], span: Span) -> list[Condition]:
    """The conditions of a span.

    Raises:
        Unprocessable: A side cannot be told in UTC.
    """
    since = [column >= keepable(span.since)] if span.since is not None else []
    return since + ([column < keepable(span.until)] if span.until is not None else [])


def _page(
    connection: Connection,
    keys: tuple[Column[Any], Column[Any]],
    sites: Sequence[str],
    conditions: Sequence[Condition],
    part: Slice,
) -> tuple[list[Row[Any]], str | None]:
    if part.cursor is not None:
        moment, key = cursors.decode(part.cursor)
        conditions = [*conditions, tuple_(*keys) < tuple_(literal(moment, UtcTime), literal(key, Id))]
    if not sites:
        return [], None
    rows = connection.execute(_newest(keys, sites, conditions, part.limit + 1)).all()
    shown = list(rows[: part.limit])
    more = len(rows) > len(shown)
    return shown, cursors.encode(*shown[-1]) if more else None


def _newest(
    keys: tuple[Column[Any], Column[Any]],
    sites: Sequence[str],
    conditions: Sequence[Condition],
    limit: int,
) -> Select[Any]:
    site = keys[0].table.c.site

    def arm(where: Condition) -> Select[Any]:
        newest = (key.desc() for key in keys)
        return select(*keys).where(where, *conditions).order_by(*newest).limit(limit)

    if len(sites) == 1:
        return arm(site == sites[0])
    if len(sites) > _SITES_ONE_BY_ONE:
        return arm(site.in_(sites))
    arms = [arm(site == name).subquery() for name in sites]
    merged = union_all(*(select(one) for one in arms)).subquery()
    return select(merged).order_by(*(merged.c[key.name].desc() for key in keys)).limit(limit)
