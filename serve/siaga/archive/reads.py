"""Queries. Each runs inside the caller's read transaction and returns rows; ``siaga.archive.merge`` and
``siaga.archive.store`` make views of them after it, so that a writer waits for the reading only."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, exists, select

from siaga.access import Scope
from siaga.archive.contract import Blob, Named, Span
from siaga.archive.lists import within_span
from siaga.archive.merge import merge_records
from siaga.archive.views import LedgerEntry, RecordView, ViolationDetail
from siaga.core.event import Event
from siaga.core.ledger import LedgerRow
from siaga.db.statements import within
from siaga.db.tables.archive import blobs, evidence, ledger, records


def named(connection: Connection, sha256: str, scope: Scope) -> Named | None:
    """See ``Archive.named``."""
    query = select(evidence.c.bytes, evidence.c.media_type).distinct()
    rows = connection.execute(query.where(evidence.c.sha256 == sha256, within(scope, evidence.c.site))).all()
    return Named(sha256, frozenset((row.bytes, row.media_type) for row in rows)) if rows else None


def blob(connection: Connection, sha256: str, scope: Scope) -> Blob | None:
    """See ``Archive.blob``."""
    ours = exists().where(evidence.c.sha256 == blobs.c.sha256, within(scope, evidence.c.site))
    query = select(blobs.c.sha256, blobs.c.bytes, blobs.c.media_type, blobs.c.path)
    row = connection.execute(query.where(blobs.c.sha256 == sha256, ours)).first()
    return None if row is None else Blob(*row)


class Found:
    """The rows behind some violations. Made inside a transaction, merged after it."""

    def __init__(self, connection: Connection, event_ids: Collection[UUID], scope: Scope) -> None:
        about = records.c.event_id.in_(event_ids)
        columns = (records.c.event_id, records.c.body, records.c.chain, records.c.received_at, records.c.site)
        query = select(*columns).where(about).order_by(records.c.event_id, records.c.seq)
        # Not a condition of the query: SQLite would read the whole site's index instead of these few events.
        self._rows: list[Any] = [row for row in connection.execute(query).all() if scope.allows(row.site)]
        complete = select(blobs.c.sha256).join(evidence, evidence.c.sha256 == blobs.c.sha256)
        told = connection.execute(complete.where(evidence.c.event_id.in_(event_ids)))
        self._complete = frozenset(told.scalars())

    def details(self) -> dict[UUID, ViolationDetail]:
        """Violations with their records, by event id; unknown ids are left out."""
        grouped: defaultdict[UUID, list[RecordView]] = defaultdict(list)
        for row in self._rows:
            grouped[row.event_id].append(record_view(row))
        return {event_id: merge_records(views, self._complete) for event_id, views in grouped.items()}


def record_rows(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Row[Any]]:
    """Records by id."""
    columns = (records.c.id, records.c.body, records.c.chain, records.c.received_at)
    rows: Sequence[Any] = connection.execute(select(*columns).where(records.c.id.in_(ids))).all()
    return {row.id: row for row in rows}


def record_view(row: Row[Any]) -> RecordView:
    """A record of its row."""
    return RecordView(
        record=Event.model_validate_json(row.body), chain=row.chain, received_at=row.received_at
    )


def ledger_rows(connection: Connection, camera: str | None, span: Span, scope: Scope) -> Sequence[Any]:
    """See ``Archive.ledger``."""
    where = [within(scope, ledger.c.site), *within_span(ledger.c.hour, span)]
    if camera is not None:
        where.append(ledger.c.camera == camera)
    query = select(ledger.c.device_id, ledger.c.body).where(*where)
    return connection.execute(query.order_by(ledger.c.hour, ledger.c.camera, ledger.c.zone)).all()


def ledger_entry(row: Row[Any]) -> LedgerEntry:
    """A ledger row of its table row."""
    return LedgerEntry(device_id=row.device_id, row=LedgerRow.model_validate_json(row.body))
