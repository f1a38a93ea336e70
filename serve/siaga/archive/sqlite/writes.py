"""Statements that keep records, evidence rows and the ledger. Each runs inside the caller's transaction."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from siaga.archive.contract import Accepted, Blob
from siaga.archive.errors import Unprocessable
from siaga.archive.times import to_text
from siaga.archive.views import Chain
from siaga.core.canonical import ZERO_HASH, canonical_json
from siaga.core.errors import Conflict
from siaga.core.event import Event, EventState
from siaga.core.ledger import LedgerRow

_LARGEST = 2**63 - 1


def canonical_text(value: Any) -> str:
    """The canonical JSON text that is kept.

    Raises:
        Unprocessable: A number is not finite, or a text is not Unicode.
    """
    try:
        return canonical_json(value).decode()
    except ValueError as error:
        raise Unprocessable("A number is not finite, or a text is not valid Unicode.") from error


def insert_record(
    connection: sqlite3.Connection, event: Event, raw: dict[str, Any], received_at: datetime
) -> Accepted:
    """See ``Archive.put_event``."""
    body = canonical_text(raw)
    if max(event.seq, *(entry.bytes for entry in event.evidence), 0) > _LARGEST:
        raise Unprocessable("A number is too large to be kept.", where=f"record {event.id}")
    known = connection.execute("SELECT body FROM records WHERE id = ?", (str(event.id),)).fetchone()
    if known is not None:
        if known["body"] == body:
            return Accepted.KNOWN
        raise Conflict("This record id is known with another content.", where=f"record {event.id}")
    _refuse_foreign(connection, event)
    now = to_text(received_at)
    chain = _advance_device(connection, event, now)
    values = (
        str(event.id),
        str(event.event_id),
        event.device_id,
        event.seq,
        event.state is EventState.END,
        event.hash,
        chain,
        now,
        body,
    )
    connection.execute("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
    _merge_violation(connection, event, now)
    for entry in event.evidence:
        if entry.sha256 is not None:
            form = (entry.sha256, entry.bytes, entry.media_type)
            connection.execute("INSERT OR IGNORE INTO evidence VALUES (?, ?, ?)", form)
    _hear(connection, event.camera, event.site, now)
    return Accepted.CREATED


def _refuse_foreign(connection: sqlite3.Connection, event: Event) -> None:
    taken = connection.execute(
        "SELECT id FROM records WHERE device_id = ? AND seq = ?", (event.device_id, event.seq)
    ).fetchone()
    if taken is not None:
        raise Conflict(
            f"Sequence number {event.seq} of this device belongs to record {taken['id']}.",
            where=f"record {event.id}",
        )
    begun = connection.execute(
        "SELECT device_id FROM violations WHERE event_id = ?", (str(event.event_id),)
    ).fetchone()
    if begun is not None and begun["device_id"] != event.device_id:
        raise Conflict("Another device began this violation.", where=f"violation {event.event_id}")


def _advance_device(connection: sqlite3.Connection, event: Event, now: str) -> Chain:
    device = connection.execute("SELECT * FROM devices WHERE device_id = ?", (event.device_id,)).fetchone()
    if device is None:
        chain = _fit(event, 0, ZERO_HASH)
        connection.execute(
            "INSERT INTO devices VALUES (?, ?, ?, ?, ?, 1)",
            (event.device_id, now, now, event.seq, event.hash),
        )
        return chain
    chain = _fit(event, device["highest_seq"], device["highest_hash"])
    newer = event.seq > device["highest_seq"]
    connection.execute(
        "UPDATE devices SET last_seen_at = ?, records = records + 1, highest_seq = ?, highest_hash = ?"
        " WHERE device_id = ?",
        (
            now,
            event.seq if newer else device["highest_seq"],
            event.hash if newer else device["highest_hash"],
            event.device_id,
        ),
    )
    return chain


def _fit(event: Event, highest_seq: int, highest_hash: str) -> Chain:
    if event.seq < highest_seq:
        return "out_of_order"
    if event.seq > highest_seq + 1:
        return "gap"
    if event.prev_hash != highest_hash:
        return "broken"
    return "first" if highest_seq == 0 else "follows"


def _merge_violation(connection: sqlite3.Connection, event: Event, now: str) -> None:
    """The record with the highest number speaks for the violation; once an end was said, it has ended."""
    newest, ended = connection.execute(
        "SELECT max(seq), max(ended) FROM records WHERE event_id = ?", (str(event.event_id),)
    ).fetchone()
    values = {
        "event_id": str(event.event_id),
        "device_id": event.device_id,
        "site": event.site,
        "camera": event.camera,
        "rule": event.rule,
        "zone": event.zone,
        "open": not ended,
        "start_at": to_text(event.start_at),
        "now": now,
        "newest": event.seq == newest,
    }
    connection.execute(
        "INSERT INTO violations VALUES"
        " (:event_id, :device_id, :site, :camera, :rule, :zone, :open, :start_at, :now)"
        " ON CONFLICT (event_id) DO UPDATE SET open = :open,"
        " site = iif(:newest, :site, site), camera = iif(:newest, :camera, camera),"
        " rule = iif(:newest, :rule, rule), zone = iif(:newest, :zone, zone),"
        " start_at = iif(:newest, :start_at, start_at)",
        values,
    )


def _hear(connection: sqlite3.Connection, camera: str, site: str, now: str) -> None:
    connection.execute(
        "INSERT INTO cameras VALUES (?, ?, ?) ON CONFLICT (camera) DO UPDATE SET"
        " site = excluded.site, last_heard_at = max(last_heard_at, excluded.last_heard_at)",
        (camera, site, now),
    )


def upsert_ledger(
    connection: sqlite3.Connection, device_id: str, rows: Sequence[LedgerRow], received_at: datetime
) -> None:
    """See ``Archive.put_ledger``."""
    now = to_text(received_at)
    for row in rows:
        body = canonical_text(row.model_dump(mode="json"))
        connection.execute(
            "INSERT OR REPLACE INTO ledger VALUES (?, ?, ?, ?, ?)",
            (device_id, to_text(row.hour), row.camera, zone_key(row.zone), body),
        )
        _hear(connection, row.camera, row.site, now)


def zone_key(zone: str | None) -> str:
    """A zone as part of a primary key, in which null would never equal null."""
    return "" if zone is None else f"zone:{zone}"


def insert_blob(connection: sqlite3.Connection, blob: Blob, completed_at: datetime) -> None:
    """See ``Archive.add_blob``."""
    connection.execute(
        "INSERT OR IGNORE INTO blobs VALUES (?, ?, ?, ?, ?)",
        (blob.sha256, blob.bytes, blob.media_type, blob.path, to_text(completed_at)),
    )
