"""Markdown from plain values."""

from collections.abc import Iterable, Sequence

GENERATED = "<!-- Written by `python -m siaga.cli.reference`; change the code, not this file. -->"


def page(title: str, *blocks: str) -> str:
    """A page of ``blocks``, ending with a newline."""
    return "\n\n".join([GENERATED, f"# {title}", *blocks]) + "\n"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; ``|`` and line breaks in a cell are kept from breaking it."""
    lines = [_row(header), _row(["---"] * len(header)), *(_row(row) for row in rows)]
    return "\n".join(lines)


def code(text: str) -> str:
    """``text`` as inline code; empty stays empty."""
    return f"`{text}`" if text else ""


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"
