"""One process per data folder, SQLite file or evidence folder."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from siaga.core.errors import Conflict


@contextmanager
def exclusive(lock: Path, what: str, fix: str) -> Iterator[None]:
    """Hold a lock file; the lock ends with the process, however that ends.

    Args:
        what: What it stands for, as in "another service is using ...".
        fix: What to do while another process holds it.

    Raises:
        Conflict: Another process holds it.
    """
    with lock.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(
                f"Another Siaga service is using this {what}.", where=str(lock.parent), fix=fix
            ) from error
        yield
