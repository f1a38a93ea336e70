"""Every kind of error, with its exit code."""

from collections.abc import Iterator

from siaga.cli.reference.markdown import code, page, table
from siaga.core.errors import SiagaError

_INTRO = """\
A command that fails prints one message: what happened, where, and the way out. Its exit code is that of the
error's kind; the service answers with the HTTP status. 0 is success; 1 also ends `siaga doctor` when
something is wrong; 2 also stands for a command line that cannot be understood; 130 is an interruption from
the keyboard."""


def errors() -> str:
    """The page."""
    rows = [
        (
            "&nbsp;" * 4 * depth + code(kind.__name__),
            str(kind.exit_code),
            str(kind.http_status),
            (kind.__doc__ or "").strip().splitlines()[0],
        )
        for depth, kind in tree(SiagaError)
    ]
    return page("Errors", _INTRO, table(("Error", "Exit code", "HTTP", "Meaning"), rows))


def tree(root: type[SiagaError], depth: int = 0) -> Iterator[tuple[int, type[SiagaError]]]:
    """``root`` and what is derived from it in the tree's own module, with its depth."""
    yield depth, root
    for kind in root.__subclasses__():
        if kind.__module__ == root.__module__:
            yield from tree(kind, depth + 1)
