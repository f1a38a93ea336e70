"""People on an empty database, SQLite or PostgreSQL, with a clock that stands still and quick passwords."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from cryptography.fernet import Fernet

from siaga.access import Permission, Principal, Scope
from siaga.audit import AuditLog, AuditQuery
from siaga.auth.passwords import Passwords
from siaga.auth.people import People
from siaga.auth.secrets import Vault
from siaga.auth.sessions import Browser
from siaga.auth.views import Held
from siaga.core.clock import ManualClock
from siaga.db import Database
from tests.support.databases import *  # noqa: F403

PASSWORD = "tarmac lantern gibbon"
HOME = Browser("Firefox", "192.0.2.7")


@dataclass
class World:
    """What a test of people needs.

    Attributes:
        owner: The first user, who manages everything, as a signed-in caller.
    """

    database: Database
    clock: ManualClock
    audit: AuditLog
    people: People
    owner: Principal

    def actions(self) -> list[str]:
        """What the access log tells, oldest first."""
        rows = self.audit.page(Scope.everything(), AuditQuery(), details=True, limit=200).items
        return [row.action for row in reversed(rows)]

    def add(self, login: str, *held: Held) -> Principal:
        """A user with a password, as a caller."""
        scope = self.owner.scope(Permission.MANAGE_USERS)
        user = self.people.directory.add(self.owner, scope, login, login.title(), held)
        token = self.people.links.for_user(self.owner, user)
        return self.entered(self.people.links.set_password(token, PASSWORD))

    def entered(self, user_id: UUID, browser: Browser = HOME) -> Principal:
        """The caller of a new session."""
        signed_in = self.people.sign_in.open(user_id, "link", browser)
        who = self.people.sessions.principal(signed_in.secret)
        assert who is not None
        return who


@pytest.fixture
def world(database: Database) -> World:
    """A service with its owner."""
    clock = ManualClock()
    clock.advance(12 * 3600.0)
    audit = AuditLog(database)
    quick = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    people = People.on(database, clock, audit, Vault(Fernet.generate_key()), passwords=quick)
    world = World(database, clock, audit, people, Principal.nobody())
    user_id = people.links.set_owner(people.links.for_owner(), "Owner@Site.example", "Owner", PASSWORD)
    world.owner = world.entered(user_id)
    return world
