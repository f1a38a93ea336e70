"""A running service for every test, on an empty data folder: on SQLite and disk, and on PostgreSQL and S3."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from siaga.core.clock import ManualClock
from tests.support.databases import *  # noqa: F403
from tests.support.objects import *  # noqa: F403
from tests.support.records import RecordMaker
from tests.support.service import Running, running_service


@pytest.fixture
def clock() -> ManualClock:
    """Noon of a day, standing still."""
    clock = ManualClock()
    clock.advance(12 * 3600.0)
    return clock


@pytest.fixture
def stores(database_kind: str, request: pytest.FixtureRequest) -> dict[str, Any]:
    """Options of a service: none (SQLite and disk in its data folder), or PostgreSQL and S3."""
    if database_kind == "sqlite":
        return {}
    return {name: request.getfixturevalue(f"{kind}_url") for name, kind in _STORES.items()}


_STORES = {"database": "database", "evidence": "bucket"}


@pytest.fixture
def service(tmp_path: Path, clock: ManualClock, stores: dict[str, Any]) -> Iterator[Running]:
    """A service whose clock stands still."""
    with running_service(tmp_path / "data", clock, **stores) as running:
        yield running


@pytest.fixture
def maker(clock: ManualClock) -> RecordMaker:
    """A device."""
    return RecordMaker(clock)
