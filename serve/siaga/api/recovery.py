"""A way in for the owner of the machine when nobody can sign in."""

from contextlib import closing
from pathlib import Path

from siaga.access import Principal
from siaga.audit import AuditLog
from siaga.auth.directory import Directory
from siaga.auth.links import Links
from siaga.auth.passwords import Passwords
from siaga.core.clock import SystemClock
from siaga.core.errors import NotFound
from siaga.db import Database
from siaga.db.migrate import upgrade

_MACHINE = Principal("machine", "the machine's owner")


def password_link(data_dir: Path, database: str | None, login: str) -> str:
    """The path of a one-time link with which this user sets a new password; told to the access log.

    Args:
        database: As for the service; None: the SQLite file in the data folder.

    Raises:
        NotFound: There is no such archive, or no such user.
        StorageError: The database cannot be used.
    """
    path = data_dir / "archive.sqlite3"
    if database is None and not path.exists():
        raise NotFound("There is no service's data folder.", where=str(data_dir), fix="Give --data.")
    with closing(Database(database or f"sqlite:///{path}")) as opened:
        upgrade(opened)
        clock, audit = SystemClock(), AuditLog(opened)
        user = Directory(opened, clock, audit).by_login(login)
        if user is None:
            raise NotFound("Nobody signs in with this name.", where=login)
        token = Links(opened, clock, audit, Passwords()).for_user(_MACHINE, user)
    return f"/welcome?token={token}"
