"""The days and weeks of sites."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection, select

from siaga.db.tables.people import sites


class Zones:
    """The time zones of all sites, read once; UTC where none is set."""

    def __init__(self, connection: Connection) -> None:
        names = connection.execute(select(sites.c.site, sites.c.time_zone))
        self._zones: dict[str, tzinfo] = {site: _zone(name) for site, name in names}

    def of(self, site: str | None) -> tzinfo:
        """A site's zone; of no site in particular, UTC."""
        return UTC if site is None else self._zones.get(site, UTC)


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def whole_weeks(since: datetime, until: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """The span widened to whole ISO weeks of a zone."""
    first = _monday(since, zone)
    last = _monday(until, zone)
    if last < until or last == first:
        last = _monday(last + timedelta(days=8), zone)
    return first, last


def _monday(moment: datetime, zone: tzinfo) -> datetime:
    day = moment.astimezone(zone).date()
    return datetime.combine(day - timedelta(days=day.weekday()), time(), zone)
