"""Backup, restore, upgrade and check: what comes back is what was there, and what is wrong is found."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from typer.testing import CliRunner

from siaga.access import Scope
from siaga.archive import Blob, EvidenceFolder, Slice, StoredArchive, ViolationFilter
from siaga.archive.backup import back_up, restore
from siaga.archive.evidence import path_of
from siaga.archive.inspection import inspect
from siaga.cli.app import app
from siaga.core.clock import ManualClock
from siaga.core.errors import BadRequest, Conflict, StorageError
from siaga.core.event import Event
from siaga.db import Database
from siaga.db.copying import count_rows, dump_tables, load_tables
from siaga.db.migrate import newest, upgrade
from siaga.db.tables.archive import records, violations
from tests.support.databases import Postgresql
from tests.support.records import RecordMaker, evidence_entry

ALL = Scope.everything()
EARLY = Path(__file__).parents[1] / "db" / "archive-of-0.1.0.sql"
DATA = b"a picture"
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> EvidenceFolder:
    """Evidence on disk."""
    return EvidenceFolder(tmp_path / "evidence")


@pytest.fixture
def filled(database: Database, folder: EvidenceFolder, maker: RecordMaker, clock: ManualClock) -> Database:
    """An archive with two violations, one of them ended and with a picture."""
    archive, now = StoredArchive(database), clock.utc()
    new = maker.make(evidence=[evidence_entry("snapshot", "image/jpeg", DATA)])
    for record in (new, maker.make(event_id=new["id"], state="end"), maker.make(zone="pit")):
        archive.put_event(Event.model_validate(record), record, now, ALL)
    _place(folder, DATA)
    archive.add_blob(Blob(SHA256, len(DATA), "image/jpeg", path_of(SHA256)), now, lambda: None)
    return database


def _place(folder: EvidenceFolder, data: bytes) -> str:
    sha256, staging = hashlib.sha256(data).hexdigest(), folder.staging()
    staging.append(sha256, data)
    folder.place(staging.path(sha256), sha256, "image/jpeg")
    return path_of(sha256)


@pytest.fixture
def target(empty_database_url: str) -> Iterator[Database]:
    """A database without tables."""
    opened = Database(empty_database_url)
    yield opened
    opened.close()


def _rows(database: Database) -> dict[str, int]:
    with database.reading() as connection:
        return count_rows(connection)


def test_what_is_restored_is_what_was_copied(
    filled: Database,
    folder: EvidenceFolder,
    target: Database,
    clock: ManualClock,
    tmp_path: Path,
) -> None:
    made = back_up(filled, folder, tmp_path / "copy", clock.utc())
    assert (made.version, made.evidence, made.missing) == (newest(), 1, ())
    place = EvidenceFolder(tmp_path / "other")
    restore(target, place, place.staging(), tmp_path / "copy")
    assert _rows(target) == _rows(filled)
    assert inspect(target, place, hashes=True).model_dump()["faults"] == ()
    before, after = (
        StoredArchive(one).violations(ViolationFilter(), Slice(), ALL) for one in (filled, target)
    )
    assert after == before
    assert len(after.items) == 2
    with pytest.raises(Conflict, match="already"):
        restore(target, place, place.staging(), tmp_path / "copy")
    again = back_up(target, place, tmp_path / "copy", clock.utc())
    assert again.rows == made.rows


@pytest.mark.system
def test_a_copy_of_sqlite_becomes_an_archive_on_postgresql(postgresql: Postgresql, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "early.sqlite3")
    connection.executescript(EARLY.read_text())
    connection.close()
    early = Database(f"sqlite:///{tmp_path}/early.sqlite3")
    with postgresql.fresh() as url:
        target = Database(url)
        upgrade(target, "0001")
        with early.reading() as source, target.writing() as sink:
            counts = dump_tables(source, tmp_path)
            assert load_tables(sink, tmp_path) == counts
        upgrade(target)
        with target.reading() as there:
            (violation,) = there.execute(select(violations)).all()
            assert (violation.severity, violation.items, violation.open) == ("alert", "helmet,vest", False)
            assert there.execute(select(records.c.site).distinct()).scalars().all() == ["north tower"]
        target.close()
    early.close()


def test_a_backup_that_was_changed_is_refused(
    filled: Database, folder: EvidenceFolder, target: Database, clock: ManualClock, tmp_path: Path
) -> None:
    back_up(filled, folder, tmp_path / "copy", clock.utc())
    table = tmp_path / "copy" / "tables" / "violations.jsonl"
    table.write_text(table.read_text().replace("gate", "crane"))
    place = EvidenceFolder(tmp_path / "other")
    with pytest.raises(BadRequest, match="violations"):
        restore(target, place, place.staging(), tmp_path / "copy")
    with pytest.raises(BadRequest, match="no backup"):
        restore(target, place, place.staging(), tmp_path)


def test_what_is_wrong_is_found(filled: Database, folder: EvidenceFolder, tmp_path: Path) -> None:
    sound = inspect(filled, folder, hashes=True)
    assert (sound.records, sound.violations, sound.evidence, sound.orphans) == (3, 2, 1, 0)
    assert sound.sound
    _place(folder, b"nobody's")
    (tmp_path / "evidence" / path_of(SHA256)).write_bytes(b"another..")
    with filled.writing() as connection:
        (first, _, last) = connection.execute(select(records).order_by(records.c.seq)).all()
        changed = json.dumps(json.loads(first.body) | {"camera": "crane"})
        connection.execute(update(records).where(records.c.id == first.id).values(body=changed))
        connection.execute(text("DELETE FROM violations WHERE zone = 'pit'"))
    found = inspect(filled, folder, hashes=True)
    assert found.orphans == 1
    assert found.faults == (
        f"record {first.id}: its content is not that of its hash",
        f"record {last.id}: its violation is not listed",
        f"evidence {SHA256}: its bytes are others",
    )
    assert len(inspect(filled, folder).faults) == 2


def test_the_commands_on_an_early_archive(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    connection = sqlite3.connect(data / "archive.sqlite3")
    connection.executescript(EARLY.read_text())
    connection.close()

    def run(*words: str) -> str:
        result = CliRunner().invoke(app, ["archive", *words, "--data", str(data)])
        assert result.exception is None, result.output
        return result.stdout

    assert "before: none" in run("upgrade")
    assert f"before: {newest()}" in run("upgrade")
    evidence = data / "evidence" / "aa" / ("a" * 64)
    evidence.parent.mkdir(parents=True)
    evidence.write_bytes(b"1234567")
    found = json.loads(run("check").splitlines()[-1])
    assert (found["records"], found["evidence"]) == (2, 1)
    evidence.unlink()
    result = CliRunner().invoke(app, ["archive", "check", "--data", str(data)])
    assert isinstance(result.exception, StorageError)
    assert "its bytes are gone" in result.stdout
