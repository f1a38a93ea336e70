"""What changed lately, told to pages that listen: written with the change itself, in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert

from siaga.db.tables.archive import changes

ANNOUNCED = "siaga_announced"


@dataclass(frozen=True, slots=True)
class Change:
    """Something of a site is not as it was.

    Attributes:
        kind: What it is, e.g. ``violation``, ``evidence``, ``ledger``, ``review``.
        object: Its id.
    """

    kind: str
    site: str
    object: str


def announce(connection: Connection, at: datetime, *told: Change) -> None:
    """Tell changes to everybody who listens, when the transaction of ``connection`` has ended well."""
    if told:
        rows = [{"at": at, "site": one.site, "kind": one.kind, "object": one.object} for one in told]
        connection.execute(insert(changes), rows)
        connection.info[ANNOUNCED] = True
