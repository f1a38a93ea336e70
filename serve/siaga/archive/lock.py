"""One process per data folder."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from siaga.core.errors import Conflict


@contextmanager
def exclusive(data_dir: Path) -> Iterator[None]:
    """Hold the folder; the lock ends with the process, however that ends.

    Raises:
        Conflict: Another process holds it.
    """
    with (data_dir / "service.lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(
                "Another Siaga service is using this data folder.",
                where=str(data_dir),
                fix="Stop it, or start this one on another folder.",
            ) from error
        yield
