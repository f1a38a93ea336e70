"""A copy of the whole archive in a folder, and an archive made of such a copy.

``backup.json`` (version of the tables, rows, sha256 of the files), ``tables/*.jsonl``, ``evidence/<2 hex
digits>/<sha256>``. The copy is independent of the database: it is also the way from SQLite to PostgreSQL.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from siaga.archive.contract import Blob
from siaga.archive.evidence import EvidenceStore, path_of
from siaga.archive.staging import Staging, translated
from siaga.core.errors import BadRequest, Conflict, StorageError
from siaga.db import Database
from siaga.db.copying import count_rows, dump_tables, load_tables
from siaga.db.migrate import current, upgrade

_MANIFEST = "backup.json"
_TABLES = "tables"
_EVIDENCE = "evidence"
_FILLED = ("records", "ledger", "users")
"""What no archive has that nobody used yet; other tables may have a first row by their migration."""
_CHUNK = 1 << 20

Tell = Callable[[int], None]


class Backup(BaseModel):
    """What a backup holds. ``files``: sha256 of each table's file. ``missing``: evidence without bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    made_at: AwareDatetime
    rows: dict[str, int]
    files: dict[str, str]
    evidence: int
    missing: tuple[str, ...] = ()


def back_up(
    database: Database,
    evidence: EvidenceStore,
    folder: Path,
    made_at: datetime,
    tell: Tell = lambda _: None,
) -> Backup:
    """Copy everything into a folder. The service may run meanwhile.

    Evidence that an earlier backup brought into the folder is not copied again; the tables are, and replace
    the earlier ones.

    Args:
        tell: Called with a number of rows or pieces of evidence that were copied.

    Raises:
        StorageError: Something cannot be read or written.
        Conflict: The archive has no tables yet.
    """
    with translated(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder, prefix=".new-") as work:
            fresh = Path(work) / _TABLES
            fresh.mkdir()
            with _still(database, Path(work)) as picture, picture.reading() as connection:
                version = current(connection)
                if version is None:
                    raise Conflict("There is no archive to copy.", where=database.where)
                rows = dump_tables(connection, fresh, tell)
            blobs = list(_blobs(fresh))
            missing = [blob.path for blob in blobs if not _fetch(evidence, blob, folder / _EVIDENCE, tell)]
            made = Backup(
                version=version,
                made_at=made_at,
                rows=rows,
                files={path.name: _sha256(path) for path in sorted(fresh.iterdir())},
                evidence=len(blobs) - len(missing),
                missing=tuple(missing),
            )
            (folder / _MANIFEST).unlink(missing_ok=True)
            shutil.rmtree(folder / _TABLES, ignore_errors=True)
            fresh.rename(folder / _TABLES)
            (folder / _MANIFEST).write_text(made.model_dump_json(indent=2) + "\n")
    return made


@contextmanager
def _still(database: Database, work: Path) -> Iterator[Database]:
    """SQLite's writers wait for a reader: so the reader takes a copy of the file, which is quick."""
    if database.dialect != "sqlite":
        yield database
        return
    copy = work / "copy.sqlite3"
    path = database.engine.url.database or ""
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    still = Database(f"sqlite:///{copy}")
    try:
        yield still
    finally:
        still.close()


def _blobs(tables: Path) -> Iterator[Blob]:
    with (tables / "blobs.jsonl").open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            yield Blob(row["sha256"], row["bytes"], row["media_type"], row["path"])


def _fetch(evidence: EvidenceStore, blob: Blob, folder: Path, tell: Tell) -> bool:
    target = folder / path_of(blob.sha256)
    if target.exists() and target.stat().st_size == blob.bytes:
        return True
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.new")
    digest = hashlib.sha256()
    try:
        with fresh.open("wb") as file:
            for piece in evidence.read(blob.path, 0, blob.bytes):
                digest.update(piece)
                file.write(piece)
    except StorageError:
        fresh.unlink(missing_ok=True)
        return False
    if digest.hexdigest() != blob.sha256:
        fresh.unlink()
        return False
    fresh.rename(target)
    tell(1)
    return True


def read_backup(folder: Path) -> Backup:
    """What a folder holds.

    Raises:
        BadRequest: It is no backup, or not as it was written.
    """
    try:
        made = Backup.model_validate_json((folder / _MANIFEST).read_text())
        changed = [name for name, sha256 in made.files.items() if _sha256(folder / _TABLES / name) != sha256]
    except (OSError, ValidationError) as error:
        raise BadRequest("This is no backup.", where=str(folder), fix="Give the folder of one.") from error
    if changed:
        raise BadRequest(f"Not as it was written: {', '.join(changed)}.", where=str(folder))
    return made


def restore(
    database: Database,
    evidence: EvidenceStore,
    staging: Staging,
    folder: Path,
    tell: Tell = lambda _: None,
) -> Backup:
    """Make an archive of a backup, and bring it to the newest version of the tables.

    Evidence comes first, then all rows in one transaction: what is broken off is no archive, and may be
    tried again.

    Raises:
        BadRequest: The folder is no whole backup.
        Conflict: The database is not empty.
        StorageError: Something cannot be written.
    """
    made = read_backup(folder)
    with database.reading() as connection:
        there = count_rows(connection)
    if any(there.get(name) for name in _FILLED):
        raise Conflict("There is an archive already.", where=database.where, fix="Give an empty database.")
    for blob in _blobs(folder / _TABLES):
        if blob.path not in made.missing:
            _place(evidence, staging, folder / _EVIDENCE / path_of(blob.sha256), blob)
            tell(1)
    upgrade(database, made.version)
    with database.writing() as connection:
        loaded = load_tables(connection, folder / _TABLES, tell)
        if loaded != made.rows:
            raise BadRequest("The backup has other rows than it says.", where=str(folder))
    upgrade(database)
    return made


def _place(evidence: EvidenceStore, staging: Staging, source: Path, blob: Blob) -> None:
    staging.discard(blob.sha256)
    part = staging.path(blob.sha256)
    with translated(source):
        shutil.copyfile(source, part)
    if not staging.matches(blob.sha256):
        staging.discard(blob.sha256)
        raise BadRequest("Evidence is not as it was written.", where=str(source))
    evidence.place(part, blob.sha256, blob.media_type)
    staging.discard(blob.sha256)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def summary(made: Backup) -> dict[str, Any]:
    """In few words, for a person or a log."""
    return {
        "tables": made.version,
        "rows": sum(made.rows.values()),
        "evidence": made.evidence,
        "missing": len(made.missing),
    }
