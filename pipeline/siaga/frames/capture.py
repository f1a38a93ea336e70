"""From packets to the pictures that are analysed: sampled, small, masked, and never damaged."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import av
import numpy as np

from siaga.core.clock import Clock
from siaga.core.errors import SourceError, SourceInvalid
from siaga.core.frame import Frame, Patch, Pixels
from siaga.core.geometry import Polygon
from siaga.frames import planes
from siaga.frames.gaps import GapFinder
from siaga.frames.packets import PacketRing
from siaga.frames.planes import I420, Rgb, Size
from siaga.frames.source import SourcePacket, VideoSource, after

AnalysisSize = Size | Callable[[Size], Size]
"""(width, height), or what makes it from the full size; rounded down to even numbers."""

_LUMA_WIDTH = 160
_GRID_SLACK = 1e-6


@dataclass(frozen=True, eq=False)
class Picture:
    """One sampled picture, privacy masks applied. Times: see ``Frame``.

    Attributes:
        keyframes: Keyframes of this capture so far.
        small: I420 at analysis scale (see ``planes``), read-only.
        size: (width, height) of the full picture, even.
    """

    t: float
    pts: float
    utc: datetime
    epoch: int
    keyframes: int
    size: Size
    small: I420 = field(repr=False)
    decoded: av.VideoFrame = field(repr=False)
    masks: tuple[Polygon, ...] = ()

    @cached_property
    def rgb(self) -> Rgb:
        """(h, w, 3) uint8 RGB at analysis scale. Read-only."""
        rgb = planes.to_rgb(self.small)
        rgb.flags.writeable = False
        return rgb

    @property
    def luma(self) -> I420:
        """About 160 pixels wide, uint8, limited range: every n-th pixel, noise and all. A copy."""
        luma = planes.planes_of(self.small)[0]
        step = max(luma.shape[1] // _LUMA_WIDTH, 1)
        return np.ascontiguousarray(luma[::step, ::step])

    @property
    def i420_shape(self) -> tuple[int, int]:
        """Shape of the full-resolution I420 array."""
        return self.size[1] * 3 // 2, self.size[0]

    def write_i420(self, out: I420) -> None:
        """Write the full picture into ``out``, of ``i420_shape``, masks applied.

        Raises:
            SourceInvalid: A mask could not be applied; ``out`` is blanked.
        """
        planes.write_i420(self.decoded, out)
        try:
            planes.burn(out, self.masks)
        except SourceInvalid:
            out[:] = 0
            raise

    @cached_property
    def i420(self) -> I420:
        """The full picture, (H * 3 / 2, W) uint8; made when first asked for."""
        out = np.empty(self.i420_shape, np.uint8)
        self.write_i420(out)
        return out

    def patch(self, box: Pixels) -> Patch | None:
        """See ``Frame.patch``; always succeeds for a box that touches the picture."""
        even_box = planes.inside(box, self.size)
        if even_box is None:
            return None
        return Patch(planes.to_rgb(planes.cut_out(self.i420, even_box)), even_box[0], even_box[1])


@dataclass(slots=True)
class CaptureStats:
    """Counts of one capture.

    Attributes:
        packets: Access units received.
        keyframes: Those at which decoding can start.
        received_bytes: Their bytes.
        decoded: Pictures that came out of the decoder.
        published: Pictures handed on.
        corrupt: Damaged or missing access units, and pictures that the decoder calls damaged.
        blind_seconds: Stream time in which nothing was handed on because of them.
    """

    packets: int = 0
    keyframes: int = 0
    received_bytes: int = 0
    decoded: int = 0
    published: int = 0
    corrupt: int = 0
    blind_seconds: float = 0.0


class Capture:
    """Iterates the pictures to analyse of an open source.

    Pictures are taken on a grid of ``1 / fps`` seconds of the stream's own time, so that a file always gives
    the same ones. After damage or loss nothing is handed on before the next clean keyframe. Damage is what
    the demuxer, the decoder or the numbering of pictures shows: a flipped bit that leaves a valid stream
    (rare in H.264, common in H.265, kept away by TCP's checksum) goes unnoticed.

    Args:
        source: Open; is not closed.
        fps: Pictures per second.
        analysis_size: Size of ``Picture.rgb``.
        masks: Privacy masks, blacked out in everything that leaves.
        ring: Takes every H.264 and H.265 packet, if given.
        clock: Stamps the last arrival.
        on_packet: Called for every packet, also while nothing is handed on: a sign of life.

    Raises (from iteration):
        SourceError: See ``VideoSource.packets``; and SourceInvalid when a mask cannot be applied.
    """

    def __init__(
        self,
        source: VideoSource,
        *,
        fps: float,
        analysis_size: AnalysisSize,
        masks: tuple[Polygon, ...] = (),
        ring: PacketRing | None = None,
        clock: Clock,
        on_packet: Callable[[], None] | None = None,
    ) -> None:
        self.stats = CaptureStats()
        self._on_packet = on_packet
        self.last_packet_t: float | None = None
        self._source = source
        self._fps = fps
        self._analysis_size = analysis_size
        self._masks = masks
        self._ring = ring
        self._clock = clock
        self._gaps = GapFinder(source.info.codec, source.info.extradata)
        self._blind_since: float | None = None
        self._clear_from: float | None = None
        self._last_slot: int | None = None

    @property
    def blind(self) -> bool:
        """Whether pictures are held back after damage, until the next clean keyframe."""
        return self._clear_from is None

    def __iter__(self) -> Iterator[Picture]:
        if self._ring is not None:
            self._ring.begin(self._source.info)
        last: SourcePacket | None = None
        failure: SourceError | None = None
        try:
            for last in self._source.packets():
                yield from self._pictures(last)
        except SourceError as error:
            failure = error
        if last is not None:
            yield from self._publish(self._decode(None, last.pts), last)
        if failure is not None:
            raise failure

    def _pictures(self, packet: SourcePacket) -> Iterator[Picture]:
        if self._on_packet is not None:
            self._on_packet()
        self.stats.packets += 1
        self.stats.keyframes += packet.keyframe
        self.stats.received_bytes += packet.size
        self.last_packet_t = self._clock.monotonic() if self._source.info.live else packet.t
        if self._ring is not None:
            self._ring.append(packet)
        if packet.corrupt or self._gaps.lost_before(packet):
            self._lose(packet.pts)
        before = self.stats.corrupt
        decoded = self._decode(packet, packet.pts)
        clean = self.stats.corrupt == before and not packet.corrupt
        if packet.keyframe and clean and self.blind:
            self._see_again(packet.pts)
        yield from self._publish(decoded, packet)

    def _decode(self, packet: SourcePacket | None, pts: float) -> Sequence[av.VideoFrame]:
        try:
            decoded = self._source.decode(packet)
        except SourceInvalid:
            self._lose(pts)
            return ()
        self.stats.decoded += len(decoded)
        return decoded

    def _publish(self, decoded: Sequence[av.VideoFrame], packet: SourcePacket) -> Iterator[Picture]:
        for frame in decoded:
            pts = packet.pts if frame.pts is None else float(frame.pts * self._source.info.time_base)
            if frame.is_corrupt:
                self._lose(pts)
            if self._clear_from is None or pts < self._clear_from or not self._wanted(pts):
                continue
            picture = self._picture(frame, pts, packet)
            self.stats.published += 1
            yield picture

    def _wanted(self, pts: float) -> bool:
        """Whether this is the first picture in its slot of the grid."""
        slot = int((pts + _GRID_SLACK) * self._fps // 1)
        if self._last_slot is not None and slot <= self._last_slot:
            return False
        self._last_slot = slot
        return True

    def _picture(self, frame: av.VideoFrame, pts: float, packet: SourcePacket) -> Picture:
        size = planes.even((frame.width, frame.height))
        wanted = self._analysis_size(size) if callable(self._analysis_size) else self._analysis_size
        small_size = planes.even(wanted)
        small = np.empty((small_size[1] * 3 // 2, small_size[0]), np.uint8)
        planes.write_i420(frame, small)
        planes.burn(small, self._masks)
        small.flags.writeable = False
        live = self._source.info.live
        return Picture(
            t=packet.t if live else pts,
            pts=pts,
            utc=packet.utc if live else after(packet.utc, pts - packet.pts),
            epoch=packet.epoch,
            keyframes=self.stats.keyframes,
            size=size,
            small=small,
            decoded=frame,
            masks=self._masks,
        )

    def _lose(self, pts: float) -> None:
        self.stats.corrupt += 1
        self._clear_from = None
        if self._blind_since is None:
            self._blind_since = pts

    def _see_again(self, pts: float) -> None:
        self._clear_from = pts
        if self._blind_since is not None:
            self.stats.blind_seconds += max(pts - self._blind_since, 0.0)
            self._blind_since = None


def picture_to_frame(picture: Picture, camera: str, seq: int) -> Frame:
    """The picture as the engine sees it; ``full`` always succeeds, from the decoder's own picture."""
    return Frame(
        camera=camera,
        seq=seq,
        epoch=picture.epoch,
        t=picture.t,
        pts=picture.pts,
        utc=picture.utc,
        rgb=picture.rgb,
        size=picture.size,
        full=lambda: planes.to_rgb(picture.i420),
        patch=picture.patch,
    )
