"""The process that hands over what was recorded. The network can hang without touching detection."""

import json
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import structlog

from siaga.core.clock import Clock
from siaga.core.errors import StorageError
from siaga.core.event import RuleKind
from siaga.core.ledger import LedgerRow
from siaga.core.settings import Camera, Settings
from siaga.deliver.items import Lane
from siaga.deliver.uploader import Uploader
from siaga.edge.archive import Archive, open_archive
from siaga.edge.child import Tether
from siaga.edge.line import start_line
from siaga.edge.specs import DeliverySpec
from siaga.evidence.quota import make_room, shed
from siaga.ledger.store import LedgerStore

log = structlog.get_logger(__name__)

_IDLE_S = 0.25
_UPKEEP_S = 10.0
_LAST_TRY_S = 3.0


def run_delivery(tether: Tether, spec: DeliverySpec, clock: Clock) -> None:
    """Deliver until told to stop."""
    settings = spec.store.settings
    with ExitStack() as stack:
        archive = stack.enter_context(closing(open_archive(spec.store, clock)))
        uploader = _uploader(stack, archive, settings, clock, tether)
        notes = _Notes(archive, settings) if settings.mqtt.enabled else None
        start_line(settings, archive.key.device_id, spec.runtime, clock, tether.stopping, tether.secrets)
        upkeep_at = 0.0
        while not tether.stopping():
            tether.alive()
            worked = uploader.step(tether.stopping) if uploader else False
            if notes is not None:
                notes.publish_new()
            if clock.monotonic() >= upkeep_at:
                upkeep_at = clock.monotonic() + _UPKEEP_S
                _upkeep(archive, settings)
                _write_status(spec.status, archive, uploader)
            if not worked:
                time.sleep(_IDLE_S)
        _last_try(uploader, clock, tether)
        if notes is not None:
            notes.close()


def _uploader(
    stack: ExitStack, archive: Archive, settings: Settings, clock: Clock, tether: Tether
) -> Uploader | None:
    if settings.deliver.url is None:
        log.info("no service is configured; everything stays on this box")
        return None
    client = stack.enter_context(httpx.Client())
    cursor = LedgerCursor(archive.ledger, settings.state_dir / "ledger.cursor")

    def rest(seconds: float) -> None:
        tether.alive()
        time.sleep(seconds)

    return Uploader(
        archive.outbox,
        archive.key.device_id,
        archive.blobs.open,
        client,
        settings.deliver,
        clock,
        rest,
        ledger_rows=cursor.rows,
        ledger_delivered=cursor.delivered,
    )


class LedgerCursor:
    """Remembers over restarts which ledger rows the service has. Losing the file only sends them again."""

    def __init__(self, store: LedgerStore, path: Path) -> None:
        self._store = store
        self._path = path
        self._next = self._at = self._read()

    def _read(self) -> int:
        try:
            return int(self._path.read_text())
        except (FileNotFoundError, ValueError):
            return 0

    def rows(self) -> Sequence[LedgerRow]:
        """What changed since the last delivery."""
        rows, self._next = self._store.changed_since(self._at)
        return rows

    def delivered(self) -> None:
        """The rows given last have arrived."""
        self._at = self._next
        partial = self._path.with_suffix(".partial")
        partial.write_text(str(self._at))
        partial.replace(self._path)


class _Notes:
    """Follows the records and tells the broker."""

    def __init__(self, archive: Archive, settings: Settings) -> None:
        from siaga.deliver.mqtt import MqttNotifier

        self._outbox = archive.outbox
        self._seq = archive.outbox.last_seq()
        cameras = {name: _rules(camera) for name, camera in settings.cameras.items()}
        self._notifier = MqttNotifier(
            settings.mqtt, archive.key.device_id, cameras, open_records=archive.outbox.open_violations()
        )
        self._notifier.start()

    def publish_new(self) -> None:
        """Tell what was recorded since the last call."""
        for event in self._outbox.records_after(self._seq):
            self._notifier.notify(event)
            self._seq = event.seq

    def close(self) -> None:
        """Say goodbye to the broker."""
        self.publish_new()
        self._notifier.stop()


def _rules(camera: Camera) -> list[RuleKind]:
    rules = [RuleKind.MISSING_PPE, RuleKind.CAMERA_UNMONITORED]
    if any(zone.exclusion for zone in camera.zones.values()):
        rules.insert(1, RuleKind.ZONE_INTRUSION)
    return rules


def _upkeep(archive: Archive, settings: Settings) -> None:
    """Keep the evidence within its room and the ballast in place."""
    try:
        freed = shed(
            archive.blobs, archive.outbox.held(), archive.outbox.shed, max_bytes=settings.evidence.max_bytes
        )
        # A disk that others filled is relieved too; the ballast comes back when there is room.
        freed += make_room(archive.blobs, archive.ballast, archive.outbox.held, archive.outbox.shed)
    except StorageError as error:
        log.warning("upkeep failed", error=str(error))
        return
    if freed:
        log.warning("evidence shed to make room", freed_bytes=freed)


def _write_status(path: Path, archive: Archive, uploader: Uploader | None) -> None:
    stats = archive.outbox.stats()
    state = {
        "last_seq": stats.last_seq,
        "waiting": {lane.name.lower(): stats.waiting[lane] for lane in Lane},
        "dead": {lane.name.lower(): stats.dead[lane] for lane in Lane},
        "shed": {lane.name.lower(): stats.shed[lane] for lane in Lane},
        "reachable": uploader.health.reachable if uploader else None,
        "authorised": uploader.health.authorised if uploader else None,
        "error": uploader.health.error if uploader else None,
    }
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(state))
    partial.replace(path)


def _last_try(uploader: Uploader | None, clock: Clock, tether: Tether) -> None:
    """What was recorded while stopping goes out now if the service is there; the rest at the next start."""
    until = clock.monotonic() + _LAST_TRY_S
    if uploader is not None:
        uploader.flush_ledger()
        while clock.monotonic() < until and uploader.step():
            tether.alive()
