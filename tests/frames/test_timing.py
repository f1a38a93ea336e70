"""Time lines, waiting times and repeated errors."""

import random
from fractions import Fraction
from itertools import pairwise

import pytest

from siaga.core.clock import ManualClock
from siaga.frames import Backoff, RepeatedErrors
from siaga.frames.timeline import Timeline

BASE = Fraction(1, 1000)


def test_a_time_line_starts_at_zero_and_keeps_the_distances() -> None:
    line = Timeline(BASE, 40, live=True)
    assert line.place(5_000, 4_960, 10.0) == (0, -40)
    assert line.place(5_080, 5_000, 10.04) == (80, 0)


def test_first_packets_without_timestamps_get_a_frame_each() -> None:
    line = Timeline(BASE, 40, live=True)
    assert line.place(None, None, 0.0) == (0, 0)
    assert line.place(None, None, 0.0) == (40, 40)
    assert line.place(700, 700, 0.0) == (80, 80)
    assert line.place(740, 740, 0.04) == (120, 120)


@pytest.mark.parametrize("jump", [-600_000, -100, 90_000, 2**33])
def test_a_jump_of_the_cameras_clock_is_joined(jump: int) -> None:
    line = Timeline(BASE, 40, live=True)
    placed = []
    for index in range(20):
        ticks = 1_000 + index * 40 + (jump if index >= 10 else 0)
        placed.append(line.place(ticks, ticks, index * 0.04)[0])
    assert placed == list(range(0, 800, 40))
    assert line.jumps == 1


def test_a_pause_of_the_camera_is_no_jump() -> None:
    line = Timeline(BASE, 40, live=True)
    line.place(0, 0, 0.0)
    assert line.place(60_000, 60_000, 60.0) == (60_000, 60_000)
    assert line.jumps == 0


def test_a_file_may_have_gaps_but_never_goes_back() -> None:
    line = Timeline(BASE, 40, live=False)
    assert line.place(0, 0, 0.0) == (0, 0)
    assert line.place(90_000, 90_000, 0.0) == (90_000, 90_000)
    assert line.place(10, 10, 0.0) == (90_040, 90_040)


def test_a_wrong_guess_at_a_decoding_time_moves_nothing() -> None:
    line = Timeline(BASE, 40, live=True)
    assert line.place(0, -80, 0.0) == (0, -80)
    assert line.place(120, 0, 0.04) == (120, 0)
    assert line.place(80, -40, 0.08) == (80, 0)
    assert line.place(200, 80, 0.12) == (200, 80)
    assert line.jumps == 0


def test_waits_grow_to_the_cap_and_start_anew() -> None:
    backoff = Backoff(rng=random.Random(1))
    bounds = [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    waits = [backoff.next() for _ in bounds]
    assert all(0.1 <= wait <= bound for wait, bound in zip(waits, bounds, strict=True))
    assert max(waits) > 2.0
    backoff.reset()
    assert backoff.next() <= 0.5


def test_waits_are_spread_so_that_cameras_do_not_return_all_at_once() -> None:
    rng = random.Random(2)
    waits = [Backoff(first=8.0, rng=rng).next() for _ in range(200)]
    assert min(waits) < 1.0
    assert max(waits) > 7.0
    assert len(set(waits)) == 200


def test_the_same_error_is_said_once_a_period_with_its_count() -> None:
    clock, said = ManualClock(), list[str]()
    errors = RepeatedErrors(said.append, clock, period=60.0)
    for _ in range(38):
        errors.note("gate: refused")
        clock.advance(1.0)
    errors.note("yard: stalled")
    assert said == ["gate: refused", "yard: stalled"]
    clock.set(60.0)
    errors.flush()
    assert said[2:] == ["gate: refused (same error ×37 in the last 60 s)"]
    clock.set(500.0)
    errors.flush()
    errors.note("gate: refused")
    assert said[3:] == ["gate: refused"]
    assert all(first != second for first, second in pairwise(said))
