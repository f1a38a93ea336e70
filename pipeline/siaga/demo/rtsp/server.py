"""Cameras on the loopback interface: an RTSP server that loops video files."""

import asyncio
import itertools
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Self

from siaga.core.clock import Clock, SystemClock
from siaga.core.errors import ConfigError, SourceUnavailable
from siaga.demo.rtsp.auth import Login
from siaga.demo.rtsp.clip import Clip, load_clip
from siaga.demo.rtsp.connection import Connection
from siaga.demo.rtsp.mount import Mount
from siaga.demo.rtsp.payload import CLOCK_RATE


class RtspServer:
    """Serves clips as live cameras, RTP over TCP, on a thread of its own.

    Use it as a context manager, or call `start` and `stop`. A stopped server starts again on the same port,
    and its cameras' time has gone on, as with a camera that lost its network.

    Args:
        host: Address to listen on.
        port: TCP port; 0 takes a free one, which is then kept.
        login: The one user and password; None lets everybody watch.
        clock: Paces the pictures.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        login: Login | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._login = login
        self._clock = clock or SystemClock()
        self._mounts: dict[str, Mount] = {}
        self._ssrcs = itertools.count(0x51A6_0001)
        self._connections: dict[asyncio.Task[None], Connection] = {}
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    @property
    def port(self) -> int:
        """The TCP port; 0 before the first start, if none was given."""
        return self._port

    @property
    def mounts(self) -> MappingProxyType[str, Mount]:
        """The cameras by path."""
        return MappingProxyType(self._mounts)

    def add(
        self,
        path: str,
        clip: Clip | Path,
        *,
        fps_scale: float = 1.0,
        first_rtp_time: int = CLOCK_RATE,
        max_lag: float = 5.0,
    ) -> Mount:
        """Add a camera, before or after the start; for the numbers see `Mount`.

        Raises:
            ConfigError: The path is taken, or not of the form ``/name``.
            SourceUnavailable: The file cannot be read.
            SourceInvalid: The file cannot be sent by RTP.
        """
        if not path.startswith("/") or path.endswith("/") or path in self._mounts:
            fix = "Give each camera its own path such as /cam0."
            raise ConfigError("This cannot be a camera's path, or it is taken.", where=path, fix=fix)
        content = load_clip(clip) if isinstance(clip, Path) else clip
        self._mounts[path] = Mount(
            path,
            content,
            self._call_soon,
            fps_scale=fps_scale,
            first_rtp_time=first_rtp_time,
            max_lag=max_lag,
        )
        return self._mounts[path]

    def url(self, path: str) -> str:
        """Address of a camera, without the login."""
        return f"rtsp://{self._host}:{self._port}{path}"

    def start(self) -> None:
        """Listen; returns when clients can connect.

        Raises:
            SourceUnavailable: The port cannot be had.
        """
        if self._thread is not None:
            return
        ready: Future[int] = Future()
        thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), name="rtsp", daemon=True)
        thread.start()
        try:
            self._port = ready.result()
        except OSError as error:
            thread.join()
            where, fix = f"{self._host}:{self._port}", "Choose another port, or 0 for a free one."
            reason = error.strerror or "unknown address"
            raise SourceUnavailable(f"The port cannot be had: {reason}.", where=where, fix=fix) from error
        self._thread = thread

    def stop(self) -> None:
        """Close every connection and release the port; returns when that is done."""
        if self._thread is not None and self._stopping is not None:
            self._call_soon(self._stopping.set)
            self._thread.join()
            self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _call_soon(self, function: Callable[[], None]) -> None:
        if self._thread is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(function)

    async def _serve(self, ready: Future[int]) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        try:
            server = await asyncio.start_server(self._meet, self._host, self._port)
        except OSError as error:
            ready.set_exception(error)
            return
        ready.set_result(server.sockets[0].getsockname()[1])
        await self._stopping.wait()
        server.close()
        for connection in self._connections.values():
            connection.hang_up()
        if self._connections:
            await asyncio.wait(list(self._connections))

    def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(
            reader,
            writer,
            mounts=self._mounts,
            login=self._login,
            clock=self._clock,
            ssrc=next(self._ssrcs),
        )
        task = asyncio.create_task(connection.run())
        self._connections[task] = connection
        task.add_done_callback(partial(self._connections.pop))
