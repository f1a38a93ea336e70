"""Runs the service on a data folder until it is told to stop."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI

from siaga.api.opening import FirstStart, ServiceOptions, opened
from siaga.core.clock import Clock, SystemClock
from siaga.core.errors import Conflict

__all__ = [
    "ServiceOptions",
    "ServiceReady",
    "first_start",
    "print_ready",
    "run_service",
    "serve",
]

_GRACE_S = 10
_IDLE_S = 75
"""Longer than an edge is silent between its ledgers: a connection that ends as it is used is a lost try."""


@dataclass(frozen=True, slots=True)
class ServiceReady:
    """Told when the service takes requests. ``keys.created`` says whether the address is a one-time link."""

    url: str
    keys: FirstStart = field(repr=False)

    @property
    def open_url(self) -> str:
        """The page's address; with a one-time link it is a secret."""
        return self.url + self.keys.path


def print_ready(ready: ServiceReady) -> None:
    """Say that the service is ready, and where to begin."""
    once = "  (works once: whoever opens it sets up the first user)" if ready.keys.created else ""
    print(f"Open {ready.open_url}{once}", flush=True)


def serve(
    data_dir: Path,
    host: str = "127.0.0.1",
    port: int = 8080,
    ready: Callable[[ServiceReady], None] = print_ready,
) -> None:
    """``run_service`` with the usual options."""
    run_service(ServiceOptions(data_dir, host, port), ready)


def first_start(data_dir: Path, clock: Clock | None = None) -> FirstStart:
    """Make the data folder and its keys without starting the service.

    Raises:
        Conflict: A service is using the folder.
        StorageError: It cannot be written.
    """
    with opened(ServiceOptions(data_dir), clock or SystemClock()) as (_, keys):
        return keys


def run_service(
    options: ServiceOptions,
    ready: Callable[[ServiceReady], None] = print_ready,
    clock: Clock | None = None,
    stop: threading.Event | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, or until ``stop`` is set; requests under way may finish first.

    Args:
        ready: Called once from the serving thread, when requests are taken.
        stop: For callers that run the service in a thread of their own.

    Raises:
        Conflict: Another service uses the data folder or the port.
        StorageError: The data folder cannot be used.
    """
    with opened(options, clock or SystemClock()) as (app, keys), _listening(options) as listener:
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        server = _Server(app, lambda: ready(ServiceReady(f"http://{shown}:{port}", keys)), stop)
        server.run(sockets=[listener])


@contextmanager
def _listening(options: ServiceOptions) -> Iterator[socket.socket]:
    where = f"{options.host}:{options.port}"
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((options.host, options.port))
            # Bound but not listening, a second service could still bind the same port.
            listener.listen(128)
        except OSError as error:
            raise Conflict(
                f"The service cannot listen there: {error.strerror}.",
                where=where,
                fix="Stop the other program, or give another --host or --port.",
            ) from error
        yield listener


class _Server(uvicorn.Server):
    """uvicorn, told to stop by signal or event, and returning from a signal instead of repeating it."""

    def __init__(self, app: FastAPI, on_ready: Callable[[], None], stop: threading.Event | None) -> None:
        # No access log: addresses may carry the viewer's key.
        super().__init__(
            uvicorn.Config(
                app,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_GRACE_S,
                timeout_keep_alive=_IDLE_S,
                lifespan="on",
                ws="none",
            )
        )
        self._on_ready = on_ready
        self._on_stop = app.state.live.end
        self._stop = stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Pages that listen would hold the service for the whole of its grace.
        self._on_stop()
        await super().shutdown(sockets)

    async def on_tick(self, counter: int) -> bool:
        if self._stop is not None and self._stop.is_set():
            self.should_exit = True
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        wanted = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self._exit) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _exit(self, _number: int, _frame: FrameType | None) -> None:
        self.should_exit = True
