"""Types in words that a person who writes YAML or reads JSON understands."""

import types
import typing
from collections.abc import Mapping
from datetime import time
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, Union
from uuid import UUID

import annotated_types
from pydantic import AwareDatetime, BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from siaga.core.geometry import Polygon
from siaga.core.settings import Secret, StreamUrl
from siaga.core.settings.units import parse_bytes, parse_seconds

_WORDS: Mapping[Any, str] = MappingProxyType(
    {
        bool: "true or false",
        int: "whole number",
        float: "number",
        str: "text",
        time: 'time of day, e.g. "07:00"',
        AwareDatetime: "time (RFC 3339, UTC)",
        UUID: "UUID",
        Path: "path",
        Polygon: "corners",
        Secret: "secret",
        StreamUrl: "stream address",
        type(None): "null",
    }
)
_LIMITS = ((annotated_types.Ge, "ge", "≥"), (annotated_types.Gt, "gt", ">"), (annotated_types.Le, "le", "≤"))


def field_words(field: FieldInfo) -> str:
    """The type and limits of a field."""
    for entry in field.metadata:
        if isinstance(entry, BeforeValidator) and entry.func in (parse_seconds, parse_bytes):
            kind = "duration" if entry.func is parse_seconds else "size"
            return _limited(kind, field)
    return _limited(words(field.annotation), field)


def words(annotation: Any) -> str:
    """A type in words."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return words(inner[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in inner)
    if origin in (Union, types.UnionType):
        return " or ".join(words(part) for part in inner if part is not type(None))
    if origin is tuple:
        return f"list of {words(inner[0])}" if inner[-1] is ... else f"{len(inner)} × {words(inner[0])}"
    if origin is dict:
        return f"{words(inner[1])} by {'class' if typing.get_origin(inner[0]) is Literal else 'name'}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " or ".join(f"`{member.value}`" for member in annotation)
    return _WORDS.get(annotation) or "block"


def block_of(annotation: Any) -> tuple[type[BaseModel] | None, str]:
    """The block inside ``annotation``, and how a path goes on to it: ``.``, ``[].`` or ``.NAME.``."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is dict:
        return block_of(inner[1])[0], ".NAME."
    if origin is tuple:
        return block_of(inner[0])[0], "[]."
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, "."
    return next((found for part in inner if (found := block_of(part))[0]), (None, ""))


def _limited(text: str, field: FieldInfo) -> str:
    limits = [
        f"{sign} {getattr(entry, attribute):g}"
        for entry in field.metadata
        for kind, attribute, sign in _LIMITS
        if isinstance(entry, kind)
    ]
    return f"{text}, {', '.join(limits)}" if limits else text
