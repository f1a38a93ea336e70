"""A running service for every test, on an empty data folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from siaga.core.clock import ManualClock
from tests.support.databases import *  # noqa: F403
from tests.support.records import RecordMaker
from tests.support.service import Running, running_service


@pytest.fixture
def clock() -> ManualClock:
    """Noon of a day, standing still."""
    clock = ManualClock()
    clock.advance(12 * 3600.0)
    return clock


@pytest.fixture
def service(tmp_path: Path, clock: ManualClock) -> Iterator[Running]:
    """A service whose clock stands still."""
    with running_service(tmp_path / "data", clock) as running:
        yield running


@pytest.fixture
def maker(clock: ManualClock) -> RecordMaker:
    """A device."""
    return RecordMaker(clock)
