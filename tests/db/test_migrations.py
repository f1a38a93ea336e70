"""What the migrations make is what the tables say, on both databases, and early archives are taken over."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text

from siaga.core.errors import StorageError
from siaga.db import Database, metadata
from siaga.db.migrate import current, newest, upgrade
from siaga.db.tables import archive

FIRST = Path(__file__).with_name("archive-of-0.1.0.sql")
A = "a" * 64


def _differences(database: Database) -> list[Any]:
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))


def test_migrations_make_the_tables_that_the_code_knows(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    upgrade(database)
    upgrade(database)
    assert _differences(database) == []
    with database.reading() as connection:
        assert current(connection) == newest()
    database.close()


def test_a_database_of_a_newer_siaga_is_not_touched(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    upgrade(database)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageError, match="newer Siaga"):
        upgrade(database)
    database.close()


@pytest.fixture
def early(tmp_path: Path) -> Database:
    """An archive as the first Siaga made it, without Alembic."""
    path = tmp_path / "archive.sqlite3"
    connection = sqlite3.connect(path)
    connection.executescript(FIRST.read_text())
    connection.close()
    return Database(f"sqlite:///{path}")


def test_an_early_archive_is_taken_over_with_all_that_it_holds(early: Database) -> None:
    upgrade(early)
    with early.reading() as connection:
        (violation,) = connection.execute(select(archive.violations)).all()
        records = connection.execute(select(archive.records).order_by("seq")).all()
        (named,) = connection.execute(select(archive.evidence)).all()
        (camera,) = connection.execute(select(archive.cameras)).all()
        (device,) = connection.execute(select(archive.devices)).all()
        (row,) = connection.execute(select(archive.ledger)).all()
        (blob,) = connection.execute(select(archive.blobs)).all()
    assert (violation.severity, violation.items, violation.open) == ("alert", "helmet,vest", False)
    assert violation.end_at.isoformat() == "2026-01-01T12:00:30+00:00"
    assert [(record.seq, record.site, record.ended) for record in records] == [
        (1, "north tower", False),
        (2, "north tower", True),
    ]
    assert (named.sha256, named.event_id, named.site, named.bytes) == (
        A,
        violation.event_id,
        "north tower",
        7,
    )
    assert (camera.site, camera.camera, device.site) == ("north tower", "gate", "north tower")
    assert (row.site, row.watched_s, row.down_s, row.person_s, row.judged_s, row.unknown_s) == (
        "north tower",
        3000.0,
        600.0,
        120.0,
        90.0,
        30.0,
    )
    assert blob.path == f"aa/{A}"
    early.close()
