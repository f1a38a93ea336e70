"""What a source of video is: encoded packets out of a camera or a file, and their pictures."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Literal, Self

import av

from siaga.core.video import EncodedPacket

Transport = Literal["tcp", "udp"]


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What is known of a stream once it is open.

    Attributes:
        codec: FFmpeg's decoder name, e.g. ``h264`` or ``hevc``.
        size: (width, height) in pixels as announced; a decoded picture may say otherwise.
        fps: Nominal frames per second, 0.0 when the stream does not say.
        live: Paced by a camera (rule clock = receipt), not by whoever reads (rule clock = stream time).
        time_base: Seconds per tick of the packets' own timestamps.
        extradata: The codec's out-of-band parameter sets, possibly empty.
    """

    codec: str
    size: tuple[int, int]
    fps: float
    live: bool
    time_base: Fraction
    extradata: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class SourcePacket:
    """One access unit.

    Attributes:
        packet: FFmpeg's packet, for the decoder; its timestamps are ticks since the epoch's first frame.
        pts: Presentation time, seconds since the epoch's first frame.
        dts: Decoding time on the same scale; never falls within an epoch, may be below zero.
        keyframe: Whether decoding can start here.
        epoch: See ``Frame.epoch``.
        t: Rule clock in seconds: CLOCK_MONOTONIC at receipt for a live stream, ``pts`` for a file.
        utc: Aware UTC: at receipt for a live stream, the start given plus ``pts`` for a file.
        corrupt: The demuxer knows that data is missing.
    """

    packet: "av.Packet[av.VideoStream]"
    pts: float
    dts: float
    keyframe: bool
    epoch: int
    t: float
    utc: datetime
    corrupt: bool = False

    @property
    def size(self) -> int:
        """Bytes."""
        return int(self.packet.size)

    def encoded(self) -> EncodedPacket:
        """A copy without ties to FFmpeg."""
        return EncodedPacket(bytes(self.packet), self.pts, self.dts, self.keyframe)


class VideoSource(ABC):
    """An open source. A context manager; leaving it closes the source.

    One connection is one epoch. Timestamps that jump inside a connection are joined (see ``Timeline``), so
    ``dts`` never falls within an epoch. Not for use from several threads.
    """

    info: StreamInfo
    address: str
    """The source's address without credentials."""

    @abstractmethod
    def packets(self) -> Iterator[SourcePacket]:
        """Give packets in decoding order; blocks. Returns only at the regular end of a file.

        Raises:
            SourceUnavailable, SourceRefused: The camera went away or shut us out.
            SourceStalled: No data within the time-out.
            SourceEnded: A live stream ended.
            SourceInvalid: The file is damaged from here on; what came before is good.
        """

    @abstractmethod
    def decode(self, packet: SourcePacket | None) -> Sequence[av.VideoFrame]:
        """Decode one packet, or with None give the pictures that the decoder still holds.

        A picture's ``pts * time_base`` is seconds since the epoch's first frame.

        Raises:
            SourceInvalid: The unit is damaged. Decoding goes on, but pictures may be wrong until the next
                keyframe.
        """

    @property
    @abstractmethod
    def clock_offset(self) -> float | None:
        """Seconds by which the camera's own clock (RTCP) is ahead of the box; None when it does not say."""

    @abstractmethod
    def close(self) -> None:
        """Release the connection; may be called twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def after(start: datetime, seconds: float) -> datetime:
    """``start`` plus ``seconds``."""
    return start + timedelta(seconds=seconds)
