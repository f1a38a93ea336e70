"""Whether the archive holds together: records are what their hashes say, evidence is where it should be."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Connection, exists, func, select, text

from siaga.archive.contract import Blob
from siaga.archive.evidence import EvidenceStore
from siaga.core.canonical import record_hash
from siaga.core.errors import StorageError
from siaga.db import Database
from siaga.db.migrate import current, newest
from siaga.db.tables.archive import blobs, devices, evidence, records, violations

_MANY = 500
_SHOWN = 20

Tell = Callable[[int], None]


class Inspection(BaseModel):
    """What was looked at and what is wrong. ``not_here``: evidence that devices have not sent (yet).

    Attributes:
        faults: Things that must not be; at most twenty of each kind are named.
        orphans: Bytes that no row names; the sweep removes them.
        missing_records: Numbers below a device's highest that never came.
    """

    model_config = ConfigDict(frozen=True)

    version: str
    records: int
    violations: int
    evidence: int
    not_here: int
    orphans: int
    missing_records: int
    faults: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Nothing is wrong."""
        return not self.faults


def inspect(
    database: Database, store: EvidenceStore, *, hashes: bool = False, tell: Tell = lambda _: None
) -> Inspection:
    """Look at everything. The service may run meanwhile.

    Args:
        hashes: Also read all evidence and compare its sha256.
        tell: Called with a number of records or pieces of evidence that were looked at.

    Raises:
        StorageError: The archive cannot be read, or has tables of another version.
    """
    with database.reading() as connection:
        found = current(connection)
        if found != newest():
            raise StorageError(
                f"The tables are those of version {found}, not {newest()}.",
                where=database.where,
                fix="Run siaga archive upgrade.",
            )
        faults = [*_broken_file(connection), *_first(_changed_records(connection, tell))]
        faults += _first(_without(connection))
        kept = [Blob(*row) for row in connection.execute(_BLOBS)]
        counts = {table.name: _count(connection, table) for table in (records, violations, blobs)}
        complete = exists().where(blobs.c.sha256 == evidence.c.sha256)
        awaited = func.count(evidence.c.sha256.distinct())
        not_here = connection.execute(select(awaited).where(~complete)).scalar_one()
        missing = func.coalesce(func.sum(devices.c.highest_seq - devices.c.records), 0)
        missing_records = int(connection.execute(select(missing)).scalar_one())
    faults += _first(_wrong_bytes(store, kept, tell) if hashes else _absent(store, kept))
    return Inspection(
        version=found,
        records=counts["records"],
        violations=counts["violations"],
        evidence=counts["blobs"],
        not_here=not_here,
        orphans=_orphans(store, kept),
        missing_records=missing_records,
        faults=tuple(faults),
    )


_BLOBS = select(blobs.c.sha256, blobs.c.bytes, blobs.c.media_type, blobs.c.path)


def _count(connection: Connection, table: Any) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _first(faults: Iterator[str]) -> list[str]:
    shown = [fault for fault, _ in zip(faults, range(_SHOWN), strict=False)]
    rest = sum(1 for _ in faults)
    return [*shown, f"and {rest} more of this kind"] if rest else shown


def _broken_file(connection: Connection) -> list[str]:
    if connection.dialect.name != "sqlite":
        return []
    told = connection.execute(text("PRAGMA integrity_check")).scalars().all()
    return [] if told == ["ok"] else [f"SQLite: {line}" for line in told[:_SHOWN]]


def _changed_records(connection: Connection, tell: Tell) -> Iterator[str]:
    query = select(records.c.id, records.c.hash, records.c.body)
    rows = connection.execution_options(yield_per=_MANY).execute(query)
    for part in rows.partitions():
        for row in part:
            body = json.loads(row.body)
            if not row.hash == body.get("hash") == record_hash(body):
                yield f"record {row.id}: its content is not that of its hash"
        tell(len(part))


def _without(connection: Connection) -> Iterator[str]:
    told: ColumnElement[bool] = exists().where(records.c.event_id == violations.c.event_id)
    for event_id in connection.execute(select(violations.c.event_id).where(~told)).scalars():
        yield f"violation {event_id}: no record tells of it"
    about: ColumnElement[bool] = exists().where(violations.c.event_id == records.c.event_id)
    for record_id in connection.execute(select(records.c.id).where(~about)).scalars():
        yield f"record {record_id}: its violation is not listed"


def _absent(store: EvidenceStore, kept: list[Blob]) -> Iterator[str]:
    there = {path for prefix in {blob.path[:2] for blob in kept} for path in store.listing(prefix)}
    for blob in kept:
        if blob.path not in there:
            yield f"evidence {blob.sha256}: its bytes are gone"


def _wrong_bytes(store: EvidenceStore, kept: list[Blob], tell: Tell) -> Iterator[str]:
    for blob in kept:
        digest = hashlib.sha256()
        try:
            for piece in store.read(blob.path, 0, blob.bytes):
                digest.update(piece)
        except StorageError:
            yield f"evidence {blob.sha256}: its bytes cannot be read"
            continue
        if digest.hexdigest() != blob.sha256:
            yield f"evidence {blob.sha256}: its bytes are others"
        tell(1)


def _orphans(store: EvidenceStore, kept: list[Blob]) -> int:
    known = {blob.path for blob in kept}
    return sum(len(store.listing(prefix) - known) for prefix in store.prefixes())
