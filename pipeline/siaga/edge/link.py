"""What a camera process and its engine say to each other, over a Unix socket that both may lose.

Pictures never travel here: the camera hands over the file descriptor of its shared-memory slot once, and
the engine reads the newest picture from there.
"""

from dataclasses import dataclass
from multiprocessing import reduction
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from uuid import UUID

from siaga.core.errors import SourceUnavailable
from siaga.core.health import HealthChange
from siaga.core.video import ClipJob
from siaga.evidence.clip import ClipResult


@dataclass(frozen=True, slots=True)
class Hello:
    """A camera's new slot; its file descriptor follows at once."""

    camera: str


@dataclass(frozen=True, slots=True)
class CameraState:
    """A camera process's own account, about once a second.

    Attributes:
        connects: Connections made so far; ``errors``: those that failed or broke.
        error: The last error's text, redacted; empty when all is well.
        corrupt: Frames not judged because of decoding damage, so far.
        decode_cpu_s: CPU seconds of this process so far.
        keyframe_age_s: Since the last keyframe came; None before the first.
    """

    camera: str
    connected: bool
    connects: int
    errors: int
    error: str
    decoded: int
    published: int
    corrupt: int
    cpu_s: float
    rss_bytes: int
    keyframe_age_s: float | None = None


@dataclass(frozen=True, slots=True)
class ClipRequest:
    """Cut this, please. ``ticket`` comes back with the answer."""

    ticket: UUID
    job: ClipJob


@dataclass(frozen=True, slots=True)
class ClipAnswer:
    """The clip, already blurred and encoded, or why there is none (``result`` None, ``reason`` set)."""

    ticket: UUID
    result: ClipResult | None = None
    reason: str = ""


Message = Hello | CameraState | ClipRequest | ClipAnswer | HealthChange


def listen(path: Path, key: bytes) -> Listener:
    """Wait for cameras at ``path``; ``key`` keeps other processes of the machine out."""
    path.unlink(missing_ok=True)
    return Listener(str(path), family="AF_UNIX", backlog=64, authkey=key)


def connect(path: Path, key: bytes) -> Connection:
    """Join the engine at ``path``.

    Raises:
        SourceUnavailable: The engine is not there (yet).
    """
    try:
        return Client(str(path), family="AF_UNIX", authkey=key)
    except (OSError, EOFError) as error:
        raise SourceUnavailable("the engine is not there yet", where=path.name) from error


def send_slot(link: Connection, camera: str, descriptor: int) -> None:
    """Hand the slot's file descriptor to the engine."""
    link.send(Hello(camera))
    reduction.send_handle(link, descriptor, 0)


def receive_slot(link: Connection) -> int:
    """Take the file descriptor that follows a :class:`Hello`; the caller owns it."""
    descriptor: int = reduction.recv_handle(link)
    return descriptor
