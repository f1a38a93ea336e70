"""Numbers of a filled archive, each worked out by hand, on SQLite and PostgreSQL."""

from __future__ import annotations

import math
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert

from siaga.access import Scope
from siaga.core.errors import BadRequest
from siaga.core.event import RuleKind
from siaga.db.tables import review
from siaga.stats.facts import Dimension, Where
from siaga.stats.heatmap import HeatMaps
from siaga.stats.intervals import Counted
from siaga.stats.leading import LeadingIndicators
from siaga.stats.statistics import Statisticians
from siaga.stats.suppress import shown
from siaga.stats.views import Cell, CountedAs, Statistics
from siaga.stats.warning import EarlyWarnings, ZoneFacts, score_of
from tests.stats.conftest import MONDAY, Filled

NORTH = Scope(frozenset({"north"}))
ALL = Scope.everything()
WEEK = Where(MONDAY, MONDAY + timedelta(days=7))
LATER = MONDAY + timedelta(days=30)


def _by(filled: Filled, by: Dimension, where: Where = WEEK, scope: Scope = NORTH) -> Statistics:
    return Statisticians(filled.database).by(scope, where, by, CountedAs.NOT_FALSE_ALARM, LATER)


def _cells(found: Statistics) -> dict[str, Cell]:
    return {cell.key: cell for cell in found.cells}


def test_a_rate_with_all_that_it_rests_on(filled: Filled) -> None:
    filled.hours(0, 100, person_h=2.0)
    for verdict in ("confirmed", "confirmed", "false_alarm", "unclear", None):
        filled.event(1, verdict)
    filled.event(1, rule="camera_unmonitored")
    filled.event(200)
    total = _by(filled, Dimension.TOTAL).total
    c = total.counts
    assert (c.reported, c.confirmed, c.false_alarm, c.unclear, c.unreviewed) == (5, 2, 1, 1, 1)
    seen = total.seen
    assert (seen.person_hours, seen.watched_hours, seen.down_hours) == (200.0, 75.0, 25.0)
    # The camera's first hour is the week's; 100 of its 168 hours are told.
    assert seen.unaccounted_hours == pytest.approx(68.0)
    assert seen.unknown_share == pytest.approx(0.25)
    assert total.rate is not None
    # 4 in 200 person-hours; Garwood of 4: 1.0899 to 10.2416.
    assert total.rate.per_100_person_hours == pytest.approx(2.0)
    assert total.rate.low == pytest.approx(0.5449, rel=1e-3)
    assert total.rate.high == pytest.approx(5.1208, rel=1e-3)


def test_confirmed_ones_only(filled: Filled) -> None:
    filled.hours(0, 100)
    for verdict in ("confirmed", "unclear", None):
        filled.event(1, verdict)
    found = Statisticians(filled.database).by(NORTH, WEEK, Dimension.TOTAL, CountedAs.CONFIRMED, LATER)
    assert found.total.rate is not None
    assert found.total.rate.per_100_person_hours == pytest.approx(1.0)


def test_without_anybody_observed_there_is_no_rate(filled: Filled) -> None:
    filled.event(1)
    total = _by(filled, Dimension.TOTAL).total
    assert (total.counts.reported, total.rate, total.seen.unknown_share) == (1, None, None)


def test_by_camera_zone_and_rule_each_over_its_own_exposure(filled: Filled) -> None:
    filled.hours(0, 10)
    filled.hours(0, 10, camera="crane", person_h=3.0)
    filled.hours(0, 10, zone="zone:pit", person_h=0.5)
    filled.event(1)
    filled.event(1, camera="crane", zone=None, rule="zone_intrusion")
    filled.event(1, zone="pit")
    cameras = _cells(_by(filled, Dimension.CAMERA))
    assert {k: (c.counts.reported, c.seen.person_hours) for k, c in cameras.items()} == {
        "crane": (1, 30.0),
        "gate": (2, 10.0),
    }
    zones = _cells(_by(filled, Dimension.ZONE))
    assert {k: (c.counts.reported, c.seen.person_hours) for k, c in zones.items()} == {
        "": (2, 40.0),
        "pit": (1, 5.0),
    }
    rules = _cells(_by(filled, Dimension.RULE))
    assert {k: (c.counts.reported, c.seen.person_hours) for k, c in rules.items()} == {
        "missing_ppe": (2, 40.0),
        "zone_intrusion": (1, 40.0),
    }
    one = Where(WEEK.since, WEEK.until, "north", "gate", "pit", RuleKind.MISSING_PPE)
    total = _by(filled, Dimension.TOTAL, one).total
    assert (total.counts.reported, total.seen.person_hours) == (1, 5.0)


def test_hours_and_weekdays_are_those_of_the_sites_zone(filled: Filled) -> None:
    filled.zone("north", "Asia/Ho_Chi_Minh")
    filled.hours(20, 1)
    filled.event(20.5)
    assert {k: c.counts.reported for k, c in _cells(_by(filled, Dimension.HOUR)).items()} == {"3": 1}
    assert {k: c.seen.person_hours for k, c in _cells(_by(filled, Dimension.WEEKDAY)).items()} == {"2": 1.0}
    assert list(_cells(_by(filled, Dimension.DAY))) == ["2026-01-06"]
    assert list(_cells(_by(filled, Dimension.WEEK))) == ["2026-W02"]


def test_hours_are_in_their_order(filled: Filled) -> None:
    filled.hours(0, 24)
    assert [cell.key for cell in _by(filled, Dimension.HOUR).cells] == [str(hour) for hour in range(24)]


def test_days_say_how_unequal_they_are(filled: Filled) -> None:
    filled.hours(0, 72)
    for hour in (30, 31, 32, 33, *(50,) * 8):
        filled.event(hour)
    # 0, 4 and 8 a day: worked out in test_intervals.
    assert _by(filled, Dimension.DAY).dispersion == pytest.approx(4.0)


def test_sites_are_apart(filled: Filled) -> None:
    filled.hours(0, 1)
    filled.hours(0, 1, site="south", camera="gate", device_id="box-2")
    filled.event(1)
    filled.event(1, site="south")
    assert _by(filled, Dimension.TOTAL).total.counts.reported == 1
    assert _by(filled, Dimension.TOTAL, scope=ALL).total.counts.reported == 2
    assert {(c.site, c.counts.reported) for c in _by(filled, Dimension.SITE, scope=ALL).cells} == {
        ("north", 1),
        ("south", 1),
    }
    assert _by(filled, Dimension.CAMERA, scope=Scope.nothing()).cells == ()


def test_before_and_after(filled: Filled) -> None:
    filled.hours(0, 100)
    filled.hours(100, 50, person_h=2.0)
    for hour in (1, 2, 3, 4, 5, 6, 100, 101):
        filled.event(hour)
    split = MONDAY + timedelta(hours=100)
    numbers = Statisticians(filled.database)
    found = numbers.comparison(NORTH, WEEK, split, CountedAs.NOT_FALSE_ALARM, LATER)
    assert (found.before.counts.reported, found.after.counts.reported) == (6, 2)
    assert (found.before.seen.person_hours, found.after.seen.person_hours) == (100.0, 100.0)
    assert found.ratio == pytest.approx(1 / 3)
    assert found.p_value == pytest.approx(74 / 256)
    with pytest.raises(BadRequest, match="inside"):
        numbers.comparison(NORTH, WEEK, WEEK.since, CountedAs.NOT_FALSE_ALARM, LATER)


def test_a_span_has_bounds(filled: Filled) -> None:
    for until in (MONDAY, MONDAY + timedelta(days=1200)):
        with pytest.raises(BadRequest, match="three years"):
            _by(filled, Dimension.TOTAL, Where(MONDAY, until))


@pytest.mark.parametrize(
    ("count", "told"), [(0, 0), (1, None), (4, None), (5, 5), (7, 5), (8, 10), (12, 10), (13, 15)]
)
def test_small_counts_are_withheld_and_others_rounded(count: int, told: int | None) -> None:
    assert shown(count, restricted=True) == told
    assert shown(count, restricted=False) == count


def test_who_sees_aggregates_only_cannot_find_a_small_number(filled: Filled) -> None:
    filled.hours(0, 100)
    for camera, count in (("gate", 12), ("crane", 3)):
        for _ in range(count):
            filled.event(60, camera=camera)
    numbers = Statisticians(filled.database)
    told = numbers.by(NORTH, WEEK, Dimension.CAMERA, CountedAs.NOT_FALSE_ALARM, LATER, restricted=True)
    cells = _cells(told)
    assert (cells["gate"].counts.reported, cells["crane"].counts.reported) == (10, None)
    assert (cells["crane"].rate, told.total.counts.reported, told.total.withheld) == (None, 15, True)
    part = Where(MONDAY + timedelta(hours=59), MONDAY + timedelta(hours=61), "north")
    wide = numbers.by(NORTH, part, Dimension.DAY, CountedAs.NOT_FALSE_ALARM, LATER, restricted=True)
    assert (wide.since, wide.until, wide.dispersion) == (MONDAY, MONDAY + timedelta(days=7), None)
    for narrow in (Where(MONDAY, LATER, "north", camera="crane"), Where(MONDAY, LATER, zone="pit")):
        with pytest.raises(BadRequest, match="aggregates only"):
            numbers.by(NORTH, narrow, Dimension.DAY, CountedAs.NOT_FALSE_ALARM, LATER, restricted=True)


def test_a_heat_map_counts_where_feet_were(filled: Filled) -> None:
    first, wrong, old = filled.event(1), filled.event(2, "false_alarm"), filled.event(-30)
    filled.record(first, 1, [(0.0, 0.0, 0.2, 0.5), (0.8, 0.1, 1.0, 1.0)])
    filled.record(first, 2, [(0.4, 0.4, 0.6, 0.6)])
    filled.record(wrong, 3, [(0.4, 0.4, 0.6, 0.6)])
    filled.record(old, 4, [(0.4, 0.4, 0.6, 0.6)])
    where = Where(WEEK.since, WEEK.until, "north", "gate")
    found = HeatMaps(filled.database).of(NORTH, where, columns=2, rows=2)
    assert found.cells == ((0, 0), (1, 1))
    assert (found.people, found.violations, found.of) == (2, 1, 1)
    hidden = HeatMaps(filled.database).of(NORTH, where, columns=2, rows=2, restricted=True)
    assert (hidden.cells, hidden.people) == (((0, 0), (None, None)), None)
    assert HeatMaps(filled.database).of(Scope.nothing(), where).of == 0


def test_a_score_by_hand() -> None:
    # Usual 1 per h, 9 in 9 h before: 10 known in 10 h. In 1 h expect 1; P(X >= 3) of the negative binomial
    # with r = 10, p = 10/11: 1 - p^10 (1 + 10 q + 55 q^2), q = 1/11.
    p, q = 10 / 11, 1 / 11
    unlikely = 1 - p**10 * (1 + 10 * q + 55 * q * q)
    facts = ZoneFacts(Counted(9, 9.0), Counted(3, 1.0), 1.0, 0.9, reports=1, overdue=5)
    score = score_of(facts)
    assert score.expected == pytest.approx(1.0)
    parts = {part.name: part.points for part in score.components}
    assert parts["more_violations"] == pytest.approx(60 * -math.log10(unlikely) / 4, abs=0.06)
    assert (parts["reports"], parts["overdue_actions"]) == (10.0, 20.0)
    assert score.components[0].name == "overdue_actions"
    assert score.level == "watch"


def test_levels() -> None:
    calm = ZoneFacts(Counted(9, 9.0), Counted(1, 1.0), 1.0, 0.9)
    assert (score_of(calm).points, score_of(calm).level) == (0.0, "calm")
    blind = ZoneFacts(Counted(9, 9.0), Counted(0, 0.1), 1.0, 0.4)
    assert score_of(blind).level == "unseen"
    storm = ZoneFacts(Counted(9, 90.0), Counted(30, 1.0), 0.1, 0.1)
    assert (score_of(storm).points, score_of(storm).level) == (60.0, "act")


def test_early_warning_of_an_archive(filled: Filled) -> None:
    now = MONDAY + timedelta(days=35)
    filled.hours(0, 28 * 24, zone="zone:pit")
    filled.hours(28 * 24, 7 * 24, zone="zone:pit")
    for hour in range(28 * 24, 28 * 24 + 20):
        filled.event(hour, zone="pit")
    with filled.database.writing() as connection:
        report = {"id": UUID(int=1), "reference": "A", "site": "north", "kind": "near_miss", "zone": "pit"}
        more = {"text": "x", "happened_at": now - timedelta(days=1), "received_at": now, "anonymous": True}
        rest = {"state": "new", "answer": "", "version": 1}
        connection.execute(insert(review.reports).values(**report, **more, **rest))
    (pit,) = EarlyWarnings(filled.database).at(NORTH, "north", now).items
    assert (pit.zone, pit.observed, pit.score, pit.level) == ("pit", 20, 70.0, "act")
    assert pit.watched_share == pytest.approx(0.75)
    assert pit.expected is not None
    assert pit.expected < 1
    (hidden,) = EarlyWarnings(filled.database).at(NORTH, "north", now, restricted=True).items
    assert (hidden.expected, {part.value for part in hidden.components}) == (None, {None})


def test_leading_indicators(filled: Filled) -> None:
    filled.hours(0, 4)
    for verdict in ("confirmed", "false_alarm", None, None):
        filled.event(1, verdict)
    with filled.database.writing() as connection:
        base = {"site": "north", "title": "t", "description": "", "owner": "o", "version": 1}
        who = {"created_by": "m", "created_at": MONDAY, "changed_by": "m", "changed_at": MONDAY}
        for i, (day, state) in enumerate(((1, "open"), (60, "open"), (1, "done"))):
            due = (MONDAY + timedelta(days=day)).date()
            values = base | who | {"id": UUID(int=i), "due_on": due, "state": state}
            connection.execute(insert(review.actions).values(**values))
    found = LeadingIndicators(filled.database).of(NORTH, WEEK, LATER)
    assert (found.reviewed_share, found.median_hours_to_review) == (0.5, 2.0)
    assert (found.actions_open, found.actions_overdue, found.near_misses) == (2, 1, 0)
    assert (found.watched_share, found.unknown_share) == (0.75, 0.25)
    hidden = LeadingIndicators(filled.database).of(NORTH, WEEK, LATER, restricted=True)
    assert (hidden.reviewed_share, hidden.actions_open) == (None, None)
