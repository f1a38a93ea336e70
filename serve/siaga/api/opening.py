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
from siaga.api.keeping import add_keeping, kept
from siaga.api.linked import add_link
from siaga.archive import EvidenceFolder, EvidenceObjects, EvidenceStore, Staging, StoredArchive
from siaga.archive.lock import exclusive
from siaga.archive.sweep import sweep
from siaga.audit import AuditLog
from siaga.auth import People
from siaga.auth.oidc import OidcOptions, OidcSignIn
from siaga.auth.secrets import Vault, write_private
from siaga.core.clock import Clock
from siaga.core.errors import ConfigError, Conflict, StorageError
from siaga.db import Database
from siaga.db.live import LiveFeed
from siaga.db.migrate import upgrade
from siaga.proof import KEY_FILE, ProofChain, ServiceKey, Witness, load_or_make_key

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
        renew_keys: Make the token that devices share anew; the old one ends.
        database: ``postgresql://...`` or ``sqlite:///...``; None: a file in the data folder.
        evidence: ``s3://BUCKET/FOLDER`` or a folder; None: a folder in the data folder.
        shared_token: Devices may share the token of the file ``device.token``: for a single box.
        demo: The link that is printed signs in without a password, once.
        public_url: Where browsers find the service; None: where it listens.
        secret_file: The key of the service's secrets; None: ``secret.key`` in the data folder.
        openid: A provider where people may sign in; needs ``public_url``.
        timestamp_url: An RFC 3161 authority that stamps the checkpoints of chains; None: none does.
    """

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8080
    max_evidence_bytes: int = MAX_EVIDENCE_BYTES
    renew_keys: bool = False
    database: str | None = field(default=None, repr=False)
    evidence: str | None = field(default=None, repr=False)
    shared_token: bool = False
    demo: bool = False
    public_url: str | None = None
    secret_file: Path | None = None
    openid: OidcOptions | None = None
    timestamp_url: str | None = None


@dataclass(frozen=True, slots=True)
class FirstStart:
    """What to tell at the start.

    Attributes:
        path: What to open below the service's address; a secret when it is a one-time link.
        created: It is a one-time link.
        device_token: The token that devices may share; None: they may not, or its file is gone.
    """

    path: str = field(repr=False)
    created: bool
    device_token: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Stores:
    """What is kept where, open and ours."""

    database: Database
    archive: StoredArchive
    witness: Witness
    key: ServiceKey
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
        with stores.database.writing() as connection:
            stores.witness.adopt(connection)
        stores.staging.clear()
        audit = AuditLog(stores.database)
        people = _people(options, stores.database, clock, audit)
        keys = _first_start(options, people)
        app = create_app(
            stores.archive, stores.evidence, stores.staging, people, audit, clock, options.max_evidence_bytes
        )
        app.state.live = LiveFeed(stores.database, clock)
        app.state.desk = open_desk(stores.database, clock, options.data_dir / "thumbnails")
        add_link(app, stores.database, audit, stores.key, clock, options.data_dir)
        keeping = add_keeping(
            app,
            stores.database,
            stores.archive,
            stores.evidence,
            stores.key,
            clock,
            options.data_dir,
            options.timestamp_url,
        )
        with app.state.live.running(), _swept(stores), kept(keeping, clock):
            yield app, keys


def _people(options: ServiceOptions, database: Database, clock: Clock, audit: AuditLog) -> People:
    vault = Vault.of_file(options.secret_file or options.data_dir / "secret.key")
    public = (options.public_url or "").rstrip("/")
    openid = None
    if options.openid is not None:
        if not public:
            raise ConfigError("OpenID needs the service's public address.", fix="Give --public-url.")
        openid = OidcSignIn(options.openid, f"{public}/api/v1/openid/callback", database, clock)
    https = public.startswith("https://")
    return People.on(database, clock, audit, vault, oidc=openid, https=https, demo=options.demo)


def _first_start(options: ServiceOptions, people: People) -> FirstStart:
    device_token = None
    if options.shared_token or options.demo:
        device_token = people.shared.accept(options.data_dir, renew=options.renew_keys)
    link = options.data_dir / "setup.link"
    link.unlink(missing_ok=True)
    if options.demo:
        return FirstStart(f"/welcome?token={people.links.for_demo()}", True, device_token)
    people.links.end_demo()
    if not people.directory.is_empty():
        return FirstStart("/", False, device_token)
    path = f"/welcome?token={people.links.for_owner()}"
    write_private(link, path)
    return FirstStart(path, True, device_token)


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
        key = load_or_make_key(folder / KEY_FILE)
        witness = Witness(ProofChain(key))
        yield Stores(database, StoredArchive(database, witness), witness, key, evidence, staging)


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
    path = Path(make_url(address).database or "")
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
