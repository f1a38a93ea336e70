"""Databases with events, corrections and pictures."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import insert

from siaga.db import Database
from siaga.db.tables import archive, review
from tests.stats.conftest import MONDAY, Filled
from tests.support.databases import *  # noqa: F403


class Pictures(Filled):
    """Also keeps evidence pictures, in memory."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.bytes: dict[str, bytes] = {}

    def read(self, path: str, start: int, stop: int) -> Iterator[bytes]:
        """As an evidence store does."""
        yield self.bytes[path][start:stop]

    def picture(self, shade: int, size: tuple[int, int] = (64, 48)) -> str:
        """A complete evidence picture; returns its sha256."""
        out = io.BytesIO()
        Image.new("RGB", size, (shade, 255 - shade, (shade * 7) % 256)).save(out, "JPEG")
        data = out.getvalue()
        sha256 = hashlib.sha256(data).hexdigest()
        self.bytes[sha256] = data
        row = {"sha256": sha256, "bytes": len(data), "media_type": "image/jpeg", "path": sha256}
        with self.database.writing() as connection:
            connection.execute(insert(archive.blobs).values(**row, completed_at=MONDAY))
        return sha256

    def correct(self, event_id: UUID, sha256: str, boxes: list[tuple[str, Any]], version: int = 1) -> None:
        """Boxes of a picture as somebody corrected them."""
        row = {
            "id": UUID(int=5000 + version + 10 * event_id.int),
            "event_id": event_id,
            "site": "north",
            "sha256": sha256,
            "version": version,
            "reason": "wrong_class",
            "width": 64,
            "height": 48,
            "boxes": json.dumps([{"class_name": name, "xyxy": xyxy} for name, xyxy in boxes]),
            "by_name": "mai",
            "at": MONDAY + timedelta(minutes=version),
        }
        with self.database.writing() as connection:
            connection.execute(insert(review.corrections).values(**row))


@pytest.fixture
def filled(database: Database) -> Pictures:
    """An empty database to be filled."""
    return Pictures(database)
