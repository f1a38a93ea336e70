"""Local hours, over midnight and over changes of the clock."""

from datetime import UTC, datetime
from typing import Any

import pytest

from siaga.core.settings import Schedule
from siaga.rules.schedule import Timetable


def table(zone: str = "Asia/Kuala_Lumpur", **schedule: Any) -> Timetable:
    return Timetable(Schedule.model_validate(schedule), zone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_without_a_schedule_it_is_always_on() -> None:
    assert Timetable(None, "UTC").on(utc("2026-03-02T03:00"))


@pytest.mark.parametrize(
    ("moment", "on"),
    [
        ("2026-03-01T22:59:59", False),
        ("2026-03-01T23:00:00", True),
        ("2026-03-02T10:59:59", True),
        ("2026-03-02T11:00:00", False),
    ],
)
def test_hours_are_local(moment: str, on: bool) -> None:
    assert table(start="07:00", end="19:00").on(utc(moment)) is on


@pytest.mark.parametrize(
    ("moment", "on"),
    [
        ("2026-03-06T13:59", False),
        ("2026-03-06T14:00", True),
        ("2026-03-06T21:59", True),
        ("2026-03-06T22:00", False),
        ("2026-03-07T14:30", False),
        ("2026-03-07T02:00", False),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_starts(moment: str, on: bool) -> None:
    # 2026-03-06 is a Friday; 22:00 in Kuala Lumpur is 14:00 UTC.
    assert table(days=["fri"], start="22:00", end="06:00").on(utc(moment)) is on


@pytest.mark.parametrize("hour", range(24))
def test_equal_start_and_end_is_the_whole_day(hour: int) -> None:
    moment = datetime(2026, 3, 6, hour, 30, tzinfo=UTC)
    assert table("UTC", days=["fri"]).on(moment)
    assert not table("UTC", days=["thu"]).on(moment)
    assert table("UTC", days=["thu"], start="07:00", end="07:00").on(moment) is (hour < 7)


@pytest.mark.parametrize(
    ("moment", "on"),
    [
        # Berlin, 29 March 2026: 02:00 becomes 03:00 (01:00 UTC). 25 October: 03:00 becomes 02:00.
        ("2026-03-29T00:29", False),
        ("2026-03-29T00:30", True),
        ("2026-03-29T01:29", True),
        ("2026-03-29T04:00", False),
        ("2026-10-24T23:59", False),
        ("2026-10-25T00:30", True),
        ("2026-10-25T01:30", True),
        ("2026-10-25T05:00", False),
    ],
)
def test_where_the_clock_jumps_it_is_on_longer_rather_than_shorter(moment: str, on: bool) -> None:
    assert table("Europe/Berlin", start="02:30", end="06:00").on(utc(moment)) is on


def test_a_night_over_the_change_keeps_its_local_end() -> None:
    night = table("Europe/Berlin", start="22:00", end="06:00")
    assert night.on(utc("2026-03-29T03:59"))
    assert not night.on(utc("2026-03-29T04:00"))
    assert night.on(utc("2026-10-25T04:59"))
    assert not night.on(utc("2026-10-25T05:00"))
