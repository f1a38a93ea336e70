"""RTP packets for H.264 (RFC 6184) and H.265 (RFC 7798), and RTCP sender reports (RFC 3550)."""

import struct
from collections.abc import Iterator
from enum import Enum

CLOCK_RATE = 90_000
PAYLOAD_TYPE = 96

_NTP_UNIX_OFFSET = 2_208_988_800
_H264_FU_A = 28
_H265_FU = 49


class Codec(Enum):
    """The two video codecs that cameras speak, by their name in an SDP."""

    H264 = "H264"
    H265 = "H265"

    def nal_type(self, nal: bytes) -> int:
        """The type of a NAL unit, from its header."""
        return nal[0] & 0x1F if self is Codec.H264 else nal[0] >> 1 & 0x3F

    @property
    def parameter_set_types(self) -> tuple[int, ...]:
        """NAL types that a decoder needs before the first picture: (SPS, PPS) or (VPS, SPS, PPS)."""
        return (7, 8) if self is Codec.H264 else (32, 33, 34)

    @property
    def delimiter_type(self) -> int:
        """NAL type of the access unit delimiter, which RTP's marker bit makes superfluous."""
        return 9 if self is Codec.H264 else 35


def split_annex_b(data: bytes) -> list[bytes]:
    """Split a byte stream (H.264 annex B) at its start codes; the NAL units come without them."""
    units = []
    start = data.find(b"\0\0\1")
    while start >= 0:
        end = data.find(b"\0\0\1", start + 3)
        # A NAL unit never ends in a zero byte: zeros there belong to the next start code.
        unit = data[start + 3 : end if end >= 0 else len(data)].rstrip(b"\0")
        if unit:
            units.append(unit)
        start = end
    return units


def fragment(codec: Codec, nal: bytes, limit: int = 1400) -> Iterator[bytes]:
    """Yield the RTP payloads of one NAL unit: itself, or fragmentation units of at most ``limit`` bytes."""
    if len(nal) <= limit:
        yield nal
        return
    kind = codec.nal_type(nal)
    if codec is Codec.H264:
        header, body = bytes([nal[0] & 0xE0 | _H264_FU_A]), nal[1:]
    else:
        header, body = bytes([nal[0] & 0x81 | _H265_FU << 1, nal[1]]), nal[2:]
    size = limit - len(header) - 1
    for offset in range(0, len(body), size):
        first, last = offset == 0, offset + size >= len(body)
        flags = 0x80 * first | 0x40 * last | kind
        yield header + bytes([flags]) + body[offset : offset + size]


def rtp_header(*, marker: bool, sequence: int, timestamp: int, ssrc: int) -> bytes:
    """An RTP header without extensions. ``sequence`` and ``timestamp`` (90 kHz) wrap by themselves."""
    second = PAYLOAD_TYPE | 0x80 * marker
    return struct.pack(">BBHII", 0x80, second, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)


def sender_report(*, ssrc: int, unix_time: float, timestamp: int, packets: int, octets: int) -> bytes:
    """An RTCP sender report: at ``unix_time`` (seconds) the media clock shows ``timestamp`` (90 kHz)."""
    seconds, fraction = divmod(unix_time, 1.0)
    report = struct.pack(
        ">BBHIIIIII",
        0x80,
        200,
        6,
        ssrc,
        int(seconds) + _NTP_UNIX_OFFSET & 0xFFFFFFFF,
        int(fraction * (1 << 32)),
        timestamp & 0xFFFFFFFF,
        packets & 0xFFFFFFFF,
        octets & 0xFFFFFFFF,
    )
    name = b"siaga-demo"
    chunk = struct.pack(">IBB", ssrc, 1, len(name)) + name
    # At least one zero ends the list of items, then the chunk is filled up to 32 bits.
    chunk += bytes(4 - len(chunk) % 4)
    return report + struct.pack(">BBH", 0x81, 202, len(chunk) // 4) + chunk


def interleaved(channel: int, packet: bytes) -> bytes:
    """Frame a packet for RTP over RTSP's TCP connection (RFC 2326 §10.12)."""
    return struct.pack(">BBH", 0x24, channel, len(packet)) + packet
