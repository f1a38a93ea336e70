"""Writes and reads the access log."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from siaga.access import AuditEntry, Principal, Scope
from siaga.audit.chain import Head, check_log, row_hash
from siaga.audit.views import AuditPage, AuditRow
from siaga.core.canonical import canonical_json
from siaga.core.errors import BadRequest, StorageError
from siaga.db import Database
from siaga.db.statements import within
from siaga.db.tables.archive import evidence
from siaga.db.tables.people import audit_head, audit_log

_ONE_LOOK = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """What of the log is asked for; None: everything.

    Attributes:
        action: Exactly, or its beginning up to a dot (``media`` finds ``media.view``).
        object: Exactly, ``kind/id``.
        who: The principal's id.
        since: From this moment on.
        until: Before this moment.
    """

    site: str | None = None
    action: str | None = None
    object: str | None = None
    who: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class AuditLog:
    """A ``siaga.access.Auditor`` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, connection: Connection | None, entry: AuditEntry) -> None:
        """Append ``entry``; see ``siaga.access.Auditor``."""
        if connection is not None:
            _append(connection, entry)
            return
        with self._database.writing() as own:
            _append(own, entry)

    def viewed(self, entry: AuditEntry) -> None:
        """Append that something was looked at, once in ten minutes; see ``siaga.access.Auditor``."""
        log = audit_log.c
        same = select(log.seq).where(
            log.object == entry.object,
            log.action == entry.action,
            log.principal_id == entry.principal.id,
            log.at > entry.at - _ONE_LOOK,
        )
        with self._database.reading() as connection:
            if connection.execute(same.limit(1)).first() is not None:
                return
        self.record(None, entry)

    def viewed_media(self, who: Principal, scope: Scope, sha256: str, at: datetime) -> None:
        """As ``viewed``, for evidence: its site is that of a violation in the scope that names it."""
        query = select(evidence.c.site).where(evidence.c.sha256 == sha256, within(scope, evidence.c.site))
        with self._database.reading() as connection:
            site = connection.execute(query.limit(1)).scalar()
        self.viewed(AuditEntry(who, "media.view", f"media/{sha256}", site, at))

    def page(
        self, scope: Scope, query: AuditQuery, *, details: bool, limit: int, cursor: str | None = None
    ) -> AuditPage:
        """Rows of the scope's sites, newest first; what concerns no site only for a scope of everything.

        Args:
            details: Give the details too.
            cursor: ``next_cursor`` of an earlier page.

        Raises:
            BadRequest: The cursor is not known.
        """
        wanted = _narrowed(select(audit_log), scope, query)
        if cursor is not None:
            wanted = wanted.where(audit_log.c.seq < _number(cursor))
        with self._database.reading() as connection:
            rows = connection.execute(wanted.order_by(audit_log.c.seq.desc()).limit(limit + 1)).all()
        items = tuple(_view(row, details=details) for row in rows[:limit])
        return AuditPage(items=items, next_cursor=str(items[-1].seq) if len(rows) > limit else None)

    def head(self) -> Head:
        """Where the log stands, to be noted outside."""
        with self._database.reading() as connection:
            return Head(*connection.execute(select(audit_head.c.seq, audit_head.c.hash)).one())

    def check(self, noted: Head | None = None) -> Head:
        """Check the whole log; see ``siaga.audit.chain.check_log``."""
        with self._database.reading() as connection:
            return check_log(connection, noted)


def _append(connection: Connection, entry: AuditEntry) -> None:
    # Whoever holds the head's row is the only one who appends; SQLite has one writer anyway.
    head = connection.execute(select(audit_head.c.seq, audit_head.c.hash).with_for_update()).one_or_none()
    if head is None:
        raise StorageError("The access log has lost its head.", fix="Restore the database from a backup.")
    row: dict[str, Any] = {
        "seq": head.seq + 1,
        "at": entry.at,
        "principal_id": entry.principal.id,
        "principal": entry.principal.name,
        "action": entry.action,
        "object": entry.object,
        "site": entry.site,
        "details": canonical_json(dict(entry.details)).decode(),
        "prev_hash": head.hash,
    }
    row["hash"] = row_hash(row)
    connection.execute(audit_log.insert().values(row))
    connection.execute(audit_head.update().values(seq=row["seq"], hash=row["hash"]))


def _narrowed(rows: Select[Any], scope: Scope, query: AuditQuery) -> Select[Any]:
    log = audit_log.c
    if scope.sites is not None:
        rows = rows.where(log.site.in_(sorted(scope.sites)))
    exact = {"site": query.site, "object": query.object, "principal_id": query.who}
    for name, value in exact.items():
        if value is not None:
            rows = rows.where(log[name] == value)
    if query.since is not None:
        rows = rows.where(log.at >= query.since)
    if query.until is not None:
        rows = rows.where(log.at < query.until)
    if query.action is not None:
        begins = log.action.startswith(f"{query.action}.", autoescape=True)
        rows = rows.where((log.action == query.action) | begins)
    return rows


def _number(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise BadRequest("This cursor is not known.", fix="Take next_cursor of an earlier answer as it is.")
    return int(cursor)


def _view(row: Row[Any], *, details: bool) -> AuditRow:
    return AuditRow(
        seq=row.seq,
        at=row.at,
        who=row.principal,
        who_id=row.principal_id,
        action=row.action,
        object=row.object,
        site=row.site,
        details=json.loads(row.details) if details else {},
    )
