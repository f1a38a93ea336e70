"""Compares an archive with its chains: what was kept must be there as it was, or have a tombstone."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Row, and_, exists, select

from siaga.core.canonical import ZERO_HASH, canonical_json, record_hash
from siaga.core.errors import SiagaError
from siaga.core.event import Event, EventState
from siaga.db.tables.archive import blobs, evidence, records, violations
from siaga.db.tables.proof import proof_checkpoints, proof_entries, proof_heads
from siaga.proof.chain import checkpoints
from siaga.proof.entry import Checkpoint, Kind, about_text, time_text
from siaga.proof.verify import Chain
from siaga.proof.witness import about_record

_PAGE = 500


class Bytes(Protocol):
    """Where evidence lies."""

    def read(self, path: str, start: int, stop: int) -> Iterator[bytes]:
        """Complete bytes from ``start`` to before ``stop``, in pieces."""


@dataclass(slots=True)
class Finding:
    """What a check found.

    Attributes:
        problems: A sentence each; none: the archive is as the chains say.
        entries: Chain entries that were followed.
        unsigned: Entries that no checkpoint stands under yet.
    """

    problems: list[str] = field(default_factory=list)
    entries: int = 0
    unsigned: int = 0


def check_archive(
    connection: Connection,
    keys: Sequence[str],
    *,
    evidence_store: Bytes | None = None,
    anchors: Iterable[Checkpoint] = (),
) -> Finding:
    """Check all sites, in one transaction of the caller.

    Args:
        keys: Public keys of the service whose checkpoints count.
        evidence_store: To read and hash every byte; None: evidence is looked up only.
        anchors: Checkpoints that were noted outside of the database; without them, an end of a chain that was
            cut off at an earlier checkpoint is not seen.
    """
    finding = Finding()
    noted: defaultdict[str, list[Checkpoint]] = defaultdict(list)
    for anchor in anchors:
        noted[anchor.site].append(anchor)
    sites = set(noted)
    for column in (proof_heads.c.site, proof_entries.c.site, proof_checkpoints.c.site):
        sites |= set(connection.scalars(select(column).distinct()))
    for site in sorted(sites):
        _Site(connection, site, keys, evidence_store, finding).check(noted[site])
    _check_strangers(connection, finding.problems)
    _check_violations(connection, finding.problems)
    return finding


class _Site:
    """One site's chain, and what it says of the archive."""

    def __init__(
        self, connection: Connection, site: str, keys: Sequence[str], store: Bytes | None, finding: Finding
    ) -> None:
        self._connection = connection
        self._site = site
        self._keys = keys
        self._store = store
        self._finding = finding
        self._problems = finding.problems
        self._absent: dict[str, str] = {}
        self._here: set[str] = set()
        self._gone: set[str] = set()

    def check(self, anchors: Sequence[Checkpoint]) -> None:
        signed = list(checkpoints(self._connection, self._site))
        chain = Chain(self._site, 0, ZERO_HASH, self._problems)
        numbers = {checkpoint.number for checkpoint in signed}
        for rows in self._pages():
            for row in rows:
                chain.entry(self._told(row), keep=row.number in numbers)
            self._check_records([row for row in rows if row.kind == Kind.RECORD.value])
            self._check_bytes([row for row in rows if row.kind == Kind.EVIDENCE.value])
            for row in rows:
                if row.kind == Kind.TOMBSTONE.value:
                    self._gone.add(row.sha256)
        self._check_signed(chain, signed, anchors)
        self._check_absent()

    def _check_signed(
        self, chain: Chain, signed: Sequence[Checkpoint], anchors: Sequence[Checkpoint]
    ) -> None:
        for checkpoint in signed:
            chain.signed(json.loads(checkpoint.line()), self._keys)
        self._check_head(chain, signed)
        known = {checkpoint.number: checkpoint.signed() for checkpoint in signed}
        for anchor in anchors:
            if known.get(anchor.number) != anchor.signed():
                self._say(f"checkpoint {anchor.number} was noted, but is not there or is another")

    def _check_absent(self) -> None:
        for digest, what in self._absent.items():
            if digest not in self._gone:
                self._say(f"{what} is missing, without a tombstone")
        for digest in sorted(self._here & self._gone):
            self._say(f"{digest} was deleted, but is there")

    def _say(self, what: str) -> None:
        self._problems.append(f"{self._site}: {what}.")

    def _pages(self) -> Iterator[Sequence[Row[Any]]]:
        after: int | None = None
        while True:
            wanted = select(proof_entries).where(proof_entries.c.site == self._site)
            if after is not None:
                wanted = wanted.where(proof_entries.c.number > after)
            rows = self._connection.execute(wanted.order_by(proof_entries.c.number).limit(_PAGE)).all()
            yield rows
            self._finding.entries += len(rows)
            if len(rows) < _PAGE:
                return
            after = rows[-1].number

    def _told(self, row: Row[Any]) -> dict[str, Any]:
        try:
            about = json.loads(row.about)
            whole = isinstance(about, dict) and about_text(about) == row.about
        except ValueError:
            about, whole = None, False
        if not whole:
            self._say(f"entry {row.number} was changed")
        return {
            "about": about,
            "at": time_text(row.at),
            "hash": row.hash,
            "kind": row.kind,
            "number": row.number,
            "prev": row.prev,
            "sha256": row.sha256,
            "site": row.site,
        }

    def _check_head(self, chain: Chain, signed: Sequence[Checkpoint]) -> None:
        head = self._connection.execute(
            select(proof_heads).where(proof_heads.c.site == self._site)
        ).one_or_none()
        last = signed[-1].number if signed else 0
        self._finding.unsigned += max(0, chain.number - last)
        told = None if head is None else (head.number, head.hash, head.checkpoint_number)
        if told != (chain.number, chain.prev, last):
            self._say("the chain does not end where the archive says")

    def _check_records(self, entries: Sequence[Row[Any]]) -> None:
        wanted = select(records).where(records.c.hash.in_([row.sha256 for row in entries]))
        found: defaultdict[str, list[Row[Any]]] = defaultdict(list)
        for row in self._connection.execute(wanted):
            found[row.hash].append(row)
        named = self._named({row.event_id for rows in found.values() for row in rows})
        for entry in entries:
            rows = found.get(entry.sha256, [])
            if len(rows) != 1:
                self._absent[entry.sha256] = f"the record of entry {entry.number}"
                continue
            self._here.add(entry.sha256)
            wrong = _wrong_record(rows[0], entry, named)
            if wrong:
                self._say(f"record {rows[0].id} {wrong}")

    def _named(self, event_ids: Collection[Any]) -> set[tuple[Any, ...]]:
        columns = evidence.c
        wanted = select(columns.event_id, columns.sha256, columns.bytes, columns.media_type, columns.site)
        return {tuple(row) for row in self._connection.execute(wanted.where(columns.event_id.in_(event_ids)))}

    def _check_bytes(self, entries: Sequence[Row[Any]]) -> None:
        wanted = [row.sha256 for row in entries]
        rows = {
            row.sha256: row
            for row in self._connection.execute(select(blobs).where(blobs.c.sha256.in_(wanted)))
        }
        forms = {
            (row.sha256, row.bytes, row.media_type)
            for row in self._connection.execute(select(evidence).where(evidence.c.sha256.in_(wanted)))
        }
        for entry in entries:
            row = rows.get(entry.sha256)
            # Bytes that came again after they were deleted.
            self._gone.discard(entry.sha256)
            if row is None:
                self._absent[entry.sha256] = f"evidence {entry.sha256}"
                continue
            self._here.add(entry.sha256)
            if (row.sha256, row.bytes, row.media_type) not in forms:
                self._say(f"evidence {row.sha256} is not what its records say")
            if self._store is not None and not _has_bytes(self._store, row):
                self._say(f"the bytes of evidence {row.sha256} were changed or are missing")


def _wrong_record(row: Row[Any], entry: Row[Any], named: Collection[tuple[Any, ...]]) -> str | None:
    try:
        body = json.loads(row.body)
        event = Event.model_validate(body)
        whole = record_hash(body) == row.hash and canonical_json(body).decode() == row.body
    except ValueError:
        return "cannot be read"
    told = (event.id, event.event_id, event.device_id, event.seq, event.hash, event.state == "end")
    pieces = {(piece.sha256, piece.bytes, piece.media_type) for piece in event.evidence if piece.sha256}
    rows = {tuple(found[1:4]) for found in named if found[0] == row.event_id and found[4] == row.site}
    for wrong, what in (
        (not whole, "was changed"),
        (about_text(about_record(event)) != entry.about, "is not what the chain says"),
        (told != (row.id, row.event_id, row.device_id, row.seq, row.hash, row.ended), "has other columns"),
        (row.received_at != entry.at, "has another time of receipt"),
        (not pieces <= rows, "names evidence that has no row"),
    ):
        if wrong:
            return what
    return None


def _has_bytes(store: Bytes, row: Row[Any]) -> bool:
    digest, size = hashlib.sha256(), 0
    try:
        # One byte more than there should be.
        for piece in store.read(row.path, 0, row.bytes + 1):
            digest.update(piece)
            size += len(piece)
    except (SiagaError, OSError):
        return False
    return bool(size == row.bytes and digest.hexdigest() == row.sha256)


def _check_strangers(connection: Connection, problems: list[str]) -> None:
    """What is there without having come in."""
    entered = and_(proof_entries.c.sha256 == records.c.hash, proof_entries.c.kind == Kind.RECORD.value)
    for found in connection.scalars(select(records.c.id).where(~exists().where(entered))):
        problems.append(f"Record {found} is in no chain.")
    entered = and_(proof_entries.c.sha256 == blobs.c.sha256, proof_entries.c.kind == Kind.EVIDENCE.value)
    for digest in connection.scalars(select(blobs.c.sha256).where(~exists().where(entered))):
        problems.append(f"Evidence {digest} is in no chain.")
    told = records.c.event_id == evidence.c.event_id
    bodies = select(evidence.c.sha256, records.c.body).select_from(evidence.outerjoin(records, told))
    named: dict[str, bool] = {}
    for digest, body in connection.execute(bodies):
        named[digest] = named.get(digest, False) or digest in (body or "")
    problems += [f"Evidence {digest} is named by no record." for digest, known in named.items() if not known]


def _check_violations(connection: Connection, problems: list[str]) -> None:
    """What is shown first repeats the records."""
    told: dict[Any, _Together] = {}
    wanted = select(records.c.event_id, records.c.body, records.c.site, records.c.received_at)
    for event_id, body, site, received_at in connection.execute(wanted.order_by(records.c.seq)):
        try:
            event = Event.model_validate_json(body)
        except ValueError:
            continue
        together = told.setdefault(event_id, _Together(event, received_at))
        together.add(event, site, received_at)
    for row in connection.execute(select(violations)):
        found = told.pop(row.event_id, None)
        if found is None or not found.fits(row):
            problems.append(f"Violation {row.event_id} is not what its records say.")
    problems += [f"Violation {event_id} is missing." for event_id in told]


@dataclass(slots=True)
class _Together:
    """What the records of a violation say together."""

    newest: Event
    received_at: datetime
    ended: bool = False
    sites: set[str] = field(default_factory=set)

    def add(self, event: Event, site: str, received_at: datetime) -> None:
        self.newest = event
        self.received_at = min(self.received_at, received_at)
        self.ended |= event.state is EventState.END
        self.sites.add(site)

    def fits(self, row: Row[Any]) -> bool:
        event = self.newest
        told = (event.site, event.camera, event.rule.value, event.zone, event.severity.value, event.start_at)
        shown = (row.site, row.camera, row.rule, row.zone, row.severity, row.start_at)
        kept = (event.device_id, not self.ended, self.received_at, {event.site})
        return told == shown and kept == (row.device_id, row.open, row.received_at, self.sites)
