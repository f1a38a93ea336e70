"""Databases with violations and ledger rows."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert

from siaga.db import Database
from siaga.db.tables import archive, people, review
from tests.support.databases import *  # noqa: F403

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
"""The first hour of a week."""


class Filled:
    """Adds rows; hours count from Monday's first hour, UTC."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._numbers = itertools.count(1)

    def event(self, hour: float, verdict: str | None = None, **fields: Any) -> UUID:
        """A violation, with what it was judged to be."""
        event_id = UUID(int=next(self._numbers))
        start = MONDAY + timedelta(hours=hour)
        row = {
            "event_id": event_id,
            "device_id": "box-1",
            "site": "north",
            "camera": "gate",
            "rule": "missing_ppe",
            "zone": None,
            "open": False,
            "start_at": start,
            "received_at": start,
            "severity": "alert",
            "items": "helmet",
            "end_at": start,
        } | fields
        with self.database.writing() as connection:
            connection.execute(insert(archive.violations).values(**row))
            if verdict is not None:
                holds = {"event_id": event_id, "site": row["site"], "state": verdict, "verdict": verdict}
                more = {"version": 1, "by_name": "mai", "at": start + timedelta(hours=2)}
                connection.execute(insert(review.reviews).values(**holds, **more))
        return event_id

    def hours(self, first: int, count: int, person_h: float = 1.0, **fields: Any) -> None:
        """Ledger rows of successive hours: each watched for 45 minutes and down for 15."""
        rows = [
            {
                "device_id": "box-1",
                "hour": MONDAY + timedelta(hours=first + i),
                "camera": "gate",
                "zone": "",
                "body": "{}",
                "site": "north",
                "watched_s": 2700.0,
                "down_s": 900.0,
                "person_s": 3600.0 * person_h,
                "judged_s": 900.0,
                "unknown_s": 300.0,
            }
            | fields
            for i in range(count)
        ]
        with self.database.writing() as connection:
            connection.execute(insert(archive.ledger), rows)

    def record(self, event_id: UUID, seq: int, boxes: list[tuple[float, float, float, float]]) -> None:
        """A record of a violation with people."""
        body = json.dumps({"subjects": [{"track_id": 1, "xyxyn": box} for box in boxes]})
        row = {
            "id": UUID(int=1000 + seq),
            "event_id": event_id,
            "device_id": "box-1",
            "seq": seq,
            "ended": False,
            "hash": "",
            "chain": "first",
            "received_at": MONDAY,
            "body": body,
            "site": "north",
        }
        with self.database.writing() as connection:
            connection.execute(insert(archive.records).values(**row))

    def zone(self, site: str, name: str) -> None:
        """A site's time zone."""
        row = {"site": site, "title": site, "time_zone": name, "created_at": MONDAY}
        with self.database.writing() as connection:
            connection.execute(insert(people.sites).values(**row))


Fill = Callable[..., Filled]


@pytest.fixture
def filled(database: Database) -> Filled:
    """An empty database to be filled."""
    return Filled(database)
