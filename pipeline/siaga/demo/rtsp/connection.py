"""The conversation with one client."""

import asyncio
import secrets
from collections.abc import Mapping
from contextlib import suppress

from siaga.core.clock import Clock
from siaga.core.errors import BadRequest
from siaga.demo.rtsp.auth import Guard, Login
from siaga.demo.rtsp.messages import Request, describe, interleaved_channels, read_request, response
from siaga.demo.rtsp.mount import Mount
from siaga.demo.rtsp.sender import Sender

SESSION_TIMEOUT_S = 60

_METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, SET_PARAMETER, TEARDOWN"

Answer = tuple[int, dict[str, str], str]


class Connection:
    """One client on one TCP connection, with at most one session.

    Args:
        reader: From the client.
        writer: To the client.
        mounts: The cameras by path.
        login: Who may watch; None lets everybody.
        clock: For pacing and wall-clock time.
        ssrc: Names this client's stream.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        mounts: Mapping[str, Mount],
        login: Login | None,
        clock: Clock,
        ssrc: int,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._mounts = mounts
        self._guard = Guard(login, secrets.token_hex(16)) if login else None
        self._clock = clock
        self._ssrc = ssrc
        self._mount: Mount | None = None
        self._channels = (0, 1)
        self._session = ""
        self._sending: asyncio.Task[None] | None = None

    def hang_up(self) -> None:
        """Close the connection at once, without a word."""
        self._writer.transport.abort()

    async def run(self) -> None:
        """Serve the client until it leaves; never raises because of what a client does."""
        try:
            await self._converse()
        except BadRequest:
            self._writer.write(response(400, None))
        except (OSError, asyncio.IncompleteReadError):
            # A client that vanishes is nothing to report: cameras see it all day.
            self.hang_up()
        finally:
            await self._close()

    async def _close(self) -> None:
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.wait([self._sending])
        if self._mount is not None:
            self._mount.detach(self.hang_up)
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()

    async def _converse(self) -> None:
        while (request := await read_request(self._reader)) is not None:
            mount = self._mounts.get(request.mount_path)
            if mount is not None and mount.faults.refusing:
                self.hang_up()
                return
            code, headers, body = self._answer(request, mount)
            self._writer.write(response(code, request.headers["cseq"], headers, body))
            await self._writer.drain()
            if code == 200 and request.method == "PLAY":
                self._begin()
            if code == 200 and request.method == "TEARDOWN":
                return

    def _answer(self, request: Request, mount: Mount | None) -> Answer:
        if request.method == "OPTIONS":
            return 200, {"Public": _METHODS}, ""
        if self._guard and not self._guard.admits(request.method, request.headers.get("authorization", "")):
            return 401, {"WWW-Authenticate": self._guard.challenge()}, ""
        if request.method in ("DESCRIBE", "SETUP") and mount is None:
            return 404, {}, ""
        if mount is not None and request.method == "DESCRIBE":
            base = request.url.rstrip("/") + "/"
            headers = {"Content-Type": "application/sdp", "Content-Base": base}
            return 200, headers, describe(mount.clip, mount.fps)
        if mount is not None and request.method == "SETUP":
            return self._set_up(mount, request.headers.get("transport", ""))
        return self._in_session(request)

    def _set_up(self, mount: Mount, transport: str) -> Answer:
        if self._mount is not None:
            return 455, {}, ""
        channels = interleaved_channels(transport)
        if channels is None:
            return 461, {}, ""
        self._mount, self._channels, self._session = mount, channels, secrets.token_hex(8)
        mount.attach(self.hang_up)
        agreed = f"RTP/AVP/TCP;unicast;interleaved={channels[0]}-{channels[1]};ssrc={self._ssrc:08X}"
        return 200, {"Transport": agreed, "Session": f"{self._session};timeout={SESSION_TIMEOUT_S}"}, ""

    def _in_session(self, request: Request) -> Answer:
        keep_alive = request.method in ("GET_PARAMETER", "SET_PARAMETER")
        if not keep_alive and request.method not in ("PLAY", "TEARDOWN"):
            return 501, {}, ""
        if keep_alive and not request.session:
            return 200, {}, ""
        if not self._session or request.session != self._session:
            return 454, {}, ""
        headers = {"Session": self._session}
        if request.method == "PLAY":
            headers["Range"] = "npt=now-"
        return 200, headers, ""

    def _begin(self) -> None:
        if self._mount is not None and self._sending is None:
            sender = Sender(self._mount, self._clock, self._writer, self._channels, self._ssrc)
            self._sending = asyncio.create_task(sender.run())
