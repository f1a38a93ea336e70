"""Transactions on SQLite or PostgreSQL, chosen by the URL."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as NoConnection

from siaga.core.errors import BadRequest, ConfigError, DependencyMissing, StorageError, StorageFull
from siaga.db.changes import ANNOUNCED

_BUSY_MS = 10_000
_POOL: dict[str, Any] = {"pool_size": 8, "max_overflow": 24, "pool_timeout": 20}
"""Fewer connections than PostgreSQL's usual 100, so that three replicas may run."""
_WRITING = "siaga_writing"
_DISK_FULL = "53100"
_PRAGMAS = (
    "journal_mode=DELETE",
    "synchronous=FULL",
    "foreign_keys=ON",
    "trusted_schema=OFF",
    "secure_delete=ON",
    f"busy_timeout={_BUSY_MS}",
)


class Database:
    """Connections to one database; safe to use from several threads.

    SQLite runs with ``journal_mode=DELETE`` and ``synchronous=FULL``: when a transaction has returned, it is
    on disk. PostgreSQL keeps its own ``synchronous_commit=on``.

    Args:
        url: ``sqlite:///path`` or ``postgresql://user:password@host/name``.

    Raises:
        ConfigError: The URL is neither.
        DependencyMissing: PostgreSQL is asked for without its driver.
    """

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self.where = self._engine.url.render_as_string(hide_password=True)
        self._one_writer = threading.RLock()
        self._on_change: list[Callable[[], None]] = []

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    @property
    def engine(self) -> Engine:
        """For migrations and for listening; everything else uses ``writing`` and ``reading``."""
        return self._engine

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """All or nothing, and on disk when it ends.

        Raises:
            StorageError: It could not be written; nothing has changed. ``StorageFull`` without space.
            BadRequest: A value is of a kind that the database cannot keep.
            IntegrityError: SQLAlchemy's, when a constraint does not hold.
        """
        if self.dialect == "sqlite":
            # In-process writers queue here; SQLite's own waiting is by polling.
            with self._one_writer, self._connected(writing=True) as connection:
                yield connection
        else:
            with self._connected(writing=True) as connection:
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent picture for several queries.

        Raises:
            StorageError: It cannot be read.
        """
        with self._connected(writing=False) as connection:
            yield connection

    @contextmanager
    def _connected(self, *, writing: bool) -> Iterator[Connection]:
        with self._translated(), self._engine.connect() as plain:
            options: dict[str, Any] = {_WRITING: writing}
            if self.dialect == "postgresql" and not writing:
                options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            connection = plain.execution_options(**options)
            with connection.begin() as transaction:
                connection.info.pop(ANNOUNCED, None)
                yield connection
                if not writing:
                    transaction.rollback()
            if connection.info.pop(ANNOUNCED, False):
                for call in self._on_change:
                    call()

    def on_change(self, call: Callable[[], None]) -> None:
        """Have ``call`` called after every transaction here that announced a change. It must not block."""
        self._on_change.append(call)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except DataError as error:
            raise BadRequest("A value cannot be kept.", fix="Leave out control characters.") from error
        except NoConnection as error:
            raise StorageError(
                "All connections to the archive are in use.", where=self.where, fix="Try again later."
            ) from error
        except DBAPIError as error:
            if _is_full(error.orig):
                raise StorageFull(
                    "No space is left for the archive.", where=self.where, fix="Free some space."
                ) from error
            raise StorageError(
                f"The archive cannot be used: {error.orig}.",
                where=self.where,
                fix="Check the disk and the file, or the database server.",
            ) from error

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError(
            "The database's address cannot be read.",
            fix="Give sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME.",
        ) from error
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            raise ConfigError("What is in memory would be lost.", fix="Give sqlite:///PATH.")
        arguments = {"isolation_level": None, "check_same_thread": False}
        engine = create_engine(parsed, connect_args=arguments, **_POOL)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if backend != "postgresql":
        raise ConfigError(
            f"{backend} is no database that Siaga keeps its archive in.",
            fix="Give a sqlite or postgresql URL.",
        )
    try:
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            connect_args={"options": "-c timezone=UTC"},
            pool_pre_ping=True,
            **_POOL,
        )
    except ModuleNotFoundError as error:
        raise DependencyMissing(
            "PostgreSQL's driver is not installed.", fix="Install siaga[postgres]."
        ) from error


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").fetchall()


def _begin_sqlite(connection: Connection) -> None:
    # The driver's own BEGIN is off (isolation_level None): it would start reading transactions for writers.
    writing = connection.get_execution_options().get(_WRITING, True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _is_full(error: BaseException | None) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code == sqlite3.SQLITE_FULL or getattr(error, "sqlstate", None) == _DISK_FULL
