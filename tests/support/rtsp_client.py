"""Two RTSP clients for tests: PyAV (FFmpeg), and a plain socket that sees every byte."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import av
import numpy as np

from tests.support.clips import read_frame_number

OPTIONS = {"rtsp_transport": "tcp", "analyzeduration": "300000"}


@dataclass(frozen=True)
class Seen:
    """One decoded picture: the number in its bar code (None if unreadable), and its pts (90 kHz)."""

    number: int | None
    pts: int | None
    corrupt: bool


def watch(url: str, frames: int) -> list[Seen]:
    """Decode ``frames`` pictures with FFmpeg over TCP; fewer if the stream ends.

    A packet that the decoder refuses counts as a corrupt picture.
    """
    seen: list[Seen] = []
    with av.open(url, options=OPTIONS, timeout=(20.0, 20.0)) as container:
        for packet in container.demux(video=0):
            seen += _decode(packet)
            if len(seen) >= frames:
                break
    return seen[:frames]


def _decode(packet: "av.Packet[av.VideoStream]") -> list[Seen]:
    try:
        pictures = packet.decode()
    except av.error.InvalidDataError:
        return [Seen(None, packet.pts, corrupt=True)]
    return [Seen(_number(picture), picture.pts, bool(picture.is_corrupt)) for picture in pictures]


def _number(picture: av.VideoFrame) -> int | None:
    try:
        return read_frame_number(picture.to_ndarray(format="rgb24").astype(np.uint8, copy=False))
    except ValueError:
        return None


@dataclass(frozen=True)
class Reply:
    """An RTSP response; header names are in lower case."""

    code: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Packet:
    """An interleaved packet; the RTP fields mean nothing on the RTCP channel."""

    channel: int
    data: bytes

    @property
    def marker(self) -> bool:
        return bool(self.data[1] & 0x80)

    @property
    def sequence(self) -> int:
        return int.from_bytes(self.data[2:4])

    @property
    def timestamp(self) -> int:
        return int.from_bytes(self.data[4:8])

    @property
    def payload(self) -> bytes:
        return self.data[12:]


class RawClient:
    """Speaks RTSP word by word.

    Args:
        url: The camera; names host, port and path.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=20)
        self._file = self._socket.makefile("rb")
        self._cseq = 0
        self._session = ""
        self.early: list[Packet] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Vanish without a word."""
        self._file.close()
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send anything."""
        self._socket.sendall(data)

    def request(self, method: str, *, url: str | None = None, **headers: str) -> None:
        """Send a request; ``headers`` by name (``_`` for ``-``), ``session`` is added once there is one."""
        self._cseq += 1
        lines = [f"{method} {url or self.url} RTSP/1.0", f"CSeq: {self._cseq}"]
        if self._session and "session" not in headers:
            headers["session"] = self._session
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode())

    def ask(self, method: str, *, url: str | None = None, **headers: str) -> Reply:
        """Send a request and read its answer; packets that arrive before it go to ``early``."""
        self.request(method, url=url, **headers)
        reply = self.reply()
        assert reply.headers["cseq"] == str(self._cseq)
        self._session = reply.headers.get("session", self._session).partition(";")[0]
        return reply

    def reply(self) -> Reply:
        """Read the next response."""
        while (first := self._read(1)) == b"$":
            self.early.append(self._packet())
        code = int((first + self._file.readline()).split()[1])
        headers = {}
        while line := self._file.readline().decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = self._read(int(headers.get("content-length", "0"))).decode()
        return Reply(code, headers, body)

    def play(self) -> Reply:
        """SETUP over TCP, then PLAY; returns the answer to PLAY."""
        assert self.ask("SETUP", url=f"{self.url}/track0", transport=TCP).code == 200
        return self.ask("PLAY")

    def packets(self) -> Iterator[Packet]:
        """Packets as they come, until the server closes the connection."""
        while self.early:
            yield self.early.pop(0)
        while not self.ended():
            yield self._packet()

    def ended(self) -> bool:
        """Wait for the next packet; True when the server closed the connection instead."""
        try:
            first = self._file.read(1)
        except ConnectionError:
            return True
        assert first in (b"$", b"")
        return first == b""

    def _packet(self) -> Packet:
        channel = self._read(1)[0]
        return Packet(channel, self._read(int.from_bytes(self._read(2))))

    def _read(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) != size:
            raise EOFError("the server closed the connection")
        return data


TCP = "RTP/AVP/TCP;unicast;interleaved=0-1"
