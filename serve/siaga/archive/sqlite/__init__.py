"""All SQL of the service, for SQLite."""

from siaga.archive.sqlite.archive import SqliteArchive
from siaga.archive.sqlite.database import Database
from siaga.archive.sqlite.keys import SqliteKeys

__all__ = ["Database", "SqliteArchive", "SqliteKeys"]
