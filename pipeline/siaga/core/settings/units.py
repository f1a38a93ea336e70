"""Small types that parse themselves: durations, sizes, polygons, secrets and stream addresses."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, GetCoreSchemaHandler
from pydantic_core import core_schema

from siaga.core.geometry import Polygon
from siaga.core.redact import MASK, redact_address

_DURATION = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?\s*$")
_DURATION_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, None: 1.0}
_SIZE = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(B|kB|KB|MB|GB|TB)?\s*$")
_SIZE_UNITS = {"B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, None: 1}
_STREAM_SCHEMES = ("rtsp://", "rtsps://")


def parse_seconds(value: Any) -> float:
    """``90``, ``"90s"``, ``"1.5m"`` → seconds.

    Raises:
        ValueError: Not a duration; the text says what is accepted.
    """
    match = _DURATION.match(str(value)) if not isinstance(value, bool) else None
    if match is None:
        raise ValueError(
            f"{value!r} is not a duration; write for example 30s, 1.5m, 2h or a number of seconds"
        )
    return float(match[1]) * _DURATION_UNITS[match[2]]


def parse_bytes(value: Any) -> int:
    """``"50MB"`` → 50_000_000 (decimal units).

    Raises:
        ValueError: Not a size; the text says what is accepted.
    """
    match = _SIZE.match(str(value)) if not isinstance(value, bool) else None
    if match is None:
        raise ValueError(f"{value!r} is not a size; write for example 500kB, 50MB, 2GB or a number of bytes")
    return int(float(match[1]) * _SIZE_UNITS[match[2]])


def parse_points(value: Any) -> Any:
    """Frigate's ``"x1,y1,x2,y2,..."`` or a list of such numbers or of pairs → :class:`Polygon`.

    Raises:
        ValueError: Not pairs of numbers, or not a simple polygon inside 0..1.
    """
    if isinstance(value, Polygon):
        return value
    if isinstance(value, str):
        value = [part for part in value.split(",") if part.strip()]
    if not isinstance(value, Sequence):
        raise ValueError("coordinates are a list of x,y pairs from 0 to 1")  # noqa: TRY004 (pydantic's way)
    flat: list[float] = []
    for part in value:
        pair = part if isinstance(part, list | tuple) else str(part).split(",")
        flat.extend(float(number) for number in pair)
    if len(flat) % 2:
        raise ValueError(f"coordinates come in pairs x,y; there are {len(flat)} numbers")
    return Polygon(list(zip(flat[::2], flat[1::2], strict=True)))


class _Opaque:
    """A text that shows itself to nobody by accident: not in repr, not in JSON, not in an exception."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself, for the one call that needs it."""
        return self._value

    def _shown(self) -> str:
        return MASK

    def __str__(self) -> str:
        return self._shown()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._shown()!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    @classmethod
    def _check(cls, value: str) -> str:
        return value

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: Any, _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        def build(value: Any) -> Any:
            return value if isinstance(value, cls) else cls(cls._check(str(value)))

        return core_schema.no_info_before_validator_function(
            build,
            core_schema.is_instance_schema(cls),
            serialization=core_schema.plain_serializer_function_ser_schema(str),
            json_schema_input_schema=core_schema.str_schema(),
        )


class Secret(_Opaque):
    """A password or token."""

    __slots__ = ()


class StreamUrl(_Opaque):
    """Where a camera is: ``rtsp://``, ``rtsps://``, ``file:PATH`` or ``device:N``. Shown without credentials.

    Raises:
        ValueError: Any other protocol: a stream address is code for FFmpeg, so the list is closed.
    """

    __slots__ = ()

    @classmethod
    def _check(cls, value: str) -> str:
        value = value.strip()
        if value.lower().startswith(_STREAM_SCHEMES):
            return value
        if re.fullmatch(r"device:\d+", value):
            return value
        if value.startswith("file:") and len(value) > 5 and not value.startswith("file://"):
            return value
        raise ValueError(
            f"{redact_address(value)!r} is not a source; use rtsp://…, rtsps://…, file:PATH or device:NUMBER"
        )

    @classmethod
    def parse(cls, value: str) -> "StreamUrl":
        """Check ``value`` as the configuration does.

        Raises:
            ValueError: Not a source; names what is accepted.
        """
        return cls(cls._check(value))

    @property
    def is_file(self) -> bool:
        """A file that is read from start to end."""
        return self._value.startswith("file:")

    @property
    def path(self) -> Path:
        """The file's path; only for ``is_file``."""
        return Path(self._value.removeprefix("file:"))

    def _shown(self) -> str:
        return redact_address(self._value)


Seconds = Annotated[float, BeforeValidator(parse_seconds, json_schema_input_type=float | str)]
Bytes = Annotated[int, BeforeValidator(parse_bytes, json_schema_input_type=int | str)]


class PolygonType:
    """Pydantic's way to read a :class:`Polygon` from coordinates."""

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: Any, _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(
            parse_points,
            core_schema.is_instance_schema(Polygon),
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda polygon: [list(point) for point in polygon.points]
            ),
            json_schema_input_schema=core_schema.union_schema(
                [core_schema.str_schema(), core_schema.list_schema(core_schema.any_schema())]
            ),
        )


Coordinates = Annotated[Polygon, PolygonType]


class Block(BaseModel):
    """A block of the configuration: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
