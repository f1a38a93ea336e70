"""The archive on SQLite."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from siaga.archive.contract import Accepted, Blob, Named, Slice, Span, ViolationFilter
from siaga.archive.sqlite import reads, totals, writes
from siaga.archive.sqlite.database import Database
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


class SqliteArchive:
    """An ``Archive`` in one SQLite file.

    Args:
        database: Shared with the keys; closed by ``close``.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_event(self, event: Event, raw: dict[str, Any], received_at: datetime) -> Accepted:
        with self._database.transaction() as connection:
            return writes.insert_record(connection, event, raw, received_at)

    def put_ledger(self, device_id: str, rows: Sequence[LedgerRow], received_at: datetime) -> None:
        with self._database.transaction() as connection:
            writes.upsert_ledger(connection, device_id, rows, received_at)

    def add_blob(self, blob: Blob, completed_at: datetime) -> None:
        with self._database.transaction() as connection:
            writes.insert_blob(connection, blob, completed_at)

    def named(self, sha256: str) -> Named | None:
        with self._database.reading() as connection:
            return reads.named(connection, sha256)

    def blob(self, sha256: str) -> Blob | None:
        with self._database.reading() as connection:
            return reads.blob(connection, sha256)

    def blob_paths(self) -> frozenset[str]:
        with self._database.reading() as connection:
            return reads.blob_paths(connection)

    def violations(self, where: ViolationFilter, part: Slice) -> ViolationPage:
        with self._database.reading() as connection:
            return reads.violations(connection, where, part)

    def violation(self, event_id: UUID) -> ViolationDetail | None:
        with self._database.reading() as connection:
            return reads.violation(connection, event_id)

    def records(self, span: Span, part: Slice) -> RecordPage:
        with self._database.reading() as connection:
            return reads.records(connection, span, part)

    def ledger(self, camera: str | None, span: Span) -> tuple[LedgerEntry, ...]:
        with self._database.reading() as connection:
            return reads.ledger(connection, camera, span)

    def cameras(self) -> tuple[CameraView, ...]:
        with self._database.reading() as connection:
            return reads.cameras(connection)

    def summary(self, since: datetime, until: datetime) -> Summary:
        with self._database.reading() as connection:
            return totals.summary(connection, since, until)

    def check(self) -> None:
        with self._database.transaction():
            pass

    def close(self) -> None:
        self._database.close()
