"""Column types that mean the same on SQLite and PostgreSQL.

On SQLite only INTEGER, REAL and TEXT are used: other names are refused by tables that are ``STRICT``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import REAL, BigInteger, Boolean, DateTime, Dialect, Double, Integer, Text, Uuid
from sqlalchemy.types import TypeDecorator, TypeEngine

Whole = BigInteger().with_variant(Integer(), "sqlite")
"""A whole number up to 2**63 - 1."""
Number: TypeEngine[Any] = Double().with_variant(REAL(), "sqlite")
"""A number of 64 bits."""


class UtcTime(TypeDecorator[datetime]):
    """An aware moment: ``timestamptz``, or in SQLite UTC text of one length (text order is time order).

    Raises:
        ValueError: A naive moment is given.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime] | TypeEngine[str]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time has a zone")
        utc = value.astimezone(UTC)
        if dialect.name == "sqlite":
            return utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
        return utc

    def process_result_value(self, value: datetime | str | None, _dialect: Dialect) -> datetime | None:
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        return None if value is None else value.astimezone(UTC)


class Id(TypeDecorator[UUID]):
    """A UUID: ``uuid``, or in SQLite its text with hyphens (both sort alike)."""

    impl = Uuid()
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[UUID] | TypeEngine[str]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(Uuid())

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> UUID | str | None:
        return str(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: UUID | str | None, _dialect: Dialect) -> UUID | None:
        return UUID(value) if isinstance(value, str) else value


class Flag(TypeDecorator[bool]):
    """Yes or no: ``boolean``, or in SQLite 1 and 0."""

    impl = Boolean(create_constraint=False)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[bool] | TypeEngine[int]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Integer())
        return dialect.type_descriptor(Boolean())

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> bool | int | None:
        return int(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: bool | int | None, _dialect: Dialect) -> bool | None:
        return None if value is None else bool(value)
