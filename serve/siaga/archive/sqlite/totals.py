"""Numbers of a span, from the ledger and the list of violations."""

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from siaga.archive.contract import Span
from siaga.archive.sqlite.reads import ledger
from siaga.archive.times import from_text, to_text
from siaga.archive.views import CameraHours, DeviceView, Summary
from siaga.core.event import RuleKind
from siaga.core.ledger import LedgerRow


def summary(connection: sqlite3.Connection, since: datetime, until: datetime) -> Summary:
    """See ``Archive.summary``. Only rows of the whole picture count: zones lie inside it."""
    begun = connection.execute(
        "SELECT rule, count(*) AS n FROM violations WHERE start_at >= ? AND start_at < ? GROUP BY rule",
        (to_text(since), to_text(until)),
    )
    still_open = connection.execute("SELECT count(*) FROM violations WHERE open = 1").fetchone()[0]
    rows = [entry.row for entry in ledger(connection, None, Span(since, until)) if entry.row.zone is None]
    hours = _per_camera(rows)
    return Summary(
        since=since,
        until=until,
        violations={RuleKind(row["rule"]): row["n"] for row in begun},
        open=still_open,
        cameras=hours,
        watched_s=sum(camera.watched_s for camera in hours),
        down_s=sum(sum(camera.down_s.values()) for camera in hours),
        person_s=sum(row.person_s for row in rows),
        unknown_share=_unknown_share(rows),
        devices=devices(connection),
    )


def _per_camera(rows: Sequence[LedgerRow]) -> tuple[CameraHours, ...]:
    watched: defaultdict[str, float] = defaultdict(float)
    down: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in rows:
        watched[row.camera] += row.watched_s
        for condition, seconds in row.down_s.items():
            down[row.camera][condition] += seconds
    return tuple(
        CameraHours(camera=camera, watched_s=watched[camera], down_s=dict(down[camera]))
        for camera in sorted(watched)
    )


def _unknown_share(rows: Sequence[LedgerRow]) -> float | None:
    judged = sum(sum(row.judged_s.values()) for row in rows)
    unknown = sum(sum(row.unknown_s.values()) for row in rows)
    return unknown / (judged + unknown) if judged + unknown > 0 else None


def devices(connection: sqlite3.Connection) -> tuple[DeviceView, ...]:
    """Devices by name, with the number of records that never came."""
    return tuple(
        DeviceView(
            device_id=row["device_id"],
            first_seen_at=from_text(row["first_seen_at"]),
            last_seen_at=from_text(row["last_seen_at"]),
            highest_seq=row["highest_seq"],
            missing=row["highest_seq"] - row["records"],
        )
        for row in connection.execute("SELECT * FROM devices ORDER BY device_id")
    )
