"""What statistics answer with: every number with what it rests on."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from siaga.core.event import RuleKind
from siaga.stats.facts import Dimension


class View(BaseModel):
    """Frozen; attribute docstrings go into the API's schema."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class CountedAs(StrEnum):
    """Which violations a rate counts."""

    NOT_FALSE_ALARM = "not_false_alarm"
    CONFIRMED = "confirmed"


class RateView(View):
    """Violations per 100 observed person-hours."""

    per_100_person_hours: float
    low: float
    """Lower end of the exact 95 % interval."""
    high: float
    """Upper end of the exact 95 % interval."""


class Counts(View):
    """Violations begun. A number that is withheld because it is small is none."""

    reported: int | None
    confirmed: int | None
    false_alarm: int | None
    unclear: int | None
    unreviewed: int | None


class SeenView(View):
    """What was observed, and what was not."""

    person_hours: float
    """Sum over people of the time that each was in view."""
    watched_hours: float
    """Hours of cameras that delivered pictures which were judged."""
    down_hours: float
    """Hours of cameras that did not, as the edge tells."""
    unaccounted_hours: float | None
    """Hours of which nothing is known, from a camera's first hour in the span on; by camera and site."""
    unknown_share: float | None
    """Part of the person-time asked about that could not be told, 0..1; none when nobody was asked about."""


class Cell(View):
    """The numbers of one camera, zone, hour ..."""

    site: str | None
    """None: of several sites together."""
    key: str
    """Its name: camera, zone (empty: the whole picture), rule, hour `0`-`23`, weekday `1` (Monday)-`7`, day
    `2026-01-31`, week `2026-W05`."""
    counts: Counts
    seen: SeenView
    rate: RateView | None
    """None where nobody was observed, or where it is withheld."""
    withheld: bool = False
    """Counts are withheld or rounded so that nobody can be picked out."""


class Statistics(View):
    """Numbers of a span."""

    since: datetime
    until: datetime
    by: Dimension
    counted: CountedAs
    total: Cell
    cells: tuple[Cell, ...]
    dispersion: float | None
    """Of days and weeks: how much more unequal they are than chance makes them (about 1); well above, the
    intervals are too narrow."""


class Comparison(View):
    """A rate before and after a moment."""

    split: datetime
    before: Cell
    after: Cell
    ratio: float | None
    """Rate after as a multiple of the rate before; none where nothing was counted before."""
    ratio_low: float | None
    """Lower end of the exact 95 % interval."""
    ratio_high: float | None
    """Upper end; none: without bound."""
    p_value: float | None
    """How likely so unequal a split is where both rates are the same."""


class HeatMap(View):
    """Where on a camera's picture people stood when a violation began."""

    site: str
    camera: str
    columns: int
    rows: int
    cells: tuple[tuple[int | None, ...], ...]
    """Rows from top to bottom, columns from left to right: how many stood there; none: withheld."""
    people: int | None
    """How many are drawn."""
    violations: int | None
    """Of how many violations."""
    of: int | None
    """How many there were in the span; above `violations`, only the newest are drawn."""


Level = Literal["unseen", "calm", "watch", "act"]


class Component(View):
    """One part of a score."""

    name: Literal["more_violations", "reports", "overdue_actions"]
    points: float
    value: float | None
    """What it is about: how many times the expected violations; how many reports; how many actions."""


class Warning(View):
    """The early-warning score of a zone: 0 (as usual) to 100."""

    site: str
    zone: str | None
    """None: the whole picture, for violations without a zone."""
    score: float
    level: Level
    """`unseen`: less than half of the week was watched, so nothing can be said."""
    components: tuple[Component, ...]
    """The reasons, heaviest first."""
    expected: float | None
    """Violations to expect in the week from the four weeks before."""
    observed: int | None
    """Violations of the week, false alarms left out."""
    watched_share: float | None
    """Part of the week that the zone was watched, 0..1."""
    person_hours: float
    """Observed in the week."""


class EarlyWarning(View):
    """Zones, the highest score first."""

    at: datetime
    items: tuple[Warning, ...]


class Leading(View):
    """What tells early how safety is looked after, of a span."""

    since: datetime
    until: datetime
    near_misses: int | None
    hazards: int | None
    reviewed_share: float | None
    """Part of the violations that somebody decided on."""
    median_hours_to_review: float | None
    """From receipt to the last decision, half took less."""
    actions_open: int | None
    actions_overdue: int | None
    watched_share: float | None
    """Part of the known camera time that was watched."""
    unknown_share: float | None


RULES = tuple(rule for rule in RuleKind if rule is not RuleKind.CAMERA_UNMONITORED)
"""Rules that count as violations."""
