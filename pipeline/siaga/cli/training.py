"""What the commands for models share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from rich.markup import escape
from rich.progress import Progress

from siaga.cli.console import stderr
from siaga.core.errors import BadRequest, DependencyMissing

_NEEDED = ("torch", "ultralytics", "albumentations", "onnx")


def need_training() -> None:
    """Make sure that the extra ``train`` is installed.

    Raises:
        DependencyMissing: Something of it is not; the text names it.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise DependencyMissing(
            f"this needs {', '.join(missing)}, which the bare installation does not have",
            fix="pip install 'siaga[train,data]'",
        )


def size_of(text: str) -> tuple[int, int]:
    """(width, height) of ``960x544``.

    Raises:
        BadRequest: It is not written so.
    """
    width, cross, height = text.lower().partition("x")
    if not (cross and width.isdigit() and height.isdigit()):
        raise BadRequest(f"{text!r} is no size.", where="--input", fix="Write it like 960x544.")
    return int(width), int(height)


@contextmanager
def bars() -> Iterator[Callable[[str, int, int], None]]:
    """Progress bars by name: call with the name, what is done, and of how much."""
    with Progress(console=stderr(), transient=True) as shown:
        tasks = {}

        def update(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = shown.add_task(escape(what), total=total)
            shown.update(tasks[what], completed=done)

        yield update
