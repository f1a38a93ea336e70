"""What every child process of the supervisor does first and last."""

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import connection, parent_process
from types import FrameType
from typing import Protocol

import structlog

from siaga.core.clock import SystemClock
from siaga.core.errors import SiagaError
from siaga.core.redact import Redactor
from siaga.edge.logs import configure_logs

log = structlog.get_logger(__name__)


class SharedNumber(Protocol):
    """A number in shared memory without a lock: a killed process can leave no lock behind."""

    value: float


@dataclass(frozen=True)
class Tether:
    """What ties a child to its supervisor.

    Attributes:
        beat: Monotonic seconds of the child's last sign of life.
        stop: Not 0 once the child should finish.
        secrets: Texts that must not appear in any output.
    """

    name: str
    beat: SharedNumber
    stop: SharedNumber
    secrets: tuple[str, ...] = ()
    verbose: bool = False
    json_logs: bool = False

    def alive(self) -> None:
        """Give a sign of life."""
        self.beat.value = SystemClock().monotonic()

    def stopping(self) -> bool:
        """Whether to finish."""
        return bool(self.stop.value)


def run_child(tether: Tether, work: Callable[[], None]) -> None:
    """Run ``work`` with logs set up and signals in place; call `follow_parent` before.

    Errors of Siaga's own tree end the child with their exit code and one log line; others with a traceback,
    redacted. The supervisor decides what happens next.
    """
    redact = Redactor(tether.secrets)
    configure_logs(redact, json=tether.json_logs, verbose=tether.verbose)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *args: _ask_to_stop(tether, *args))
    tether.alive()
    try:
        work()
    except SiagaError as error:
        log.error("process ends", process=tether.name, error=str(error))
        os._exit(error.exit_code)
    except Exception as error:
        log.error("process ends on an unforeseen error", process=tether.name, exc_info=error)
        os._exit(1)
    # Threads of native libraries (decoders, runtimes) may outlive the work; nothing of ours is left to flush.
    os._exit(0)


def _ask_to_stop(tether: Tether, _number: int, _frame: FrameType | None) -> None:
    tether.stop.value = 1


def follow_parent() -> None:
    """From now on end this process as soon as its parent is gone, also by kill -9.

    Call it first, before slow imports: an orphan that cleans up or records would do so beside the next edge.
    """
    threading.Thread(target=_die_with_parent, name="tether", daemon=True).start()


def _die_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(0)
