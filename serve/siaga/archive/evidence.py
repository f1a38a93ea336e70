"""Complete evidence bytes, addressed by their sha256: the contract, and its form in a local folder."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from siaga.archive.staging import Staging, sync_folder, translated

_PARTIAL = "partial"
_PIECE = 256 * 1024
PREFIXES = tuple(f"{number:02x}" for number in range(256))


class EvidenceStore(Protocol):
    """Keeps complete bytes at ``<2 hex digits>/<sha256>``. All methods raise ``StorageError``."""

    def place(self, part: Path, sha256: str, media_type: str, /) -> None:
        """Take over a verified part; on disk, or with the store, when it returns.

        Bytes that are there already stay: they are the same ones. The part may be gone afterwards.
        """

    def read(self, path: str, start: int, stop: int) -> Iterator[bytes]:
        """Bytes from ``start`` (included) to ``stop`` (excluded), in pieces of at most some MiB."""

    def remove(self, path: str) -> None:
        """Remove the bytes for good; nothing happens where there are none."""

    def prefixes(self) -> Iterable[str]:
        """Where to look for bytes, part by part."""

    def listing(self, prefix: str) -> frozenset[str]:
        """Paths of everything that is there under a prefix."""

    def check(self) -> None:
        """Return if the store can be reached."""


def path_of(sha256: str) -> str:
    """Where bytes are kept, below the store's root."""
    return f"{sha256[:2]}/{sha256}"


class EvidenceFolder:
    """An ``EvidenceStore`` in a local folder.

    Args:
        root: The folder; made if absent. Nothing else may write into it.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        with translated(root):
            root.mkdir(parents=True, exist_ok=True)
            sync_folder(root.parent)

    def staging(self) -> Staging:
        """Where parts lie: on the same file system, so that a part is only renamed."""
        return Staging(self._root / _PARTIAL)

    def place(self, part: Path, sha256: str, _media_type: str) -> None:
        """fsync, rename, fsync of the folder."""
        folder = self._root / sha256[:2]
        with translated(self._root):
            with part.open("rb") as handle:
                os.fsync(handle.fileno())
            if not folder.exists():
                folder.mkdir(exist_ok=True)
                sync_folder(self._root)
            part.rename(folder / sha256)
            sync_folder(folder)

    def read(self, path: str, start: int, stop: int) -> Iterator[bytes]:
        with translated(self._root):
            file = (self._root / path).open("rb")

        def pieces() -> Iterator[bytes]:
            with file, translated(self._root):
                file.seek(start)
                left = stop - start
                while left > 0 and (piece := file.read(min(_PIECE, left))):
                    left -= len(piece)
                    yield piece

        return pieces()

    def remove(self, path: str) -> None:
        """Overwrite, then unlink, so that the disk's free blocks do not tell what was there."""
        file = self._root / path
        with translated(self._root):
            if file.is_file() and not file.is_symlink():
                _overwrite(file)
            file.unlink(missing_ok=True)
            if file.parent.is_dir():
                sync_folder(file.parent)

    def prefixes(self) -> Iterable[str]:
        with translated(self._root):
            return sorted({*PREFIXES, *(path.name for path in self._root.iterdir())} - {_PARTIAL})

    def listing(self, prefix: str) -> frozenset[str]:
        top = self._root / prefix
        with translated(self._root):
            found = top.rglob("*") if top.is_dir() and not top.is_symlink() else iter([top])
            files = (path for path in found if path.is_symlink() or path.is_file())
            return frozenset(path.relative_to(self._root).as_posix() for path in files)

    def check(self) -> None:
        with translated(self._root):
            self._root.stat()


def _overwrite(file: Path) -> None:
    left = file.stat().st_size
    with file.open("r+b") as handle:
        while left > 0:
            left -= handle.write(b"\0" * min(_PIECE, left))
        handle.flush()
        os.fsync(handle.fileno())
