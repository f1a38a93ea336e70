"""The archive in a database."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, text
from sqlalchemy.exc import IntegrityError

from siaga.access import Scope
from siaga.archive import lists, reads, totals, writes
from siaga.archive.contract import Accepted, Blob, Named, Slice, Span, ViolationFilter, Witness
from siaga.archive.views import (
    CameraView,
    LedgerEntry,
    RecordPage,
    Summary,
    ViolationDetail,
    ViolationPage,
)
from siaga.core.event import Event
from siaga.core.ledger import LedgerRow
from siaga.db import Database
from siaga.db.tables.archive import blobs


class StoredArchive:
    """An ``Archive`` on SQLite or PostgreSQL.

    Args:
        database: With the newest tables; closed by ``close``.
        witness: Told of what is kept, in the transaction that keeps it.
    """

    def __init__(self, database: Database, witness: Witness | None = None) -> None:
        self._database = database
        self._witness = witness

    def put_event(self, event: Event, raw: dict[str, Any], received_at: datetime, scope: Scope) -> Accepted:
        try:
            return self._put_event(event, raw, received_at, scope)
        except IntegrityError:
            # Another process kept a record of this id in between; now it is seen.
            return self._put_event(event, raw, received_at, scope)

    def _put_event(self, event: Event, raw: dict[str, Any], received_at: datetime, scope: Scope) -> Accepted:
        with self._database.writing() as connection:
            accepted = writes.insert_record(connection, event, raw, received_at, scope)
            if self._witness is not None and accepted is Accepted.CREATED:
                self._witness.record(connection, event, received_at)
            return accepted

    def put_ledger(
        self, device_id: str, rows: Sequence[LedgerRow], received_at: datetime, scope: Scope
    ) -> None:
        with self._database.writing() as connection:
            writes.upsert_ledger(connection, device_id, rows, received_at, scope)

    def add_blob(self, blob: Blob, completed_at: datetime, place: Callable[[], object]) -> None:
        if self._database.dialect == "sqlite":
            # The only process there is sweeps before it takes requests; and other writers need not wait.
            place()
        with self._database.writing() as connection:
            if self._database.dialect != "sqlite":
                _lock_path(connection, blob.path)
                place()
            writes.insert_blob(connection, blob, completed_at)
            if self._witness is not None:
                self._witness.evidence(connection, blob.sha256, completed_at)

    def remove_orphan(self, path: str, remove: Callable[[], object]) -> bool:
        with self._database.writing() as connection:
            if self._database.dialect != "sqlite":
                _lock_path(connection, path)
            if connection.execute(select(blobs.c.path).where(blobs.c.path == path)).first() is not None:
                return False
            remove()
            return True

    def named(self, sha256: str, scope: Scope) -> Named | None:
        with self._database.reading() as connection:
            return reads.named(connection, sha256, scope)

    def blob(self, sha256: str, scope: Scope) -> Blob | None:
        with self._database.reading() as connection:
            return reads.blob(connection, sha256, scope)

    def blob_paths(self, prefix: str) -> frozenset[str]:
        query = select(blobs.c.path).where(blobs.c.sha256 >= prefix, blobs.c.sha256 < f"{prefix}g")
        with self._database.reading() as connection:
            paths = connection.execute(query).scalars().all()
        return frozenset(path for path in paths if path.startswith(f"{prefix}/"))

    def violations(self, where: ViolationFilter, part: Slice, scope: Scope) -> ViolationPage:
        with self._database.reading() as connection:
            rows, after = lists.page_of_violations(connection, where, part, scope)
            found = reads.Found(connection, [row.event_id for row in rows], scope)
        details = found.details()
        return ViolationPage(items=tuple(details[row.event_id].violation for row in rows), next_cursor=after)

    def violation(self, event_id: UUID, scope: Scope) -> ViolationDetail | None:
        with self._database.reading() as connection:
            found = reads.Found(connection, [event_id], scope)
        return found.details().get(event_id)

    def records(self, span: Span, part: Slice, scope: Scope) -> RecordPage:
        with self._database.reading() as connection:
            keys, after = lists.page_of_records(connection, span, part, scope)
            rows = reads.record_rows(connection, [key.id for key in keys])
        return RecordPage(items=tuple(reads.record_view(rows[key.id]) for key in keys), next_cursor=after)

    def ledger(self, camera: str | None, span: Span, scope: Scope) -> tuple[LedgerEntry, ...]:
        with self._database.reading() as connection:
            rows = reads.ledger_rows(connection, camera, span, scope)
        return tuple(reads.ledger_entry(row) for row in rows)

    def cameras(self, scope: Scope) -> tuple[CameraView, ...]:
        with self._database.reading() as connection:
            rows = totals.heard(connection, scope)
        return totals.camera_views(rows)

    def summary(self, since: datetime, until: datetime, scope: Scope) -> Summary:
        with self._database.reading() as connection:
            return totals.summary(connection, since, until, scope)

    def check(self) -> None:
        with self._database.writing() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        self._database.close()


def _lock_path(connection: Connection, path: str) -> None:
    """Until the transaction ends, no other process adds or sweeps these bytes."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:path, 0))"), {"path": path})
