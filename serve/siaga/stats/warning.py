"""The early-warning score of each zone. Its formula and what it cannot say: docs/statistics.md."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from siaga.access import Scope
from siaga.db import Database
from siaga.db.statements import within
from siaga.db.tables.archive import ledger
from siaga.db.tables.review import actions, reports
from siaga.stats.facts import ZONE_PREFIX, Dimension, Key, Seen, Tally, Where, seen, tallies
from siaga.stats.intervals import Counted, surprise
from siaga.stats.suppress import shown
from siaga.stats.times import Zones
from siaga.stats.views import Component, EarlyWarning, Level, Warning

WEEK = timedelta(days=7)
BEFORE = timedelta(days=28)
_MORE_POINTS = 60.0
_FULL_SURPRISE = 4.0
"""One in 10,000 gives all points."""
_REPORT_POINTS, _REPORTS_MOST = 10.0, 20.0
_OVERDUE_POINTS, _OVERDUE_MOST = 5.0, 20.0
_WATCH, _ACT = 20.0, 50.0
_ENOUGH_WATCHED = 0.5
_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class ZoneFacts:
    """What the score of a zone is made of; exposures in person-hours.

    Attributes:
        watched_share: Part of the week, 0..1; None: nothing is known of it.
        usual_rate: Violations per person-hour of the whole site over the weeks before; above 0.
    """

    before: Counted
    after: Counted
    usual_rate: float
    watched_share: float | None = None
    reports: int = 0
    overdue: int = 0


@dataclass(frozen=True, slots=True)
class Score:
    """0 to 100, with its parts, heaviest first. ``expected``: violations in the week."""

    points: float
    level: Level
    components: tuple[Component, ...]
    expected: float


def score_of(facts: ZoneFacts) -> Score:
    """The score of a zone."""
    known = 1 / facts.usual_rate + facts.before.exposure
    expected = (1 + facts.before.count) * facts.after.exposure / known
    unlikely = -math.log10(surprise(facts.before, facts.after, facts.usual_rate))
    # No more than expected is no warning, however little was observed.
    more = _MORE_POINTS * min(1.0, unlikely / _FULL_SURPRISE) if facts.after.count > expected else 0.0
    multiple = facts.after.count / expected if expected > 0 else None
    parts = (
        Component(name="more_violations", points=abs(round(more, 1)), value=multiple),
        Component(
            name="reports",
            points=min(_REPORTS_MOST, _REPORT_POINTS * facts.reports),
            value=float(facts.reports),
        ),
        Component(
            name="overdue_actions",
            points=min(_OVERDUE_MOST, _OVERDUE_POINTS * facts.overdue),
            value=float(facts.overdue),
        ),
    )
    points = sum(part.points for part in parts)
    return Score(points, _level(points, facts.watched_share), tuple(sorted(parts, key=_heavy)), expected)


def _heavy(part: Component) -> float:
    return -part.points


def _level(points: float, watched_share: float | None) -> Level:
    if points >= _ACT:
        return "act"
    if watched_share is None or watched_share < _ENOUGH_WATCHED:
        return "unseen"
    return "watch" if points >= _WATCH else "calm"


class EarlyWarnings:
    """Scores from the archive; bound by ``scope``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def at(self, scope: Scope, site: str | None, now: datetime, *, restricted: bool = False) -> EarlyWarning:
        """The score of every zone: the seven days before ``now`` against the four weeks before those."""
        week = Where(now - WEEK, now, site)
        weeks = Where(now - WEEK - BEFORE, now - WEEK, site)
        with self._database.reading() as connection:
            after = tallies(connection, scope, week, Dimension.ZONE)
            before = tallies(connection, scope, weeks, Dimension.ZONE)
            seen_after = seen(connection, scope, week, Dimension.ZONE)
            seen_before = seen(connection, scope, weeks, Dimension.ZONE)
            told = _reports(connection, scope, week)
            late = _overdue(connection, scope, now, site)
            cameras = _cameras(connection, scope, week)
        usual = _usual_rates(before, seen_before)
        keys = set(after) | set(before) | set(seen_after) | set(told) | set(late)
        items = []
        for key in keys:
            observed = seen_after.get(key, Seen())
            facts = ZoneFacts(
                _counted(before.get(key, Tally()), seen_before.get(key, Seen())),
                _counted(after.get(key, Tally()), observed),
                usual.get(key[0], 1.0),
                _share(observed, cameras.get(key, 0)),
                told.get(key, 0),
                late.get(key, 0),
            )
            items.append(_warning(key, facts, restricted=restricted))
        return EarlyWarning(at=now, items=tuple(sorted(items, key=_worst_first)))


def _worst_first(item: Warning) -> tuple[float, str, str]:
    return -item.score, item.site, item.zone or ""


def _warning(key: Key, facts: ZoneFacts, *, restricted: bool) -> Warning:
    score = score_of(facts)
    observed = shown(facts.after.count, restricted=restricted)
    # Values would tell the small counts that are withheld.
    parts = tuple(_blurred(part) if restricted else part for part in score.components)
    return Warning(
        site=key[0],
        zone=key[1] or None,
        score=round(score.points, -1 if restricted else 1),
        level=score.level,
        components=parts,
        expected=None if restricted else score.expected,
        observed=observed,
        watched_share=facts.watched_share,
        person_hours=facts.after.exposure,
    )


def _blurred(part: Component) -> Component:
    return part.model_copy(update={"value": None, "points": round(part.points, -1)})


def _counted(tally: Tally, observed: Seen) -> Counted:
    return Counted(tally.reported - tally.false_alarm, observed.person_s / _HOUR_S)


def _usual_rates(counts: Mapping[Key, Tally], observed: Mapping[Key, Seen]) -> dict[str, float]:
    """Per site over all its zones; half an event more, so that it is never 0."""
    events: Counter[str] = Counter()
    for (site, _), tally in counts.items():
        events[site] += tally.reported - tally.false_alarm
    person_s: dict[str, float] = {}
    for (site, _), part in observed.items():
        person_s[site] = person_s.get(site, 0.0) + part.person_s
    return {site: (events[site] + 0.5) / (s / _HOUR_S) for site, s in person_s.items() if s > 0}


def _share(observed: Seen, cameras: int) -> float | None:
    if cameras == 0:
        return None
    return min(1.0, observed.watched_s / (cameras * WEEK.total_seconds()))


def _cameras(connection: Connection, scope: Scope, where: Where) -> dict[Key, int]:
    row = ledger.c
    query = (
        select(row.site, row.zone, func.count(row.camera.distinct()))
        .where(within(scope, row.site), row.hour >= where.since, row.hour < where.until)
        .group_by(row.site, row.zone)
    )
    if where.site is not None:
        query = query.where(row.site == where.site)
    return {(site, zone.removeprefix(ZONE_PREFIX)): n for site, zone, n in connection.execute(query)}


def _reports(connection: Connection, scope: Scope, where: Where) -> dict[Key, int]:
    row = reports.c
    zone = func.coalesce(row.zone, "")
    query = (
        select(row.site, zone, func.count())
        .where(within(scope, row.site), row.happened_at >= where.since, row.happened_at < where.until)
        .group_by(row.site, zone)
    )
    if where.site is not None:
        query = query.where(row.site == where.site)
    return {(site, zone): n for site, zone, n in connection.execute(query)}


def _overdue(connection: Connection, scope: Scope, now: datetime, site: str | None) -> dict[Key, int]:
    row = actions.c
    zones = Zones(connection)
    query = select(row.site, row.zone, row.due_on).where(within(scope, row.site), row.state == "open")
    if site is not None:
        query = query.where(row.site == site)
    return dict(
        Counter(
            (name, zone or "")
            for name, zone, due_on in connection.execute(query)
            if due_on < now.astimezone(zones.of(name)).date()
        )
    )
