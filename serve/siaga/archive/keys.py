"""Hashes of keys and sessions, beside the archive in the same database."""

from datetime import datetime

from sqlalchemy import delete, insert, select

from siaga.db import Database
from siaga.db.statements import insert_or
from siaga.db.tables.archive import keys, sessions


class StoredKeys:
    """A ``siaga.auth.keys.KeyStore``. Sees hashes only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keys(self) -> dict[str, str]:
        """Hash of the key of each kind."""
        with self._database.reading() as connection:
            rows = connection.execute(select(keys.c.kind, keys.c.hash)).all()
        return {row.kind: row.hash for row in rows}

    def put_key(self, kind: str, hashed: str, created_at: datetime) -> None:
        """Replace the key of a kind; sessions that an old key opened end."""
        with self._database.writing() as connection:
            fresh = insert_or(connection, keys).values(kind=kind, hash=hashed, created_at=created_at)
            changed = {"hash": fresh.excluded.hash, "created_at": fresh.excluded.created_at}
            connection.execute(fresh.on_conflict_do_update(index_elements=[keys.c.kind], set_=changed))
            connection.execute(delete(sessions))

    def put_session(self, hashed: str, now: datetime, expires_at: datetime) -> None:
        """Remember a session and forget expired ones."""
        with self._database.writing() as connection:
            connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
            connection.execute(insert(sessions).values(hash=hashed, expires_at=expires_at))

    def has_session(self, hashed: str, now: datetime) -> bool:
        """Whether the session is known and has not expired."""
        query = select(sessions.c.hash).where(sessions.c.hash == hashed, sessions.c.expires_at > now)
        with self._database.reading() as connection:
            return connection.execute(query).first() is not None
