"""What people read: standard error for messages and progress, standard output for results."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from siaga.core.errors import SiagaError
from siaga.core.redact import Redactor, redact

_WIDTH = 160


def stderr() -> Console:
    """For messages and progress."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def stdout() -> Console:
    """For results."""
    return Console(highlight=False, soft_wrap=True)


def wide_stdout() -> Console:
    """For tables: 160 columns where no terminal says how many there are."""
    console = stdout()
    if not console.is_terminal:
        console.width = _WIDTH
    return console


def video_progress() -> Progress:
    """A bar per video, counted in its seconds."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f} s of video"),
        TimeRemainingColumn(),
        console=stderr(),
    )


@contextmanager
def counting(what: str) -> Iterator[Callable[[int], None]]:
    """A count that goes up, for work of unknown length; gives what to tell the steps to."""
    columns = (TextColumn("{task.description}"), TextColumn("{task.completed:.0f}"), TimeElapsedColumn())
    with Progress(*columns, console=stderr(), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda count: progress.advance(task, count)


def show_error(error: SiagaError, mask: Redactor | None = None) -> None:
    """Print an error as what, where and the way out; no traceback, no credentials."""
    clean = mask or redact
    console = stderr()
    where = f"{escape(clean(error.where))}: " if error.where else ""
    console.print(f"[bold red]error:[/] {where}{escape(clean(error.what))}")
    if error.fix:
        console.print(f"[bold]way out:[/] {escape(clean(error.fix))}")


def stop_on_signals() -> threading.Event:
    """An event that SIGINT and SIGTERM set; a second SIGINT ends the process at once."""
    stop = threading.Event()

    def ask(number: int, _frame: object) -> None:
        if stop.is_set() and number == signal.SIGINT:
            sys.exit(130)
        stop.set()

    signal.signal(signal.SIGINT, ask)
    signal.signal(signal.SIGTERM, ask)
    return stop
