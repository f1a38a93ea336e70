"""Brings a database to the newest version of the tables."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from siaga.core.errors import StorageError
from siaga.db.database import Database

_FOLDER = Path(__file__).parent / "migrations"


def upgrade(database: Database, revision: str = "head") -> None:
    """Apply every migration that is missing, all in one transaction.

    Args:
        revision: Where to stop; the newest by default.

    Raises:
        StorageError: The database was written by a newer Siaga, or cannot be written.
    """
    with database.writing() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        config = _config()
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if found is not None and found not in known:
            raise StorageError(
                f"The archive was written by a newer Siaga (tables {found}).",
                where=database.where,
                fix="Update Siaga.",
            )
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config
