"""A zip that has one form only: stored, no times, files in the order written; digests taken as they go in."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from siaga.core.canonical import canonical_json
from siaga.core.errors import BadRequest
from siaga.proof.key import ServiceKey

MAX_BYTES = 2_000_000_000
"""A pack stays below the sizes at which the zip format changes its form."""
MAX_FILES = 60_000
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o100644 << 16


class PackFile:
    """A pack that is being written.

    Args:
        file: Seekable, empty.

    Raises:
        BadRequest: The pack would become too large.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=False)
        self._files: list[tuple[str, int, str]] = []

    def add(self, name: str, pieces: Iterable[bytes]) -> None:
        """Add a file. ``name``: ASCII, ``/`` between folders."""
        with self._entry(name) as entry:
            digest, size = hashlib.sha256(), 0
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                _refuse_more_than(MAX_BYTES, self._file.tell() + len(piece))
                entry.write(piece)
        self._files.append((name, size, digest.hexdigest()))
        _refuse_more_than(MAX_FILES, len(self._files))

    def seal(self, manifest: dict[str, Any], key: ServiceKey) -> None:
        """Add the signed manifest and end the pack; ``manifest`` lacks the files and the key only."""
        told = manifest | {"files": self._files, "service_key": key.public_key}
        data = canonical_json(told)
        self.add("manifest.json", [data])
        self.add("manifest.sig", [key.sign(data).encode()])
        self._zip.close()

    def abandon(self) -> None:
        """Let go of the file, as it is; what is in it is no pack."""
        with suppress(OSError, ValueError, zipfile.LargeZipFile):
            self._zip.close()

    @contextmanager
    def _entry(self, name: str) -> Iterator[IO[bytes]]:
        info = zipfile.ZipInfo(name, _FIRST_DAY)
        info.create_system = 3
        info.external_attr = _READABLE
        with self._zip.open(info, "w") as entry:
            yield entry


def _refuse_more_than(most: int, found: int) -> None:
    if found > most:
        raise BadRequest(
            "The pack would become too large.", fix="Choose a shorter span, or one camera at a time."
        )
