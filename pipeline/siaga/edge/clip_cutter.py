"""Cuts clips beside the camera's main work, one at a time and with less right to the processor."""

import ctypes
import os
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import structlog

from siaga.core.errors import SiagaError
from siaga.core.settings import Clip
from siaga.core.video import ClipJob, PacketSlice
from siaga.edge.link import ClipAnswer, ClipRequest
from siaga.evidence.clip import cut_clip
from siaga.frames.packets import PacketRing

log = structlog.get_logger(__name__)

# Enough to let detection go first, not so much that clips never get done on a busy box.
_NICENESS = 2
_MOST_WAITING = 6


Located = tuple[PacketSlice, ClipJob]


def cut(ring: PacketRing, request: ClipRequest, settings: Clip, *, same_stream: bool) -> ClipAnswer:
    """Cut what is asked for from ``ring`` and say what came of it; never raises for a bad stream.

    Args:
        same_stream: The ring holds the stream that was analysed, so that its pts are those of the job.
    """
    located = locate(ring, request.job, same_stream=same_stream)
    if located is None:
        return ClipAnswer(request.ticket, reason="packets_gone")
    return cut_located(request, located, settings)


def cut_located(request: ClipRequest, located: Located, settings: Clip) -> ClipAnswer:
    """Cut packets that were found already. A clip without its trigger proves nothing and is not kept."""
    packets, job = located
    try:
        result = cut_clip(packets, job, settings)
    except SiagaError as error:
        log.warning("clip not cut", camera=job.camera, error=str(error))
        return ClipAnswer(request.ticket, reason="not_decodable")
    if result.trigger_s is None:
        return ClipAnswer(request.ticket, reason="trigger_not_covered")
    return ClipAnswer(request.ticket, result)


def locate(ring: PacketRing, job: ClipJob, *, same_stream: bool) -> Located | None:
    """Find the job's span in the ring; in a stream of its own (main stream), by the rule clock."""
    if same_stream:
        packets = ring.slice(job.pts0, job.pts1, job.epoch)
        return (packets, job) if packets is not None else None
    placed = ring.pts_at(job.trigger_t)
    if placed is None:
        return None
    epoch, trigger_pts = placed
    shift = trigger_pts - job.trigger_pts
    moved = replace(
        job,
        epoch=epoch,
        trigger_pts=trigger_pts,
        pts0=max(0.0, job.pts0 + shift),
        pts1=job.pts1 + shift,
        samples=tuple(replace(sample, pts=sample.pts + shift) for sample in job.samples),
    )
    found = ring.slice(moved.pts0, moved.pts1, epoch)
    return (found, moved) if found is not None else None


class ClipCutter:
    """Takes clip requests and answers them in order, from a thread of its own.

    The packets are taken hold of when the request comes: by the time it is its turn, the ring may have gone
    on. Only so many may wait; what is over that is answered with ``too_many_clips`` at once.
    """

    def __init__(
        self,
        ring: PacketRing,
        settings: Clip,
        answer: Callable[[ClipAnswer], None],
        *,
        same_stream: bool,
    ) -> None:
        self._same_stream = same_stream
        self._ring = ring
        self._settings = settings
        self._answer = answer
        self._waiting: queue.Queue[tuple[ClipRequest, Located]] = queue.Queue(_MOST_WAITING)

    def start(self) -> None:
        """Begin."""
        threading.Thread(target=self._run, name="clips", daemon=True).start()

    def request(self, request: ClipRequest) -> None:
        """Take a request; answers at once when nothing can come of it."""
        located = locate(self._ring, request.job, same_stream=self._same_stream)
        if located is None:
            self._answer(ClipAnswer(request.ticket, reason="packets_gone"))
            return
        try:
            self._waiting.put_nowait((request, located))
        except queue.Full:
            self._answer(ClipAnswer(request.ticket, reason="too_many_clips"))

    def _run(self) -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        while True:
            request, located = self._waiting.get()
            self._answer(cut_located(request, located, self._settings))
            del request, located
            _give_memory_back()


def _give_memory_back() -> None:
    """Decoders and encoders leave holes in the heap; without this a camera with many events only grows."""
    with suppress(OSError, AttributeError):  # another C library than glibc
        ctypes.CDLL("libc.so.6").malloc_trim(0)
