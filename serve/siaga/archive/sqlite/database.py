"""One SQLite file, one connection, one lock."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from siaga.archive.sqlite.schema import SCHEMA, VERSION
from siaga.core.errors import StorageError, StorageFull


class Database:
    """The connection that readers and writers share, one at a time.

    ``journal_mode=DELETE`` and ``synchronous=FULL``: when a transaction has returned, it is on disk.

    Args:
        path: The database file; made if absent, with its tables.

    Raises:
        StorageError: It cannot be opened, is not ours, or was written by a newer Siaga.
    """

    def __init__(self, path: Path) -> None:
        self._where = str(path)
        self._lock = threading.RLock()
        with self._translated():
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            with self._translated():
                self._prepare()
        except StorageError:
            self._connection.close()
            raise

    def _prepare(self) -> None:
        self._connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode=DELETE", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF"):
            self._connection.execute(f"PRAGMA {pragma}").fetchall()
        found = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if found > VERSION:
            raise StorageError(
                f"The archive was written by a newer Siaga (version {found}, known {VERSION}).",
                where=self._where,
                fix="Update Siaga.",
            )
        if found == 0:
            with self.transaction() as connection:
                for statement in SCHEMA:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version={VERSION}")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
                raise StorageFull(
                    "No space is left for the archive.", where=self._where, fix="Free some space."
                ) from error
            raise StorageError(
                f"The archive cannot be used: {error}.", where=self._where, fix="Check the disk and the file."
            ) from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, and on disk when it ends.

        Raises:
            StorageError: It could not be written; nothing has changed.
        """
        with self._lock, self._translated():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent picture for several queries."""
        with self._lock, self._translated():
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the file; the object is of no use afterwards."""
        with self._lock:
            self._connection.close()
