"""Ways to change an archive, by somebody who may write to its database and its disk, but has no key."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from sqlalchemy import Connection, Row, Table, and_, delete, insert, select, update

from benchmarks.tampering_pack import edited
from siaga.core.canonical import ZERO_HASH, canonical_json, record_hash, sha256_hex
from siaga.db.tables.archive import blobs, evidence, records, violations
from siaga.db.tables.proof import proof_checkpoints, proof_entries, proof_heads
from siaga.proof.chain import entry_of
from tests.support.proved import ProvedSite

_Change = Callable[["Undo", random.Random], None]

_COLUMNS: Mapping[Table, Sequence[str]] = {
    records: ("id", "event_id", "device_id", "seq", "ended", "hash", "received_at", "body", "site"),
    violations: (
        *("event_id", "site", "camera", "rule", "zone", "severity", "start_at"),
        *("open", "received_at", "device_id"),
    ),
    evidence: ("sha256", "event_id", "bytes", "media_type", "site"),
    blobs: ("sha256", "bytes", "media_type", "path"),
    proof_entries: ("site", "number", "at", "kind", "sha256", "about", "prev", "hash"),
    proof_checkpoints: ("site", "number", "hash", "at", "prev", "public_key", "signature"),
    proof_heads: ("site", "number", "hash", "checkpoint_number"),
}
"""What the check vouches for."""


class Undo:
    """An archive that may be changed, and is as before when the block ends."""

    def __init__(self, site: ProvedSite) -> None:
        self.site = site
        self._writing = site.database.writing()
        self._files: dict[str, bytes] = {}
        self.connection: Connection

    def __enter__(self) -> Self:
        self.connection = self._writing.__enter__()
        self._files = self.files()
        return self

    def __exit__(self, *_error: object) -> None:
        # The block leaves by an exception: everything is rolled back.
        with suppress(_Undone):
            self._writing.__exit__(_Undone, _Undone(), None)
        now = self.files()
        for name, data in self._files.items():
            if now.get(name) != data:
                (self.site.bytes.root / name).write_bytes(data)

    def files(self) -> dict[str, bytes]:
        """What lies on the disk."""
        return {path.name: path.read_bytes() for path in self.site.bytes.root.iterdir()}

    def until_something_changes(self, attack: _Change, chance: random.Random) -> bool:
        """Try until the archive is another one."""
        before = self._state()
        for _ in range(50):
            attack(self, chance)
            if self._state() != before:
                return True
        return False

    def _state(self) -> tuple[object, ...]:
        rows = [
            sorted(
                repr(tuple(row))
                for row in self.connection.execute(select(*(table.c[name] for name in names)))
            )
            for table, names in _COLUMNS.items()
        ]
        return (*map(tuple, rows), self.files())

    def row(self, table: Table, chance: random.Random, *more: Any) -> Row[Any]:
        """Any row."""
        rows = self.connection.execute(select(table).where(*more).order_by(*table.primary_key)).all()
        return chance.choice(rows)

    def put(self, table: Table, row: Row[Any], **values: Any) -> None:
        """Change a row, unless a key of the table would be there twice."""
        with self.connection.begin_nested() as savepoint:
            try:
                self.connection.execute(update(table).where(_is(table, row)).values(values))
            except Exception:  # noqa: BLE001
                savepoint.rollback()


class _Undone(Exception):
    pass


def _is(table: Table, row: Row[Any]) -> Any:
    return and_(*(column == getattr(row, column.name) for column in table.primary_key))


def _other(value: Any, chance: random.Random) -> Any:
    if isinstance(value, datetime):
        return value + timedelta(seconds=chance.choice((-3600, -1, 1, 86400)))
    if isinstance(value, UUID):
        return UUID(int=value.int ^ 1 << chance.randrange(128))
    if value is None:
        return "x"
    return edited(value, chance)


def _edit(undo: Undo, chance: random.Random) -> None:
    table = chance.choice(list(_COLUMNS))
    row, name = undo.row(table, chance), chance.choice(_COLUMNS[table])
    value = getattr(row, name)
    if name == "body":
        value = canonical_json(edited(json.loads(value), chance)).decode()
    else:
        value = _other(value, chance)
    undo.put(table, row, **{name: value})


def _delete(undo: Undo, chance: random.Random) -> None:
    table = chance.choice(list(_COLUMNS))
    for _ in range(chance.choice((1, 1, 2, 5))):
        undo.connection.execute(delete(table).where(_is(table, undo.row(table, chance))))
        if undo.connection.execute(select(table)).first() is None:
            return


def _swap(undo: Undo, chance: random.Random) -> None:
    table, names = chance.choice(
        [
            (records, ("body",)),
            (records, ("received_at",)),
            (records, ("body", "hash")),
            (blobs, ("bytes",)),
            (proof_entries, ("sha256",)),
            (proof_entries, ("hash",)),
            (proof_entries, ("at", "kind", "sha256", "about", "hash")),
            (proof_entries, ("at", "kind", "sha256", "about", "hash", "prev")),
            (proof_checkpoints, ("signature",)),
            (proof_checkpoints, ("hash", "at", "prev", "signature")),
        ]
    )
    first, second = undo.row(table, chance), undo.row(table, chance)
    for row, other in ((first, second), (second, first)):
        undo.put(table, row, **{name: getattr(other, name) for name in names})


def _close_the_gap(undo: Undo, chance: random.Random) -> None:
    row = undo.row(proof_entries, chance, proof_entries.c.site == "north")
    undo.connection.execute(delete(proof_entries).where(_is(proof_entries, row)))
    undo.connection.execute(delete(records).where(records.c.hash == row.sha256))
    undo.connection.execute(delete(blobs).where(blobs.c.sha256 == row.sha256))
    _chain_anew(undo)


def _record_and_chain(undo: Undo, chance: random.Random) -> None:
    row = undo.row(records, chance, records.c.site == "north")
    body = json.loads(row.body)
    name = chance.choice(("camera", "severity", "said_at", "detail", "zone"))
    body[name] = edited(body[name], chance)
    body["hash"] = record_hash(body)
    undo.put(records, row, body=canonical_json(body).decode(), hash=body["hash"])
    undo.connection.execute(
        update(proof_entries).where(proof_entries.c.sha256 == row.hash).values(sha256=body["hash"])
    )
    _chain_anew(undo)


def _shuffle_and_chain(undo: Undo, chance: random.Random) -> None:
    wanted = select(proof_entries).where(proof_entries.c.site == "north").order_by(proof_entries.c.number)
    rows = list(undo.connection.execute(wanted).all())
    chance.shuffle(rows)
    undo.connection.execute(delete(proof_entries).where(proof_entries.c.site == "north"))
    for number, row in enumerate(rows, 1):
        undo.connection.execute(insert(proof_entries).values(row._asdict() | {"number": number}))
    _chain_anew(undo)


def _chain_anew(undo: Undo) -> None:
    """Number and hash all entries so that they fit; the checkpoints cannot be signed anew."""
    wanted = select(proof_entries).where(proof_entries.c.site == "north").order_by(proof_entries.c.number)
    rows, prev = undo.connection.execute(wanted).all(), ZERO_HASH
    undo.connection.execute(delete(proof_entries).where(proof_entries.c.site == "north"))
    for number, row in enumerate(rows, 1):
        entry = entry_of(row)
        body = entry.body() | {"number": number, "prev": prev}
        digest = sha256_hex(canonical_json(body))
        values = row._asdict() | {"number": number, "prev": prev, "hash": digest}
        undo.connection.execute(insert(proof_entries).values(values))
        prev = digest
    undo.connection.execute(
        update(proof_heads).where(proof_heads.c.site == "north").values(number=len(rows), hash=prev)
    )


def _cut_the_end(undo: Undo, chance: random.Random) -> None:
    """Back to an earlier checkpoint, as if the rest had never come."""
    last = undo.row(proof_checkpoints, chance, proof_checkpoints.c.site == "north")
    entry = proof_entries.c
    later = and_(entry.site == "north", entry.number > last.number)
    gone = list(undo.connection.scalars(select(entry.sha256).where(later)))
    for table, column in ((records, records.c.hash), (blobs, blobs.c.sha256), (evidence, evidence.c.sha256)):
        undo.connection.execute(delete(table).where(column.in_(gone)))
    left = select(records.c.event_id)
    undo.connection.execute(delete(violations).where(violations.c.event_id.not_in(left)))
    undo.connection.execute(delete(proof_entries).where(later))
    signed = proof_checkpoints.c
    undo.connection.execute(
        delete(proof_checkpoints).where(signed.site == "north", signed.number > last.number)
    )
    undo.connection.execute(
        update(proof_heads)
        .where(proof_heads.c.site == "north")
        .values(number=last.number, hash=last.hash, checkpoint_number=last.number)
    )


def _stranger(undo: Undo, chance: random.Random) -> None:
    row = undo.row(records, chance)
    body = json.loads(row.body)
    body |= {"id": str(UUID(int=chance.getrandbits(128))), "seq": row.seq + 1000}
    body["hash"] = record_hash(body)
    values = {"id": UUID(body["id"]), "seq": body["seq"], "hash": body["hash"]}
    text = canonical_json(body).decode()
    undo.connection.execute(insert(records).values(row._asdict() | values | {"body": text}))


def _file(undo: Undo, chance: random.Random) -> None:
    first, second = (chance.choice(sorted(undo.site.bytes.root.iterdir())) for _ in range(2))
    data, other = first.read_bytes(), second.read_bytes()
    what = chance.choice(("flip", "cut", "longer", "delete", "swap"))
    if what == "delete":
        first.unlink()
    elif what == "swap":
        first.write_bytes(other)
        second.write_bytes(data)
    elif what == "flip":
        place = chance.randrange(len(data))
        first.write_bytes(data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :])
    else:
        first.write_bytes(data[:-1] if what == "cut" else data + b"\0")


ARCHIVE: Mapping[str, _Change] = {
    "column edited": _edit,
    "rows deleted": _delete,
    "rows swapped": _swap,
    "entry deleted, gap closed, chain made anew": _close_the_gap,
    "record edited, chain made anew": _record_and_chain,
    "entries reordered, chain made anew": _shuffle_and_chain,
    "end cut off at a checkpoint": _cut_the_end,
    "record added": _stranger,
    "evidence file changed": _file,
}
"""By name."""
