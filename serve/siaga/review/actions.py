"""Corrective actions: what is to be done about an event or a report, by whom, until when, and the proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, tuple_, update
from sqlalchemy.sql.elements import literal

from siaga.access.audit import Auditor
from siaga.core.clock import IdFactory
from siaga.core.errors import Conflict, NotFound
from siaga.db import Database
from siaga.db.tables.archive import violations
from siaga.db.tables.review import actions, reports
from siaga.review import photos
from siaga.review.caller import Caller
from siaga.review.errors import Meanwhile, NotAllowed
from siaga.review.pictures import encode_photo
from siaga.review.sites import check_site, today_at
from siaga.review.views import ActionState, ActionView, AssigneeView

_NEXT: Mapping[ActionState, frozenset[ActionState]] = MappingProxyType(
    {
        ActionState.OPEN: frozenset({ActionState.DONE, ActionState.CANCELLED}),
        ActionState.DONE: frozenset({ActionState.OPEN, ActionState.VERIFIED}),
        ActionState.VERIFIED: frozenset({ActionState.OPEN}),
        ActionState.CANCELLED: frozenset({ActionState.OPEN}),
    }
)


@dataclass(frozen=True, slots=True)
class NewAction:
    """A corrective action to be made. ``site`` may be left out where an event or a report names it."""

    title: str
    owner: AssigneeView
    due_on: date
    description: str = ""
    site: str | None = None
    zone: str | None = None
    event_id: UUID | None = None
    report_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ActionChange:
    """What is to change; None: stays."""

    title: str | None = None
    description: str | None = None
    owner: AssigneeView | None = None
    due_on: date | None = None
    state: ActionState | None = None
    photo: bytes | None = None


@dataclass(frozen=True, slots=True)
class ActionFilter:
    """All given conditions hold together. ``overdue``: open, and the site's day is past ``due_on``."""

    site: str | None = None
    state: ActionState | None = None
    event_id: UUID | None = None
    owner_id: str | None = None


class Actions:
    """Corrective actions; bound by the caller's sites like ``Reviews``."""

    def __init__(self, database: Database, auditor: Auditor, new_id: IdFactory) -> None:
        self._database = database
        self._auditor = auditor
        self._new_id = new_id

    def add(self, caller: Caller, wanted: NewAction) -> ActionView:
        """Make one.

        Raises:
            NotFound: The event, report or site is not within the caller's sites.
            NotAllowed: Nothing says which site it is about.
        """
        with self._database.writing() as connection:
            site, zone = _place(connection, caller, wanted)
            action_id = self._new_id()
            row = {
                "id": action_id,
                "site": site,
                "event_id": wanted.event_id,
                "report_id": wanted.report_id,
                "zone": zone,
                "title": wanted.title,
                "description": wanted.description,
                "owner": wanted.owner.name,
                "owner_id": wanted.owner.user_id,
                "due_on": wanted.due_on,
                "state": ActionState.OPEN,
                "version": 1,
                "created_by": caller.principal.name,
                "created_at": caller.at,
                "changed_by": caller.principal.name,
                "changed_at": caller.at,
            }
            connection.execute(insert(actions).values(**row))
            view = _view(connection, caller, _row(connection, caller, action_id))
            self._auditor.record(connection, caller.entry("action.add", f"action/{view.id}", site))
            return view

    def change(self, caller: Caller, action_id: UUID, version: int, wanted: ActionChange) -> ActionView:
        """Change one; a photo replaces the one before.

        Raises:
            NotFound: There is none within the caller's sites.
            Meanwhile: Somebody changed it since ``version``.
            Conflict: Its state does not lead there.
            PictureRefused: The photo is no picture that is taken.
        """
        picture = None if wanted.photo is None else encode_photo(wanted.photo)
        with self._database.writing() as connection:
            row = _row(connection, caller, action_id, hold=True)
            if row.version != version:
                raise Meanwhile(
                    f"{row.changed_by} has changed this action meanwhile.",
                    version=row.version,
                    by=row.changed_by,
                    at=row.changed_at,
                    state=row.state,
                    where=f"action {action_id}",
                )
            values = _changed(row, wanted)
            if picture is not None:
                values["photo_id"] = self._new_id()
                photos.keep(connection, caller, values["photo_id"], row.site, picture)
            values |= {
                "version": version + 1,
                "changed_by": caller.principal.name,
                "changed_at": caller.at,
            }
            connection.execute(update(actions).where(actions.c.id == action_id).values(**values))
            view = _view(connection, caller, _row(connection, caller, action_id))
            entry = caller.entry("action.change", f"action/{action_id}", row.site, state=str(view.state))
            self._auditor.record(connection, entry)
            return view

    def one(self, caller: Caller, action_id: UUID) -> ActionView:
        """One action. Raises ``NotFound``."""
        with self._database.reading() as connection:
            return _view(connection, caller, _row(connection, caller, action_id))

    def listed(
        self, caller: Caller, wanted: ActionFilter, limit: int, after: tuple[date, UUID] | None = None
    ) -> tuple[ActionView, ...]:
        """At most ``limit`` actions, the earliest due first, after the given due date and id."""
        a = actions.c
        query = select(actions).where(caller.within(a.site))
        for column, value in (
            (a.site, wanted.site),
            (a.state, wanted.state),
            (a.event_id, wanted.event_id),
            (a.owner_id, wanted.owner_id),
        ):
            if value is not None:
                query = query.where(column == value)
        if after is not None:
            place = tuple_(literal(after[0], a.due_on.type), literal(after[1], a.id.type))
            query = query.where(tuple_(a.due_on, a.id) > place)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(a.due_on, a.id).limit(limit)).all()
            return tuple(_view(connection, caller, row) for row in rows)


def _place(connection: Connection, caller: Caller, wanted: NewAction) -> tuple[str, str | None]:
    """The site and the zone that an action is about."""
    for table, key, value in (
        (violations, violations.c.event_id, wanted.event_id),
        (reports, reports.c.id, wanted.report_id),
    ):
        if value is None:
            continue
        query = select(table.c.site, table.c.zone).where(key == value, caller.within(table.c.site))
        found = connection.execute(query).first()
        if found is None:
            raise NotFound("What this action is about is not there.", where=str(value))
        if wanted.site not in (None, found.site):
            raise NotAllowed("The event or report is of another site.", where=wanted.site)
        return found.site, wanted.zone or found.zone
    if wanted.site is None:
        raise NotAllowed("Nothing says which site this is about.", fix="Give site, event_id or report_id.")
    check_site(connection, caller, wanted.site)
    return wanted.site, wanted.zone


def _row(connection: Connection, caller: Caller, action_id: UUID, *, hold: bool = False) -> Row[Any]:
    query = select(actions).where(actions.c.id == action_id, caller.within(actions.c.site))
    row = connection.execute(query.with_for_update() if hold else query).first()
    if row is None:
        raise NotFound("No such action.", where=str(action_id))
    return row


def _changed(row: Row[Any], wanted: ActionChange) -> dict[str, Any]:
    now = ActionState(row.state)
    if wanted.state not in (None, now) and wanted.state not in _NEXT[now]:
        raise Conflict(
            f"An action that is {now} cannot become {wanted.state}.",
            fix=f"Possible are: {', '.join(sorted(_NEXT[now]))}.",
        )
    values: dict[str, Any] = {
        name: value
        for name, value in (
            ("title", wanted.title),
            ("description", wanted.description),
            ("due_on", wanted.due_on),
            ("state", wanted.state),
        )
        if value is not None
    }
    if wanted.owner is not None:
        values |= {"owner": wanted.owner.name, "owner_id": wanted.owner.user_id}
    return values


def _view(connection: Connection, caller: Caller, row: Row[Any]) -> ActionView:
    state = ActionState(row.state)
    late = state is ActionState.OPEN and row.due_on < today_at(connection, row.site, caller.at)
    return ActionView(
        id=row.id,
        site=row.site,
        event_id=row.event_id,
        report_id=row.report_id,
        zone=row.zone,
        title=row.title,
        description=row.description,
        owner=AssigneeView(name=row.owner, user_id=row.owner_id),
        due_on=row.due_on,
        overdue=late,
        state=state,
        photo_id=row.photo_id,
        version=row.version,
        created_by=row.created_by,
        created_at=row.created_at,
        changed_by=row.changed_by,
        changed_at=row.changed_at,
    )
