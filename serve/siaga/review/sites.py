"""What is known of a site: whether it exists for the caller, and its days."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection, select, union

from siaga.core.errors import NotFound
from siaga.db.tables.archive import cameras
from siaga.db.tables.people import sites
from siaga.review.caller import Caller


def check_site(connection: Connection, caller: Caller, site: str) -> None:
    """Refuse a site that is not the caller's, or that nobody named and no device was heard of.

    Raises:
        NotFound: It is one of these.
    """
    known = union(
        select(sites.c.site).where(sites.c.site == site),
        select(cameras.c.site).where(cameras.c.site == site),
    )
    if not caller.scope.allows(site) or connection.execute(known).first() is None:
        raise NotFound("No such site.", where=site)


def zone_of(connection: Connection, site: str) -> tzinfo:
    """The site's time zone; UTC where none is set."""
    name = connection.execute(select(sites.c.time_zone).where(sites.c.site == site)).scalar()
    try:
        return UTC if name is None else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def today_at(connection: Connection, site: str, now: datetime) -> date:
    """The site's date."""
    return now.astimezone(zone_of(connection, site)).date()
