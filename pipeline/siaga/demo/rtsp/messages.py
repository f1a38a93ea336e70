"""RTSP 1.0 requests and responses (RFC 2326), and the SDP of one video track (RFC 8866)."""

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from siaga.core.errors import BadRequest
from siaga.demo.rtsp.clip import Clip
from siaga.demo.rtsp.payload import CLOCK_RATE, PAYLOAD_TYPE, Codec

TRACK = "track0"

_MAX_HEADERS = 64
_MAX_BODY_BYTES = 65_536
_REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    461: "Unsupported Transport",
    501: "Not Implemented",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes:
        method: E.g. ``DESCRIBE``.
        url: As the client wrote it.
        headers: Values by lower-case name.
    """

    method: str
    url: str
    headers: Mapping[str, str]

    @property
    def mount_path(self) -> str:
        """The path of the camera that the URL names: no track, no slash at the end."""
        path = urlsplit(self.url).path.rstrip("/")
        return path.removesuffix(f"/{TRACK}")

    @property
    def session(self) -> str:
        """The session's id, or an empty string."""
        return self.headers.get("session", "").partition(";")[0].strip()


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """Read the next request; None at the end of the stream.

    Interleaved packets (receiver reports) are skipped.

    Raises:
        BadRequest: The bytes are not an RTSP request.
        asyncio.IncompleteReadError: The client went away in the middle.
    """
    while first := await reader.read(1):
        if first == b"$":
            head = await reader.readexactly(3)
            await reader.readexactly(int.from_bytes(head[1:]))
        elif first not in b"\r\n":
            return await _read_request(first, reader)
    return None


async def _read_request(first: bytes, reader: asyncio.StreamReader) -> Request:
    try:
        line = (first + await reader.readuntil(b"\n")).decode().strip()
        pairs: list[tuple[str, str]] = []
        while text := (await reader.readuntil(b"\n")).decode().strip():
            name, colon, value = text.partition(":")
            if not colon or len(pairs) >= _MAX_HEADERS:
                raise BadRequest("A header is malformed, or there are too many.")
            pairs.append((name.strip().lower(), value.strip()))
        headers = dict(pairs)
        body_bytes = int(headers.get("content-length", "0"))
    except (ValueError, asyncio.LimitOverrunError) as error:
        raise BadRequest("This is not an RTSP request.") from error
    method, _, rest = line.partition(" ")
    url, _, version = rest.rpartition(" ")
    if version != "RTSP/1.0" or not 0 <= body_bytes <= _MAX_BODY_BYTES or "cseq" not in headers:
        raise BadRequest("This is not an RTSP request.")
    await reader.readexactly(body_bytes)
    return Request(method, url, headers)


def response(code: int, cseq: str | None, headers: Mapping[str, str] | None = None, body: str = "") -> bytes:
    """The bytes of a response; ``cseq`` is repeated from the request."""
    lines = [f"RTSP/1.0 {code} {_REASONS[code]}"]
    if cseq is not None:
        lines.append(f"CSeq: {cseq}")
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines.append(f"Content-Length: {len(body.encode())}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def interleaved_channels(transport: str) -> tuple[int, int] | None:
    """The RTP and RTCP channels that a ``Transport`` header asks for; None where it offers no TCP."""
    for offer in transport.split(","):
        first, *rest = (part.strip() for part in offer.split(";"))
        if first.upper() != "RTP/AVP/TCP":
            continue
        channels = next((part.partition("=")[2] for part in rest if part.startswith("interleaved=")), "0-1")
        rtp, _, rtcp = channels.partition("-")
        if not rtp.isdecimal() or not (rtcp or rtp).isdecimal():
            return None
        pair = int(rtp), int(rtcp) if rtcp else int(rtp) + 1
        return pair if max(pair) < 256 else None
    return None


def describe(clip: Clip, fps: float) -> str:
    """The SDP of ``clip`` at ``fps`` pictures per second."""
    sets = [base64.b64encode(nal).decode() for nal in clip.parameter_sets]
    if clip.codec is Codec.H264:
        profile = clip.parameter_sets[0][1:4].hex()
        fmtp = f"packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={','.join(sets)}"
    else:
        fmtp = f"sprop-vps={sets[0]};sprop-sps={sets[1]};sprop-pps={sets[2]}"
    lines = [
        "v=0",
        "o=- 0 0 IN IP4 127.0.0.1",
        "s=siaga demo camera",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=control:*",
        "a=range:npt=now-",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"a=rtpmap:{PAYLOAD_TYPE} {clip.codec.value}/{CLOCK_RATE}",
        f"a=fmtp:{PAYLOAD_TYPE} {fmtp}",
        f"a=framerate:{fps:g}",
        f"a=control:{TRACK}",
    ]
    return "\r\n".join(lines) + "\r\n"
