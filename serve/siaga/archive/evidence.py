"""Evidence bytes in a local folder, addressed by their sha256.

A part that is being received lies in ``partial/<sha256>``, complete bytes in ``<2 hex digits>/<sha256>``.
"""

import errno
import hashlib
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from siaga.core.errors import StorageError, StorageFull

_PARTIAL = "partial"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a start-up sweep found. ``missing``: paths that have a row but no file; left to a person."""

    removed: int
    missing: tuple[str, ...]


class EvidenceFolder:
    """Parts and complete files.

    Args:
        root: The folder; made if absent. Nothing else may write into it.

    Every method takes a sha256 that an event named (64 hex digits), and raises ``StorageError``
    (``StorageFull`` when no space is left).
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._partial = root / _PARTIAL
        with self._translated():
            self._partial.mkdir(parents=True, exist_ok=True)
            sync_folder(root)
            sync_folder(root.parent)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            kind = StorageFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else StorageError
            raise kind(
                f"Evidence cannot be stored: {error.strerror}.",
                where=str(self._root),
                fix="Free some space or check the disk.",
            ) from error

    def received(self, sha256: str) -> int:
        """Bytes of the part that is here, 0 if none."""
        with self._translated():
            part = self._partial / sha256
            return part.stat().st_size if part.exists() else 0

    def append(self, sha256: str, data: bytes) -> None:
        """Add bytes to the end of the part."""
        with self._translated(), (self._partial / sha256).open("ab") as part:
            part.write(data)

    def matches(self, sha256: str) -> bool:
        """Whether the part's bytes have this sha256. Reads it in pieces of 1 MiB."""
        digest = hashlib.sha256()
        with self._translated(), (self._partial / sha256).open("rb") as part:
            while chunk := part.read(_CHUNK):
                digest.update(chunk)
        return digest.hexdigest() == sha256

    def discard(self, sha256: str) -> None:
        """Remove the part."""
        with self._translated():
            (self._partial / sha256).unlink(missing_ok=True)

    def keep(self, sha256: str) -> str:
        """Make the part complete: fsync, rename, fsync of the folder. Returns its path below the root."""
        folder = self._root / sha256[:2]
        with self._translated():
            with (self._partial / sha256).open("rb") as part:
                os.fsync(part.fileno())
            if not folder.exists():
                folder.mkdir()
                sync_folder(self._root)
            (self._partial / sha256).rename(folder / sha256)
            sync_folder(folder)
        return f"{folder.name}/{sha256}"

    def open(self, path: str) -> BinaryIO:
        """Open complete bytes by the path that their row names."""
        with self._translated():
            return (self._root / path).open("rb")

    def sweep(self, known: Collection[str]) -> Sweep:
        """Remove parts and every file that no row names.

        Args:
            known: Paths of complete evidence, as ``keep`` gave them.
        """
        with self._translated():
            files = {path.relative_to(self._root).as_posix(): path for path in self._files()}
            strays = [path for name, path in files.items() if name not in known]
            for path in strays:
                path.unlink()
        return Sweep(removed=len(strays), missing=tuple(sorted(set(known) - files.keys())))

    def _files(self) -> Iterator[Path]:
        return (path for path in self._root.rglob("*") if not path.is_dir() or path.is_symlink())


def sync_folder(folder: Path) -> None:
    """Put a folder's entries on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
