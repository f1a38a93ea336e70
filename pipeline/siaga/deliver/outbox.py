"""Every record of this device, and what of it is still to be delivered. Committed means recorded."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from siaga.core.canonical import ZERO_HASH, canonical_json
from siaga.core.clock import Clock, uuid7_factory
from siaga.core.errors import Conflict
from siaga.core.event import Event, EventDraft, EventState, EvidenceKind, EvidenceStatus
from siaga.deliver.chain import check_chain, make_record, same_content
from siaga.deliver.database import Database
from siaga.deliver.device import DeviceKey
from siaga.deliver.items import HeldEvidence, Item, Lane, Stats, clip_status, item_of, lane_of

MAX_DEFER_S = 3600.0


def _no_room() -> bool:
    return False


class Outbox:
    """The device's records in one SQLite file that several processes may use at once.

    One instance belongs to one thread of one process.

    Args:
        path: The file; its folder must exist.
        key: Signs the records.
        boot_id: Names this start of the edge in the records.
        clock: Wall time for ``recorded_at`` and for when an item is due again.
        make_room: Called when the disk is full, e.g. to release the ballast; says whether it freed anything.

    Raises:
        StorageError: The file cannot be used; ``StorageFull`` when there is no space for it.
    """

    def __init__(
        self,
        path: Path,
        *,
        key: DeviceKey,
        boot_id: UUID,
        clock: Clock,
        make_room: Callable[[], bool] = _no_room,
    ) -> None:
        self._key = key
        self._boot_id = boot_id
        self._clock = clock
        self._new_id = uuid7_factory(clock)
        self._database = Database(path, make_room)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def commit(self, draft: EventDraft) -> Event:
        """Record ``draft`` durably: number, chain, signature and delivery items in one transaction.

        The evidence that it names as stored must be in the blob store already. Committing the same draft
        again gives the record that exists.

        Raises:
            StorageFull: No space, also after ``make_room``; nothing is recorded.
            Conflict: Another record has this ``id``.
            StorageError: The disk failed; nothing is recorded.
        """
        return self._database.run(lambda connection: self._append(connection, draft))

    def _append(self, connection: sqlite3.Connection, draft: EventDraft) -> Event:
        known = connection.execute("SELECT record FROM events WHERE id = ?", (str(draft.id),)).fetchone()
        if known is not None:
            event = Event.model_validate_json(known["record"])
            if same_content(event, draft):
                return event
            raise Conflict("another record has this id", where=str(draft.id))
        last = connection.execute("SELECT record FROM events ORDER BY seq DESC LIMIT 1").fetchone()
        newest: dict[str, Any] = json.loads(last["record"]) if last else {"seq": 0, "hash": ZERO_HASH}
        event = make_record(
            draft,
            key=self._key,
            boot_id=self._boot_id,
            seq=newest["seq"] + 1,
            prev_hash=newest["hash"],
            recorded_at=self._clock.utc(),
        )
        record = canonical_json(event.model_dump(mode="json"))
        connection.execute(
            "INSERT INTO events (seq, id, event_id, state, clip, record) VALUES (?, ?, ?, ?, ?, ?)",
            (
                event.seq,
                str(event.id),
                str(event.event_id),
                event.state.value,
                clip_status(event),
                record.decode(),
            ),
        )
        connection.execute(
            "INSERT INTO items (seq, lane, bytes) VALUES (?, ?, ?)", (event.seq, Lane.METADATA, len(record))
        )
        for piece in event.evidence:
            if piece.status is EvidenceStatus.STORED and piece.sha256:
                connection.execute(
                    """INSERT INTO items (seq, lane, kind, sha256, media_type, bytes)
                    VALUES (?, ?, ?, ?, ?, ?)""",
                    (
                        event.seq,
                        lane_of(piece),
                        piece.kind.value,
                        piece.sha256,
                        piece.media_type,
                        piece.bytes,
                    ),
                )
        return event

    def due(self, lane: Lane, now: float, limit: int = 1) -> list[Item]:
        """Items to deliver at ``now`` (seconds of UTC since 1970), oldest record first.

        Evidence waits until its record is delivered: the service takes none that no event names.
        """
        return self._items(
            """items.status = 'due' AND items.lane = ? AND (items.due_at <= ? OR items.due_at > ?)
            AND (items.lane = 0 OR EXISTS (SELECT 1 FROM items AS meta WHERE meta.seq = items.seq
                AND meta.lane = 0 AND meta.status = 'delivered'))
            ORDER BY items.seq, items.item LIMIT ?""",
            # A time further away than any deferral means that the wall clock was set back since.
            (lane, now, now + MAX_DEFER_S, limit),
        )

    def dead_letters(self) -> list[Item]:
        """Items that the service will never accept, with the reason."""
        return self._items("items.status = 'dead' ORDER BY items.item", ())

    def _items(self, where: str, values: tuple[object, ...]) -> list[Item]:
        query = f"SELECT items.*, id, record FROM items JOIN events USING (seq) WHERE {where}"  # noqa: S608
        rows = self._database.rows(query, values)
        return [item_of(row) for row in rows]

    def delivered(self, item: Item) -> None:
        """The service has it, verified."""
        self._set(item, "status = 'delivered', error = NULL", ())

    def defer(self, item: Item, until: float, error: str) -> None:
        """Try again at ``until`` (seconds of UTC since 1970), at most an hour from now."""
        latest = self._clock.utc().timestamp() + MAX_DEFER_S
        self._set(item, "due_at = ?, attempts = attempts + 1, error = ?", (min(until, latest), error))

    def dead(self, item: Item, reason: str) -> None:
        """The service will never accept it. The evidence of a record that died can never go either."""

        def work(connection: sqlite3.Connection) -> None:
            update = "UPDATE items SET status = 'dead', error = ? WHERE status = 'due' AND "
            connection.execute(update + "item = ?", (reason, item.item))
            if item.lane is Lane.METADATA:
                connection.execute(update + "seq = ?", ("its record was rejected", item.seq))

        self._database.run(work)

    def _set(self, item: Item, change: str, values: tuple[object, ...]) -> None:
        query = f"UPDATE items SET {change} WHERE item = ?"  # noqa: S608 (constant texts of this class)
        self._database.run(lambda connection: connection.execute(query, (*values, item.item)).close())

    def shed(self, sha256: str, reason: str) -> list[Event]:
        """Evidence is about to leave this box, or is gone from it: say so.

        What was not delivered becomes ``shed``, and each violation concerned gets a record that tells the
        service. Call it before the file is removed: a file without a record is swept, a record without its
        file would be a promise broken.

        Returns:
            The records that were made; none when the service has the evidence already.
        """

        def work(connection: sqlite3.Connection) -> list[Event]:
            lost = connection.execute(
                """SELECT DISTINCT events.record FROM items JOIN events USING (seq)
                WHERE items.sha256 = ? AND items.status != 'delivered' AND items.on_box = 1
                ORDER BY events.seq""",
                (sha256,),
            ).fetchall()
            connection.execute(
                """UPDATE items SET on_box = 0, error = ?,
                status = CASE status WHEN 'delivered' THEN status ELSE 'shed' END WHERE sha256 = ?""",
                (reason, sha256),
            )
            events = [Event.model_validate_json(row["record"]) for row in lost]
            return [
                self._append(connection, self._shed_draft(connection, event, sha256, reason))
                for event in events
            ]

        return self._database.run(work)

    def _shed_draft(
        self, connection: sqlite3.Connection, event: Event, sha256: str, reason: str
    ) -> EventDraft:
        newest = connection.execute(
            "SELECT record FROM events WHERE event_id = ? ORDER BY seq DESC LIMIT 1", (str(event.event_id),)
        ).fetchone()
        body = json.loads(newest["record"])
        gone = [
            piece.model_copy(update={"status": EvidenceStatus.SHED, "reason": reason})
            for piece in event.evidence
            if piece.sha256 == sha256
        ]
        draft = {name: body[name] for name in EventDraft.model_fields if name in body}
        changes = {
            "id": self._new_id(),
            "state": EventState.UPDATE,
            "reason": "evidence_shed",
            "said_at": self._clock.utc(),
            "evidence": gone,
        }
        return EventDraft.model_validate(draft | changes)

    def open_violations(self) -> list[Event]:
        """The newest record of every violation that began and has not ended, oldest first."""
        rows = self._database.rows(
            """SELECT record FROM events WHERE seq IN (SELECT MAX(seq) FROM events GROUP BY event_id
                HAVING SUM(state = 'end') = 0) ORDER BY seq"""
        )
        return [Event.model_validate_json(row["record"]) for row in rows]

    def awaiting_clip(self) -> list[Event]:
        """The newest record of every violation whose clip was promised (pending) and never settled."""
        rows = self._database.rows(
            """SELECT record FROM events WHERE seq IN (SELECT MAX(seq) FROM events GROUP BY event_id
                HAVING SUM(clip = 'pending') > 0 AND SUM(clip IS NOT NULL AND clip != 'pending') = 0)
            ORDER BY seq"""
        )
        return [Event.model_validate_json(row["record"]) for row in rows]

    def records_after(self, seq: int, limit: int = 100) -> list[Event]:
        """Records with a number above ``seq``, in order: for those who follow along, like MQTT."""
        rows = self._database.rows(
            "SELECT record FROM events WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)
        )
        return [Event.model_validate_json(row["record"]) for row in rows]

    def last_seq(self) -> int:
        """The number of the newest record; 0 when there is none."""
        return int(self._database.rows("SELECT COALESCE(MAX(seq), 0) FROM events")[0][0])

    def referenced(self) -> set[str]:
        """Addresses of all evidence that a record names as being on this box."""
        rows = self._database.rows("SELECT DISTINCT sha256 FROM items WHERE lane > 0 AND on_box = 1")
        return {row[0] for row in rows}

    def held(self) -> list[HeldEvidence]:
        """The same with what the quota needs to choose; one entry per address."""
        rows = self._database.rows(
            """SELECT sha256, kind, MIN(status = 'delivered') AS done, MIN(seq) AS seq FROM items
            WHERE lane > 0 AND on_box = 1 GROUP BY sha256"""
        )
        return [
            HeldEvidence(row["sha256"], EvidenceKind(row["kind"]), bool(row["done"]), row["seq"])
            for row in rows
        ]

    def stats(self) -> Stats:
        """Counts for health and metrics."""
        rows = self._database.rows("SELECT status, lane, COUNT(*) AS n FROM items GROUP BY status, lane")
        counts = {(row["status"], Lane(row["lane"])): int(row["n"]) for row in rows}

        def by_lane(status: str) -> dict[Lane, int]:
            return {lane: counts.get((status, lane), 0) for lane in Lane}

        return Stats(self.last_seq(), by_lane("due"), by_lane("dead"), by_lane("shed"))

    def verify_chain(self) -> int:
        """Check every record's hash, signature and place; gives how many there are.

        Raises:
            StorageError: The first record that is changed, missing, foreign or out of order.
        """
        rows = self._database.rows("SELECT record FROM events ORDER BY seq")
        records = (json.loads(row["record"]) for row in rows)
        return check_chain(records, self._key.public_key, self._key.device_id)
