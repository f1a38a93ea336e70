"""One token for all devices: for the demo and a single box only. Everybody else enrols devices."""

from pathlib import Path

from sqlalchemy import delete, select

from siaga.access import Principal, Role, Scope
from siaga.auth.secrets import hashed, write_private
from siaga.core.clock import Clock, random_token
from siaga.db import Database
from siaga.db.tables.archive import keys

FILE = "device.token"
_DEVICE = Principal("device", "device", {Role.DEVICE: Scope.everything()})


class SharedToken:
    """Makes the token and knows it again. Read once: it changes with a new start only."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._hash: str | None = None

    def accept(self, folder: Path, *, renew: bool = False) -> str | None:
        """From now on devices may share the token of the file ``device.token`` (mode 0600), made if absent.

        Args:
            renew: Make it anew; the old one ends.

        Returns:
            The token; None where its file is gone (it still works, but cannot be told again).
        """
        path = folder / FILE
        with self._database.reading() as connection:
            kept = connection.execute(select(keys.c.hash).where(keys.c.kind == FILE)).scalar_one_or_none()
        if kept is None or renew:
            token = random_token()
            kept = hashed(token)
            write_private(path, token)
            with self._database.writing() as connection:
                connection.execute(delete(keys).where(keys.c.kind == FILE))
                row = {"kind": FILE, "hash": kept, "created_at": self._clock.utc()}
                connection.execute(keys.insert().values(row))
        self._hash = kept
        told = path.read_text().strip() if path.exists() else None
        return told if told is not None and hashed(told) == kept else None

    def principal(self, token: str) -> Principal | None:
        """The device, if this is the token and it is accepted."""
        return _DEVICE if self._hash is not None and hashed(token) == self._hash else None
