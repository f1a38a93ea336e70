"""Users that something is assigned to."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from sqlalchemy import Connection, select

from siaga.db.tables.people import EVERYWHERE, user_roles, users
from siaga.review.errors import NotAllowed
from siaga.review.machine import Assignee, Wanted


def with_known_assignee(connection: Connection, wanted: Wanted, site: str) -> Wanted:
    """The same, with the assignee's name as the user's account has it.

    Raises:
        NotAllowed: A user id is given, and nobody with a role at the site has it.
    """
    if wanted.assignee is None or wanted.assignee.user_id is None:
        return wanted
    return replace(wanted, assignee=_known(connection, wanted.assignee.user_id, site))


def _known(connection: Connection, user_id: str, site: str) -> Assignee:
    query = (
        select(users.c.name)
        .join(user_roles, user_roles.c.user_id == users.c.id)
        .where(users.c.id == _uuid(user_id), users.c.disabled_at.is_(None))
        .where(user_roles.c.site.in_((site, EVERYWHERE)))
    )
    name = connection.execute(query).scalars().first()
    if name is None:
        raise NotAllowed(
            "Nobody at this site has this user id.", where=user_id, fix="Take it from the list of users."
        )
    return Assignee(name, user_id)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
