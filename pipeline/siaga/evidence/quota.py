"""What happens when space runs out: evidence goes in a fixed order, metadata never does."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from siaga.core.errors import StorageError, StorageFull
from siaga.core.event import EvidenceKind
from siaga.evidence.store import BlobStore, is_full

_SHED_FIRST = (EvidenceKind.CLIP, EvidenceKind.ANNOTATED, EvidenceKind.SNAPSHOT)
_CHUNK = bytes(1 << 20)

Mark = Callable[[str, str], object]
"""Told ``(sha256, reason)`` before a file is removed, so that the record says "shed" first."""


class Held(Protocol):
    """One piece of evidence on this box."""

    @property
    def sha256(self) -> str:
        """Its address."""

    @property
    def kind(self) -> EvidenceKind:
        """What it is."""

    @property
    def delivered(self) -> bool:
        """The service has it."""

    @property
    def seq(self) -> int:
        """Number of the record that names it; lower is older."""


def shed(
    store: BlobStore,
    held: Iterable[Held],
    mark: Mark,
    *,
    max_bytes: int,
    reason: str = "quota",
) -> int:
    """Remove evidence until the store holds at most ``max_bytes``.

    Order: clips before annotated pictures before snapshots; in each, delivered before undelivered, and the
    oldest first.

    Args:
        held: What the records name as being on this box.
        mark: Called before each removal; when it raises, that file stays, unless the disk is full.
        reason: Why, for the records.

    Returns:
        Bytes freed.

    Raises:
        StorageError: ``mark`` or the disk failed.
    """
    over = store.total_bytes() - max_bytes
    freed = 0
    if over <= 0:
        return freed
    for piece in sorted(held, key=_order):
        if freed >= over:
            break
        freed += _shed_one(store, piece.sha256, reason, mark)
    return freed


def _shed_one(store: BlobStore, sha256: str, reason: str, mark: Mark) -> int:
    try:
        mark(sha256, reason)
    except StorageFull:
        # Not even room to say so: the file goes first. A crash in between leaves a record whose file is
        # gone, which the delivery finds and tells as lost.
        freed = store.delete(sha256)
        mark(sha256, reason)
        return freed
    return store.delete(sha256)


def _order(piece: Held) -> tuple[int, bool, int]:
    return _SHED_FIRST.index(piece.kind), not piece.delivered, piece.seq


class Ballast:
    """A file of real bytes that is given up on a full disk, so that metadata can still be written.

    While it is not ``held``, evidence must not be written: the space it gave belongs to metadata.

    Args:
        path: The file; its folder must exist.
        size: Bytes; 0 keeps none (and counts as always held).
        free: Bytes that are free on the disk of a path; default: the machine's answer.
    """

    def __init__(self, path: Path, size: int, *, free: Callable[[Path], int] | None = None) -> None:
        self._path = path
        self._size = size
        self._free = free or free_bytes

    @property
    def held(self) -> bool:
        """The ballast is in place: the disk does not count as full."""
        try:
            return self._size == 0 or self._path.stat().st_size >= self._size
        except FileNotFoundError:
            return False

    def ensure(self) -> bool:
        """Put the ballast in place if there is room for it twice over; gives ``held``.

        Raises:
            StorageError: The disk fails in another way than being full.
        """
        if self.held:
            return True
        try:
            if self._free(self._path.parent) < 2 * self._size:
                return False
            self._write()
        except OSError as error:
            self._path.unlink(missing_ok=True)
            if not is_full(error):
                raise StorageError(
                    f"cannot write the ballast file ({error.strerror})", where=str(self._path)
                ) from error
        return self.held

    def lacking(self) -> int:
        """Bytes that must become free before ``ensure`` can put the ballast in place."""
        return 0 if self.held else max(2 * self._size - self._free(self._path.parent), 0)

    def release(self) -> bool:
        """Give the space free; says whether there was any to give."""
        try:
            self._path.unlink()
        except FileNotFoundError:
            return False
        return True

    def _write(self) -> None:
        with self._path.open("wb") as file:
            left = self._size
            # Written out and not only reserved: some file systems take reserved space back.
            while left > 0:
                left -= file.write(_CHUNK[:left])
            file.flush()
            os.fsync(file.fileno())


def make_room(store: BlobStore, ballast: Ballast, held: Callable[[], Iterable[Held]], mark: Mark) -> int:
    """On a full disk, shed as much evidence as the ballast needs to come back; call it now and then.

    Args:
        held: Asked only when something must go; see :func:`shed`.
        mark: See :func:`shed`.

    Returns:
        Bytes freed; 0 when the ballast is in place.

    Raises:
        StorageError: See :func:`shed`.
    """
    if ballast.ensure():
        return 0
    most = max(store.total_bytes() - ballast.lacking(), 0)
    freed = shed(store, held(), mark, max_bytes=most, reason="disk_full")
    ballast.ensure()
    return freed


def free_bytes(path: Path) -> int:
    """Bytes that an unprivileged process may still write on the disk of ``path``."""
    state = os.statvfs(path)
    return state.f_bavail * state.f_frsize
