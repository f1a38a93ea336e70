"""Statements that both databases know, each under its own dialect, and the boundary of sites."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, false, true
from sqlalchemy.dialects import postgresql, sqlite

from siaga.access import Scope


def insert_or(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert with ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def within(scope: Scope, site: ColumnElement[Any]) -> ColumnElement[bool]:
    """The condition that a row's site is one of the scope's."""
    if scope.sites is None:
        return true()
    if not scope.sites:
        return false()
    return site.in_(sorted(scope.sites))
