"""Databases with events, and people who look at them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, insert

from siaga.access import Principal, Role, Scope
from siaga.access.audit import AuditEntry
from siaga.core.clock import ManualClock, uuid7_factory
from siaga.db import Database
from siaga.db.tables import archive
from siaga.review.caller import Caller
from siaga.review.reviews import Reviews
from tests.support.databases import *  # noqa: F403

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NORTH = Scope(frozenset({"north"}))


@dataclass
class Notes:
    """An access log in memory."""

    entries: list[AuditEntry] = field(default_factory=list)

    def record(self, _connection: Connection | None, entry: AuditEntry) -> None:
        self.entries.append(entry)

    def viewed(self, entry: AuditEntry) -> None:
        self.entries.append(entry)


@pytest.fixture
def notes() -> Notes:
    """What was told to the access log."""
    return Notes()


def caller(name: str = "mai", scope: Scope = NORTH, minutes: float = 0.0) -> Caller:
    """Somebody who reviews, some minutes after noon."""
    principal = Principal(f"id-{name}", name, {Role.REVIEWER: scope})
    return Caller(principal, scope, NOON + timedelta(minutes=minutes))


@pytest.fixture
def reviews(database: Database, notes: Notes) -> Reviews:
    """The reviews of an empty database."""
    return Reviews(database, notes, uuid7_factory(ManualClock()))


AddEvent = Callable[..., UUID]


@pytest.fixture
def add_event(database: Database) -> AddEvent:
    """Adds an event; ``minutes``: its start after noon, ``lasts``: minutes, None: still open."""
    numbers = itertools.count(1)

    def add(minutes: float = 0.0, lasts: float | None = 1.0, **fields: Any) -> UUID:
        event_id = UUID(int=next(numbers))
        start = NOON + timedelta(minutes=minutes)
        row = {
            "event_id": event_id,
            "device_id": "box-1",
            "site": "north",
            "camera": "gate",
            "rule": "missing_ppe",
            "zone": None,
            "open": lasts is None,
            "start_at": start,
            "received_at": start,
            "severity": "alert",
            "items": "helmet",
            "end_at": None if lasts is None else start + timedelta(minutes=lasts),
        } | fields
        with database.writing() as connection:
            connection.execute(insert(archive.violations).values(**row))
        return event_id

    return add
