"""The outbox's SQLite file: how it is opened, how its tables grew, how a transaction ends."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from siaga.core.errors import StorageError, StorageFull

_BUSY_S = 30.0
_NO_SPACE_BYTES = 1 << 20
_T = TypeVar("_T")

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE events (
            seq INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            event_id TEXT NOT NULL,
            state TEXT NOT NULL,
            clip TEXT,
            record TEXT NOT NULL
        )""",
        "CREATE INDEX events_by_violation ON events (event_id, seq)",
        """CREATE TABLE items (
            item INTEGER PRIMARY KEY,
            seq INTEGER NOT NULL REFERENCES events (seq),
            lane INTEGER NOT NULL,
            kind TEXT,
            sha256 TEXT,
            media_type TEXT NOT NULL DEFAULT 'application/json',
            bytes INTEGER NOT NULL DEFAULT 0,
            status TEXT NOT NULL DEFAULT 'due',
            on_box INTEGER NOT NULL DEFAULT 1,
            due_at REAL NOT NULL DEFAULT 0,
            attempts INTEGER NOT NULL DEFAULT 0,
            error TEXT
        )""",
        "CREATE INDEX items_by_status ON items (status, lane, seq)",
        "CREATE INDEX items_by_address ON items (sha256)",
        "CREATE INDEX items_by_record ON items (seq, lane)",
    ),
)
"""One entry per schema version, from version 0 on; ``PRAGMA user_version`` says which have run."""


class Database:
    """One connection; every process and thread opens its own.

    ``journal_mode=DELETE`` because several processes write (WAL with several connections corrupts on
    SQLite before 3.51.3). ``synchronous=EXTRA`` is FULL, and the directory is made durable too after the
    journal is removed: with FULL alone, a power cut soon after a commit may bring the journal back, and
    with it the state before the commit.

    Args:
        path: The file; its folder must exist.
        make_room: Called once when the disk is full; gives whether it freed anything. Then the transaction
            is tried again.

    Raises:
        StorageFull: No space, also after ``make_room``.
        StorageError: The file is damaged, or of a newer version.
    """

    def __init__(self, path: Path, make_room: Callable[[], bool]) -> None:
        self._path = path
        self._make_room = make_room
        try:
            self._connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
        except sqlite3.Error as error:
            raise self._explained(error) from error
        try:
            self._prepare()
        except sqlite3.Error as error:
            self.close()
            raise self._explained(error) from error
        except BaseException:
            self.close()
            raise

    def run(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Run ``work`` in one write transaction; it is run again when the disk was full and room was made."""
        try:
            return self._transact(work)
        except sqlite3.Error as error:
            if not _is_full(error, self._path) or not self._make_room():
                raise self._explained(error) from error
        try:
            return self._transact(work)
        except sqlite3.Error as error:
            raise self._explained(error) from error

    def rows(self, query: str, values: tuple[object, ...] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise self._explained(error) from error

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _transact(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            # SQLite ends the transaction by itself on some errors, a full disk among them.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return result

    def _prepare(self) -> None:
        connection = self._connection
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA synchronous=EXTRA")
        connection.execute("PRAGMA foreign_keys=ON")
        version = self._version()
        if version > len(MIGRATIONS):
            raise StorageError(
                f"the outbox is of version {version}, this program knows {len(MIGRATIONS)}",
                where=str(self._path),
                fix="Install the newer Siaga again.",
            )
        if version < len(MIGRATIONS):
            self.run(self._migrate)

    def _version(self) -> int:
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    def _migrate(self, connection: sqlite3.Connection) -> None:
        for version in range(self._version(), len(MIGRATIONS)):
            for statement in MIGRATIONS[version]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={version + 1}")

    def _explained(self, error: sqlite3.Error) -> StorageError:
        where = str(self._path)
        if _is_full(error, self._path):
            return StorageFull("no space left for a record", where=where, fix="Free space on this disk.")
        return StorageError(f"the outbox cannot be used ({error})", where=where, fix="Check the disk.")


def _is_full(error: sqlite3.Error, path: Path) -> bool:
    code = getattr(error, "sqlite_errorcode", 0)
    if code == sqlite3.SQLITE_FULL:
        return True
    # A journal that cannot be made or grow is told as a failed open or write.
    if code not in (sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_CANTOPEN) or not path.parent.is_dir():
        return False
    state = os.statvfs(path.parent)
    return state.f_bavail * state.f_frsize < _NO_SPACE_BYTES
