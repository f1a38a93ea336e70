"""Checkpoints noted outside of the database, so that a chain which was cut short shows."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from siaga.core.errors import StorageError
from siaga.db import Database
from siaga.db.tables.proof import proof_checkpoints
from siaga.proof.chain import checkpoint_of
from siaga.proof.entry import Checkpoint

ANCHOR_FILE = "proof.checkpoints"


class AnchorFile:
    """One checkpoint per line (JSON), only ever added to. Copy it elsewhere: then it protects.

    Args:
        path: Made if absent (mode 0600).
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[Checkpoint]:
        """What was noted, oldest first.

        Raises:
            StorageError: A line is not a checkpoint, or the file cannot be read.
        """
        try:
            lines = self._path.read_text().splitlines() if self._path.exists() else []
            return [_parsed(line) for line in lines]
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise StorageError(
                f"The noted checkpoints cannot be read: {error}.",
                where=str(self._path),
                fix="Keep the file as it is and look into it; a copy of it may be whole.",
            ) from error

    def follow(self, database: Database) -> int:
        """Note the newest checkpoint of every site that has a newer one than is noted. Returns how many."""
        last: dict[str, int] = {}
        for checkpoint in self.read():
            last[checkpoint.site] = max(checkpoint.number, last.get(checkpoint.site, 0))
        table = proof_checkpoints
        with database.reading() as connection:
            sites = connection.scalars(select(table.c.site).distinct()).all()
            rows = [
                connection.execute(
                    select(table).where(table.c.site == site).order_by(table.c.number.desc()).limit(1)
                ).one()
                for site in sorted(sites)
            ]
        fresh = [checkpoint_of(row) for row in rows if row.number > last.get(row.site, 0)]
        self._append(fresh)
        return len(fresh)

    def _append(self, fresh: list[Checkpoint]) -> None:
        if not fresh:
            return
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(handle, "ab") as file:
                file.write(b"".join(checkpoint.line() + b"\n" for checkpoint in fresh))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StorageError(
                f"A checkpoint cannot be noted: {error.strerror}.",
                where=str(self._path),
                fix="Check the disk and the file's rights.",
            ) from error


def _parsed(line: str) -> Checkpoint:
    told = json.loads(line)
    return Checkpoint(
        told["site"],
        told["number"],
        told["hash"],
        datetime.fromisoformat(told["at"]),
        told["prev"],
        told["public_key"],
        told["signature"],
        told.get("timestamp"),
    )
