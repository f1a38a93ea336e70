"""Every key of a site's configuration."""

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from siaga.cli.reference.markdown import code, page, table
from siaga.cli.reference.types import block_of, field_words
from siaga.core.settings import Settings

_INTRO = """\
One YAML file per site. `siaga config check FILE` says whether it is right, with file and line; `siaga
config schema` prints the JSON Schema, which is also in `configs/site.schema.json`.
`configs/site.example.yaml` is a whole example, `configs/minimal.yaml` the least that works.

- An unknown key is an error.
- `{NAME}` in upper case, in any text, stands for the environment variable `NAME`. Inside an address its
  value is percent-encoded, so that a password may hold any character. What comes from there is never shown.
- **duration**: a number of seconds, or `500ms`, `30s`, `1.5m`, `2h`, `1d`.
- **size**: a number of bytes, or `500kB`, `50MB`, `2GB` (decimal).
- **corners**: `[[x, y], [x, y], ...]` or `x,y,x,y,...`, each from 0 to 1 of the picture's width and height,
  at least three, in order; the outline may not cross itself.
- **stream address**: `rtsp://`, `rtsps://`, `file:PATH` or `device:NUMBER`; nothing else.
- `NAME` in a key stands for a name of your own: letters, digits, `-` and `_`."""


def configuration() -> str:
    """The page."""
    rows = [
        (code(path), field_words(field), _default(field), field.description or "")
        for path, field in fields(Settings)
    ]
    return page("Configuration", _INTRO, table(("Key", "Type", "Default", "Meaning"), rows))


def fields(block: type[BaseModel], before: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every field of ``block`` and of the blocks in it, by its path."""
    for name, field in block.model_fields.items():
        path = before + name
        yield path, field
        inner, way = block_of(field.annotation)
        if inner is not None:
            yield from fields(inner, path + way)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**needed**"
    if block_of(field.annotation)[0] is not None:
        return ""
    return code(_shown(field.get_default(call_default_factory=True)))


def _shown(value: Any) -> str:
    if value is None or value == float("inf"):
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple):
        return f"[{', '.join(_shown(item) for item in value)}]"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value) if isinstance(value, Path) else f"{value}"
