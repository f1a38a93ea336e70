"""Queries. Each runs inside the caller's read transaction."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from siaga.archive import cursor as cursors
from siaga.archive.contract import Blob, Named, Slice, Span, ViolationFilter
from siaga.archive.merge import merge_records
from siaga.archive.times import from_text, to_text
from siaga.archive.views import (
    CameraView,
    LedgerEntry,
    RecordPage,
    RecordView,
    ViolationDetail,
    ViolationPage,
)
from siaga.core.event import Event, RuleKind
from siaga.core.ledger import LedgerRow


class _Where:
    """Conditions joined by AND, with their values."""

    def __init__(self) -> None:
        self._conditions: list[str] = ["1"]
        self.values: list[str | int] = []

    def add(self, condition: str, *values: str | int) -> None:
        self._conditions.append(condition)
        self.values.extend(values)

    def span(self, column: str, span: Span) -> None:
        if span.since is not None:
            self.add(f"{column} >= ?", to_text(span.since))
        if span.until is not None:
            self.add(f"{column} < ?", to_text(span.until))

    def after(self, columns: str, cursor: str | None) -> None:
        if cursor is not None:
            self.add(f"({columns}) < (?, ?)", *cursors.decode(cursor))

    def __str__(self) -> str:
        return " AND ".join(self._conditions)


def named(connection: sqlite3.Connection, sha256: str) -> Named | None:
    """See ``Archive.named``."""
    rows = connection.execute("SELECT bytes, media_type FROM evidence WHERE sha256 = ?", (sha256,)).fetchall()
    if not rows:
        return None
    return Named(sha256, frozenset((row["bytes"], row["media_type"]) for row in rows))


def blob(connection: sqlite3.Connection, sha256: str) -> Blob | None:
    """See ``Archive.blob``."""
    row = connection.execute(
        "SELECT sha256, bytes, media_type, path FROM blobs WHERE sha256 = ?", (sha256,)
    ).fetchone()
    return None if row is None else Blob(*row)


def blob_paths(connection: sqlite3.Connection) -> frozenset[str]:
    """See ``Archive.blob_paths``."""
    return frozenset(row["path"] for row in connection.execute("SELECT path FROM blobs"))


def violations(connection: sqlite3.Connection, wanted: ViolationFilter, part: Slice) -> ViolationPage:
    """See ``Archive.violations``."""
    where = _Where()
    for column, value in (("camera", wanted.camera), ("rule", wanted.rule), ("zone", wanted.zone)):
        if value is not None:
            where.add(f"{column} = ?", value)
    if wanted.open is not None:
        where.add(f"open = {int(wanted.open)}")
    where.span("start_at", wanted.span)
    where.after("start_at, event_id", part.cursor)
    rows = connection.execute(
        f"SELECT event_id, start_at FROM violations WHERE {where}"  # noqa: S608
        " ORDER BY start_at DESC, event_id DESC LIMIT ?",
        (*where.values, part.limit + 1),
    ).fetchall()
    shown = rows[: part.limit]
    details = violation_details(connection, [row["event_id"] for row in shown])
    return ViolationPage(
        items=tuple(details[row["event_id"]].violation for row in shown),
        next_cursor=_next(rows, shown, "start_at", "event_id"),
    )


def violation(connection: sqlite3.Connection, event_id: UUID) -> ViolationDetail | None:
    """See ``Archive.violation``."""
    return violation_details(connection, [str(event_id)]).get(str(event_id))


def violation_details(connection: sqlite3.Connection, event_ids: Sequence[str]) -> dict[str, ViolationDetail]:
    """Violations with their records, by event id; unknown ids are left out."""
    marks = _marks(event_ids)
    rows = connection.execute(
        f"SELECT * FROM records WHERE event_id IN ({marks}) ORDER BY event_id, seq",  # noqa: S608
        tuple(event_ids),
    )
    grouped: defaultdict[str, list[RecordView]] = defaultdict(list)
    for row in rows:
        grouped[row["event_id"]].append(_record(row))
    complete = _complete(
        connection,
        {e.sha256 for views in grouped.values() for view in views for e in view.record.evidence if e.sha256},
    )
    return {event_id: merge_records(views, complete) for event_id, views in grouped.items()}


def _complete(connection: sqlite3.Connection, hashes: set[str]) -> frozenset[str]:
    rows = connection.execute(
        f"SELECT sha256 FROM blobs WHERE sha256 IN ({_marks(hashes)})",  # noqa: S608
        tuple(hashes),
    )
    return frozenset(row["sha256"] for row in rows)


def records(connection: sqlite3.Connection, span: Span, part: Slice) -> RecordPage:
    """See ``Archive.records``."""
    where = _Where()
    where.span("received_at", span)
    where.after("received_at, id", part.cursor)
    rows = connection.execute(
        f"SELECT * FROM records WHERE {where} ORDER BY received_at DESC, id DESC LIMIT ?",  # noqa: S608
        (*where.values, part.limit + 1),
    ).fetchall()
    shown = rows[: part.limit]
    return RecordPage(
        items=tuple(_record(row) for row in shown), next_cursor=_next(rows, shown, "received_at", "id")
    )


def ledger(connection: sqlite3.Connection, camera: str | None, span: Span) -> tuple[LedgerEntry, ...]:
    """See ``Archive.ledger``."""
    where = _Where()
    if camera is not None:
        where.add("camera = ?", camera)
    where.span("hour", span)
    rows = connection.execute(
        f"SELECT device_id, body FROM ledger WHERE {where} ORDER BY hour, camera, zone",  # noqa: S608
        where.values,
    )
    return tuple(
        LedgerEntry(device_id=device_id, row=LedgerRow.model_validate_json(body)) for device_id, body in rows
    )


def cameras(connection: sqlite3.Connection) -> tuple[CameraView, ...]:
    """See ``Archive.cameras``."""
    open_ids = connection.execute(
        "SELECT camera, event_id FROM violations WHERE open = 1 AND rule = ? ORDER BY start_at DESC",
        (RuleKind.CAMERA_UNMONITORED,),
    ).fetchall()
    details = violation_details(connection, [row["event_id"] for row in open_ids])
    # Ordered newest first: the oldest open one is written last, and its start is what counts.
    down = {row["camera"]: details[row["event_id"]].violation for row in open_ids}
    views = []
    for row in connection.execute("SELECT * FROM cameras ORDER BY camera"):
        gap = down.get(row["camera"])
        condition = None if gap is None else gap.detail.get("condition", gap.reason)
        views.append(
            CameraView(
                camera=row["camera"],
                site=row["site"],
                monitored=gap is None,
                since=None if gap is None else gap.start_at,
                condition=None if condition is None else str(condition),
                last_heard_at=from_text(row["last_heard_at"]),
            )
        )
    return tuple(views)


def _record(row: sqlite3.Row) -> RecordView:
    return RecordView(
        record=Event.model_validate(json.loads(row["body"])),
        chain=row["chain"],
        received_at=from_text(row["received_at"]),
    )


def _marks(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)


def _next(rows: Sequence[sqlite3.Row], shown: Sequence[sqlite3.Row], *keys: str) -> str | None:
    if len(rows) <= len(shown) or not shown:
        return None
    first, second = (shown[-1][key] for key in keys)
    return cursors.encode(first, second)
