"""How rows of the access log hang together, and how to find out that somebody changed them.

The chain shows every change inside the log, and a shortened end as long as the head stands. Whoever can write
the database can also write a new chain from some row on: against that, note the head (number and hash)
outside from time to time and give it to ``check_log``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from siaga.core.canonical import ZERO_HASH, canonical_json, sha256_hex
from siaga.core.errors import StorageError
from siaga.db.tables.people import audit_head, audit_log

_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log stands: number and hash of its newest row (0 and zeros when empty)."""

    seq: int
    hash: str


def row_hash(row: Mapping[str, Any]) -> str:
    """sha256 in hex over the canonical JSON of a row without its ``hash``."""
    body = {name: value for name, value in row.items() if name != "hash"}
    return sha256_hex(canonical_json(body | {"at": _text(row["at"])}))


def _text(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def check_rows(rows: Iterable[Mapping[str, Any]]) -> Head:
    """Check rows in the order of their numbers, from number 1 on.

    Returns:
        The head that follows from them.

    Raises:
        StorageError: The first row that is changed, missing or out of order.
    """
    head = Head(0, ZERO_HASH)
    for row in rows:
        for wrong, what in (
            (row["seq"] != head.seq + 1, f"stands where row {head.seq + 1} should"),
            (row["prev_hash"] != head.hash, "does not continue the chain"),
            (row_hash(row) != row["hash"], "was changed after it was written"),
        ):
            if wrong:
                raise StorageError(
                    f"Row {row['seq']} of the access log {what}.",
                    fix="Keep the database as it is and look into it.",
                )
        head = Head(row["seq"], row["hash"])
    return head


def check_log(connection: Connection, noted: Head | None = None) -> Head:
    """Check the whole log, row by row; memory stays small.

    Args:
        noted: A head that was noted outside earlier; its row must still be there.

    Returns:
        Where the log stands, to be noted outside.

    Raises:
        StorageError: A row was changed, removed, added in between or reordered; or the end is missing.
    """
    found = noted is None or noted.seq == 0

    def rows() -> Iterable[Mapping[str, Any]]:
        nonlocal found
        for row in _all_rows(connection):
            found = found or noted == Head(row["seq"], row["hash"])
            yield row

    head = check_rows(rows())
    told = connection.execute(select(audit_head.c.seq, audit_head.c.hash)).one_or_none()
    if told is None or Head(*told) != head:
        raise StorageError(
            f"The access log ends with row {head.seq}, but its head names another.",
            fix="Keep the database as it is and look into it.",
        )
    if not found and noted is not None:
        raise StorageError(
            f"Row {noted.seq} of the access log is not the one that was noted.",
            fix="The log was written anew since; look into it.",
        )
    return head


def _all_rows(connection: Connection) -> Iterable[Mapping[str, Any]]:
    # By the key and not by a server's cursor: what stops half-way leaves nothing open.
    last, part = -1, select(audit_log).order_by(audit_log.c.seq).limit(_AT_ONCE)
    while rows := connection.execute(part.where(audit_log.c.seq > last)).mappings().all():
        yield from (dict(row) for row in rows)
        last = rows[-1]["seq"]
