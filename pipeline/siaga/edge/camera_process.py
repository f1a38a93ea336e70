"""The process of one camera: connect, demultiplex, decode, watch over itself, keep the ring, cut clips.

Cameras are hostile input and decoders are C: whatever goes wrong in here ends this process and nothing else.
"""

import random
import resource
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import structlog

from siaga.core.clock import Clock
from siaga.core.errors import SiagaError, SourceEnded, SourceError
from siaga.core.health import Condition, HealthChange
from siaga.core.settings import StreamUrl
from siaga.edge.child import Tether
from siaga.edge.clip_cutter import ClipCutter
from siaga.edge.engine_link import EngineLink
from siaga.edge.link import CameraState, ClipRequest
from siaga.edge.specs import CameraSpec
from siaga.frames.audit import CameraAudit
from siaga.frames.capture import Capture, Picture
from siaga.frames.open import open_source
from siaga.frames.packets import PacketRing
from siaga.frames.reconnect import Backoff, RepeatedErrors
from siaga.frames.slot import FrameSlot

log = structlog.get_logger(__name__)

_REPORT_EVERY_S = 1.0
# With connecting and waiting for a keyframe, a camera is back within 10 s of its server.
_LONGEST_WAIT_S = 5.0
_RING_BYTES = 64 * 2**20
# Room, not memory: pages are taken only for what is written.
_LARGEST = (4096, 3072)
_LARGEST_ANALYSED = (1920, 1920)


class CameraProcess:
    """One camera's work; see the module."""

    def __init__(self, tether: Tether, spec: CameraSpec, clock: Clock) -> None:
        self._tether = tether
        self._spec = spec
        self._clock = clock
        self._ring = PacketRing(max_seconds=spec.ring_s, max_bytes=_RING_BYTES)
        self._audit = CameraAudit(spec.name, spec.camera.audit)
        self._errors = RepeatedErrors(self._say_lost, clock)
        self._slot = FrameSlot.create(_LARGEST, _LARGEST_ANALYSED, spec.name)
        self._published = 0
        self._epoch = 0
        self._keyframe = (0, 0)
        self._keyframe_t: float | None = None
        self._reported = 0.0
        self._connected = False
        self._connects = 0
        self._failures = 0
        self._last_error = ""
        self._decoded = 0
        self._corrupt = 0
        self._clock_offset: float | None = None
        self._capture: Capture | None = None
        self._link = EngineLink(
            spec.engine,
            spec.engine_key,
            spec.name,
            on_request=self._cut_clip,
            on_join=self._tell_what_holds,
        )
        self._record_ring = self._ring
        self._cutter = self._clip_cutter()

    def run(self) -> None:
        """Watch until told to stop; a broken connection is made anew."""
        log.info("camera starts", camera=self._spec.name, source=str(self._detect_url))
        self._link.start(self._tether.stopping)
        self._link.offer_slot(self._slot.fd)
        self._start_record_stream()
        self._cutter.start()
        backoff = Backoff(cap=_LONGEST_WAIT_S, rng=random.Random())
        while not self._tether.stopping():
            try:
                self._watch(backoff)
            except SourceError as error:
                self._failed(error)
            self._pause(backoff.next())
        self._link.close()

    @property
    def _detect_url(self) -> StreamUrl:
        return self._spec.camera.ffmpeg.url("detect")

    def _watch(self, backoff: Backoff) -> None:
        """One connection, from opening to its end. Raises SourceError."""
        ffmpeg = self._spec.camera.ffmpeg
        self._epoch += 1
        with open_source(
            self._detect_url,
            transport=ffmpeg.transport,
            timeout=ffmpeg.timeout,
            clock=self._clock,
            epoch=self._epoch,
        ) as source:
            self._connects += 1
            self._clock_offset = source.clock_offset
            capture = Capture(
                source,
                fps=self._spec.camera.detect.fps,
                analysis_size=self._spec.analysis_size,
                masks=self._spec.masks,
                ring=self._ring,
                clock=self._clock,
                on_packet=self._tick,
            )
            self._begin_counts(capture)
            for picture in self._paced(capture):
                if not self._connected:
                    self._connected, self._last_error = True, ""
                    log.info("camera connected", camera=self._spec.name, size=picture.size)
                    backoff.reset()
                self._publish(picture)
                if self._tether.stopping():
                    return
            raise SourceEnded("the stream ended", where=str(self._detect_url))

    def _paced(self, capture: Capture) -> Iterator[Picture]:
        """A file used as a camera is read at the speed at which it was filmed."""
        first: float | None = None
        for picture in capture:
            if self._detect_url.is_file:
                now = time.monotonic()
                first = first if first is not None else now - picture.pts
                while (wait := first + picture.pts - time.monotonic()) > 0 and not self._tether.stopping():
                    self._tick()
                    time.sleep(min(wait, 0.2))
            yield picture

    def _publish(self, picture: Picture) -> None:
        self._published = self._slot.publish(picture)
        if (self._epoch, picture.keyframes) != self._keyframe:
            self._keyframe, self._keyframe_t = (self._epoch, picture.keyframes), picture.t
        self._tell(self._audit.feed(picture.luma, picture.t, picture.utc, picture.keyframes))

    def _begin_counts(self, capture: Capture) -> None:
        """Counts go on over connections; each capture counts from nought."""
        if self._capture is not None:
            self._decoded += self._capture.stats.decoded
            self._corrupt += self._capture.stats.corrupt
        self._capture = capture

    def _clip_cutter(self) -> ClipCutter:
        same = self._spec.camera.ffmpeg.url("record") == self._detect_url
        if not same:
            self._record_ring = PacketRing(max_seconds=self._spec.ring_s, max_bytes=_RING_BYTES)
        return ClipCutter(self._record_ring, self._spec.clip, self._link.send, same_stream=same)

    def _cut_clip(self, request: ClipRequest) -> None:
        self._cutter.request(request)

    def _tell_what_holds(self) -> None:
        """An engine that is new must not take a covered camera for a good one."""
        t, utc = self._clock.monotonic(), self._clock.utc()
        self._tell(
            [
                HealthChange(self._spec.name, condition, True, t, utc)
                for condition in self._audit.active
                if condition is not Condition.OFFLINE
            ]
        )

    def _tell(self, changes: list[HealthChange]) -> None:
        for change in changes:
            self._link.send(change)

    def _tick(self) -> None:
        self._tether.alive()
        now = self._clock.monotonic()
        if now - self._reported >= _REPORT_EVERY_S:
            self._reported = now
            self._audit_connection(now)
            self._report()

    def _audit_connection(self, now: float) -> None:
        """What needs no picture. Whether the camera is there at all is for the engine to say."""
        capture = self._capture if self._connected else None
        changes = self._audit.tick(
            now,
            self._clock.utc(),
            capture.last_packet_t if capture else None,
            blind=capture.blind if capture else False,
            clock_offset=self._clock_offset,
        )
        self._tell([change for change in changes if change.condition is not Condition.OFFLINE])

    def _report(self) -> None:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        stats = self._capture.stats if self._capture else None
        self._link.send(
            CameraState(
                camera=self._spec.name,
                connected=self._connected,
                connects=self._connects,
                errors=self._failures,
                error=self._last_error,
                decoded=self._decoded + (stats.decoded if stats else 0),
                published=self._published,
                corrupt=self._corrupt + (stats.corrupt if stats else 0),
                cpu_s=usage.ru_utime + usage.ru_stime,
                rss_bytes=_rss_bytes(),
                keyframe_age_s=self._clock.monotonic() - self._keyframe_t if self._keyframe_t else None,
            )
        )

    def _failed(self, error: SiagaError) -> None:
        self._connected = False
        self._failures += 1
        self._last_error = str(error)
        self._errors.note(str(error))

    def _say_lost(self, error: str) -> None:
        log.warning("camera lost", camera=self._spec.name, error=error)

    def _pause(self, seconds: float) -> None:
        until = self._clock.monotonic() + seconds
        while self._clock.monotonic() < until and not self._tether.stopping():
            self._tick()
            time.sleep(0.1)

    def _say_record_lost(self, error: str) -> None:
        log.warning("record stream lost", camera=self._spec.name, error=error)

    def _start_record_stream(self) -> None:
        """A main stream that is only recorded: its packets go to a ring of their own, undecoded."""
        url = self._spec.camera.ffmpeg.url("record")
        if url == self._detect_url:
            return
        threading.Thread(target=self._record, args=(url,), name="record", daemon=True).start()

    def _record(self, url: StreamUrl) -> None:
        backoff = Backoff(cap=_LONGEST_WAIT_S, rng=random.Random())
        errors = RepeatedErrors(self._say_record_lost, self._clock)
        epoch = 0
        ffmpeg = self._spec.camera.ffmpeg
        while not self._tether.stopping():
            epoch += 1
            try:
                with open_source(
                    url, transport=ffmpeg.transport, timeout=ffmpeg.timeout, clock=self._clock, epoch=epoch
                ) as source:
                    self._record_ring.begin(source.info)
                    for packet in source.packets():
                        self._record_ring.append(packet)
                        backoff.reset()
            except SourceError as error:
                errors.note(str(error))
            time.sleep(backoff.next())


def _rss_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()
