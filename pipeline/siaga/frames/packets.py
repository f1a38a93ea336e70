"""The last seconds of encoded video of one camera, for clips with a pre-roll."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from threading import Lock

from siaga.core.video import EncodedPacket, PacketSlice
from siaga.frames.source import SourcePacket, StreamInfo, after

_UNIX_START = datetime(1970, 1, 1, tzinfo=UTC)
RECORDABLE = frozenset({"h264", "hevc"})
_OVERHEAD_BYTES = 256


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    packet: EncodedPacket
    source: StreamInfo
    epoch: int
    t: float
    utc_offset: float
    """POSIX seconds of the arrival, less ``pts``."""

    @property
    def cost(self) -> int:
        return len(self.packet.data) + _OVERHEAD_BYTES


class PacketRing:
    """Keeps packets over all connections of a camera run; used from several threads.

    It always begins at a keyframe. At least ``max_seconds`` are kept, if ``max_bytes`` allows, rounded up to
    whole groups of pictures.

    Args:
        max_seconds: Seconds of the rule clock to keep.
        max_bytes: Most memory for packets, kept in any case.
    """

    def __init__(self, max_seconds: float, max_bytes: int) -> None:
        self._max_seconds = max_seconds
        self._max_bytes = max_bytes
        self._kept: deque[_Kept] = deque()
        self._keyframe_times: deque[float] = deque()
        self._bytes = 0
        self._info: StreamInfo | None = None
        self._lock = Lock()

    @property
    def size_bytes(self) -> int:
        """Memory for packets, with a share for bookkeeping."""
        return self._bytes

    @property
    def seconds(self) -> float:
        """Rule-clock seconds from the oldest packet to the newest."""
        with self._lock:
            return self._kept[-1].t - self._kept[0].t if self._kept else 0.0

    def begin(self, info: StreamInfo) -> None:
        """A connection was made; its packets follow. Only H.264 and H.265 are kept."""
        with self._lock:
            self._info = info if info.codec in RECORDABLE else None

    def append(self, packet: SourcePacket) -> None:
        """Keep a packet; packets before the first keyframe are of no use and are not kept."""
        with self._lock:
            if self._info is None or (not packet.keyframe and not self._continues(packet)):
                return
            offset = packet.utc.timestamp() - packet.pts
            kept = _Kept(packet.encoded(), self._info, packet.epoch, packet.t, offset)
            self._kept.append(kept)
            self._bytes += kept.cost
            if packet.keyframe:
                self._keyframe_times.append(packet.t)
            self._trim(packet.t)

    def slice(self, pts0: float, pts1: float, epoch: int) -> PacketSlice | None:
        """Packets of ``epoch``, in decoding order, from the last keyframe at or before ``pts0`` to ``pts1``.

        When the ring begins later than ``pts0``, the slice begins where the ring does. None: nothing there.
        """
        with self._lock:
            mine = [kept for kept in self._kept if kept.epoch == epoch]
        starts = [index for index, kept in enumerate(mine) if kept.packet.keyframe]
        if not starts or mine[starts[0]].packet.pts > pts1:
            return None
        before = [index for index in starts if mine[index].packet.pts <= pts0]
        start = before[-1] if before else starts[0]
        # In decoding order, everything shown by pts1 is decoded by pts1.
        chosen = list(takewhile(lambda kept: kept.packet.dts <= pts1, mine[start:])) or [mine[start]]
        info = mine[start].source
        # The packet that travelled fastest says best when the stream's zero was.
        utc0 = min(kept.utc_offset for kept in mine)
        return PacketSlice(
            codec=info.codec,
            extradata=info.extradata,
            size=info.size,
            epoch=epoch,
            utc0=after(_UNIX_START, utc0),
            packets=tuple(kept.packet for kept in chosen),
        )

    def pts_at(self, t: float) -> tuple[int, float] | None:
        """(epoch, pts) of this stream at ``t`` on the rule clock; None while the ring is empty.

        The packet with the least delay gives the offset between the clocks, so that network jitter does not
        move the answer.
        """
        with self._lock:
            kept = list(self._kept)
        if not kept:
            return None
        epoch = next((entry.epoch for entry in reversed(kept) if entry.t <= t), kept[0].epoch)
        return epoch, t - min(entry.t - entry.packet.pts for entry in kept if entry.epoch == epoch)

    def __iter__(self) -> Iterator[EncodedPacket]:
        with self._lock:
            return iter([kept.packet for kept in self._kept])

    def _continues(self, packet: SourcePacket) -> bool:
        return bool(self._kept) and self._kept[-1].epoch == packet.epoch

    def _trim(self, now: float) -> None:
        # The second keyframe is where the ring would begin next.
        while len(self._keyframe_times) > 1 and self._keyframe_times[1] <= now - self._max_seconds:
            self._drop_group()
        while self._bytes > self._max_bytes and self._kept:
            self._drop_group()

    def _drop_group(self) -> None:
        while self._kept:
            self._bytes -= self._kept.popleft().cost
            if self._kept and self._kept[0].packet.keyframe:
                break
        self._keyframe_times.popleft()
