"""Hashes of keys and sessions, beside the archive in the same file."""

from datetime import datetime

from siaga.archive.sqlite.database import Database
from siaga.archive.times import to_text


class SqliteKeys:
    """A ``siaga.auth.keys.KeyStore``. Sees hashes only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keys(self) -> dict[str, str]:
        """Hash of the key of each kind."""
        with self._database.reading() as connection:
            return {row["kind"]: row["hash"] for row in connection.execute("SELECT kind, hash FROM keys")}

    def put_key(self, kind: str, hashed: str, created_at: datetime) -> None:
        """Replace the key of a kind; sessions that an old key opened end."""
        with self._database.transaction() as connection:
            values = (kind, hashed, to_text(created_at))
            connection.execute("INSERT OR REPLACE INTO keys VALUES (?, ?, ?)", values)
            connection.execute("DELETE FROM sessions")

    def put_session(self, hashed: str, now: datetime, expires_at: datetime) -> None:
        """Remember a session and forget expired ones."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM sessions WHERE expires_at <= ?", (to_text(now),))
            connection.execute("INSERT INTO sessions VALUES (?, ?)", (hashed, to_text(expires_at)))

    def has_session(self, hashed: str, now: datetime) -> bool:
        """Whether the session is known and has not expired."""
        with self._database.reading() as connection:
            found = connection.execute(
                "SELECT 1 FROM sessions WHERE hash = ? AND expires_at > ?", (hashed, to_text(now))
            ).fetchone()
            return found is not None
