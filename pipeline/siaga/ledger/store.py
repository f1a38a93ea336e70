"""The ledger on disk."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from siaga.core.errors import StorageError, StorageFull
from siaga.core.ledger import LedgerRow
from siaga.ledger.merge import add_rows

# ``revision`` grows with every change, so that a reader can ask for what changed since it last looked.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS ledger (
    site TEXT NOT NULL,
    camera TEXT NOT NULL,
    zone TEXT NOT NULL,
    hour TEXT NOT NULL,
    revision INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (site, camera, zone, hour)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ledger_by_revision ON ledger (revision);
"""
_WHOLE_PICTURE = ""


class LedgerStore:
    """Totals per camera, zone and hour in one SQLite file.

    One transaction per :meth:`add`, with the rollback journal and a full sync: after a crash a batch is in
    the file as a whole or not at all, and a restart goes on with the hour.

    Args:
        path: The database; made when it is not there. Its folder must exist.

    Raises:
        StorageError: The file cannot be opened or is no database.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._errors():
            self._db = sqlite3.connect(path, timeout=10.0, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = DELETE")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_SCHEMA)

    def add(self, rows: Iterable[LedgerRow]) -> None:
        """Add what ``rows`` counted to the totals.

        Raises:
            StorageFull: No space; nothing was added, the same rows can be given again later.
            StorageError: Anything else; nothing was added.
        """
        with self._errors(), self._transaction():
            revision = self._newest() + 1
            for row in rows:
                key = _key(row)
                found = self._db.execute(
                    "SELECT body FROM ledger WHERE site = ? AND camera = ? AND zone = ? AND hour = ?", key
                ).fetchone()
                total = add_rows(LedgerRow.model_validate_json(found[0]), row) if found else row
                self._db.execute(
                    "INSERT OR REPLACE INTO ledger VALUES (?, ?, ?, ?, ?, ?)",
                    (*key, revision, total.model_dump_json()),
                )

    def changed_since(self, cursor: int, limit: int = 500) -> tuple[list[LedgerRow], int]:
        """Totals that changed after ``cursor`` and the cursor to ask with next; begin with 0.

        A row is given again whenever it changes, with its whole totals: the receiver replaces, never adds.
        Batches are not split, so there may be more rows than ``limit``.
        """
        with self._errors():
            last = self._db.execute(
                "SELECT max(revision) FROM (SELECT revision FROM ledger WHERE revision > ? "
                "ORDER BY revision LIMIT ?)",
                (cursor, limit),
            ).fetchone()[0]
            if last is None:
                return [], cursor
            found = self._db.execute(
                "SELECT body FROM ledger WHERE revision > ? AND revision <= ? "
                "ORDER BY revision, hour, camera, zone",
                (cursor, last),
            ).fetchall()
        return [LedgerRow.model_validate_json(body) for (body,) in found], int(last)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _newest(self) -> int:
        return int(self._db.execute("SELECT coalesce(max(revision), 0) FROM ledger").fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        finally:
            # SQLite itself rolls back on some errors (a full disk), and then refuses to do it again.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorname", None) == "SQLITE_FULL":
                raise StorageFull(
                    "There is no space left for the ledger.",
                    where=str(self._path),
                    fix="Free space on the disk; nothing counted so far is lost.",
                ) from error
            raise StorageError(
                f"The ledger cannot be read or written ({error}).",
                where=str(self._path),
                fix="Check the disk and that the file is a ledger of Siaga.",
            ) from error


def _key(row: LedgerRow) -> tuple[str, str, str, str]:
    return (row.site, row.camera, row.zone or _WHOLE_PICTURE, row.hour.isoformat())
