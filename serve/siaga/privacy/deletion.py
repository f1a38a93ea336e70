"""Removes violations with everything about them; only their hashes stay, in the chain."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select

from siaga.db.changes import Change, announce
from siaga.db.tables.archive import blobs, evidence, records, violations
from siaga.db.tables.people import record_signatures
from siaga.db.tables.proof import deletion_queue, proof_entries
from siaga.db.tables.review import EVENT_TABLES


class Tombstones(Protocol):
    """The chain, which learns what is deleted."""

    def append(
        self,
        connection: Connection,
        site: str,
        kind: str,
        sha256: str,
        at: datetime,
        about: Mapping[str, str | int] | None = None,
    ) -> object:
        """Add an entry in the transaction of ``connection``."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """How much went."""

    violations: int = 0
    records: int = 0
    evidence: int = 0

    def __add__(self, other: Deleted) -> Deleted:
        return Deleted(
            self.violations + other.violations,
            self.records + other.records,
            self.evidence + other.evidence,
        )


def delete_violations(
    connection: Connection,
    tombstones: Tombstones,
    event_ids: Sequence[UUID],
    *,
    site: str,
    policy: str,
    at: datetime,
) -> Deleted:
    """Delete in the caller's transaction; the bytes are queued and go after it, by ``Sweeper``.

    Args:
        event_ids: Violations of ``site``, locked by the caller.
        policy: As the tombstones name it.
    """
    told = connection.execute(
        select(records.c.id, records.c.hash).where(records.c.event_id.in_(event_ids)).order_by(records.c.seq)
    ).all()
    named = set(
        connection.scalars(select(evidence.c.sha256).where(evidence.c.event_id.in_(event_ids)).distinct())
    )
    connection.execute(
        delete(record_signatures).where(record_signatures.c.record_id.in_([row.id for row in told]))
    )
    for table in (*EVENT_TABLES, evidence, records, violations):
        connection.execute(delete(table).where(table.c.event_id.in_(event_ids)))
    gone = _unnamed(connection, named)
    graves = [(site, row.hash, "record") for row in told]
    graves += [(where, digest, "evidence") for digest, where in _chained(connection, gone)]
    _remove_rows(connection, gone, at)
    announce(connection, at, *(Change("violation", site, str(event_id)) for event_id in event_ids))
    # By site: who adds to several chains takes their heads in this order.
    for where, digest, what in sorted(graves):
        tombstones.append(connection, where, "tombstone", digest, at, {"of": what, "policy": policy})
    return Deleted(len(event_ids), len(told), len(gone))


def _unnamed(connection: Connection, digests: Collection[str]) -> set[str]:
    """Those that no other violation names, of whatever site."""
    still = connection.scalars(select(evidence.c.sha256).where(evidence.c.sha256.in_(digests)))
    return set(digests) - set(still)


def _chained(connection: Connection, digests: Collection[str]) -> list[tuple[str, str]]:
    """Digest and site of each chain that has the evidence as arrived."""
    column = proof_entries.c
    rows: Any = connection.execute(
        select(column.sha256, column.site, column.kind)
        .where(column.sha256.in_(digests))
        .order_by(column.site, column.number)
    )
    newest = {(row.sha256, row.site): row.kind for row in rows}
    return [key for key, kind in newest.items() if kind == "evidence"]


def _remove_rows(connection: Connection, digests: Collection[str], at: datetime) -> None:
    paths = connection.scalars(select(blobs.c.path).where(blobs.c.sha256.in_(digests))).all()
    known = set(connection.scalars(select(deletion_queue.c.path).where(deletion_queue.c.path.in_(paths))))
    fresh = [{"path": path, "queued_at": at} for path in sorted(set(paths) - known)]
    if fresh:
        connection.execute(insert(deletion_queue), fresh)
    connection.execute(delete(blobs).where(blobs.c.sha256.in_(digests)))
