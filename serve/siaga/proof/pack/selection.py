"""Which events go into a pack, and how they are read: in pages, each in a short transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select, tuple_

from siaga.core.event import Event
from siaga.core.ledger import LedgerRow
from siaga.db import Database
from siaga.db.tables.archive import blobs, evidence, ledger, records, violations
from siaga.db.tables.proof import proof_checkpoints, proof_entries
from siaga.db.tables.review import reviews
from siaga.proof.entry import Kind

_PAGE = 50
_LINES = 500


class Purpose(StrEnum):
    """What a pack is for; it is written into the pack and into the access log."""

    INSPECTION = "inspection"
    INVESTIGATION = "investigation"
    SUBJECT_ACCESS = "subject_access"
    DISCIPLINARY = "disciplinary"


@dataclass(frozen=True, slots=True)
class Selection:
    """Violations of one site that began in a span; all given conditions hold together.

    Attributes:
        since: Aware; included.
        until: Aware; excluded.
        event_ids: Only these; empty: all.
    """

    site: str
    since: datetime
    until: datetime
    camera: str | None = None
    event_ids: tuple[UUID, ...] = ()

    def where(self) -> ColumnElement[bool]:
        """The condition on ``violations``."""
        column = violations.c
        wanted = [column.site == self.site, column.start_at >= self.since, column.start_at < self.until]
        if self.camera is not None:
            wanted.append(column.camera == self.camera)
        if self.event_ids:
            wanted.append(column.event_id.in_(self.event_ids))
        return and_(*wanted)


@dataclass(frozen=True, slots=True)
class Piece:
    """Evidence as the archive has it. ``path``: None when the bytes are not here."""

    sha256: str
    path: str | None
    bytes: int = 0


class Reader:
    """Reads what a selection names, as it stood when the chain had ``last`` entries."""

    def __init__(self, database: Database, selection: Selection, last: int) -> None:
        self._database = database
        self._selection = selection
        self._last = last
        self._events = select(violations.c.event_id).where(selection.where())

    def size(self) -> int:
        """Bytes of evidence that are here."""
        named = select(evidence.c.sha256).where(evidence.c.event_id.in_(self._events))
        with self._database.reading() as connection:
            found = connection.scalar(select(func.sum(blobs.c.bytes)).where(blobs.c.sha256.in_(named)))
        return int(found or 0)

    def unreviewed(self) -> int:
        """How many of the violations nobody has reviewed."""
        decided = select(reviews.c.event_id).where(reviews.c.state != "unreviewed")
        wanted = select(func.count()).select_from(violations)
        with self._database.reading() as connection:
            return int(
                connection.scalar(
                    wanted.where(self._selection.where(), violations.c.event_id.not_in(decided))
                )
                or 0
            )

    def bodies(self) -> Iterator[str]:
        """The records as received, by device and number."""
        after: tuple[str, int] = ("", 0)
        while True:
            key = tuple_(records.c.device_id, records.c.seq)
            wanted = (
                self._recorded(records.c.device_id, records.c.seq, records.c.body)
                .where(records.c.event_id.in_(self._events), key > after)
                .order_by(records.c.device_id, records.c.seq)
                .limit(_LINES)
            )
            with self._database.reading() as connection:
                rows = connection.execute(wanted).all()
            for row in rows:
                yield row.body
            if len(rows) < _LINES:
                return
            after = (rows[-1].device_id, rows[-1].seq)

    def violations(self) -> Iterator[list[Event]]:
        """The records of one violation after the other, by its start; each by number."""
        after: tuple[datetime, UUID] | None = None
        while True:
            wanted = (
                select(violations.c.event_id, violations.c.start_at)
                .where(self._selection.where())
                .order_by(violations.c.start_at, violations.c.event_id)
                .limit(_PAGE)
            )
            if after is not None:
                wanted = wanted.where(tuple_(violations.c.start_at, violations.c.event_id) > after)
            with self._database.reading() as connection:
                rows = connection.execute(wanted).all()
                found = connection.execute(
                    self._recorded(records.c.event_id, records.c.body)
                    .where(records.c.event_id.in_([row.event_id for row in rows]))
                    .order_by(records.c.seq)
                ).all()
            grouped: defaultdict[UUID, list[Event]] = defaultdict(list)
            for event_id, body in found:
                grouped[event_id].append(Event.model_validate_json(body))
            yield from (grouped[row.event_id] for row in rows if row.event_id in grouped)
            if len(rows) < _PAGE:
                return
            after = (rows[-1].start_at, rows[-1].event_id)

    def pieces(self, sha256s: Sequence[str]) -> dict[str, Piece]:
        """What is here of these, by sha256; those that never came or are gone have no path."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(blobs.c.sha256, blobs.c.path, blobs.c.bytes)
                .join(proof_entries, proof_entries.c.sha256 == blobs.c.sha256)
                .where(
                    blobs.c.sha256.in_(sha256s),
                    proof_entries.c.site == self._selection.site,
                    proof_entries.c.kind == Kind.EVIDENCE.value,
                    proof_entries.c.number <= self._last,
                )
            ).all()
        here = {row.sha256: Piece(*row) for row in rows}
        return {sha256: here.get(sha256, Piece(sha256, None)) for sha256 in sha256s}

    def ledger(self) -> Iterator[tuple[str, LedgerRow]]:
        """Device and row of the hours that begin in the span."""
        wanted = select(ledger.c.device_id, ledger.c.body).where(
            ledger.c.site == self._selection.site,
            ledger.c.hour >= self._selection.since,
            ledger.c.hour < self._selection.until,
        )
        if self._selection.camera is not None:
            wanted = wanted.where(ledger.c.camera == self._selection.camera)
        order = (ledger.c.hour, ledger.c.camera, ledger.c.zone, ledger.c.device_id)
        after = 0
        while True:
            with self._database.reading() as connection:
                rows = connection.execute(wanted.order_by(*order).offset(after).limit(_LINES)).all()
            for device_id, body in rows:
                yield device_id, LedgerRow.model_validate_json(body)
            if len(rows) < _LINES:
                return
            after += len(rows)

    def first_entry(self) -> int:
        """Number of the first chain entry that the pack must hold; it follows a checkpoint or is 1."""
        hashes = select(records.c.hash).where(records.c.event_id.in_(self._events))
        named = select(evidence.c.sha256).where(evidence.c.event_id.in_(self._events))
        entry, checkpoint = proof_entries.c, proof_checkpoints.c
        with self._database.reading() as connection:
            oldest = [
                connection.scalar(
                    select(func.min(entry.number)).where(
                        entry.site == self._selection.site, entry.sha256.in_(wanted)
                    )
                )
                for wanted in (hashes, named)
            ]
            needed = min((number for number in oldest if number is not None), default=self._last)
            before = connection.scalar(
                select(func.max(checkpoint.number)).where(
                    checkpoint.site == self._selection.site, checkpoint.number < needed
                )
            )
        return int(before or 0) + 1

    def _recorded(self, *columns: Any) -> Select[Any]:
        entered = and_(
            proof_entries.c.sha256 == records.c.hash,
            proof_entries.c.site == records.c.site,
            proof_entries.c.kind == Kind.RECORD.value,
            proof_entries.c.number <= self._last,
        )
        return select(*columns).join(proof_entries, entered)
