"""Corrected boxes of evidence pictures as rows: only ever added, the highest version holds."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select

from siaga.core.errors import NotFound
from siaga.db.tables.archive import evidence
from siaga.db.tables.review import corrections
from siaga.review.caller import Caller
from siaga.review.errors import Meanwhile
from siaga.review.views import CorrectionView, LabelledBox

_PICTURES = ("image/jpeg", "image/png")


def check(connection: Connection, event_id: UUID, sha256: str, version: int) -> None:
    """Whether this picture may be corrected by somebody who has seen ``version`` of its boxes.

    Raises:
        NotFound: The picture is not of the event's evidence.
        Meanwhile: Somebody corrected it since.
    """
    named = select(evidence.c.sha256).where(
        evidence.c.event_id == event_id,
        evidence.c.sha256 == sha256,
        evidence.c.media_type.in_(_PICTURES),
    )
    if connection.execute(named).first() is None:
        raise NotFound("This is no picture of that violation.", where=sha256)
    query = (
        select(corrections)
        .where(corrections.c.event_id == event_id, corrections.c.sha256 == sha256)
        .order_by(corrections.c.version.desc())
        .limit(1)
    )
    last = connection.execute(query).first()
    holds = 0 if last is None else last.version
    if holds != version:
        raise Meanwhile(
            "The boxes of this picture were corrected meanwhile.",
            version=holds,
            by=None if last is None else last.by_name,
            at=None if last is None else last.at,
            state="corrected",
            where=f"violation {event_id}",
        )


def keep(connection: Connection, caller: Caller, event: Row[Any], new_id: UUID, view: CorrectionView) -> None:
    """Add a correction."""
    row = {
        "id": new_id,
        "event_id": event.event_id,
        "site": event.site,
        "sha256": view.sha256,
        "version": view.version,
        "reason": view.reason,
        "width": view.width,
        "height": view.height,
        "boxes": json.dumps([box.model_dump(mode="json") for box in view.boxes]),
        "by_id": caller.principal.id,
        "by_name": caller.principal.name,
        "at": caller.at,
    }
    connection.execute(insert(corrections).values(**row))


def newest(connection: Connection, event_id: UUID) -> tuple[CorrectionView, ...]:
    """The correction that holds, per picture of an event."""
    last = (
        select(corrections.c.sha256, func.max(corrections.c.version).label("version"))
        .where(corrections.c.event_id == event_id)
        .group_by(corrections.c.sha256)
        .subquery()
    )
    same = (last.c.sha256 == corrections.c.sha256) & (last.c.version == corrections.c.version)
    query = (
        select(corrections)
        .join(last, same)
        .where(corrections.c.event_id == event_id)
        .order_by(corrections.c.sha256)
    )
    return tuple(view_of(row) for row in connection.execute(query))


def view_of(row: Row[Any]) -> CorrectionView:
    """A row of ``corrections`` as it is shown."""
    return CorrectionView(
        reason=row.reason,
        width=row.width,
        height=row.height,
        boxes=tuple(LabelledBox.model_validate(box) for box in json.loads(row.boxes)),
        sha256=row.sha256,
        version=row.version,
        by=row.by_name,
        at=row.at,
    )
