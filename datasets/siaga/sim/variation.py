"""A scenario that extends another one: the shipped text of which only some keys are said anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from siaga.core.errors import ConfigError
from siaga.core.settings.document import Document, read_document

EXAMPLE = "datasets/siaga/sim/scenarios/groundworks.yaml"
Loc = tuple[str | int, ...]
Finder = Callable[[str], tuple[str, str]]
"""The text of a scenario, and the name of its file, by what stands after ``extends``.

Raises:
    ConfigError: There is no such scenario.
"""


@dataclass(frozen=True)
class Source:
    """What a scenario's file says, with what it extends.

    Attributes:
        data: Plain values; mappings are merged key by key, everything else is replaced as a whole.
    """

    data: dict[str, Any]
    _filename: str
    _document: Document
    _base: Source | None = None

    def place(self, loc: Loc) -> tuple[str, int]:
        """File and line (from 1) of a value: of the file that says it."""
        if self._base is not None and loc and loc not in self._document.lines:
            inherited = self._base.knows(loc)
            if inherited >= self.knows(loc):
                return self._base.place(loc)
        return self._filename, self._document.line(loc)

    def knows(self, loc: Loc) -> int:
        """How many parts of a value's path the file has."""
        return max(size for size in range(len(loc) + 1) if size == 0 or loc[:size] in self._document.lines)


def read_source(text: str, filename: str, find: Finder) -> Source:
    """Read a scenario's text and, if it has ``extends``, what it extends.

    Raises:
        ConfigError: Not YAML; no such base; a base that extends another; a variation without a name.
    """
    document = read_document(text, filename=filename, env={}, example=EXAMPLE)
    if "extends" not in document.data:
        return Source(document.data, filename, document)
    where = f"{filename}:{document.line(('extends',))}"
    if "name" not in document.data:
        raise ConfigError(
            "a scenario that extends another needs a name of its own",
            where=where,
            fix="Add name: it names the clip.",
        )
    own = {key: value for key, value in document.data.items() if key != "extends"}
    base_text, base_name = find(str(document.data["extends"]))
    base_document = read_document(base_text, filename=base_name, env={}, example=EXAMPLE)
    if "extends" in base_document.data:
        raise ConfigError(
            f"{base_name} extends another scenario itself",
            where=where,
            fix=f"Extend {base_document.data['extends']}, and say here what {base_name} says.",
        )
    base = Source(base_document.data, base_name, base_document)
    return Source(_merged(base.data, own), filename, document, base)


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in over.items():
        kept = result.get(key)
        mappings = isinstance(kept, dict) and isinstance(value, dict)
        result[key] = _merged(kept or {}, value) if mappings else value
    return result
