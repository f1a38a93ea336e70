"""Evidence that is being received, on the local disk: ``<folder>/<sha256>`` until it is whole and right."""

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from siaga.core.errors import StorageError, StorageFull

_CHUNK = 1 << 20


class Staging:
    """Parts of evidence. They end with the process: what a start finds here is removed.

    Args:
        folder: Made if absent. Nothing else may write into it.

    Every method takes a sha256 that an event named (64 hex digits), and raises ``StorageError``
    (``StorageFull`` when no space is left).
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with translated(folder):
            folder.mkdir(parents=True, exist_ok=True)
            sync_folder(folder.parent)

    def path(self, sha256: str) -> Path:
        """Where the part lies."""
        return self._folder / sha256

    def received(self, sha256: str) -> int:
        """Bytes of the part that is here, 0 if none."""
        with translated(self._folder):
            part = self.path(sha256)
            return part.stat().st_size if part.exists() else 0

    def append(self, sha256: str, data: bytes) -> None:
        """Add bytes to the end of the part."""
        with translated(self._folder), self.path(sha256).open("ab") as part:
            part.write(data)

    def matches(self, sha256: str) -> bool:
        """Whether the part's bytes have this sha256. Reads it in pieces of 1 MiB."""
        digest = hashlib.sha256()
        with translated(self._folder), self.path(sha256).open("rb") as part:
            while chunk := part.read(_CHUNK):
                digest.update(chunk)
        return digest.hexdigest() == sha256

    def discard(self, sha256: str) -> None:
        """Remove the part, if it is still here."""
        with translated(self._folder):
            self.path(sha256).unlink(missing_ok=True)

    def clear(self) -> int:
        """Remove all parts. Returns how many there were."""
        with translated(self._folder):
            parts = list(self._folder.iterdir())
            for part in parts:
                part.unlink()
        return len(parts)


@contextmanager
def translated(where: Path) -> Iterator[None]:
    """Failures of the disk as ours."""
    try:
        yield
    except OSError as error:
        kind = StorageFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else StorageError
        raise kind(
            f"Evidence cannot be stored: {error.strerror}.",
            where=str(where),
            fix="Free some space or check the disk.",
        ) from error


def sync_folder(folder: Path) -> None:
    """Put a folder's entries on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
