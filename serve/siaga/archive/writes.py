"""Statements that keep records, evidence rows and the ledger. Each runs inside the caller's transaction.

Every writer takes its locks in the same order (device, violation, cameras by name): none waits in a circle.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from siaga.access import Scope
from siaga.archive.contract import Accepted, Blob
from siaga.archive.errors import ForeignSite, Unprocessable
from siaga.archive.times import keepable
from siaga.archive.views import Chain
from siaga.core.canonical import ZERO_HASH, canonical_json
from siaga.core.errors import Conflict
from siaga.core.event import Event, EventState
from siaga.core.ledger import LedgerRow
from siaga.db.changes import Change, announce
from siaga.db.statements import insert_or
from siaga.db.tables.archive import blobs, cameras, devices, evidence, ledger, records, violations

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
    connection: Connection, event: Event, raw: dict[str, Any], received_at: datetime, scope: Scope
) -> Accepted:
    """See ``Archive.put_event``."""
    body = canonical_text(raw)
    _check(event, scope)
    device = _lock_device(connection, event, received_at)
    known = connection.execute(select(records.c.body).where(records.c.id == event.id)).scalar()
    if known is not None:
        if known == body:
            return Accepted.KNOWN
        raise Conflict("This record id is known with another content.", where=f"record {event.id}")
    _refuse_taken(connection, event)
    connection.execute(
        insert(records).values(
            id=event.id,
            event_id=event.event_id,
            device_id=event.device_id,
            seq=event.seq,
            ended=event.state is EventState.END,
            hash=event.hash,
            chain=_advance_device(connection, device, event, received_at),
            received_at=received_at,
            body=body,
            site=event.site,
        )
    )
    _merge_violation(connection, event, received_at, scope)
    _name_evidence(connection, event)
    _hear(connection, [(event.site, event.camera)], received_at)
    announce(connection, received_at, Change("violation", event.site, str(event.event_id)))
    return Accepted.CREATED


def _check(event: Event, scope: Scope) -> None:
    where = f"record {event.id}"
    if max(event.seq, *(entry.bytes for entry in event.evidence), 0) > _LARGEST:
        raise Unprocessable("A number is too large to be kept.", where=where)
    refuse_nul(event.site, event.camera, event.zone, event.device_id)
    refuse_nul(*(entry.media_type for entry in event.evidence))
    for moment in (event.start_at, event.end_at, event.said_at):
        if moment is not None:
            keepable(moment)
    if not scope.allows(event.site):
        raise ForeignSite("This device does not belong to the record's site.", where=where)


def refuse_nul(*texts: str | None) -> None:
    """Refuse the one character that PostgreSQL does not keep in a text."""
    if any("\0" in text for text in texts if text):
        raise Unprocessable("A text holds a NUL character.")


def _lock_device(connection: Connection, event: Event, now: datetime) -> Row[Any]:
    """The device's row, held until the transaction ends: its records come in one after the other."""
    fresh = {"highest_seq": 0, "highest_hash": ZERO_HASH, "records": 0, "site": event.site}
    connection.execute(
        insert_or(connection, devices)
        .values(device_id=event.device_id, first_seen_at=now, last_seen_at=now, **fresh)
        .on_conflict_do_nothing()
    )
    query = select(devices).where(devices.c.device_id == event.device_id).with_for_update()
    return connection.execute(query).one()


def _refuse_taken(connection: Connection, event: Event) -> None:
    query = select(records.c.id).where(records.c.device_id == event.device_id, records.c.seq == event.seq)
    taken = connection.execute(query).scalar()
    if taken is not None:
        raise Conflict(
            f"Sequence number {event.seq} of this device belongs to record {taken}.",
            where=f"record {event.id}",
        )


def _advance_device(connection: Connection, device: Row[Any], event: Event, now: datetime) -> Chain:
    values: dict[str, Any] = {"last_seen_at": now, "records": device.records + 1}
    if event.seq > device.highest_seq:
        values |= {"highest_seq": event.seq, "highest_hash": event.hash, "site": event.site}
    connection.execute(update(devices).where(devices.c.device_id == event.device_id).values(values))
    return _fit(event, device.highest_seq, device.highest_hash)


def _fit(event: Event, highest_seq: int, highest_hash: str) -> Chain:
    if event.seq < highest_seq:
        return "out_of_order"
    if event.seq > highest_seq + 1:
        return "gap"
    if event.prev_hash != highest_hash:
        return "broken"
    return "first" if highest_seq == 0 else "follows"


def _merge_violation(connection: Connection, event: Event, now: datetime, scope: Scope) -> None:
    """The record with the highest number speaks for the violation; once an end was said, it has ended."""
    begun = _lock_violation(connection, event, now)
    if begun.device_id != event.device_id or not scope.allows(begun.site):
        raise Conflict("Another device began this violation.", where=f"violation {event.event_id}")
    highest = select(func.max(records.c.seq)).where(records.c.event_id == event.event_id)
    newest = connection.execute(highest).scalar_one() == event.seq
    ended = event.state is EventState.END
    values: dict[str, Any] = {"open": begun.open and not ended}
    if ended and (newest or begun.end_at is None):
        values["end_at"] = event.end_at or event.said_at
    if newest:
        values |= _told(event) | {"items": _items(event) or begun.items}
    elif not begun.items:
        values["items"] = _items(event)
    connection.execute(update(violations).where(violations.c.event_id == event.event_id).values(values))
    if newest and begun.site != event.site:
        for table in (records, evidence):
            connection.execute(
                update(table).where(table.c.event_id == event.event_id).values(site=event.site)
            )


def _lock_violation(connection: Connection, event: Event, now: datetime) -> Row[Any]:
    connection.execute(
        insert_or(connection, violations)
        .values(
            event_id=event.event_id,
            device_id=event.device_id,
            open=True,
            received_at=now,
            items="",
            **_told(event),
        )
        .on_conflict_do_nothing()
    )
    query = select(violations).where(violations.c.event_id == event.event_id).with_for_update()
    return connection.execute(query).one()


def _told(event: Event) -> dict[str, Any]:
    return {
        "site": event.site,
        "camera": event.camera,
        "rule": event.rule,
        "zone": event.zone,
        "severity": event.severity,
        "start_at": event.start_at,
    }


def _items(event: Event) -> str:
    return ",".join(event.items)


def _name_evidence(connection: Connection, event: Event) -> None:
    forms = {
        (entry.sha256, entry.bytes, entry.media_type) for entry in event.evidence if entry.sha256 is not None
    }
    for sha256, size, media_type in sorted(forms):
        connection.execute(
            insert_or(connection, evidence)
            .values(
                sha256=sha256,
                event_id=event.event_id,
                bytes=size,
                media_type=media_type,
                site=event.site,
            )
            .on_conflict_do_nothing()
        )


def _hear(connection: Connection, heard: Iterable[tuple[str, str]], now: datetime) -> None:
    for site, camera in sorted(set(heard)):
        fresh = insert_or(connection, cameras).values(site=site, camera=camera, last_heard_at=now)
        connection.execute(
            fresh.on_conflict_do_update(
                index_elements=[cameras.c.site, cameras.c.camera],
                set_={"last_heard_at": fresh.excluded.last_heard_at},
                where=cameras.c.last_heard_at < fresh.excluded.last_heard_at,
            )
        )


def upsert_ledger(
    connection: Connection, device_id: str, rows: Sequence[LedgerRow], now: datetime, scope: Scope
) -> None:
    """See ``Archive.put_ledger``."""
    refuse_nul(device_id)
    for row in rows:
        if not scope.allows(row.site):
            raise ForeignSite("This device does not belong to the row's site.", where=f"ledger {device_id}")
        refuse_nul(row.site, row.camera, row.zone)
    kept = {(keepable(row.hour), row.camera, zone_key(row.zone)): row for row in rows}
    for (hour, camera, zone), row in sorted(kept.items(), key=lambda item: item[0]):
        fresh = insert_or(connection, ledger).values(
            device_id=device_id, hour=hour, camera=camera, zone=zone, **_sums(row)
        )
        connection.execute(
            fresh.on_conflict_do_update(
                index_elements=list(ledger.primary_key),
                set_={name: fresh.excluded[name] for name in _sums(row)},
            )
        )
    _hear(connection, ((row.site, row.camera) for row in rows), now)
    told = sorted({row.site for row in rows})
    announce(connection, now, *(Change("ledger", site, device_id) for site in told))


def _sums(row: LedgerRow) -> dict[str, Any]:
    return {
        "body": canonical_text(row.model_dump(mode="json")),
        "site": row.site,
        "watched_s": row.watched_s,
        "down_s": sum(row.down_s.values()),
        "person_s": row.person_s,
        "judged_s": sum(row.judged_s.values()),
        "unknown_s": sum(row.unknown_s.values()),
    }


def zone_key(zone: str | None) -> str:
    """A zone as part of a primary key, in which null would never equal null."""
    return "" if zone is None else f"zone:{zone}"


def insert_blob(connection: Connection, blob: Blob, now: datetime) -> None:
    """See ``Archive.add_blob``."""
    connection.execute(
        insert_or(connection, blobs)
        .values(
            sha256=blob.sha256,
            bytes=blob.bytes,
            media_type=blob.media_type,
            path=blob.path,
            completed_at=now,
        )
        .on_conflict_do_nothing()
    )
    named = select(evidence.c.site, evidence.c.event_id).where(evidence.c.sha256 == blob.sha256).distinct()
    rows = connection.execute(named).all()
    announce(connection, now, *(Change("evidence", row.site, str(row.event_id)) for row in rows))
