"""Rates with their intervals, by camera, zone, rule and time; before and after; what was not seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import TypeVar

from sqlalchemy import Connection, func, select

from siaga.access import Scope
from siaga.core.errors import BadRequest
from siaga.db import Database
from siaga.db.statements import within
from siaga.db.tables.archive import ledger
from siaga.stats.facts import (
    TIMES,
    Dimension,
    Key,
    Seen,
    Tally,
    Where,
    hour_start,
    regroup,
    seen,
    tallies,
)
from siaga.stats.intervals import Counted, dispersion, rate_interval, rate_ratio
from siaga.stats.suppress import shown
from siaga.stats.times import Zones, whole_weeks
from siaga.stats.views import (
    RULES,
    Cell,
    Comparison,
    CountedAs,
    Counts,
    RateView,
    SeenView,
    Statistics,
)

_HOUR_S = 3600.0
MOST = timedelta(days=3 * 366)
_Fact = TypeVar("_Fact", Tally, Seen)


class Statisticians:
    """Numbers of the archive. Bound by ``scope``; methods raise ``StorageError``.

    ``restricted``: the caller may see aggregates only (``siaga.stats.suppress``): spans are widened to whole
    weeks of the site, and only whole sites are told.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def by(
        self,
        scope: Scope,
        where: Where,
        by: Dimension,
        counted: CountedAs,
        now: datetime,
        *,
        restricted: bool = False,
    ) -> Statistics:
        """Numbers of a span, in total and by a dimension.

        Raises:
            BadRequest: The span is empty or longer than three years; or a restricted caller asks for one
                camera, zone or rule.
        """
        with self._database.reading() as connection:
            zones = Zones(connection)
            where = _checked(zones, where, restricted=restricted)
            counts = _keyed(tallies(connection, scope, where, by), by, zones, Tally())
            observed = _keyed(seen(connection, scope, where, by), by, zones, Seen())
            unaccounted = _unaccounted(connection, scope, where, now, by)
            whole = _total(connection, scope, where, now)
        keys = sorted(_all_keys(counts, observed, by), key=_order)
        told = _Teller(counted, restricted=restricted)
        cells = tuple(
            told.cell(
                key,
                counts.get(key, Tally()),
                observed.get((key[0], "") if by is Dimension.RULE else key, Seen()),
                unaccounted.get(key),
            )
            for key in keys
        )
        spread = None
        if by in (Dimension.DAY, Dimension.WEEK) and not restricted:
            spread = dispersion([told.counted(counts.get(k, Tally()), observed.get(k, Seen())) for k in keys])
        return Statistics(
            since=where.since,
            until=where.until,
            by=by,
            counted=counted,
            total=told.cell(("", ""), *whole),
            cells=() if by is Dimension.TOTAL else cells,
            dispersion=spread,
        )

    def comparison(
        self,
        scope: Scope,
        where: Where,
        split: datetime,
        counted: CountedAs,
        now: datetime,
        *,
        restricted: bool = False,
    ) -> Comparison:
        """The rate before and after ``split``, which a restricted caller gets at the start of its week.

        Raises:
            BadRequest: As of ``by``, or ``split`` is not inside of the span.
        """
        with self._database.reading() as connection:
            zones = Zones(connection)
            where = _checked(zones, where, restricted=restricted)
            if restricted:
                split, _ = whole_weeks(split, split, zones.of(where.site))
            if not where.since < split < where.until:
                raise BadRequest("The moment is not inside of the span.", where="split")
            before = _total(connection, scope, replace(where, until=split), now)
            after = _total(connection, scope, replace(where, since=split), now)
        told = _Teller(counted, restricted=restricted)
        ratio = None
        if not (told.hides(before[0]) or told.hides(after[0])):
            ratio = rate_ratio(told.counted(*before[:2]), told.counted(*after[:2]))
        return Comparison(
            split=split,
            before=told.cell(("", "before"), *before),
            after=told.cell(("", "after"), *after),
            ratio=None if ratio is None else ratio.value,
            ratio_low=None if ratio is None else ratio.interval.low,
            ratio_high=None if ratio is None else ratio.interval.high,
            p_value=None if ratio is None else ratio.p_value,
        )


class _Teller:
    """Makes cells of facts as the caller may see them."""

    def __init__(self, counted: CountedAs, *, restricted: bool) -> None:
        self._counted = counted
        self._restricted = restricted

    def number(self, tally: Tally) -> int:
        """What the rate counts."""
        if self._counted is CountedAs.CONFIRMED:
            return tally.confirmed
        return tally.reported - tally.false_alarm

    def hides(self, tally: Tally) -> bool:
        """Whether the rate's count is withheld."""
        return self._shown(self.number(tally)) is None

    def counted(self, tally: Tally, observed: Seen) -> Counted:
        """Count and person-hours; a withheld count is none to count with."""
        return Counted(self._shown(self.number(tally)) or 0, observed.person_s / _HOUR_S)

    def _shown(self, count: int) -> int | None:
        return shown(count, restricted=self._restricted)

    def cell(self, key: Key, tally: Tally, observed: Seen, unaccounted_h: float | None) -> Cell:
        """One cell."""
        return Cell(
            site=key[0] or None,
            key=key[1],
            counts=Counts(
                reported=self._shown(tally.reported),
                confirmed=self._shown(tally.confirmed),
                false_alarm=self._shown(tally.false_alarm),
                unclear=self._shown(tally.unclear),
                unreviewed=self._shown(tally.unreviewed),
            ),
            seen=_seen_view(observed, unaccounted_h),
            rate=None if self.hides(tally) else _rate(self.counted(tally, observed)),
            withheld=self._restricted,
        )


def _rate(counted: Counted) -> RateView | None:
    if counted.exposure <= 0:
        return None
    interval = rate_interval(counted)
    return RateView(
        per_100_person_hours=100 * counted.count / counted.exposure,
        low=100 * interval.low,
        high=100 * (interval.high or 0.0),
    )


def _seen_view(observed: Seen, unaccounted_h: float | None) -> SeenView:
    asked = observed.judged_s + observed.unknown_s
    return SeenView(
        person_hours=observed.person_s / _HOUR_S,
        watched_hours=observed.watched_s / _HOUR_S,
        down_hours=observed.down_s / _HOUR_S,
        unaccounted_hours=unaccounted_h,
        unknown_share=observed.unknown_s / asked if asked > 0 else None,
    )


def _checked(zones: Zones, where: Where, *, restricted: bool) -> Where:
    if not timedelta() < where.until - where.since <= MOST:
        raise BadRequest("The span is empty, or longer than three years.", where="since, until")
    if not restricted:
        return where
    if where.camera or where.zone or where.rule:
        raise BadRequest(
            "One camera, zone or rule is not told to those who may see aggregates only.",
            fix="Ask for the whole site.",
        )
    since, until = whole_weeks(where.since, where.until, zones.of(where.site))
    return replace(where, since=since, until=until)


def _keyed(facts: dict[Key, _Fact], by: Dimension, zones: Zones, nothing: _Fact) -> dict[Key, _Fact]:
    """Under the keys that are shown."""
    if by is Dimension.TOTAL:
        return regroup(facts, lambda _: ("", ""), nothing)
    if by not in TIMES:
        return facts
    label = _LABELS[by]
    return regroup(facts, lambda key: ("", label(hour_start(key[1]), zones.of(key[0]))), nothing)


def _iso_week(moment: datetime, zone: tzinfo) -> str:
    year, week, _ = moment.astimezone(zone).isocalendar()
    return f"{year}-W{week:02}"


_LABELS: dict[Dimension, Callable[[datetime, tzinfo], str]] = {
    Dimension.HOUR: lambda moment, zone: str(moment.astimezone(zone).hour),
    Dimension.WEEKDAY: lambda moment, zone: str(moment.astimezone(zone).isoweekday()),
    Dimension.DAY: lambda moment, zone: moment.astimezone(zone).date().isoformat(),
    Dimension.WEEK: _iso_week,
}


def _all_keys(counts: dict[Key, Tally], observed: dict[Key, Seen], by: Dimension) -> set[Key]:
    if by is Dimension.RULE:
        return set(counts) | {(site, rule.value) for site, _ in observed for rule in RULES}
    return set(counts) | set(observed)


def _order(key: Key) -> tuple[str, int, str]:
    return key[0], int(key[1]) if key[1].isdecimal() else -1, key[1]


def _total(
    connection: Connection, scope: Scope, where: Where, now: datetime
) -> tuple[Tally, Seen, float | None]:
    counts = sum(tallies(connection, scope, where, Dimension.TOTAL).values(), Tally())
    observed = sum(seen(connection, scope, where, Dimension.TOTAL).values(), Seen())
    missing = _unaccounted(connection, scope, where, now, Dimension.TOTAL)
    return counts, observed, sum(missing.values()) if missing else None


def _unaccounted(
    connection: Connection, scope: Scope, where: Where, now: datetime, by: Dimension
) -> dict[Key, float]:
    """Hours without a ledger row: from each camera's first hour in the span to its end, or now."""
    if by in TIMES or by in (Dimension.ZONE, Dimension.RULE):
        return {}
    row = ledger.c
    query = (
        select(row.site, row.camera, func.min(row.hour), func.sum(row.watched_s + row.down_s))
        .where(within(scope, row.site), row.hour >= where.since, row.hour < where.until, row.zone == "")
        .group_by(row.site, row.camera)
    )
    if where.site is not None:
        query = query.where(row.site == where.site)
    if where.camera is not None:
        query = query.where(row.camera == where.camera)
    end = min(where.until, now)
    found: dict[Key, float] = {}
    for site, camera, first, known_s in connection.execute(query):
        missing_h = max(0.0, ((end - first).total_seconds() - known_s) / _HOUR_S)
        key = (site, camera) if by is Dimension.CAMERA else (site, "") if by is Dimension.SITE else ("", "")
        found[key] = found.get(key, 0.0) + missing_h
    return found
