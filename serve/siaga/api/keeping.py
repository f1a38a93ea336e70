"""What the routes of proof, retention and notices share, and the work that goes on beside requests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast

import httpx
import structlog
from fastapi import Depends, FastAPI, Request

from siaga.access import AuditEntry, Auditor, Principal, Scope
from siaga.access.audit import Detail
from siaga.archive import Archive, EvidenceStore
from siaga.core.clock import Clock, IdFactory, uuid7_factory
from siaga.core.errors import ConfigError, SiagaError
from siaga.db import Database
from siaga.privacy.public import PublicNotices
from siaga.privacy.sweeper import Sweeper
from siaga.proof import ProofChain, ServiceKey
from siaga.proof.anchors import ANCHOR_FILE, AnchorFile
from siaga.proof.pack import FolderDocuments, Packer
from siaga.proof.stamp import Authority, HttpAuthority, stamp_newest
from siaga.review.limits import SlidingWindow

_TURN_S = 60.0
_SWEEP_S = 3600.0
_STAMP_S = 20.0
_CONTESTS, _ASKED, _WINDOW_S = 5, 60, 3600.0
_AT_SITE = 200


@dataclass(frozen=True, slots=True)
class Keeping:
    """Chains, packs and retention of one archive.

    Attributes:
        packing: Held while a pack is made: one at a time.
    """

    database: Database
    auditor: Auditor
    chain: ProofChain
    packer: Packer
    sweeper: Sweeper
    anchors: AnchorFile
    new_id: IdFactory
    packing: threading.Lock
    authority: Authority | None

    def turn(self, clock: Clock) -> None:
        """Sign what is due and note it outside of the database."""
        with self.database.writing() as connection:
            self.chain.checkpoint_due(connection, clock.utc())
        self.anchors.follow(self.database)
        if self.authority is not None:
            stamp_newest(self.database, self.authority)

    def sweep(self, clock: Clock, stop: threading.Event) -> None:
        """Delete what is due; in the access log under the service's own name."""
        for done in self.sweeper.run(clock.utc(), Scope.everything(), enough=stop.is_set):
            if done.state == "nothing":
                continue
            details: dict[str, Detail] = {
                "due": done.due,
                "deleted": done.deleted.violations,
                "policy": done.policy.name,
            }
            entry = AuditEntry(
                Principal(None, "service"),
                f"retention.{done.state}",
                "sweep",
                done.site,
                clock.utc(),
                details,
            )
            self.auditor.record(None, entry)


def add_keeping(
    app: FastAPI,
    database: Database,
    archive: Archive,
    evidence: EvidenceStore,
    key: ServiceKey,
    clock: Clock,
    folder: Path,
    timestamp_url: str | None = None,
) -> Keeping:
    """Give the app what these routes need; after the desk and the access log.

    Args:
        folder: The data folder: papers of packs below ``documents``, noted checkpoints beside the key.
        timestamp_url: An RFC 3161 authority that stamps checkpoints; None: none does.
    """
    chain, new_id = ProofChain(key), uuid7_factory(clock)
    keeping = Keeping(
        database=database,
        auditor=app.state.audit,
        chain=chain,
        packer=Packer(database, evidence, FolderDocuments(folder / "documents"), chain, key),
        sweeper=Sweeper(
            database,
            chain,
            archive,
            evidence,
            new_id,
            app.state.desk.thumbnails.remove,
        ),
        anchors=AnchorFile(folder / ANCHOR_FILE),
        new_id=new_id,
        packing=threading.Lock(),
        authority=_authority(timestamp_url),
    )
    app.state.notices = PublicNotices(
        database,
        new_id,
        key.public_key,
        of_sender=SlidingWindow(clock, _CONTESTS, _WINDOW_S),
        of_reader=SlidingWindow(clock, _ASKED, _WINDOW_S),
        of_notice=SlidingWindow(clock, _AT_SITE, _WINDOW_S),
    )
    app.state.keeping = keeping
    return keeping


def _authority(url: str | None) -> Authority | None:
    if url is None:
        return None
    if not url.startswith(("http://", "https://")):
        raise ConfigError("A time-stamping authority has an http address.", where="timestamp_url")
    return HttpAuthority(url, httpx.Client(timeout=_STAMP_S))


@contextmanager
def kept(keeping: Keeping, clock: Clock) -> Iterator[None]:
    """Sign every minute what is due, delete every hour what is due, until the block ends."""
    stop = threading.Event()
    thread = threading.Thread(target=_keep, args=(keeping, clock, stop), name="keeping", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _keep(keeping: Keeping, clock: Clock, stop: threading.Event) -> None:
    log = structlog.get_logger(__name__)
    # Not at once: a clock that is still wrong after a power cut shall not delete anything.
    turns_left = int(_SWEEP_S / _TURN_S)
    while not stop.wait(_TURN_S):
        turns_left -= 1
        try:
            keeping.turn(clock)
            if turns_left <= 0:
                turns_left = int(_SWEEP_S / _TURN_S)
                keeping.sweep(clock, stop)
        except SiagaError as error:
            log.error("keeping_failed", error=str(error))


def _keeping(request: Request) -> Keeping:
    return cast(Keeping, request.app.state.keeping)


KeepingDep = Annotated[Keeping, Depends(_keeping)]
