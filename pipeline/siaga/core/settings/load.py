"""From a file's text to :class:`Settings`, or to an error that names file, line and the nearest spelling."""

import os
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from siaga.core.canonical import canonical_json, sha256_hex
from siaga.core.errors import ConfigError
from siaga.core.redact import Redactor
from siaga.core.settings.document import Document, read_document
from siaga.core.settings.site import Settings


@dataclass(frozen=True)
class Loaded:
    """A configuration that can be used.

    Attributes:
        config_hash: sha256 of the canonical JSON of the settings, secrets masked.
        redact: Knows this configuration's secrets.
    """

    settings: Settings
    config_hash: str
    redact: Redactor


def hash_settings(settings: Settings) -> str:
    """The sha256 that events carry to say under which configuration they were made."""
    return sha256_hex(canonical_json(_finite(settings.model_dump(mode="json"))))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return str(value) if value in (float("inf"), float("-inf")) else value


def load_settings(path: Path, env: Mapping[str, str] | None = None) -> Loaded:
    """Read and parse a configuration file.

    Args:
        env: Values for ``{ENV_NAME}``; default: the process's environment.

    Raises:
        ConfigError: The file cannot be read, or :func:`parse_settings` refuses it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(
            "no such file", where=str(path), fix="Start from configs/site.example.yaml."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the file cannot be read ({type(error).__name__})",
            where=str(path),
            fix="It must be UTF-8 text.",
        ) from error
    return parse_settings(text, filename=str(path), env=os.environ if env is None else env)


def parse_settings(text: str, *, filename: str = "config", env: Mapping[str, str] | None = None) -> Loaded:
    """Parse a configuration. No I/O.

    Raises:
        ConfigError: Lists every problem with file, line and, for a misspelt name, the nearest right one.
    """
    document = read_document(text, filename=filename, env=env or {})
    redact = Redactor(document.secrets)
    try:
        settings = Settings.model_validate(document.data)
    except ValidationError as error:
        raise _explain(error.errors(include_url=False), document, filename, redact) from None
    return Loaded(settings, hash_settings(settings), redact)


def _explain(
    errors: Iterable[ErrorDetails], document: Document, filename: str, redact: Redactor
) -> ConfigError:
    entries = list(errors)
    lines = []
    for entry in entries:
        if entry["type"] == "too_short" and any(_inside(other["loc"], entry["loc"]) for other in entries):
            continue  # it is short only because what is in it was refused, and that is said already
        loc = tuple(part for part in entry["loc"] if part != "[key]")
        lines.append((document.line(loc), ".".join(str(part) for part in loc), _sentence(entry, redact)))
    lines.sort()
    first_line, first_key, first_text = lines[0]
    rest = "".join(f"\n{filename}:{line}: {key}: {text}" for line, key, text in lines[1:])
    what = f"{first_key}: {first_text}" if first_key else first_text
    return ConfigError(redact(what + rest), where=f"{filename}:{first_line}")


def _inside(inner: tuple[str | int, ...], outer: tuple[str | int, ...]) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _sentence(entry: ErrorDetails, redact: Redactor) -> str:
    loc = entry["loc"]
    kind = entry["type"]
    if kind == "extra_forbidden":
        return _unknown(f"unknown key {loc[-1]!r}", str(loc[-1]), _known_keys(loc[:-1]))
    if kind in ("literal_error", "enum"):
        expected = [
            part.strip(" '") for part in str(entry["ctx"]["expected"]).replace(" or ", ",").split(",")
        ]
        return _unknown(f"{entry['input']!r} is not one of these", str(entry["input"]), expected)
    if kind == "missing":
        return "this key is needed and is not there"
    if kind == "value_error":
        return str(entry["ctx"]["error"])
    return f"{entry['msg'][0].lower()}{entry['msg'][1:]} (found {_short(entry['input'], redact)})"


def _short(value: Any, redact: Redactor) -> str:
    text = redact(repr(value))  # before it is cut: half a secret would no longer be known as one
    return text if len(text) <= 60 else text[:57] + "..."


def _unknown(what: str, given: str, known: list[str]) -> str:
    near = get_close_matches(given, known, n=1, cutoff=0.6)
    if near:
        return f"{what}; did you mean {near[0]!r}?"
    return f"{what}; known here: {', '.join(sorted(known))}" if known else what


def _known_keys(loc: tuple[str | int, ...]) -> list[str]:
    """The keys that the block at ``loc`` knows."""
    annotation: Any = Settings
    for part in loc:
        annotation = _step(_bare(annotation), part)
    block = _bare(annotation)
    return list(block.model_fields) if isinstance(block, type) and issubclass(block, BaseModel) else []


def _bare(annotation: Any) -> Any:
    """``annotation`` without Annotated and without None."""
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        return _bare(typing.get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return _bare(next(arg for arg in typing.get_args(annotation) if arg is not type(None)))
    return annotation


def _step(annotation: Any, part: str | int) -> Any:
    origin = typing.get_origin(annotation)
    if origin in (dict, tuple):
        return typing.get_args(annotation)[1 if origin is dict else 0]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and part in annotation.model_fields:
        return annotation.model_fields[str(part)].annotation
    return Literal
