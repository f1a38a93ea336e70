"""What a box keeps on its disk, opened together: its key, its records, its evidence, its ledger."""

from collections.abc import Set
from dataclasses import dataclass

import structlog

from siaga.core.clock import Clock, IdFactory, repeatable, uuid7_factory
from siaga.core.errors import StorageError
from siaga.core.event import EventDraft, EventState, Evidence, EvidenceKind, EvidenceStatus
from siaga.deliver.device import DeviceKey, load_or_make_key
from siaga.deliver.outbox import Outbox
from siaga.edge.recorder import Recorder
from siaga.edge.specs import StoreSpec
from siaga.evidence.quota import Ballast
from siaga.evidence.store import BlobStore
from siaga.ledger.store import LedgerStore

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Archive:
    """Open files; they belong to the thread that opened them."""

    key: DeviceKey
    outbox: Outbox
    blobs: BlobStore
    ballast: Ballast
    ledger: LedgerStore
    recorder: Recorder
    clock: Clock
    new_id: IdFactory

    def close_left_open(self, cameras: Set[str]) -> int:
        """End the violations of ``cameras`` that an earlier run left open, and settle clips it never cut.

        Nobody knows when they really ended, and the records say so. Returns how many records were made.
        """
        made = 0
        for last in self.outbox.open_violations():
            if last.camera in cameras:
                self.outbox.commit(self._settled(last, EventState.END))
                made += 1
        for last in self.outbox.awaiting_clip():
            if last.camera in cameras:
                missed = Evidence(
                    kind=EvidenceKind.CLIP, status=EvidenceStatus.MISSED, reason="edge_restarted"
                )
                self.outbox.commit(self._settled(last, EventState.UPDATE, missed))
                made += 1
        return made

    def _settled(self, last: EventDraft, state: EventState, *evidence: Evidence) -> EventDraft:
        now = self.clock.utc()
        fields = {name: getattr(last, name) for name in EventDraft.model_fields}
        fields |= {
            "id": self.new_id(),
            "state": state,
            "reason": "edge_restarted",
            "said_at": now,
            "evidence": evidence,
        }
        if state is EventState.END:
            fields["end_at"] = now
        return EventDraft(**fields)

    def sweep(self) -> None:
        """Remove what a crash left half-written. Only before any engine writes."""
        removed = self.blobs.sweep(self.outbox.referenced())
        if removed:
            log.info("removed files that no record names", files=len(removed))

    def close(self) -> None:
        """Close the files."""
        self.outbox.close()
        self.ledger.close()


def open_archive(spec: StoreSpec, clock: Clock) -> Archive:
    """Open (at the first start: make) the box's state folder.

    Raises:
        StorageError: It cannot be made or read; StorageFull when there is not even room for that.
    """
    folder = spec.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"the state folder cannot be made ({error.strerror})",
            where=str(folder),
            fix="Set state_dir to a folder that this user may write.",
        ) from error
    key = DeviceKey.from_seed(spec.seed) if spec.seed else load_or_make_key(folder / "device.key")
    ballast = Ballast(folder / "ballast", spec.settings.evidence.ballast)
    ballast.ensure()
    outbox = Outbox(
        folder / "records.sqlite",
        key=key,
        boot_id=spec.boot_id,
        clock=clock,
        make_room=ballast.release,
    )
    blobs = BlobStore(folder / "evidence")
    new_id = uuid7_factory(clock, repeatable(spec.seed, "records"))
    recorder = Recorder(
        spec.settings,
        spec.config_hash,
        spec.model,
        blobs=blobs,
        journal=outbox,
        clock=clock,
        new_id=new_id,
        has_room=lambda: ballast.held,
        classifiers=spec.classifiers,
    )
    ledger = LedgerStore(folder / "ledger.sqlite")
    return Archive(key, outbox, blobs, ballast, ledger, recorder, clock, new_id)
