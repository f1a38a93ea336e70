"""What was counted and what was observed, summed by the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Integer, Text, case, cast, func, select, type_coerce

from siaga.access import Scope
from siaga.core.event import RuleKind
from siaga.db.statements import within
from siaga.db.tables.archive import ledger, violations
from siaga.db.tables.review import reviews

ZONE_PREFIX = "zone:"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Dimension(StrEnum):
    """By what numbers are told apart. Hours, weekdays, days and weeks are those of the site's zone."""

    TOTAL = "total"
    SITE = "site"
    CAMERA = "camera"
    ZONE = "zone"
    RULE = "rule"
    HOUR = "hour"
    WEEKDAY = "weekday"
    DAY = "day"
    WEEK = "week"


TIMES = frozenset({Dimension.HOUR, Dimension.WEEKDAY, Dimension.DAY, Dimension.WEEK})


@dataclass(frozen=True, slots=True)
class Where:
    """Which events and which ledger rows: from ``since`` (included) to ``until``, aware.

    All that is given holds. Events count by their start, ledger rows by the start of their hour.
    """

    since: datetime
    until: datetime
    site: str | None = None
    camera: str | None = None
    zone: str | None = None
    rule: RuleKind | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """Violations begun, by what people made of them. What went on to be corrected counts by its verdict."""

    reported: int = 0
    confirmed: int = 0
    false_alarm: int = 0
    unclear: int = 0

    @property
    def unreviewed(self) -> int:
        """Nobody has decided on these."""
        return self.reported - self.confirmed - self.false_alarm - self.unclear

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True, slots=True)
class Seen:
    """What was observed, in seconds and person-seconds, as of ``siaga.core.ledger.LedgerRow``."""

    watched_s: float = 0.0
    down_s: float = 0.0
    person_s: float = 0.0
    judged_s: float = 0.0
    unknown_s: float = 0.0

    def __add__(self, other: Seen) -> Seen:
        return Seen(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


Key = tuple[str, str]
"""Site and name; the site is empty for a total over sites."""
_Fact = TypeVar("_Fact", Tally, Seen)


def tallies(connection: Connection, scope: Scope, where: Where, by: Dimension) -> dict[Key, Tally]:
    """Violations by site and, within it, the dimension; times by UTC hour, as ``hour_of`` numbers it."""
    v = violations.c
    name = {
        Dimension.CAMERA: v.camera,
        Dimension.ZONE: func.coalesce(v.zone, ""),
        Dimension.RULE: v.rule,
    }.get(by)
    if by in TIMES:
        name = hour_of(connection, v.start_at)
    query = (
        _grouped(
            v.site,
            name,
            func.count(),
            *(_verdicts(verdict) for verdict in ("confirmed", "false_alarm", "unclear")),
        )
        .select_from(violations)
        .join(reviews, reviews.c.event_id == v.event_id, isouter=True)
        .where(
            within(scope, v.site),
            v.start_at >= where.since,
            v.start_at < where.until,
            v.rule != RuleKind.CAMERA_UNMONITORED.value,
            *_same(
                (v.site, where.site), (v.camera, where.camera), (v.zone, where.zone), (v.rule, where.rule)
            ),
        )
    )
    return {(site, str(key)): Tally(*numbers) for site, key, *numbers in connection.execute(query)}


def seen(connection: Connection, scope: Scope, where: Where, by: Dimension) -> dict[Key, Seen]:
    """The ledger by site and, within it, the dimension (rules share what was seen: their key is empty).

    Rows of the whole picture count, or those of zones where zones are asked for: they lie inside it.
    """
    row = ledger.c
    name: ColumnElement[Any] | None = {Dimension.CAMERA: row.camera, Dimension.ZONE: row.zone}.get(by)
    if by in TIMES:
        name = hour_of(connection, row.hour)
    sums = (row.watched_s, row.down_s, row.person_s, row.judged_s, row.unknown_s)
    query = (
        _grouped(row.site, name, *(func.sum(column) for column in sums))
        .select_from(ledger)
        .where(
            within(scope, row.site),
            row.hour >= where.since,
            row.hour < where.until,
            *_same((row.site, where.site), (row.camera, where.camera)),
        )
    )
    if where.zone is not None:
        query = query.where(row.zone == ZONE_PREFIX + where.zone)
    elif by is not Dimension.ZONE:
        query = query.where(row.zone == "")
    found = {(site, str(key)): Seen(*numbers) for site, key, *numbers in connection.execute(query)}
    return {(site, key.removeprefix(ZONE_PREFIX)): numbers for (site, key), numbers in found.items()}


def _grouped(site: ColumnElement[str], name: ColumnElement[Any] | None, *numbers: ColumnElement[Any]) -> Any:
    if name is None:
        return select(site, func.min(""), *numbers).group_by(site)
    return select(site, name.label("name"), *numbers).group_by(site, name)


def _same(*pairs: tuple[ColumnElement[Any], str | None]) -> Sequence[ColumnElement[bool]]:
    return [column == value for column, value in pairs if value is not None]


def _verdicts(verdict: str) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((reviews.c.verdict == verdict, 1), else_=0)), 0)


def hour_of(connection: Connection, moment: ColumnElement[Any]) -> ColumnElement[Any]:
    """The UTC hour of a column, in the form that ``hour_start`` reads."""
    if connection.dialect.name == "postgresql":
        return cast(func.floor(func.extract("epoch", moment) / 3600), Integer)
    return func.substr(type_coerce(moment, Text()), 1, 13)


def hour_start(hour: str) -> datetime:
    """The start of an hour as ``hour_of`` tells it; aware UTC."""
    if "T" in hour:
        return datetime.fromisoformat(hour + ":00:00+00:00")
    return _EPOCH + timedelta(hours=int(hour))


def regroup(facts: dict[Key, _Fact], key: Callable[[Key], Key | None], nothing: _Fact) -> dict[Key, _Fact]:
    """Sum facts under new keys; None leaves one out."""
    sums: defaultdict[Hashable, _Fact] = defaultdict(lambda: nothing)
    for old, fact in facts.items():
        new = key(old)
        if new is not None:
            sums[new] = sums[new] + fact
    return dict(sums)  # type: ignore[arg-type]
