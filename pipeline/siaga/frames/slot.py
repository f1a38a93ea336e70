"""The newest frame of one camera in shared memory: one process writes, others read when they like.

A slot, never a queue: the writer never waits, and frames that nobody fetched in time are overwritten and
counted by the reader. The memory is a ``memfd``: no file, nothing left over when every process is gone, and
sealed in size, so that a camera process gone wrong cannot pull it away under its readers.

Each of the four buffers carries a stamp: odd while it is written, twice the sequence number when it is whole.
A reader looks at the stamp before and after it copies; a copy that was overtaken is thrown away and made
anew. A writer that dies at any moment leaves the last whole frame readable.
"""

import fcntl
import mmap
import os
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Self

import numpy as np
from numpy.typing import NDArray

from siaga.core.errors import BadRequest, SourceInvalid
from siaga.core.frame import Frame, Patch, Pixels, Rgb
from siaga.frames import planes
from siaga.frames.capture import CaptureStats, Picture
from siaga.frames.planes import Size

BUFFERS = 4

_MAGIC = 0x5349_4147_4153_4C31
_PAGE = mmap.PAGESIZE
_HEADER_BYTES = _PAGE
_META_BYTES = _PAGE
_TRIES = 16
_MICROSECOND = timedelta(microseconds=1)
_UNIX_START = datetime(1970, 1, 1, tzinfo=UTC)

_HEADER = np.dtype(
    [
        ("magic", np.uint64),
        ("full", np.uint64, 2),
        ("analysis", np.uint64, 2),
        ("latest", np.uint64),
        ("heartbeat", np.float64),
        ("packets", np.uint64),
        ("keyframes", np.uint64),
        ("received_bytes", np.uint64),
        ("decoded", np.uint64),
        ("published", np.uint64),
        ("corrupt", np.uint64),
        ("blind_seconds", np.float64),
    ]
)
_META = np.dtype(
    [
        ("stamp", np.uint64),
        ("t", np.float64),
        ("pts", np.float64),
        ("utc_us", np.int64),
        ("epoch", np.uint64),
        ("full", np.uint64, 2),
        ("analysis", np.uint64, 2),
    ]
)


@dataclass(frozen=True, slots=True)
class SlotStats:
    """What the writer last said of itself. ``heartbeat``: CLOCK_MONOTONIC seconds, 0.0 before the first."""

    heartbeat: float
    capture: CaptureStats


class _Buffer:
    """Views into one of the buffers."""

    def __init__(self, memory: NDArray[np.uint8], full: Size, analysis: Size) -> None:
        self.meta = memory[:_META_BYTES].view(np.uint8)[: _META.itemsize].view(_META)
        self.stamp = self.meta["stamp"]
        rgb_end = _META_BYTES + _pages(_rgb_bytes(analysis))
        self._rgb = memory[_META_BYTES:rgb_end]
        self._i420 = memory[rgb_end : rgb_end + _i420_bytes(full)]

    def rgb(self, size: Size) -> NDArray[np.uint8]:
        return self._rgb[: _rgb_bytes(size)].reshape(size[1], size[0], 3)

    def i420(self, size: Size) -> NDArray[np.uint8]:
        return self._i420[: _i420_bytes(size)].reshape(size[1] * 3 // 2, size[0])


class FrameSlot:
    """One camera's slot. Make it with `create` or `attach`; one process publishes, any number read.

    A FrameSlot object itself is not for use from several threads. Pictures may be of any size up to the
    capacity, and another one after a reconnect; memory is taken only for what is really written, so a
    capacity of 3840 x 2160 costs nothing with a small camera.
    """

    def __init__(self, fd: int, camera: str, full: Size, analysis: Size) -> None:
        self.fd = fd
        self.camera = camera
        self.full_capacity = full
        self.analysis_capacity = analysis
        self._map = mmap.mmap(fd, _total_bytes(full, analysis))
        memory = np.frombuffer(self._map, np.uint8)
        self._header = memory[: _HEADER.itemsize].view(_HEADER)
        stride = _buffer_bytes(full, analysis)
        starts = range(_HEADER_BYTES, _HEADER_BYTES + BUFFERS * stride, stride)
        self._buffers = [_Buffer(memory[start : start + stride], full, analysis) for start in starts]
        self._last_read = 0

    @classmethod
    def create(cls, size: Size, analysis_size: Size, camera: str = "") -> Self:
        """A new, empty slot.

        Args:
            size: Largest (width, height) of a full picture.
            analysis_size: Largest (width, height) of a picture at analysis scale.
            camera: Name that its frames carry.
        """
        full, analysis = planes.even(size), planes.even(analysis_size)
        fd = os.memfd_create("siaga-slot", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(fd, _total_bytes(full, analysis))
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
        slot = cls(fd, camera, full, analysis)
        slot._header["full"], slot._header["analysis"] = full, analysis
        slot._header["magic"] = _MAGIC
        return slot

    @classmethod
    def attach(cls, fd: int, camera: str = "") -> Self:
        """A slot that another process made and whose descriptor came here; takes over ``fd``.

        Raises:
            BadRequest: The descriptor is not a slot.
        """
        length = os.fstat(fd).st_size
        if length >= _HEADER_BYTES:
            with mmap.mmap(fd, _HEADER_BYTES, prot=mmap.PROT_READ) as start:
                header = np.frombuffer(start[: _HEADER.itemsize], _HEADER)[0]
            full, analysis = _pair(header["full"]), _pair(header["analysis"])
            if int(header["magic"]) == _MAGIC and length == _total_bytes(full, analysis):
                return cls(fd, camera, full, analysis)
        raise BadRequest("This descriptor is not a frame slot.", where=f"fd {fd}")

    def publish(self, picture: Picture) -> int:
        """Make ``picture`` the newest frame; returns its sequence number, from 1.

        Raises:
            SourceInvalid: Larger than the slot, or a privacy mask cannot be applied; nothing is published.
        """
        height, width = picture.rgb.shape[:2]
        self._check_fits(picture.size, (width, height))
        seq = int(self._header["latest"][0]) + 1
        buffer = self._buffers[seq % BUFFERS]
        buffer.stamp[0] = 2 * seq - 1
        picture.write_i420(buffer.i420(picture.size))
        np.copyto(buffer.rgb((width, height)), picture.rgb)
        meta = buffer.meta
        meta["t"], meta["pts"], meta["epoch"] = picture.t, picture.pts, picture.epoch
        meta["utc_us"] = (picture.utc - _UNIX_START) // _MICROSECOND
        meta["full"], meta["analysis"] = picture.size, (width, height)
        buffer.stamp[0] = 2 * seq
        self._header["latest"][0] = seq
        return seq

    def beat(self, now: float, stats: CaptureStats) -> None:
        """Say that the writer lives (``now``: CLOCK_MONOTONIC), and its counts."""
        header = self._header
        for field in fields(CaptureStats):
            header[field.name][0] = getattr(stats, field.name)
        header["heartbeat"][0] = now

    def stats(self) -> SlotStats:
        """The writer's last heartbeat and counts; the counts may be from two beats."""
        header = self._header
        counts = CaptureStats(
            packets=int(header["packets"][0]),
            keyframes=int(header["keyframes"][0]),
            received_bytes=int(header["received_bytes"][0]),
            decoded=int(header["decoded"][0]),
            published=int(header["published"][0]),
            corrupt=int(header["corrupt"][0]),
            blind_seconds=float(header["blind_seconds"][0]),
        )
        return SlotStats(heartbeat=float(header["heartbeat"][0]), capture=counts)

    def latest_seq(self) -> int:
        """Sequence number of the newest frame, 0 before the first. Costs a memory read."""
        return int(self._header["latest"][0])

    def read(self) -> tuple[Frame, int] | None:
        """The newest frame and how many were overwritten unread since the last read; None: nothing new.

        ``Frame.full`` and ``Frame.patch`` fetch the full picture or a part of it later, or None when the
        writer has come round to it.
        """
        for _ in range(_TRIES):
            seq = self.latest_seq()
            if seq <= self._last_read:
                return None
            frame = self._copy(seq)
            if frame is not None:
                overwritten = seq - self._last_read - 1
                self._last_read = seq
                return frame, overwritten
        return None

    def close(self) -> None:
        """Let go of the memory and the descriptor; frames read before give no full picture any more."""
        if self.fd < 0:
            return
        os.close(self.fd)
        self.fd = -1
        self._buffers = []
        del self._header

    def _copy(self, seq: int) -> Frame | None:
        buffer = self._buffers[seq % BUFFERS]
        if int(buffer.stamp[0]) != 2 * seq:
            return None
        meta = buffer.meta[0].copy()
        full, analysis = _pair(meta["full"]), _pair(meta["analysis"])
        if not self._fits(full, analysis):
            return None
        rgb = buffer.rgb(analysis).copy()
        if int(buffer.stamp[0]) != 2 * seq:
            return None
        rgb.flags.writeable = False
        return Frame(
            camera=self.camera,
            seq=seq,
            epoch=int(meta["epoch"]),
            t=float(meta["t"]),
            pts=float(meta["pts"]),
            utc=_UNIX_START + int(meta["utc_us"]) * _MICROSECOND,
            rgb=rgb,
            size=full,
            full=lambda: self._full(seq, full),
            patch=lambda box: self._patch(seq, full, box),
        )

    def _full(self, seq: int, size: Size) -> Rgb | None:
        if not self._buffers:
            return None
        buffer = self._buffers[seq % BUFFERS]
        if int(buffer.stamp[0]) != 2 * seq:
            return None
        i420 = buffer.i420(size).copy()
        return planes.to_rgb(i420) if int(buffer.stamp[0]) == 2 * seq else None

    def _patch(self, seq: int, size: Size, box: Pixels) -> Patch | None:
        even_box = planes.inside(box, size)
        if even_box is None or not self._buffers:
            return None
        buffer = self._buffers[seq % BUFFERS]
        if int(buffer.stamp[0]) != 2 * seq:
            return None
        i420 = planes.cut_out(buffer.i420(size), even_box)
        if int(buffer.stamp[0]) != 2 * seq:
            return None
        return Patch(planes.to_rgb(i420), even_box[0], even_box[1])

    def _fits(self, full: Size, analysis: Size) -> bool:
        pairs = zip((*full, *analysis), (*self.full_capacity, *self.analysis_capacity), strict=True)
        return all(0 < side <= most for side, most in pairs)

    def _check_fits(self, full: Size, analysis: Size) -> None:
        if not self._fits(full, analysis):
            most = "{}x{}".format(*self.full_capacity)
            what = f"The picture is {full[0]}x{full[1]}; there is room for {most}."
            raise SourceInvalid(what, where=self.camera or None, fix="Use a stream with fewer pixels.")


def _pair(values: NDArray[np.uint64]) -> Size:
    return int(values[0]), int(values[1])


def _rgb_bytes(size: Size) -> int:
    return size[0] * size[1] * 3


def _i420_bytes(size: Size) -> int:
    return size[0] * size[1] * 3 // 2


def _pages(count: int) -> int:
    return -(-count // _PAGE) * _PAGE


def _buffer_bytes(full: Size, analysis: Size) -> int:
    return _META_BYTES + _pages(_rgb_bytes(analysis)) + _pages(_i420_bytes(full))


def _total_bytes(full: Size, analysis: Size) -> int:
    return _HEADER_BYTES + BUFFERS * _buffer_bytes(full, analysis)
