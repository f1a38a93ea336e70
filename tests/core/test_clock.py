"""Time and identity."""

import uuid
from datetime import UTC, datetime, timedelta

from siaga.core.clock import ManualClock, SystemClock, repeatable, uuid7_factory

START = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def ones(count: int) -> bytes:
    return b"\xff" * count


def test_uuid7_has_the_layout_of_rfc_9562() -> None:
    # RFC 9562, appendix A.6: 2022-02-22T19:22:22Z in ms is 0x017F22E279B0.
    clock = ManualClock(datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC))
    made = uuid7_factory(clock, ones)()
    assert made.int >> 80 == 0x017F22E279B0
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert str(made) == "017f22e2-79b0-77ff-bfff-ffffffffffff"


def test_ids_are_in_order_within_a_millisecond_and_past_its_counter() -> None:
    clock = ManualClock(START)
    new_id = uuid7_factory(clock)
    made = [new_id() for _ in range(10_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert all(one.version == 7 and one.variant == uuid.RFC_4122 for one in made)


def test_ids_are_in_order_when_the_wall_clock_goes_back() -> None:
    clock = ManualClock(START)
    new_id = uuid7_factory(clock)
    clock.advance(10)
    later = new_id()
    clock.set(0)
    assert new_id() > later


def test_a_seed_repeats_ids_and_purposes_keep_them_apart() -> None:
    def ids(seed: bytes, purpose: str) -> list[uuid.UUID]:
        new_id = uuid7_factory(ManualClock(START), repeatable(seed, purpose))
        return [new_id() for _ in range(3)]

    assert ids(b"a", "events") == ids(b"a", "events")
    assert ids(b"a", "events") != ids(b"a", "records")
    assert ids(b"a", "events") != ids(b"b", "events")


def test_without_a_seed_ids_differ() -> None:
    first, second = (uuid7_factory(ManualClock(START), repeatable(None, "events"))() for _ in range(2))
    assert first != second


def test_the_manual_clock_moves_both_times() -> None:
    clock = ManualClock(START)
    clock.advance(1.5)
    clock.advance(1.0)
    assert clock.monotonic() == 2.5
    assert clock.utc() == START + timedelta(seconds=2.5)
    clock.set(1.0)
    assert clock.utc() == START + timedelta(seconds=1)


def test_the_system_clock_is_aware_and_does_not_go_back() -> None:
    clock = SystemClock()
    assert clock.utc().tzinfo is UTC
    first = clock.monotonic()
    assert clock.monotonic() >= first
