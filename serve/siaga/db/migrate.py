"""Brings a database to the newest version of the tables."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from siaga.core.errors import StorageError
from siaga.db.database import Database

_FOLDER = Path(__file__).parent / "migrations"
_FIRST = "0001"
_BY_HAND = 1
"""``PRAGMA user_version`` of archives that were made before Alembic."""


def upgrade(database: Database, revision: str = "head") -> None:
    """Apply every migration that is missing, all in one transaction.

    Tables that an early Siaga made without Alembic are taken over as they are. On PostgreSQL, services that
    start at once wait for each other.

    Args:
        revision: Where to stop; the newest by default.

    Raises:
        StorageError: The database was written by a newer Siaga, or cannot be written.
    """
    with database.writing() as connection:
        if database.dialect == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7310579)")
        config = _config()
        config.attributes["connection"] = connection
        found = current(connection)
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if _is_newer(connection) or (found is not None and found not in known):
            raise StorageError(
                "The archive was written by a newer Siaga.", where=database.where, fix="Update Siaga."
            )
        if found is None and inspect(connection).has_table("records"):
            command.stamp(config, _FIRST)
        command.upgrade(config, revision)


def current(connection: Connection) -> str | None:
    """The version of the tables that are there; None before the first, or made without Alembic."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """The version that this Siaga writes."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None  # noqa: S101
    return head


def _is_newer(connection: Connection) -> bool:
    if connection.dialect.name != "sqlite":
        return False
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one()) > _BY_HAND


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config
