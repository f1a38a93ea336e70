"""Several processes on one job: whoever makes a claim's file first does that part.

A claim is kept alive by touching it. One that was not touched for `STALE_S` belongs to a process that is
gone; it is taken over.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

STALE_S = 1200.0
Clock = Callable[[], float]


class Claims:
    """Claims of one job.

    Args:
        folder: Of the job's claims; made when missing.
        now: Wall time, seconds; the file system's times are compared with it.
    """

    def __init__(self, folder: Path, now: Clock = time.time) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._now = folder, now

    def take(self, name: str) -> bool:
        """Claim `name`; False if somebody else is at it."""
        file = self._folder / name
        for _ in range(2):
            try:
                os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
                return True
            except FileExistsError:
                if not self._drop_if_stale(file):
                    return False
        return False

    def touch(self, name: str) -> None:
        """Say that the work goes on."""
        with contextlib.suppress(FileNotFoundError):
            os.utime(self._folder / name, (self._now(), self._now()))

    def give_back(self, name: str) -> None:
        """The part is done, or left to others."""
        (self._folder / name).unlink(missing_ok=True)

    def _drop_if_stale(self, file: Path) -> bool:
        try:
            if self._now() - file.stat().st_mtime < STALE_S:
                return False
        except FileNotFoundError:
            return True
        # Of several who see a stale claim, one gets to rename it; the others find it gone.
        aside = file.with_name(f".{file.name}.{os.getpid()}")
        with contextlib.suppress(FileNotFoundError):
            file.rename(aside)
            aside.unlink()
        return True
