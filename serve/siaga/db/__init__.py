"""The database under the service, SQLite or PostgreSQL: tables, transactions, migrations."""

from siaga.db.database import Database
from siaga.db.metadata import metadata
from siaga.db.types import Flag, Id, Number, UtcTime, Whole

__all__ = ["Database", "Flag", "Id", "Number", "UtcTime", "Whole", "metadata"]
