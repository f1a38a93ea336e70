"""Files that are addressed by what is in them, and written so that a power cut cannot take them back.

Order of a write: temporary file → fsync → rename → fsync of the directory. Only when ``put`` has returned
may a record name the file.
"""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol
from uuid import uuid4

from siaga.core.canonical import sha256_hex
from siaga.core.errors import StorageError, StorageFull

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_PARTS = "tmp"


class FileSystem(Protocol):
    """The few calls that decide what survives a power cut. All raise OSError."""

    def write(self, path: Path, data: bytes) -> None:
        """Make a new file of ``data``; nothing of it is durable yet."""

    def fsync(self, path: Path) -> None:
        """Make the bytes of a file durable."""

    def rename(self, source: Path, target: Path) -> None:
        """Give a file its name, atomically; not durable yet."""

    def mkdir(self, path: Path) -> None:
        """Make a directory if it is missing; not durable yet."""

    def fsync_dir(self, path: Path) -> None:
        """Make the names in a directory durable."""

    def unlink(self, path: Path) -> None:
        """Remove a file if it is there."""


class RealFs:
    """The machine's file system."""

    def write(self, path: Path, data: bytes) -> None:
        with path.open("xb") as file:
            file.write(data)

    def fsync(self, path: Path) -> None:
        self._fsync(path, os.O_RDONLY)

    def rename(self, source: Path, target: Path) -> None:
        source.replace(target)

    def mkdir(self, path: Path) -> None:
        path.mkdir(exist_ok=True)

    def fsync_dir(self, path: Path) -> None:
        self._fsync(path, os.O_RDONLY | os.O_DIRECTORY)

    def unlink(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def _fsync(self, path: Path, flags: int) -> None:
        handle = os.open(path, flags)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class BlobStore:
    """Evidence files under ``root``: ``ab/cd/<sha256>.<ext>``.

    Several processes may put and read at once; ``sweep`` belongs to the start, before any of them writes.

    Args:
        root: Made if it is missing; its parent must exist.
        fs: Where the writes go.

    Raises:
        StorageError: The folder cannot be made.
        StorageFull: No space for it.
    """

    def __init__(self, root: Path, fs: FileSystem | None = None) -> None:
        self._root = root
        self._fs: FileSystem = fs or RealFs()
        self._durable: set[Path] = set()
        try:
            self._folder(root)
            self._folder(root / _PARTS)
        except OSError as error:
            raise _storage_error(error, root) from error

    def put(self, data: bytes, ext: str) -> str:
        """Store ``data`` durably and give its sha256; the same bytes are stored once.

        Args:
            data: Already blurred: what is given here is written.
            ext: The file's suffix without the dot, e.g. ``jpg``.

        Raises:
            StorageFull: No space left; nothing is left behind.
            StorageError: Any other failure of the disk.
        """
        sha256 = sha256_hex(data)
        folder = self._root / sha256[:2] / sha256[2:4]
        target = folder / f"{sha256}.{ext}"
        part = self._root / _PARTS / uuid4().hex
        try:
            self._folder(folder.parent)
            self._folder(folder)
            if not target.exists():
                self._fs.write(part, data)
                self._fs.fsync(part)
                self._fs.rename(part, target)
            # Also for a file that is there: whoever renamed it may have died before this.
            self._fs.fsync_dir(folder)
        except OSError as error:
            self._discard(part)
            raise _storage_error(error, self._root) from error
        return sha256

    def open(self, sha256: str) -> BinaryIO | None:
        """The file open for reading, or None when it is not here."""
        path = self.path(sha256)
        try:
            return path.open("rb") if path else None
        except FileNotFoundError:
            return None

    def path(self, sha256: str) -> Path | None:
        """Where the file is, or None."""
        return next((self._root / sha256[:2] / sha256[2:4]).glob(f"{sha256}.*"), None)

    def delete(self, sha256: str) -> int:
        """Remove the file if it is there; gives the bytes freed.

        Raises:
            StorageError: It cannot be removed.
        """
        path = self.path(sha256)
        if path is None:
            return 0
        try:
            size = path.stat().st_size
            self._fs.unlink(path)
        except OSError as error:
            raise _storage_error(error, self._root) from error
        return size

    def total_bytes(self) -> int:
        """Bytes of all files."""
        return sum(path.stat().st_size for path in self._files())

    def sweep(self, referenced: set[str]) -> list[Path]:
        """At start-up, before anybody writes: remove temporary files and files that no record names.

        Returns:
            What was removed.
        """
        parts = [path for path in (self._root / _PARTS).iterdir() if path.is_file()]
        orphans = [path for path in self._files() if path.name.partition(".")[0] not in referenced]
        for path in (*parts, *orphans):
            self._fs.unlink(path)
        return [*parts, *orphans]

    def _files(self) -> Iterator[Path]:
        return self._root.glob("??/??/*")

    def _folder(self, path: Path) -> None:
        # A folder that is there may have been made by a process that died before it was durable, so
        # each process makes sure once.
        if path not in self._durable:
            self._fs.mkdir(path)
            self._fs.fsync_dir(path.parent)
            self._durable.add(path)

    def _discard(self, part: Path) -> None:
        try:
            self._fs.unlink(part)
        except OSError:
            # The sweep at the next start takes it; the first error is the one to report.
            return


def is_full(error: OSError) -> bool:
    """Whether the error says that there is no space left."""
    return error.errno in _FULL


def _storage_error(error: OSError, where: Path) -> StorageError:
    if is_full(error):
        return StorageFull(
            "no space left on the disk",
            where=str(where),
            fix="Free space there or lower evidence.max_bytes.",
        )
    return StorageError(f"cannot write evidence ({error.strerror})", where=str(where), fix="Check the disk.")
