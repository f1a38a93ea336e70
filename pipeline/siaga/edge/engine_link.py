"""A camera process's end of the link: joins the engine, joins it again when it was restarted."""

import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import structlog

from siaga.core.errors import SourceUnavailable
from siaga.edge.link import ClipRequest, Message, connect, send_slot

log = structlog.get_logger(__name__)

_RETRY_S = 0.5


class EngineLink:
    """Sends from any thread; receives in a thread of its own.

    What is sent while the engine is away is lost, on purpose: states are repeated every second, and a clip
    for an engine that died has nobody to record it (its successor closes the event).

    Args:
        on_request: Called in the link's thread.
        on_join: Called in the link's thread when an engine was found: it knows nothing of before.
    """

    def __init__(
        self,
        path: Path,
        key: bytes,
        camera: str,
        *,
        on_request: Callable[[ClipRequest], None],
        on_join: Callable[[], None],
    ) -> None:
        self._path = path
        self._key = key
        self._camera = camera
        self._on_request = on_request
        self._on_join = on_join
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._slot: int | None = None

    def start(self, stopping: Callable[[], bool]) -> None:
        """Begin to look for the engine."""
        threading.Thread(target=self._run, args=(stopping,), name="engine-link", daemon=True).start()

    def _run(self, stopping: Callable[[], bool]) -> None:
        while not stopping():
            try:
                connection = connect(self._path, self._key)
            except SourceUnavailable:
                time.sleep(_RETRY_S)
                continue
            with self._lock:
                self._connection = connection
                self._offer()
            self._on_join()
            self._receive(connection)

    def _receive(self, connection: Connection) -> None:
        try:
            while True:
                message = connection.recv()
                if isinstance(message, ClipRequest):
                    self._on_request(message)
        except (EOFError, OSError):
            with self._lock:
                self._connection = None

    def offer_slot(self, descriptor: int) -> None:
        """Show the engine (and any later one) this slot from now on."""
        with self._lock:
            self._slot = descriptor
            self._offer()

    def _offer(self) -> None:
        if self._connection is not None and self._slot is not None:
            try:
                send_slot(self._connection, self._camera, self._slot)
            except OSError:
                self._connection = None

    def send(self, message: Message) -> None:
        """Send if there is an engine."""
        with self._lock:
            if self._connection is None:
                return
            try:
                self._connection.send(message)
            except OSError:
                self._connection = None

    def close(self) -> None:
        """Hang up."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
