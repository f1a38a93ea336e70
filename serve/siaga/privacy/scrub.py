"""Gives freed space back, so that nothing of what was deleted stays in the database's files."""

from __future__ import annotations

from siaga.db import Database

_TABLES = (
    "records",
    "violations",
    "evidence",
    "blobs",
    "reviews",
    "decisions",
    "comments",
    "comment_words",
    "corrections",
    "contests",
)


def scrub(database: Database) -> None:
    """Rewrite what deletions touched; takes time and, for a while, space for a second copy.

    SQLite overwrites deleted rows with zeros as it deletes (``secure_delete``); this also gives the pages
    back. PostgreSQL keeps deleted rows until their table is rewritten, and in its write-ahead log until that
    is recycled; while a table is rewritten, the service waits.
    """
    if database.dialect == "sqlite":
        # Not through the engine's connections: they begin a transaction, and VACUUM allows none.
        plain = database.engine.raw_connection()
        try:
            plain.cursor().execute("VACUUM")
        finally:
            plain.close()
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in _TABLES:
            connection.exec_driver_sql(f"VACUUM FULL {table}")
        connection.exec_driver_sql("CHECKPOINT")
