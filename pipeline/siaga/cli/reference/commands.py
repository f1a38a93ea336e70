"""Every command and option."""

import inspect
from collections.abc import Iterator
from typing import Any

import typer

from siaga.cli.reference.markdown import code, page, table


def commands() -> str:
    """The page."""
    from siaga.cli.app import app

    root = typer.main.get_command(app)
    blocks = [block for path, command in _walk("siaga", root) for block in _blocks(path, command)]
    return page("Commands", "Exit codes are in [errors.md](errors.md).", *blocks)


def _walk(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from _walk(f"{path} {name}", inner)


def _blocks(path: str, command: Any) -> Iterator[str]:
    yield f"## {path}"
    yield inspect.cleandoc(command.help or "")
    rows = [_row(parameter) for parameter in command.params if not parameter.hidden]
    if rows:
        yield table(("Argument or option", "Default", "Meaning"), rows)


def _row(parameter: Any) -> tuple[str, str, str]:
    if parameter.param_type_name == "argument":
        shown = f"{parameter.name.upper()}{'...' if parameter.nargs == -1 else ''}"
    else:
        shown = ", ".join([*parameter.opts, *parameter.secondary_opts])
        if not parameter.is_flag:
            shown += f" {parameter.name.upper()}"
    return code(shown), _default(parameter), parameter.help or ""


def _default(parameter: Any) -> str:
    if parameter.required:
        return "**needed**"
    value = parameter.default
    return "" if value is None or value is False or callable(value) else code(str(value))
