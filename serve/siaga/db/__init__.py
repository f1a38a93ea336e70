"""The database under the service, SQLite or PostgreSQL: tables, transactions, migrations."""

from siaga.db.database import Database
from siaga.db.metadata import UtcTime, metadata

__all__ = ["Database", "UtcTime", "metadata"]
