"""Child processes that behave badly, for the supervisor's tests."""

import os
import time
from pathlib import Path

from siaga.core.errors import SourceRefused
from siaga.edge.child import Tether, follow_parent, run_child


def _note(folder: Path, name: str) -> None:
    with (folder / name).open("a") as file:
        file.write(f"{os.getpid()}\n")


def beats(tether: Tether, folder: Path) -> None:
    """Lives until told to stop."""
    follow_parent()

    def work() -> None:
        _note(folder, tether.name)
        while not tether.stopping():
            tether.alive()
            time.sleep(0.05)
        _note(folder, f"{tether.name}.ended")

    run_child(tether, work)


def crashes(tether: Tether, folder: Path) -> None:
    """Ends with an error that names a password."""

    def work() -> None:
        _note(folder, tether.name)
        raise SourceRefused("no right to rtsp://admin:hunter22@camera/1", where="hunter22")

    run_child(tether, work)


def hangs(tether: Tether, folder: Path) -> None:
    """Gives one sign of life and then none."""
    follow_parent()

    def work() -> None:
        _note(folder, tether.name)
        time.sleep(3600)

    run_child(tether, work)
