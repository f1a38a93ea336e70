"""Everything behind the routes of review, statistics and exports."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast

from fastapi import Depends, Header, Request

from siaga.access import Permission, Principal
from siaga.access.audit import Auditor
from siaga.api.deps import NowDep, PrincipalDep, ScopeDep
from siaga.audit import AuditLog
from siaga.core.clock import Clock, uuid7_factory
from siaga.core.errors import BadRequest
from siaga.db import Database
from siaga.review.actions import Actions
from siaga.review.caller import Caller
from siaga.review.limits import Limiter, SlidingWindow
from siaga.review.reports import Reports
from siaga.review.reviews import Reviews
from siaga.review.thumbnails import Thumbnails
from siaga.stats.heatmap import HeatMaps
from siaga.stats.leading import LeadingIndicators
from siaga.stats.statistics import Statisticians
from siaga.stats.warning import EarlyWarnings

_SENDER_REPORTS, _SENDER_WINDOW_S = 5, 600.0
_LINK_REPORTS, _LINK_WINDOW_S = 60, 3600.0


@dataclass(frozen=True, slots=True)
class Desk:
    """What reviewers work with. ``of_sender`` and ``of_link`` bound anonymous reports."""

    database: Database
    auditor: Auditor
    reviews: Reviews
    actions: Actions
    reports: Reports
    thumbnails: Thumbnails
    statistics: Statisticians
    heat_maps: HeatMaps
    leading: LeadingIndicators
    warnings: EarlyWarnings
    of_sender: Limiter
    of_link: Limiter


def open_desk(database: Database, clock: Clock, thumbnails: Path) -> Desk:
    """A desk on a database; small pictures are kept below ``thumbnails``."""
    auditor = AuditLog(database)
    new_id = uuid7_factory(clock)
    return Desk(
        database=database,
        auditor=auditor,
        reviews=Reviews(database, auditor, new_id),
        actions=Actions(database, auditor, new_id),
        reports=Reports(database, auditor, new_id),
        thumbnails=Thumbnails(thumbnails),
        statistics=Statisticians(database),
        heat_maps=HeatMaps(database),
        leading=LeadingIndicators(database),
        warnings=EarlyWarnings(database),
        of_sender=SlidingWindow(clock, _SENDER_REPORTS, _SENDER_WINDOW_S),
        of_link=SlidingWindow(clock, _LINK_REPORTS, _LINK_WINDOW_S),
    )


def _desk(request: Request) -> Desk:
    return cast(Desk, request.app.state.desk)


def _caller(principal: PrincipalDep, scope: ScopeDep, now: NowDep) -> Caller:
    return Caller(principal, scope, now)


def _version(
    if_match: Annotated[
        str,
        Header(description='The version that was seen, as ETag gave it, e.g. `"3"`; `"0"`: none yet.'),
    ],
) -> int:
    text = if_match.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise BadRequest("If-Match is no version.", fix='Send the ETag of the last answer, e.g. "3".')
    return int(text)


def is_restricted(principal: Principal, site: str | None) -> bool:
    """Whether the caller may see aggregates only, of any of the sites that are asked about."""
    whole = principal.scope(Permission.READ_EVENTS)
    if site is not None:
        return not whole.allows(site)
    asked = principal.scope(Permission.READ_STATISTICS)
    if whole.sites is None:
        return False
    return asked.sites is None or not asked.sites <= whole.sites


def etag(version: int) -> str:
    """A version as ETag."""
    return f'"{version}"'


DeskDep = Annotated[Desk, Depends(_desk)]
CallerDep = Annotated[Caller, Depends(_caller)]
"""Who asks, bound to the sites where the route's permission is held."""
VersionDep = Annotated[int, Depends(_version)]
"""The version in If-Match; 409 names who was first."""
