"""What a camera really sends, for whoever sets it up."""

from dataclasses import dataclass, field
from itertools import pairwise

from siaga.core.clock import Clock
from siaga.core.errors import SourceInvalid
from siaga.core.settings import StreamUrl
from siaga.frames.capture import Capture
from siaga.frames.open import open_source
from siaga.frames.packets import PacketRing
from siaga.frames.planes import Rgb, Size, to_rgb
from siaga.frames.source import Transport, VideoSource

_ALL_FRAMES = 1000.0
_RING_BYTES = 256 * 10**6


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """Measured over a few seconds.

    Attributes:
        address: Where, without credentials.
        codec: FFmpeg's decoder name.
        size: (width, height) in pixels of the decoded picture.
        fps: Frames per second by their timestamps.
        keyframe_seconds: Longest time between keyframes; None: fewer than two were seen.
        bits_per_second: Of the encoded video.
        first_picture_seconds: From the first attempt to connect to the first decoded picture.
        clock_offset: Seconds by which the camera's clock is ahead of the box; None when it does not say.
        corrupt: Damaged or missing units.
        still: (H, W, 3) uint8 RGB of the first picture. Not pixelated: that is the caller's business.
    """

    address: str
    codec: str
    size: Size
    fps: float
    keyframe_seconds: float | None
    bits_per_second: float
    first_picture_seconds: float
    clock_offset: float | None
    corrupt: int
    still: Rgb = field(repr=False)


def probe(
    url: StreamUrl,
    *,
    transport: Transport = "tcp",
    timeout: float = 10.0,
    seconds: float = 3.0,
    clock: Clock,
) -> ProbeReport:
    """Connect, watch for ``seconds`` of stream time, and report.

    Raises:
        SourceError: See ``open_source`` and ``VideoSource.packets``; SourceInvalid when no picture came.
    """
    began = clock.monotonic()
    with open_source(url, transport=transport, timeout=timeout, clock=clock) as source:
        return _watch(source, seconds, clock, began)


def _watch(source: VideoSource, seconds: float, clock: Clock, began: float) -> ProbeReport:
    ring = PacketRing(max_seconds=seconds * 10, max_bytes=_RING_BYTES)
    capture = Capture(source, fps=_ALL_FRAMES, analysis_size=_quarter, ring=ring, clock=clock)
    first = None
    first_seconds = 0.0
    times: list[float] = []
    for picture in capture:
        if first is None:
            first, first_seconds = picture, clock.monotonic() - began
        times.append(picture.pts)
        if picture.pts >= seconds:
            break
    if first is None:
        raise SourceInvalid("No whole picture came.", where=source.address)
    span = times[-1] - times[0]
    keyframes = [packet.pts for packet in ring if packet.keyframe]
    return ProbeReport(
        address=source.address,
        codec=source.info.codec,
        size=first.size,
        fps=(len(times) - 1) / span if span else source.info.fps,
        keyframe_seconds=max((late - early for early, late in pairwise(keyframes)), default=None),
        bits_per_second=capture.stats.received_bytes * 8 / span if span else 0.0,
        first_picture_seconds=first_seconds,
        clock_offset=source.clock_offset,
        corrupt=capture.stats.corrupt,
        still=to_rgb(first.i420),
    )


def _quarter(size: Size) -> Size:
    return size[0] // 4, size[1] // 4
