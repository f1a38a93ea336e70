"""All tables as text files and back, from SQLite or PostgreSQL to either, at any version of the tables.

One file per table, one JSON object per row: times as UTC text, ids as text, bytes as ``{"base64": ...}``.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Connection,
    Date,
    DateTime,
    MetaData,
    Table,
    Uuid,
    delete,
    func,
    insert,
    select,
    text,
)

LEFT_OUT = frozenset({"alembic_version", "changes"})
"""Alembic's mark is made by the migrations; ``changes`` is news, not the archive."""
_MANY = 500

Tell = Callable[[int], None]
"""Called with a number of rows that were copied since the last call."""


def tables_of(connection: Connection) -> list[Table]:
    """The tables that are there, those first that others refer to."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name not in LEFT_OUT]


def count_rows(connection: Connection) -> dict[str, int]:
    """Rows per table."""
    return {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in tables_of(connection)
    }


def dump_tables(connection: Connection, folder: Path, tell: Tell = lambda _: None) -> dict[str, int]:
    """Write every table into ``<folder>/<table>.jsonl``. Returns rows per table."""
    counts: dict[str, int] = {}
    for table in tables_of(connection):
        rows = connection.execution_options(yield_per=_MANY).execute(select(table))
        names = list(rows.keys())
        counts[table.name] = 0
        with (folder / f"{table.name}.jsonl").open("w", encoding="utf-8") as file:
            for part in rows.partitions():
                file.writelines(_line(names, row) for row in part)
                counts[table.name] += len(part)
                tell(len(part))
    return counts


def _line(names: list[str], row: Any) -> str:
    plain = {name: _plain(value) for name, value in zip(names, row, strict=True)}
    return json.dumps(plain, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return {"base64": base64.b64encode(bytes(value)).decode()}
    return value


def load_tables(connection: Connection, folder: Path, tell: Tell = lambda _: None) -> dict[str, int]:
    """Replace all rows by those of ``dump_tables``, in tables of the same version. Returns rows per table.

    Raises:
        OSError: A file cannot be read.
        ValueError: A file is not as it was written.
    """
    counts: dict[str, int] = {}
    tables = tables_of(connection)
    for table in reversed(tables):
        connection.execute(delete(table))
    for table in tables:
        counts[table.name] = 0
        for rows in _read(folder / f"{table.name}.jsonl", table):
            connection.execute(insert(table), rows)
            counts[table.name] += len(rows)
            tell(len(rows))
        if connection.dialect.name == "postgresql":
            _continue_numbers(connection, table)
    return counts


def _read(path: Path, table: Table) -> Iterator[list[dict[str, Any]]]:
    wanted = {column.name: _reader(column.type) for column in table.columns}
    with path.open(encoding="utf-8") as file:
        while lines := list(islice(file, _MANY)):
            yield [{name: wanted[name](value) for name, value in json.loads(line).items()} for line in lines]


def _reader(kind: Any) -> Callable[[Any], Any]:
    """The way back from text, as the column that is really there wants it."""
    if isinstance(kind, DateTime):
        convert: Callable[[Any], Any] = datetime.fromisoformat
    elif isinstance(kind, Date):
        convert = date.fromisoformat
    elif isinstance(kind, Uuid):
        convert = UUID
    elif isinstance(kind, Boolean):
        convert = bool
    else:
        convert = _bytes_or_plain
    return lambda value: None if value is None else convert(value)


def _bytes_or_plain(value: Any) -> Any:
    if isinstance(value, dict):
        return base64.b64decode(value["base64"], validate=True)
    return int(value) if isinstance(value, bool) else value


def _continue_numbers(connection: Connection, table: Table) -> None:
    for column in table.primary_key:
        names = {"table": table.name, "column": column.name}
        sequence = connection.execute(text("SELECT pg_get_serial_sequence(:table, :column)"), names).scalar()
        if sequence is not None:
            highest = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
            connection.execute(select(func.setval(sequence, highest, False)))
