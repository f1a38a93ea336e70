"""Opens everything that the service stands on: folder, database, evidence store, keys."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from fastapi import FastAPI
from sqlalchemy import make_url, text

from siaga.api.app import MAX_EVIDENCE_BYTES, create_app
from siaga.api.desk import open_desk
from siaga.archive import EvidenceFolder, EvidenceObjects, EvidenceStore, Staging, StoredArchive
from siaga.archive.keys import StoredKeys
from siaga.archive.lock import exclusive
from siaga.archive.sweep import sweep
from siaga.auth import FirstStart, Keyring
from siaga.core.clock import Clock
from siaga.core.errors import ConfigError, Conflict, StorageError
from siaga.db import Database
from siaga.db.live import LiveFeed
from siaga.db.migrate import upgrade

_DATABASE = "archive.sqlite3"
_EVIDENCE = "evidence"
_ONE_SERVICE = 7310580
_SEVERAL = "To run several services, keep the archive in PostgreSQL and the evidence in an S3 store."


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """How to run the service.

    Attributes:
        data_dir: Holds the archive, the evidence and the keys; made if absent.
        port: 0 takes a free one.
        renew_keys: Make the device token and the viewer key anew; the old ones end.
        database: ``postgresql://...`` or ``sqlite:///...``; None: a file in the data folder.
        evidence: ``s3://BUCKET/FOLDER`` or a folder; None: a folder in the data folder.
    """

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8080
    max_evidence_bytes: int = MAX_EVIDENCE_BYTES
    renew_keys: bool = False
    database: str | None = field(default=None, repr=False)
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class Stores:
    """What is kept where, open and ours."""

    database: Database
    archive: StoredArchive
    evidence: EvidenceStore
    staging: Staging


@contextmanager
def opened(options: ServiceOptions, clock: Clock) -> Iterator[tuple[FastAPI, FirstStart]]:
    """The app on its stores, and the keys.

    Raises:
        Conflict: Another service uses the data folder, or the stores without being able to share them.
        ConfigError: An address cannot be read.
        StorageError: Something cannot be used.
    """
    with opened_stores(options) as stores:
        upgrade(stores.database)
        stores.staging.clear()
        keyring = Keyring(StoredKeys(stores.database), clock)
        keys = keyring.first_start(options.data_dir, renew=options.renew_keys)
        app = create_app(
            stores.archive, stores.evidence, stores.staging, keyring, clock, options.max_evidence_bytes
        )
        app.state.live = LiveFeed(stores.database, clock)
        app.state.desk = open_desk(stores.database, clock, options.data_dir / "thumbnails")
        with app.state.live.running(), _swept(stores):
            yield app, keys


@contextmanager
def opened_stores(options: ServiceOptions) -> Iterator[Stores]:
    """The stores, without looking at what is in them; nobody else has them, or only who can share them."""
    folder = options.data_dir
    _make(folder)
    with ExitStack() as stack:
        stack.enter_context(
            exclusive(folder / "service.lock", "data folder", "Stop it, or start this one on another folder.")
        )
        evidence, staging = _evidence(options, stack)
        address = options.database or f"sqlite:///{folder / _DATABASE}"
        database = Database(address)
        stack.callback(database.close)
        shareable = isinstance(evidence, EvidenceObjects)
        stack.enter_context(_ours(database, address, folder, shareable))
        yield Stores(database, StoredArchive(database), evidence, staging)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"The data folder cannot be made: {error.strerror}.",
            where=str(folder),
            fix="Give another folder.",
        ) from error


def _evidence(options: ServiceOptions, stack: ExitStack) -> tuple[EvidenceStore, Staging]:
    if options.evidence is not None and "://" in options.evidence:
        return EvidenceObjects(options.evidence), Staging(options.data_dir / "partial")
    root = options.data_dir / _EVIDENCE
    if options.evidence is not None and Path(options.evidence).resolve() != root.resolve():
        root = Path(options.evidence)
        _make(root.parent)
        lock = root.with_name(f"{root.name}.lock")
        stack.enter_context(exclusive(lock, "evidence folder", _SEVERAL))
    folder = EvidenceFolder(root)
    return folder, folder.staging()


@contextmanager
def _ours(database: Database, address: str, folder: Path, shareable: bool) -> Iterator[None]:
    if database.dialect == "postgresql":
        with _held(database, shareable):
            yield
        return
    name = make_url(address).database
    if not name or name == ":memory:":
        raise ConfigError("An archive in memory would be lost.", fix="Give sqlite:///PATH.")
    path = Path(name)
    if path.resolve() == (folder / _DATABASE).resolve():
        yield
        return
    with exclusive(path.with_name(f"{path.name}.lock"), "SQLite file", _SEVERAL):
        yield


@contextmanager
def _held(database: Database, shareable: bool) -> Iterator[None]:
    """PostgreSQL itself keeps apart who cannot share: with the connection, the lock ends."""
    call = "pg_try_advisory_lock_shared" if shareable else "pg_try_advisory_lock"
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.execute(text(f"SELECT {call}({_ONE_SERVICE})")).scalar_one():
            raise Conflict(
                "Another Siaga service uses this database, and one of the two keeps evidence on its disk.",
                where=database.where,
                fix=_SEVERAL,
            )
        yield


@contextmanager
def _swept(stores: Stores) -> Iterator[None]:
    """Remove orphans: before the start where that is quick, else beside the work."""
    if isinstance(stores.evidence, EvidenceFolder):
        _sweep(stores, threading.Event())
        yield
        return
    enough = threading.Event()
    thread = threading.Thread(target=_sweep_quietly, args=(stores, enough), name="sweep", daemon=True)
    thread.start()
    try:
        yield
    finally:
        enough.set()
        thread.join()


def _sweep_quietly(stores: Stores, enough: threading.Event) -> None:
    try:
        _sweep(stores, enough)
    except StorageError as error:
        structlog.get_logger(__name__).error("evidence_not_swept", error=str(error))


def _sweep(stores: Stores, enough: threading.Event) -> None:
    found = sweep(stores.archive, stores.evidence, enough.is_set)
    log = structlog.get_logger(__name__)
    if found.removed:
        log.info("evidence_swept", removed=found.removed)
    if found.missing:
        log.error("evidence_missing", count=len(found.missing), first=found.missing[0])
