"""YAML into plain values, with the line of every key kept, so that an error can say where it is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import yaml

from siaga.core.errors import ConfigError

Path = tuple[str | int, ...]
_PLACEHOLDER = re.compile(r"\{([A-Z][A-Z0-9_]*)\}")


class _Yaml12Loader(yaml.SafeLoader):
    """Plain scalars as YAML 1.2 reads them: ``07:00`` and ``on`` are texts, not 420 and true."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (PyYAML's API)


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.inf", "-+.0123456789"),
):
    _Yaml12Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}",
        re.compile(rf"^(?:{_pattern})$"),
        [*_first, ""] if _tag == "null" else [*_first],
    )


@dataclass(frozen=True)
class Document:
    """A parsed file.

    Attributes:
        data: Plain values, placeholders filled in.
        lines: Line (from 1) of each key and list item, by its path.
        secrets: The values that came from the environment.
    """

    data: dict[str, Any]
    lines: Mapping[Path, int]
    secrets: tuple[str, ...]

    def line(self, path: Path) -> int:
        """The line of ``path``, or of its nearest ancestor that is in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class _Reader:
    def __init__(self, filename: str, env: Mapping[str, str]) -> None:
        self.filename = filename
        self.env = env
        self.lines: dict[Path, int] = {}
        self.secrets: list[str] = []
        self.loader = _Yaml12Loader("")

    def fail(self, what: str, line: int, fix: str) -> ConfigError:
        return ConfigError(what, where=f"{self.filename}:{line}", fix=fix)

    def value(self, node: yaml.Node, path: Path) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*path, index)) for index, child in enumerate(node.value)]
        scalar = self.loader.construct_object(node)
        return self.filled(scalar, node.start_mark.line + 1) if isinstance(scalar, str) else scalar

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in result:
                raise self.fail(f"the key {key!r} is here twice", line, "Keep one of them.")
            self.lines[(*path, key)] = line
            result[key] = self.value(value_node, (*path, key))
        return result

    def filled(self, text: str, line: int) -> str:
        def fill(match: re.Match[str]) -> str:
            name = match[1]
            if name not in self.env:
                raise self.fail(
                    f"the environment variable {name} is not set", line, f"Export {name} with its value."
                )
            self.secrets.append(self.env[name])
            # Inside an address a password's own @ or / would change where the address points.
            value = self.env[name]
            return quote(value, safe="", errors="surrogateescape") if "://" in text else value

        return _PLACEHOLDER.sub(fill, text)


def read_document(
    text: str, *, filename: str, env: Mapping[str, str], example: str = "configs/site.example.yaml"
) -> Document:
    """Parse YAML and fill ``{ENV_NAME}`` placeholders.

    Args:
        example: A file to start from, for whoever has nothing yet.

    Raises:
        ConfigError: Not YAML, not a mapping, a key twice, or a placeholder without a value; names the line.
    """
    reader = _Reader(filename, env)
    try:
        node = yaml.compose(text, Loader=_Yaml12Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise reader.fail(
            f"this is not YAML: {problem}",
            mark.line + 1 if mark else 1,
            "Check indentation, colons and quotes.",
        ) from error
    if not isinstance(node, yaml.MappingNode):
        raise reader.fail("the file is empty or not a list of keys", 1, f"Start from {example}.")
    data = reader.mapping(node, ())
    return Document(data, reader.lines, tuple(reader.secrets))
