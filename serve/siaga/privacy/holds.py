"""What must not be deleted, whatever the policy says: legal holds, and reportable incidents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, exists, insert, or_, select, update

from siaga.access import Scope
from siaga.core.errors import BadRequest, Conflict, NotFound
from siaga.db.statements import within
from siaga.db.tables.archive import violations
from siaga.db.tables.proof import holds
from siaga.privacy.policy import INCIDENT, require_site


class HoldKind(StrEnum):
    """Why something is held."""

    LEGAL = "legal"
    """Until somebody releases it."""
    INCIDENT = "incident"
    """Until 180 days after a reportable incident."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Violations of one site that are held; all given conditions hold together, none: the whole site.

    Attributes:
        since: Of the violations' start; aware; included.
        until: Excluded.
        expires_at: None: it does not end by itself.
    """

    id: UUID
    site: str
    kind: HoldKind
    reason: str
    placed_by: str
    placed_at: datetime
    event_id: UUID | None = None
    camera: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    expires_at: datetime | None = None
    released_by: str | None = None
    released_at: datetime | None = None


def place(connection: Connection, hold: Hold, scope: Scope, incident_at: datetime | None = None) -> Hold:
    """Hold something from now on.

    Args:
        incident_at: When the reportable incident took place; for ``INCIDENT`` only: it ends 180 days later.

    Raises:
        NotFound: The site is outside the scope, or not known.
        BadRequest: An incident without its time, or a span that ends before it begins.
    """
    require_site(connection, hold.site, scope)
    if (hold.kind is HoldKind.INCIDENT) != (incident_at is not None):
        raise BadRequest("An incident has a time, a legal hold has none.", fix="Give incident_at, or not.")
    if hold.since and hold.until and hold.until <= hold.since:
        raise BadRequest("The span is empty.", fix="Give an end after the beginning.")
    expires_at = None if incident_at is None else incident_at + INCIDENT
    values = {name: getattr(hold, name) for name in Hold.__slots__}
    connection.execute(insert(holds).values(values | {"kind": hold.kind.value, "expires_at": expires_at}))
    return hold_of(connection, hold.id, scope)


def release(connection: Connection, hold_id: UUID, scope: Scope, *, at: datetime, by: str) -> Hold:
    """End a hold.

    Raises:
        NotFound: There is none in the scope.
        Conflict: It was released before.
    """
    if hold_of(connection, hold_id, scope).released_at is not None:
        raise Conflict("This hold was released before.", where=f"hold {hold_id}")
    connection.execute(update(holds).where(holds.c.id == hold_id).values(released_at=at, released_by=by))
    return hold_of(connection, hold_id, scope)


def hold_of(connection: Connection, hold_id: UUID, scope: Scope) -> Hold:
    """One hold.

    Raises:
        NotFound: There is none in the scope.
    """
    wanted = select(holds).where(holds.c.id == hold_id, within(scope, holds.c.site))
    row = connection.execute(wanted).one_or_none()
    if row is None:
        raise NotFound("No such hold.", where=f"hold {hold_id}")
    return Hold(**{**row._asdict(), "kind": HoldKind(row.kind)})


def holds_of(connection: Connection, site: str, scope: Scope) -> list[Hold]:
    """All holds of a site, also those that ended, newest first."""
    wanted = select(holds).where(holds.c.site == site, within(scope, holds.c.site))
    rows = connection.execute(wanted.order_by(holds.c.placed_at.desc(), holds.c.id))
    return [Hold(**{**row._asdict(), "kind": HoldKind(row.kind)}) for row in rows]


def held(now: datetime) -> ColumnElement[bool]:
    """The condition on ``violations`` that a hold stands over the row."""
    column = holds.c
    return exists().where(
        column.site == violations.c.site,
        column.released_at.is_(None),
        or_(column.expires_at.is_(None), column.expires_at > now),
        and_(
            or_(column.event_id.is_(None), column.event_id == violations.c.event_id),
            or_(column.camera.is_(None), column.camera == violations.c.camera),
            or_(column.since.is_(None), violations.c.start_at >= column.since),
            or_(column.until.is_(None), violations.c.start_at < column.until),
        ),
    )
