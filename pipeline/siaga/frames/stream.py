"""What all FFmpeg-backed sources share: one video stream, one decoder without threads, one time line."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NoReturn

import av
import av.error
from av.container import InputContainer

from siaga.core.errors import SourceError, SourceInvalid
from siaga.frames.failure import FFmpegFailure, open_failure
from siaga.frames.source import SourcePacket, StreamInfo, VideoSource
from siaga.frames.timeline import Timeline

MAX_PIXELS = 8192 * 4320
_DEFAULT_FPS = 25

# `explode`: a damaged unit raises instead of being painted over in silence.
_DECODER_OPTIONS = {"err_detect": "crccheck+bitstream+buffer+explode", "max_pixels": str(MAX_PIXELS)}


def open_container(
    name: str,
    where: str,
    options: Mapping[str, str],
    *,
    form: str | None = None,
    timeout: float | None = None,
) -> InputContainer:
    """Open ``name`` with FFmpeg.

    Args:
        name: What FFmpeg opens; may hold a password.
        where: The same for error texts.
        options: FFmpeg's options, with a protocol allow-list among them.
        form: FFmpeg's name of the input format; default: found out.
        timeout: Seconds to open, and seconds without data when reading.

    Raises:
        SourceError: See ``open_source``.
    """
    failure: SourceError
    try:
        limits = None if timeout is None else (timeout, timeout)
        return av.open(
            name, "r", format=form, options=dict(options), timeout=limits, metadata_errors="replace"
        )
    except FFmpegFailure as error:
        failure = open_failure(error, where, timeout or 0.0)
    # Raised out here so that FFmpeg's own error, which names the password, is not chained to it.
    raise failure


class ContainerSource(VideoSource):
    """Base of sources that read an FFmpeg container; subclasses say how packets are stamped.

    Args:
        container: Open; is closed with the source, and at once when it holds no usable video.
        address: For error texts, without credentials.
        live: See ``StreamInfo.live``.
        epoch: Number of this connection.
        codecs: Decoder names that are accepted; None: any.

    Raises:
        SourceInvalid: No video stream, or in a codec that is not accepted.
    """

    def __init__(
        self,
        container: InputContainer,
        address: str,
        *,
        live: bool,
        epoch: int,
        codecs: frozenset[str] | None = None,
    ) -> None:
        self.address = address
        self.epoch = epoch
        self._container = container
        if not container.streams.video:
            self._reject("There is no video in it.", "Use a stream or file with H.264 or H.265 video.")
        self._stream = container.streams.video[0]
        # PyAV gives None, against its own types, where FFmpeg knows no decoder.
        if getattr(self._stream, "codec_context", None) is None:
            self._reject("Siaga does not know this video's codec.", "Use H.264 or H.265.")
        self.info = _info(self._stream, live)
        if codecs is not None and self.info.codec not in codecs:
            fix = "Set the camera to H.264 or H.265, or convert the file."
            self._reject(f"Siaga does not read the codec {self.info.codec}.", fix)
        self._decoder = self._stream.codec_context
        self._decoder.thread_count = 1
        self._decoder.thread_type = "NONE"
        self._decoder.options = _DECODER_OPTIONS
        frame_seconds = 1 / Fraction(self.info.fps or _DEFAULT_FPS).limit_denominator(1001)
        frame_ticks = max(round(frame_seconds / self.info.time_base), 1)
        self._timeline = Timeline(self.info.time_base, frame_ticks, live)

    def decode(self, packet: SourcePacket | None) -> Sequence[av.VideoFrame]:
        try:
            return self._decoder.decode(None if packet is None else packet.packet)
        except av.error.EOFError:
            return []
        except av.error.FFmpegError as error:
            damage = type(error).__name__
        at = "" if packet is None else f" at {packet.pts:.2f} s"
        raise SourceInvalid(f"The video is damaged{at} ({damage}).", where=self.address)

    @property
    def clock_offset(self) -> float | None:
        return None

    def close(self) -> None:
        self._container.close()

    def _units(self) -> Iterator["av.Packet[av.VideoStream]"]:
        """Packets with data; FFmpeg marks the end by one without."""
        return (packet for packet in self._container.demux(self._stream) if packet.size)

    def _place(self, packet: "av.Packet[av.VideoStream]", arrival: float) -> tuple[float, float]:
        """Move the packet's timestamps to the epoch's time line; returns (pts, dts) in seconds."""
        base = self.info.time_base
        pts, dts = self._timeline.place(packet.pts, packet.dts, arrival)
        packet.pts, packet.dts = pts, dts
        return float(pts * base), float(dts * base)

    def _reject(self, what: str, fix: str) -> NoReturn:
        self._container.close()
        raise SourceInvalid(what, where=self.address, fix=fix)


def _info(stream: av.VideoStream, live: bool) -> StreamInfo:
    context = stream.codec_context
    rate = stream.average_rate or stream.guessed_rate
    return StreamInfo(
        codec=context.name,
        size=(stream.width, stream.height),
        fps=float(rate) if rate else 0.0,
        live=live,
        time_base=stream.time_base or Fraction(1, 90_000),
        extradata=bytes(context.extradata or b""),
    )
