"""The process of one engine: the newest picture of each of its cameras, through the loop, onto the disk."""

import json
import queue
import threading
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from functools import partial
from multiprocessing.connection import Connection, Listener
from uuid import UUID

import numpy as np
import structlog

from siaga.core.clock import Clock
from siaga.core.frame import Frame
from siaga.core.health import HealthChange
from siaga.core.ledger import LedgerRow
from siaga.edge.archive import Archive, open_archive
from siaga.edge.child import Tether
from siaga.edge.clips import WantedClip
from siaga.edge.engine import Engine
from siaga.edge.lane import crops_of
from siaga.edge.link import CameraState, ClipAnswer, ClipRequest, Hello, listen, receive_slot
from siaga.edge.parts import Parts, build_parts
from siaga.edge.preview_maker import PreviewMaker
from siaga.edge.specs import EngineSpec
from siaga.edge.watch import OfflineWatch
from siaga.edge.writer import RecordWriter
from siaga.frames.slot import FrameSlot

log = structlog.get_logger(__name__)

_IDLE_S = 0.004
_HOUSEKEEPING_S = 0.25
_LEDGER_S = 10.0
_STATUS_S = 1.0
_CLIP_PATIENCE_S = 120.0
_LAST_CLIPS_S = 10.0


@dataclass
class Eye:
    """The engine's end of one camera."""

    name: str
    watch: OfflineWatch
    connection: Connection | None = None
    slot: FrameSlot | None = None
    state: CameraState | None = None
    looked: bool = False
    seen_t: float | None = None
    analysed: int = 0
    overwritten: int = 0
    ages: deque[float] = field(default_factory=lambda: deque(maxlen=300))
    reported: tuple[int, int, int] = (0, 0, 0)


class EngineProcess:
    """See the module. One thread runs the loop; each camera's messages and the disk have their own."""

    def __init__(self, tether: Tether, spec: EngineSpec, clock: Clock) -> None:
        self._tether = tether
        self._spec = spec
        self._clock = clock
        self._parts: Parts = build_parts(spec.store.settings, spec.cameras, clock)
        self._writer = RecordWriter(self._open_archive)
        self._engine = Engine(self._parts.detector, self._parts.lanes, self._writer.record)
        self._eyes = {
            name: Eye(name, OfflineWatch(name, lane.camera.audit.offline_after, clock))
            for name, lane in self._parts.lanes.items()
        }
        self._changes: queue.SimpleQueue[HealthChange] = queue.SimpleQueue()
        self._tickets: dict[UUID, tuple[WantedClip, str, float]] = {}
        self._tickets_lock = threading.Lock()
        self._previews = PreviewMaker(spec, clock)
        self._next_housekeeping = 0.0
        self._next_status = 0.0
        self._next_ledger = clock.monotonic() + _LEDGER_S

    def run(self) -> None:
        """Analyse until told to stop, then end what is open and write it down."""
        self._writer.start()
        listener = listen(self._spec.socket, self._spec.key)
        threading.Thread(target=self._accept, args=(listener,), name="accept", daemon=True).start()
        log.info("engine starts", engine=self._spec.name, cameras=list(self._eyes))
        while not self._tether.stopping():
            self._tether.alive()
            if not self._analyse_newest():
                time.sleep(_IDLE_S)
            self._housekeeping()
        self._finish()

    def _open_archive(self) -> Archive:
        archive = open_archive(self._spec.store, self._clock)
        archive.close_left_open(set(self._eyes))
        return archive

    def _analyse_newest(self) -> bool:
        """Run the loop on every picture that is new. One at a time: batches gain nothing on a CPU."""
        worked = False
        for eye in self._eyes.values():
            frame = self._newest(eye)
            if frame is None:
                continue
            self._said(eye.watch.seen())
            if self._parts.lanes[eye.name].can_judge:
                self._engine.step([frame])
                self._previews.offer(frame, self._parts.lanes[eye.name])
                eye.analysed += 1
                eye.ages.append(self._clock.monotonic() - frame.t)
            worked = True
        return worked

    def _newest(self, eye: Eye) -> Frame | None:
        slot = eye.slot
        newest = slot.read() if slot is not None else None
        if newest is None:
            return None
        frame, overwritten = newest
        # What was published before this engine looked for the first time was not its to see.
        eye.overwritten += overwritten if eye.looked else 0
        eye.looked, eye.seen_t = True, frame.t
        return frame

    def _said(self, change: HealthChange | None) -> None:
        if change is not None:
            log.info("camera", camera=change.camera, condition=change.condition.value, active=change.active)
            self._engine.health(change)

    def _housekeeping(self) -> None:
        now = self._clock.monotonic()
        if now < self._next_housekeeping:
            return
        self._next_housekeeping = now + _HOUSEKEEPING_S
        for eye in self._eyes.values():
            self._said(eye.watch.tick())
        while not self._changes.empty():
            self._said(self._changes.get())
        self._request_clips(now)
        self._previews.refresh()
        if now >= self._next_ledger:
            self._next_ledger = now + _LEDGER_S
            self._flush_ledger()
        if now >= self._next_status:
            self._next_status = now + _STATUS_S
            self._write_status(now)

    def _request_clips(self, now: float, *, all_of_them: bool = False) -> None:
        for eye in self._eyes.values():
            lane = self._parts.lanes[eye.name]
            for wanted, job in lane.clips.due(now, lane.heads, all_of_them=all_of_them):
                with self._tickets_lock:
                    self._tickets[wanted.ticket] = (wanted, eye.name, now)
                if not _sent(eye.connection, ClipRequest(wanted.ticket, job)):
                    self._answered(ClipAnswer(wanted.ticket, reason="camera_process_ended"))
        with self._tickets_lock:
            late = [ticket for ticket, entry in self._tickets.items() if now - entry[2] > _CLIP_PATIENCE_S]
        for ticket in late:
            self._answered(ClipAnswer(ticket, reason="not_cut_in_time"))

    def _answered(self, answer: ClipAnswer) -> None:
        with self._tickets_lock:
            entry = self._tickets.pop(answer.ticket, None)
        if entry is not None:
            wanted = entry[0]
            self._writer.do(lambda archive: archive.recorder.attach_clip(wanted, answer))

    def _accept(self, listener: Listener) -> None:
        while True:
            try:
                connection = listener.accept()
            except Exception as error:  # noqa: BLE001 (a stranger at the socket must not end the engine)
                log.warning("refused a connection", error=type(error).__name__)
                continue
            threading.Thread(target=self._serve, args=(connection,), name="camera-link", daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        eye: Eye | None = None
        try:
            while True:
                message = connection.recv()
                if isinstance(message, Hello):
                    eye = self._eyes[message.camera]
                    slot = FrameSlot.attach(receive_slot(connection), message.camera)
                    eye.connection, eye.looked, eye.slot = connection, False, slot
                elif isinstance(message, CameraState):
                    self._eyes[message.camera].state = message
                elif isinstance(message, HealthChange):
                    self._changes.put(message)
                elif isinstance(message, ClipAnswer):
                    self._answered(message)
        except (EOFError, OSError):
            self._hung_up(eye, connection)

    def _hung_up(self, eye: Eye | None, connection: Connection) -> None:
        if eye is None or eye.connection is not connection:
            return
        eye.connection, eye.slot = None, None
        with self._tickets_lock:
            lost = [ticket for ticket, entry in self._tickets.items() if entry[1] == eye.name]
        for ticket in lost:
            self._answered(ClipAnswer(ticket, reason="camera_process_ended"))

    def _flush_ledger(self) -> None:
        for eye in self._eyes.values():
            corrupt = eye.state.corrupt if eye.state else 0
            totals = (eye.analysed, eye.overwritten, corrupt)
            deltas = [max(0, now - before) for now, before in zip(totals, eye.reported, strict=True)]
            eye.reported = totals
            ledger = self._parts.lanes[eye.name].ledger
            ledger.tick(self._clock.monotonic(), self._clock.utc())
            ledger.frames(self._clock.utc(), *deltas)
            rows = ledger.rows()
            ledger.clear()
            self._writer.do(partial(_keep_ledger, rows))

    def _write_status(self, now: float) -> None:
        cameras = {
            eye.name: {
                "analysed": eye.analysed,
                "overwritten": eye.overwritten,
                "age_p95_ms": round(float(np.percentile(eye.ages, 95)) * 1000) if eye.ages else None,
                "picture_age_s": round(now - eye.seen_t, 3) if eye.seen_t is not None else None,
                "conditions": sorted(self._parts.lanes[eye.name].conditions),
                "crops": crops_of(self._parts.lanes[eye.name]),
                "state": asdict(eye.state) if eye.state else None,
            }
            for eye in self._eyes.values()
        }
        text = json.dumps(
            {"engine": self._spec.name, "at": now, "cameras": cameras, "disk_full": self._writer.full}
        )
        partial = self._spec.status.with_suffix(".partial")
        partial.write_text(text)
        partial.replace(self._spec.status)

    def _finish(self) -> None:
        self._engine.close(self._clock)
        self._request_clips(self._clock.monotonic(), all_of_them=True)
        until = self._clock.monotonic() + _LAST_CLIPS_S
        while self._tickets and self._clock.monotonic() < until:
            self._tether.alive()
            time.sleep(0.05)
        self._writer.do(lambda archive: archive.recorder.abandon_clips("edge_stopped"))
        self._flush_ledger()
        if not self._writer.finish(_LAST_CLIPS_S):
            log.error("some records could not be written before the end", engine=self._spec.name)


def _keep_ledger(rows: list[LedgerRow], archive: Archive) -> None:
    archive.ledger.add(rows)
    archive.ballast.ensure()


def _sent(connection: Connection | None, message: ClipRequest) -> bool:
    if connection is None:
        return False
    try:
        connection.send(message)
    except OSError:
        return False
    return True
