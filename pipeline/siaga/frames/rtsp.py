"""Cameras over RTSP."""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime

import av
import av.error

from siaga.core.clock import Clock
from siaga.core.errors import SourceError
from siaga.core.settings import StreamUrl
from siaga.frames.failure import FFmpegFailure, ended, read_failure, shown_address
from siaga.frames.source import SourcePacket, Transport
from siaga.frames.stream import ContainerSource, open_container

CODECS = frozenset({"h264", "hevc"})

_PROTOCOLS = "rtsp,rtsps,tcp,tls,udp,rtp,crypto"
_ANALYSE_MICROSECONDS = "500000"
_NTP_TO_UNIX = 2_208_988_800
_BELIEVABLE = datetime(2000, 1, 1, tzinfo=UTC).timestamp()


class RtspSource(ContainerSource):
    """An RTSP camera; parameters and errors: see ``open_source``."""

    def __init__(
        self, url: StreamUrl, *, transport: Transport, timeout: float, clock: Clock, epoch: int
    ) -> None:
        options = {
            "rtsp_transport": transport,
            "allowed_media_types": "video",
            "analyzeduration": _ANALYSE_MICROSECONDS,
            "protocol_whitelist": _PROTOCOLS,
        }
        address = shown_address(url)
        container = open_container(url.reveal(), address, options, form="rtsp", timeout=timeout)
        super().__init__(container, address, live=True, epoch=epoch, codecs=CODECS)
        self._timeout = timeout
        self._clock = clock
        self._clock_offset: float | None = None

    @property
    def clock_offset(self) -> float | None:
        return self._clock_offset

    def packets(self) -> Iterator[SourcePacket]:
        try:
            for packet in self._units():
                yield self._stamp(packet)
            failure: SourceError = ended(self.address)
        except FFmpegFailure as error:
            failure = read_failure(error, self.address, self._timeout)
        raise failure

    def _stamp(self, packet: "av.Packet[av.VideoStream]") -> SourcePacket:
        arrival, utc = self._clock.monotonic(), self._clock.utc()
        camera_time = _sender_time(packet)
        if camera_time is not None:
            self._clock_offset = camera_time - utc.timestamp()
        pts, dts = self._place(packet, arrival)
        return SourcePacket(packet, pts, dts, packet.is_keyframe, self.epoch, arrival, utc, packet.is_corrupt)


def _sender_time(packet: "av.Packet[av.VideoStream]") -> float | None:
    """Unix time in the RTCP sender report (RFC 3550 §6.4.1) that came just before the packet, if any.

    Cameras without a clock send zero or the time since they were switched on: that says nothing.
    """
    if not packet.has_sidedata("rtcp_sr"):
        return None
    # AVRTCPSenderReport: uint32 ssrc, uint64 NTP timestamp (32.32 fixed point), ...
    (ntp,) = struct.unpack_from("@8xQ", bytes(packet.get_sidedata("rtcp_sr")))
    unix = ntp / (1 << 32) - _NTP_TO_UNIX
    return unix if unix > _BELIEVABLE else None
