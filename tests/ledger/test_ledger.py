"""Person-seconds and what they are worth: counted once, never over a gap, in the right hour."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siaga.core.geometry import Box, Polygon
from siaga.core.health import Condition, HealthChange
from siaga.core.ledger import LedgerRow
from siaga.core.person import Judged, Person
from siaga.core.scene import Scene
from siaga.core.settings import Zone
from siaga.core.verdict import Item, Reason, State, Verdict, Votes
from siaga.ledger import Ledger

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
RIGHT = Zone(coordinates=Polygon([(0.5, 0), (1, 0), (1, 1), (0.5, 1)]), exclusion=True)
IN: Box = (700.0, 100.0, 760.0, 300.0)
OUT: Box = (100.0, 100.0, 160.0, 300.0)


def ledger() -> Ledger:
    return Ledger("site", "gate", {"pit": RIGHT})


def utc(t: float) -> datetime:
    return START + timedelta(seconds=t)


def person(box: Box, state: State = State.WORN, reason: Reason | None = None) -> Judged:
    return Judged(Person(1, box, 0.9), (), (Verdict(Item.HELMET, state, 0.8, Votes(), reason),))


def watch(book: Ledger, times: list[float], *people: Judged) -> None:
    for t in times:
        book.observe(Scene("gate", t, utc(t), (1000, 1000), people))


def steps(seconds: float, start: float = 0.0, step: float = 0.2) -> list[float]:
    return [start + index * step for index in range(round(seconds / step) + 1)]


def change(book: Ledger, condition: Condition, active: bool, t: float) -> None:
    book.health(HealthChange("gate", condition, active, t, utc(t)))


def rows(book: Ledger) -> dict[tuple[str | None, int], LedgerRow]:
    found = book.rows()
    assert all((row.site, row.camera) == ("site", "gate") for row in found)
    return {(row.zone, row.hour.hour): row for row in found}


def test_every_second_of_every_person_is_counted_once() -> None:
    book = ledger()
    small = person(OUT, State.UNKNOWN, Reason.TOO_SMALL)
    watch(book, steps(10), person(IN), person(IN, State.MISSING), small)
    found = rows(book)
    assert list(found) == [(None, 8), ("pit", 8)]
    whole, pit = found.values()
    assert (whole.watched_s, whole.person_s) == (10.0, 30.0)
    assert whole.judged_s == {"helmet.missing": 10.0, "helmet.worn": 10.0}
    assert whole.unknown_s == {"helmet.too_small": 10.0}
    assert (pit.watched_s, pit.person_s, pit.unknown_s) == (10.0, 20.0, {})
    assert pit.judged_s == {"helmet.missing": 10.0, "helmet.worn": 10.0}


def test_an_empty_picture_was_watched() -> None:
    book = ledger()
    watch(book, steps(5))
    assert rows(book)[(None, 8)].watched_s == 5.0
    assert rows(book)[("pit", 8)].watched_s == 5.0
    assert rows(book)[(None, 8)].person_s == 0.0


def test_a_gap_counts_as_one_second_at_most() -> None:
    book = ledger()
    watch(book, [0.0, 0.5, 30.5, 31.0], person(IN))
    assert rows(book)[(None, 8)].watched_s == 2.0
    assert rows(book)[(None, 8)].person_s == 2.0


def test_a_clock_that_goes_back_counts_nothing() -> None:
    book = ledger()
    watch(book, [10.0, 9.0, 9.5], person(IN))
    assert rows(book)[(None, 8)].person_s == 0.5


def test_down_time_is_not_watched_and_is_split_by_hour() -> None:
    book = ledger()
    watch(book, steps(10))
    change(book, Condition.OFFLINE, True, 12.0)
    change(book, Condition.OFFLINE, True, 500.0)
    change(book, Condition.OFFLINE, False, 2 * 3600 + 30.0)
    watch(book, steps(4, start=2 * 3600 + 40.0))
    found = rows(book)
    down = {hour: row.down_s for (zone, hour), row in found.items() if zone == "pit"}
    assert down == {8: {"offline": 3588.0}, 9: {"offline": 3600.0}, 10: {"offline": 30.0}}
    assert {hour: row.watched_s for (zone, hour), row in found.items() if zone is None} == {
        8: 10.0,
        9: 0.0,
        10: 4.0,
    }


def test_pictures_that_come_while_a_condition_holds_are_not_watching() -> None:
    book = ledger()
    change(book, Condition.DARK, True, 0.0)
    watch(book, steps(10), person(OUT))
    row = rows(book)[(None, 8)]
    assert (row.watched_s, row.down_s, row.person_s) == (0.0, {"dark": 10.0}, 10.0)


def test_a_camera_that_is_still_down_shows() -> None:
    book = ledger()
    change(book, Condition.FROZEN, True, 5.0)
    book.tick(65.0, utc(65.0))
    assert rows(book)[(None, 8)].down_s == {"frozen": 60.0}
    book.clear()
    book.tick(70.0, utc(70.0))
    change(book, Condition.FROZEN, False, 75.0)
    book.tick(90.0, utc(90.0))
    assert rows(book)[(None, 8)].down_s == {"frozen": 10.0}


def test_counts_of_frames_and_events() -> None:
    book = ledger()
    book.frames(utc(0), analysed=5, overwritten=2)
    book.frames(utc(1), analysed=1, corrupt=3)
    book.events(utc(2), None)
    book.events(utc(3), "pit", 2)
    whole, pit = rows(book).values()
    assert (whole.frames_analysed, whole.frames_overwritten, whole.frames_corrupt) == (6, 2, 3)
    assert (whole.events, pit.events, pit.frames_analysed) == (3, 2, 0)


def test_what_was_stored_is_not_counted_again() -> None:
    book = ledger()
    watch(book, steps(10), person(IN))
    book.clear()
    assert book.rows() == []
    watch(book, [10.2, 10.4], person(IN))
    assert rows(book)[(None, 8)].person_s == pytest.approx(0.4)


@given(st.lists(st.floats(0.0, 5.0), max_size=30), st.integers(0, 3))
def test_the_parts_add_up(gaps: list[float], crowd: int) -> None:
    book = ledger()
    t = 3590.0
    states = [person(IN), person(OUT, State.MISSING), person(OUT, State.UNKNOWN, Reason.CUT_OFF)][:crowd]
    watch(book, [t := t + gap for gap in gaps], *states)
    whole = [row for row in book.rows() if row.zone is None]
    watched = sum(min(gap, 1.0) for gap in gaps[1:])
    assert sum(row.watched_s for row in whole) == pytest.approx(watched, abs=1e-3)
    for row in whole:
        parts = sum(row.judged_s.values()) + sum(row.unknown_s.values())
        assert row.person_s == pytest.approx(parts, abs=1e-3)
        assert row.person_s == pytest.approx(crowd * row.watched_s, abs=1e-3)
