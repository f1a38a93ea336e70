"""Databases for tests: SQLite files, and databases of a real PostgreSQL that runs for the session.

Use in a conftest: ``from tests.support.databases import *``. A test that takes ``database_url`` or
``database`` runs twice, on SQLite and on PostgreSQL; each time on an empty database with the newest tables.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from siaga.db import Database
from siaga.db.migrate import upgrade
from tests.support.system import require_system

__all__ = ["database", "database_kind", "database_url", "empty_database_url", "postgresql", "sqlite_template"]

Kind = Literal["sqlite", "postgresql"]
_TEMPLATE = "siaga_template"
_UNPRIVILEGED = ("postgres", "nobody")
_START_S = 60


@dataclass(frozen=True)
class Postgresql:
    """A running server. ``folder`` holds its socket."""

    folder: Path

    def url(self, name: str) -> str:
        """The address of a database, as ``siaga serve --database`` takes it."""
        return f"postgresql://siaga@/{name}?host={self.folder}"

    def run(self, statement: sql.Composed | sql.SQL) -> None:
        """Run a statement outside of a transaction."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    @contextmanager
    def fresh(self, template: str = "template1") -> Iterator[str]:
        """A database of its own, gone afterwards; yields its address."""
        name = f"test_{uuid4().hex}"
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self.run(create.format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield self.url(name)
        finally:
            self.run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def postgresql_server(*settings: str) -> Iterator[Postgresql]:
    """Run PostgreSQL on a unix socket in a temporary folder; skips where it is not installed.

    Args:
        settings: ``name=value`` as in postgresql.conf. ``fsync`` and ``synchronous_commit`` stay on.
    """
    programs = Path(require_system("postgresql")).parent
    folder = Path(tempfile.mkdtemp(prefix="siaga-pg-"))
    user = _unprivileged(folder)
    data = folder / "data"
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "siaga", "-A", "trust", "-E", "UTF8", "--locale=C"],
        check=True,
        stdout=subprocess.DEVNULL,
        user=user,
        cwd=folder,
    )
    options = ["listen_addresses=", f"unix_socket_directories={folder}", "shared_buffers=32MB", *settings]
    words = [word for option in options for word in ("-c", option)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [programs / "postgres", "-D", data, *words], stdout=log, stderr=log, user=user, cwd=folder
        )
    try:
        server = Postgresql(folder)
        _await(server, process, folder / "log")
        yield server
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged(folder: Path) -> int | None:
    """PostgreSQL refuses to run as root: then the folder is given to somebody else."""
    if os.geteuid() != 0:
        return None
    entries = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next((entries[name] for name in _UNPRIVILEGED if name in entries), None)
    if entry is None:
        pytest.skip(f"PostgreSQL needs an unprivileged user: {' or '.join(_UNPRIVILEGED)}")
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    return entry.pw_uid


def _await(server: Postgresql, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + _START_S
    while True:
        try:
            psycopg.connect(server.url("postgres")).close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"PostgreSQL did not start: {log.read_text()[-2000:]}")
            time.sleep(0.05)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """A server with a template that has the newest tables."""
    with postgresql_server() as server:
        server.run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_TEMPLATE)))
        _upgrade(server.url(_TEMPLATE))
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the newest tables."""
    path = tmp_path_factory.mktemp("template") / "template.sqlite3"
    _upgrade(f"sqlite:///{path}")
    return path


def _upgrade(url: str) -> None:
    database = Database(url)
    upgrade(database)
    database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.system)])
def database_kind(request: pytest.FixtureRequest) -> Kind:
    """Which database this run is on."""
    kind: Kind = request.param
    return kind


@pytest.fixture
def database_url(
    database_kind: Kind, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of an empty database with the newest tables."""
    if database_kind == "sqlite":
        path = tmp_path_factory.mktemp("database") / "archive.sqlite3"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
    else:
        with _server(request).fresh(_TEMPLATE) as url:
            yield url


@pytest.fixture
def empty_database_url(
    database_kind: Kind, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a database without tables."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('database')}/archive.sqlite3"
    else:
        with _server(request).fresh() as url:
            yield url


def _server(request: pytest.FixtureRequest) -> Postgresql:
    server: Postgresql = request.getfixturevalue("postgresql")
    return server


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database with the newest tables."""
    opened = Database(database_url)
    yield opened
    opened.close()
