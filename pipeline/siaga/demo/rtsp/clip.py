"""A video file as access units that are ready to send, and the endless timeline of its loop."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import av
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from siaga.core.errors import SourceInvalid, SourceUnavailable
from siaga.demo.rtsp.payload import CLOCK_RATE, Codec, fragment, split_annex_b

MAX_FILE_BYTES = 1 << 30

_CODECS = {"h264": (Codec.H264, "h264_mp4toannexb"), "hevc": (Codec.H265, "hevc_mp4toannexb")}
_CONVERT = "Convert it first: ffmpeg -i IN -c:v libx264 -pix_fmt yuv420p -an OUT.mp4"


@dataclass(frozen=True, slots=True)
class Unit:
    """One picture, in decoding order.

    Attributes:
        payloads: RTP payloads; the marker bit belongs on the last.
        shown: When it is shown, 90 kHz ticks from the first picture shown.
        sent: When it goes out, 90 kHz ticks from the first unit; strictly increasing.
        keyframe: Whether decoding can start here. Then ``payloads`` begin with the parameter sets.
    """

    payloads: tuple[bytes, ...]
    shown: int
    sent: int
    keyframe: bool


@dataclass(frozen=True, slots=True)
class Clip:
    """A loop of pictures.

    Attributes:
        name: File name, for messages.
        codec: H.264 or H.265.
        parameter_sets: SPS and PPS, or VPS, SPS and PPS, without start codes.
        units: In decoding order; the first is a keyframe.
        length: Ticks (90 kHz) from one start of the loop to the next.
        delay: Ticks by which the decoding order runs ahead of the showing order; 0 without B-frames.
    """

    name: str
    codec: Codec
    parameter_sets: tuple[bytes, ...]
    units: tuple[Unit, ...]
    length: int
    delay: int

    def keyframe_at(self, ticks: float) -> int:
        """Position of the newest keyframe that was due ``ticks`` after the first start of the loop.

        Positions count units over all loops: position ``n`` is unit ``n % len(units)``.
        """
        loop, within = divmod(max(ticks, 0.0), self.length)
        index = bisect_right(self.units, within, key=lambda unit: unit.sent) - 1
        while not self.units[index].keyframe:
            index -= 1
        return int(loop) * len(self.units) + index

    def at(self, position: int) -> tuple[Unit, int, int]:
        """The unit at ``position``, with its ``sent`` and ``shown`` ticks over all loops."""
        loop, index = divmod(position, len(self.units))
        unit = self.units[index]
        return unit, unit.sent + loop * self.length, unit.shown + loop * self.length


def load_clip(path: Path) -> Clip:
    """Read a whole H.264 or H.265 file (MP4, Matroska, MPEG-TS, ...) into memory; nothing is re-encoded.

    Raises:
        SourceUnavailable: There is no such file, or it may not be read.
        SourceInvalid: Not a video, another codec, too large, no timestamps or no keyframe.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise _invalid(
                path, "The file is larger than 1 GiB, and a looped clip is held in memory.", "Cut it."
            )
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise _invalid(path, "There is no video in this file.", "Choose another file.")
            return _read(path, container)
    except av.error.InvalidDataError as error:
        raise _invalid(path, "This is not a video, or it is damaged.", "Try to play it elsewhere.") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SourceUnavailable(
            f"The clip cannot be read: {reason}.", where=str(path), fix="Check the path and its permissions."
        ) from error


def _read(path: Path, container: InputContainer) -> Clip:
    stream = container.streams.video[0]
    name = stream.codec_context.name
    if name not in _CODECS:
        raise _invalid(path, f"The video codec is {name}; cameras speak H.264 and H.265.", _CONVERT)
    codec, annex_b_filter = _CODECS[name]
    pictures: list[tuple[int, bool, list[bytes]]] = []
    for packet in _annex_b(container, stream, annex_b_filter):
        nals = [nal for nal in split_annex_b(bytes(packet)) if codec.nal_type(nal) != codec.delimiter_type]
        if not nals or (not pictures and not packet.is_keyframe):
            continue
        if packet.pts is None or packet.time_base is None:
            raise _invalid(path, "The pictures carry no timestamps.", _CONVERT)
        ticks = round(packet.pts * packet.time_base * CLOCK_RATE)
        pictures.append((ticks, packet.is_keyframe, nals))
    if not pictures:
        raise _invalid(path, "There is no keyframe in this file.", _CONVERT)
    sets = _parameter_sets(codec, pictures[0][2])
    if len(sets) != len(codec.parameter_set_types):
        raise _invalid(path, "The first keyframe comes without parameter sets.", _CONVERT)
    return _assemble(path, codec, sets, pictures)


def _annex_b(
    container: InputContainer, stream: VideoStream, filter_name: str
) -> Iterator["Packet[VideoStream]"]:
    bitstream = BitStreamFilterContext(filter_name, stream)
    for packet in container.demux(stream):
        if packet.size:
            yield from bitstream.filter(packet)
    yield from bitstream.filter(None)


def _parameter_sets(codec: Codec, nals: list[bytes]) -> tuple[bytes, ...]:
    by_type = {codec.nal_type(nal): nal for nal in reversed(nals)}
    return tuple(by_type[kind] for kind in codec.parameter_set_types if kind in by_type)


def _assemble(
    path: Path, codec: Codec, sets: tuple[bytes, ...], pictures: list[tuple[int, bool, list[bytes]]]
) -> Clip:
    # The n-th unit goes out when the n-th picture is shown: right with and without B-frames,
    # and independent of decoding timestamps, which some containers leave out.
    order = sorted(ticks for ticks, _, _ in pictures)
    gaps = sorted(later - earlier for earlier, later in pairwise(order))
    if gaps and gaps[0] <= 0:
        raise _invalid(path, "Two pictures carry the same timestamp.", _CONVERT)
    units = []
    for sent, (shown, keyframe, nals) in zip(order, pictures, strict=True):
        ahead = sets if keyframe and not _parameter_sets(codec, nals) else ()
        # An encoder may put its own messages before the parameter sets; a receiver looks for these first.
        ordered = sorted(
            (*ahead, *nals), key=lambda nal: codec.nal_type(nal) not in codec.parameter_set_types
        )
        payloads = tuple(payload for nal in ordered for payload in fragment(codec, nal))
        units.append(Unit(payloads, shown - order[0], sent - order[0], keyframe))
    pause = gaps[len(gaps) // 2] if gaps else CLOCK_RATE // 25
    return Clip(
        name=path.name,
        codec=codec,
        parameter_sets=sets,
        units=tuple(units),
        length=order[-1] - order[0] + pause,
        delay=max(unit.shown - unit.sent for unit in units),
    )


def _invalid(path: Path, what: str, fix: str) -> SourceInvalid:
    return SourceInvalid(what, where=str(path), fix=fix)
