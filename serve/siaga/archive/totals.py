"""Cameras, devices and numbers of a span, from the ledger and the list of violations."""

import json
from collections import Counter, defaultdict
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, select

from siaga.access import Scope
from siaga.archive.contract import Span
from siaga.archive.lists import within_span
from siaga.archive.reads import Found
from siaga.archive.views import CameraHours, CameraView, DeviceView, Summary, ViolationView
from siaga.core.event import RuleKind
from siaga.db.statements import within
from siaga.db.tables.archive import cameras as cameras_table
from siaga.db.tables.archive import devices as devices_table
from siaga.db.tables.archive import ledger, violations


class Heard(NamedTuple):
    """Cameras and the violations that say which of them do not watch."""

    cameras: list[Row[Any]]
    down: list[Row[Any]]
    found: Found


def heard(connection: Connection, scope: Scope) -> Heard:
    """The rows behind ``Archive.cameras``."""
    names = cameras_table.c
    query = select(names.site, names.camera, names.last_heard_at).where(within(scope, names.site))
    down = (
        select(violations.c.site, violations.c.camera, violations.c.event_id)
        .where(violations.c.open, violations.c.rule == RuleKind.CAMERA_UNMONITORED)
        .where(within(scope, violations.c.site))
        .order_by(violations.c.start_at.desc())
    )
    rows: list[Any] = list(connection.execute(down))
    return Heard(
        list(connection.execute(query.order_by(names.site, names.camera))),
        rows,
        Found(connection, [row.event_id for row in rows], scope),
    )


def camera_views(rows: Heard) -> tuple[CameraView, ...]:
    """See ``Archive.cameras``."""
    details = rows.found.details()
    # Ordered newest first: the oldest open one is written last, and its start is what counts.
    down = {(row.site, row.camera): details[row.event_id].violation for row in rows.down}
    return tuple(_camera(row, down.get((row.site, row.camera))) for row in rows.cameras)


def _camera(row: Row[Any], gap: ViolationView | None) -> CameraView:
    condition = None if gap is None else gap.detail.get("condition", gap.reason)
    return CameraView(
        camera=row.camera,
        site=row.site,
        monitored=gap is None,
        since=None if gap is None else gap.start_at,
        condition=None if condition is None else str(condition),
        last_heard_at=row.last_heard_at,
    )


def summary(connection: Connection, since: datetime, until: datetime, scope: Scope) -> Summary:
    """See ``Archive.summary``. Only rows of the whole picture count: zones lie inside it."""
    span, ours = Span(since, until), within(scope, violations.c.site)
    begun = connection.execute(
        select(violations.c.rule, func.count())
        .where(ours, *within_span(violations.c.start_at, span))
        .group_by(violations.c.rule)
    ).all()
    still_open = connection.execute(select(func.count()).where(ours, violations.c.open)).scalar_one()
    where = [within(scope, ledger.c.site), ledger.c.zone == "", *within_span(ledger.c.hour, span)]
    names = ("person_s", "judged_s", "unknown_s")
    totals = connection.execute(
        select(*(func.coalesce(func.sum(ledger.c[name]), 0.0) for name in names)).where(*where)
    ).one()
    hours = _per_camera(connection, where)
    person_s, judged_s, unknown_s = totals
    return Summary(
        since=since,
        until=until,
        violations={RuleKind(rule): count for rule, count in begun},
        open=still_open,
        cameras=hours,
        watched_s=sum(camera.watched_s for camera in hours),
        down_s=sum(sum(camera.down_s.values()) for camera in hours),
        person_s=person_s,
        unknown_share=unknown_s / (judged_s + unknown_s) if judged_s + unknown_s > 0 else None,
        devices=devices(connection, scope),
    )


def _per_camera(connection: Connection, where: list[Any]) -> tuple[CameraHours, ...]:
    by = (ledger.c.site, ledger.c.camera)
    watched = select(*by, func.sum(ledger.c.watched_s).label("watched_s")).where(*where)
    totals = connection.execute(watched.group_by(*by).order_by(*by)).all()
    down: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    told = select(*by, ledger.c.body).where(*where, ledger.c.down_s > 0)
    for site, camera, body in connection.execute(told):
        down[site, camera].update(json.loads(body)["down_s"])
    return tuple(
        CameraHours(
            site=row.site,
            camera=row.camera,
            watched_s=row.watched_s,
            down_s=dict(down[row.site, row.camera]),
        )
        for row in totals
    )


def devices(connection: Connection, scope: Scope) -> tuple[DeviceView, ...]:
    """Devices by name, with the number of records that never came."""
    query = select(devices_table).where(within(scope, devices_table.c.site))
    return tuple(
        DeviceView(
            device_id=row.device_id,
            first_seen_at=row.first_seen_at,
            last_seen_at=row.last_seen_at,
            highest_seq=row.highest_seq,
            missing=row.highest_seq - row.records,
        )
        for row in connection.execute(query.order_by(devices_table.c.device_id))
    )
