"""Small pictures of evidence, made when first asked for and kept in a folder of this machine.

They are addressed by the sha256 of the evidence. Whoever removes evidence calls ``remove``; ``sweep`` removes
those whose evidence went while this machine did not look.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from siaga.review.errors import PictureRefused
from siaga.review.pictures import make_thumbnail

MOST_SOURCE_BYTES = 32 * 1024 * 1024


class Thumbnails:
    """A cache below ``root``; losing it costs only the time to make them again.

    Args:
        most: How many are kept; beyond, the ones that were made first go.
    """

    def __init__(self, root: Path, most: int = 50_000) -> None:
        self._root = root
        self._most = most
        self._made = 0

    def of(self, sha256: str, source: Callable[[], Iterable[bytes]]) -> bytes:
        """The thumbnail (JPEG, at most 320 pixels wide and high).

        Args:
            source: Gives the evidence's bytes; called only when the thumbnail is not there.

        Raises:
            PictureRefused: The evidence is no picture that can be read within bounds.
        """
        path = self._path(sha256)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            data = self._make(source)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as part:
            part.write(data)
        # Renamed: who reads at the same time sees all of it or nothing.
        Path(part.name).rename(path)
        self._bound()
        return data

    def _make(self, source: Callable[[], Iterable[bytes]]) -> bytes:
        whole = io.BytesIO()
        for piece in source():
            whole.write(piece)
            if whole.tell() > MOST_SOURCE_BYTES:
                raise PictureRefused("The picture is too large for a thumbnail.")
        whole.seek(0)
        return make_thumbnail(whole).data

    def remove(self, sha256: str) -> None:
        """Remove one; nothing happens where it is not."""
        path = self._path(sha256)
        try:
            path.write_bytes(b"\0" * path.stat().st_size)
        except FileNotFoundError:
            return
        path.unlink(missing_ok=True)

    def sweep(self, known: Callable[[str], bool]) -> int:
        """Remove those whose evidence is not known any more; returns how many."""
        gone = [path.stem for path in self._files() if not known(path.stem)]
        for sha256 in gone:
            self.remove(sha256)
        return len(gone)

    def _bound(self) -> None:
        self._made += 1
        # Counting the folder is dear: only now and then.
        if self._made % 500 == 0:
            files = sorted(self._files(), key=lambda path: path.stat().st_mtime)
            for path in files[: max(0, len(files) - self._most)]:
                self.remove(path.stem)

    def _files(self) -> Iterator[Path]:
        return self._root.glob("??/*.jpg")

    def _path(self, sha256: str) -> Path:
        return self._root / sha256[:2] / f"{sha256}.jpg"
