"""Databases with sites, people who manage them, and a box."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from siaga.access import Principal, Role, Scope
from siaga.access.audit import AuditEntry
from siaga.core.clock import ManualClock, uuid7_factory
from siaga.db import Database
from siaga.link import Boxes, Configurations, Models, Previews, SiteOrders, Who
from siaga.proof.key import ServiceKey
from tests.support.databases import *  # noqa: F403

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NORTH = Scope(frozenset({"north"}))
KEY = ServiceKey.from_seed(bytes(range(32)))


@dataclass
class Notes:
    """An access log in memory."""

    entries: list[AuditEntry] = field(default_factory=list)

    def record(self, _connection: Connection | None, entry: AuditEntry) -> None:
        self.entries.append(entry)

    def viewed(self, entry: AuditEntry) -> None:
        self.entries.append(entry)

    @property
    def said(self) -> list[str]:
        """What was done, in order."""
        return [entry.action for entry in self.entries]


def manager(minutes: float = 0.0, scope: Scope = NORTH) -> Who:
    """A safety manager, some minutes after noon."""
    principal = Principal("id-mai", "Mai", {Role.SAFETY_MANAGER: scope})
    return Who(principal, scope, NOON + timedelta(minutes=minutes))


def box(minutes: float = 0.0, device_id: str = "box-1", scope: Scope = NORTH) -> Who:
    """An enrolled box."""
    principal = Principal(device_id, device_id, {Role.DEVICE: scope}, device_id=device_id)
    return Who(principal, scope, NOON + timedelta(minutes=minutes))


@pytest.fixture
def notes() -> Notes:
    """What was told to the access log."""
    return Notes()


@dataclass
class Parts:
    """All of siaga.link over one database."""

    orders: SiteOrders
    configurations: Configurations
    boxes: Boxes
    models: Models
    previews: Previews


@pytest.fixture
def link(database: Database, notes: Notes) -> Parts:
    """The link of an empty database."""
    return Parts(
        SiteOrders(database, notes, KEY),
        Configurations(database, notes),
        Boxes(database, notes),
        Models(database, notes),
        Previews(database, notes, KEY, uuid7_factory(ManualClock())),
    )
