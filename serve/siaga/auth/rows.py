"""Reads users and what they may do."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from siaga.access import Permission, Principal, Role, Scope
from siaga.auth.views import Held, User
from siaga.db.tables.people import EVERYWHERE, user_roles, users


def read_user(connection: Connection, user_id: UUID) -> User | None:
    """The user with this id."""
    row = connection.execute(select(users).where(users.c.id == user_id)).one_or_none()
    return None if row is None else make_user(row, read_roles(connection, user_id))


def read_roles(connection: Connection, user_id: UUID) -> tuple[Held, ...]:
    """The roles that a user holds, also those whose time is over."""
    query = select(user_roles).where(user_roles.c.user_id == user_id)
    rows = connection.execute(query.order_by(user_roles.c.role, user_roles.c.site))
    return tuple(held(row) for row in rows)


def held(row: Row[Any]) -> Held:
    """A role from its row."""
    return Held(role=Role(row.role), site=row.site if row.site != EVERYWHERE else None, until=row.until)


def make_user(row: Row[Any], roles: tuple[Held, ...]) -> User:
    """A user from the row."""
    return User(
        id=row.id,
        login=row.login,
        name=row.name,
        roles=roles,
        disabled=row.disabled_at is not None,
        has_password=row.password_hash is not None,
        second_factor=row.totp_confirmed_at is not None,
        created_at=row.created_at,
        last_sign_in_at=row.last_sign_in_at,
    )


def scopes(roles: tuple[Held, ...], now: datetime) -> Mapping[Role, Scope]:
    """Where each role is held at this moment."""
    found: dict[Role, Scope] = {}
    for entry in roles:
        if entry.until is not None and entry.until <= now:
            continue
        before = found.get(entry.role, Scope.nothing()).sites
        if before is None or entry.site is None:
            found[entry.role] = Scope.everything()
        else:
            found[entry.role] = Scope(before | {entry.site})
    return found


def principal_of(
    connection: Connection,
    user_id: UUID,
    now: datetime,
    *,
    session: UUID | None = None,
    only: frozenset[Permission] | None = None,
) -> Principal | None:
    """The user as a caller; None: there is no such user, or it is disabled."""
    query = select(users.c.name).where(users.c.id == user_id, users.c.disabled_at.is_(None))
    name = connection.execute(query).scalar_one_or_none()
    if name is None:
        return None
    roles = scopes(read_roles(connection, user_id), now)
    return Principal(str(user_id), name, roles, only=only, session=str(session) if session else None)
