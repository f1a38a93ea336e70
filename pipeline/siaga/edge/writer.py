"""Takes what is to be recorded off the loop: the loop never waits for a disk."""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

import structlog

from siaga.core.errors import StorageError
from siaga.edge.archive import Archive
from siaga.edge.recorder import Occurrence

Task = Callable[[Archive], object]
Result = TypeVar("Result")

log = structlog.get_logger(__name__)

_RETRY_S = 1.0
_PICTURES_KEPT = 24


class RecordWriter:
    """One thread that writes in order and does not give up while the disk is full.

    A picture waiting to be written is dropped when too many wait (the record then says so); the record
    itself is never dropped.

    Args:
        open_archive: Called in the writing thread, to which the files then belong.
    """

    def __init__(self, open_archive: Callable[[], Archive]) -> None:
        self._open = open_archive
        self._queue: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="records", daemon=True)
        self.full = False

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def record(self, said: Occurrence) -> None:
        """Record ``said`` soon."""
        if said.full is not None and self._queue.qsize() > _PICTURES_KEPT:
            said = replace(said, full=None)
        self._queue.put(lambda archive: archive.recorder.record(said))

    def do(self, task: Task) -> None:
        """Run ``task`` soon, after what was asked for before."""
        self._queue.put(task)

    def finish(self, timeout: float) -> bool:
        """Write what waits, then end. Returns whether all was written within ``timeout`` seconds."""
        self._queue.put(None)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        archive = self._until_done(self._open)
        while (task := self._queue.get()) is not None:
            self._until_done(partial(task, archive))

    def _until_done(self, task: Callable[[], Result]) -> Result:
        while True:
            try:
                result = task()
            except StorageError as error:
                if not self.full:
                    log.error("record cannot be written; it waits", error=str(error))
                self.full = True
                time.sleep(_RETRY_S)
            else:
                if self.full:
                    log.info("records are written again")
                self.full = False
                return result
