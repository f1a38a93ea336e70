"""Several sites in one archive: what is searched and summed becomes columns, filled from the bodies."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from alembic import op
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    MetaData,
    PrimaryKeyConstraint,
    Row,
    Table,
    Text,
    bindparam,
    insert,
    select,
    text,
    tuple_,
    update,
)

from siaga.db.types import Id, Number, UtcTime, Whole

revision = "0006"
down_revision = "0005"

_MANY = 500
_SUMS = ("down_s", "judged_s", "unknown_s")
_before = MetaData()
_records = Table(
    "records",
    _before,
    Column("id", Id),
    Column("event_id", Id),
    Column("device_id", Text),
    Column("seq", Whole),
    Column("body", Text),
    Column("site", Text),
)
_violations = Table(
    "violations",
    _before,
    Column("event_id", Id),
    Column("site", Text),
    Column("severity", Text),
    Column("items", Text),
    Column("end_at", UtcTime),
)
_evidence = Table(
    "evidence",
    _before,
    Column("sha256", Text),
    Column("event_id", Id),
    Column("bytes", Whole),
    Column("media_type", Text),
    Column("site", Text),
)
_LEDGER_KEYS = ("device_id", "hour", "camera", "zone")
_ledger = Table(
    "ledger",
    _before,
    Column("device_id", Text),
    Column("hour", UtcTime),
    Column("camera", Text),
    Column("zone", Text),
    Column("body", Text),
    Column("site", Text),
    *(Column(name, Number) for name in ("watched_s", "person_s", *_SUMS)),
)


def upgrade() -> None:
    """Add the columns, fill them, and make the indexes of the searches."""
    _add_columns()
    _make_tables()
    _fill_violations(op.get_bind())
    _fill_ledger(op.get_bind())
    _index()


def _add_columns() -> None:
    op.add_column("records", Column("site", Text, nullable=False, server_default=""))
    op.add_column("violations", Column("severity", Text, nullable=False, server_default="alert"))
    op.add_column("violations", Column("items", Text, nullable=False, server_default=""))
    op.add_column("violations", Column("end_at", UtcTime))
    op.add_column("devices", Column("site", Text, nullable=False, server_default=""))
    op.add_column("ledger", Column("site", Text, nullable=False, server_default=""))
    for name in ("watched_s", "person_s", *_SUMS):
        op.add_column("ledger", Column(name, Number, nullable=False, server_default="0"))


def _make_tables() -> None:
    op.drop_table("evidence")
    op.create_table(
        "evidence",
        Column("sha256", Text, nullable=False),
        Column("event_id", Id, nullable=False),
        Column("bytes", Whole, nullable=False),
        Column("media_type", Text, nullable=False),
        Column("site", Text, nullable=False),
        PrimaryKeyConstraint("sha256", "event_id", "bytes", "media_type"),
    )
    op.create_index("evidence_by_event", "evidence", ["event_id"])
    op.rename_table("cameras", "cameras_before")
    if op.get_bind().dialect.name == "postgresql":
        # Otherwise the new table's key would have the name of the old one's.
        op.drop_constraint("pk_cameras", "cameras_before", type_="primary")
    op.create_table(
        "cameras",
        Column("site", Text, nullable=False),
        Column("camera", Text, nullable=False),
        Column("last_heard_at", UtcTime, nullable=False),
        PrimaryKeyConstraint("site", "camera"),
    )
    op.execute("INSERT INTO cameras SELECT site, camera, last_heard_at FROM cameras_before")
    op.drop_table("cameras_before")
    op.create_table(
        "changes",
        Column("id", Whole, primary_key=True, autoincrement=True),
        Column("at", UtcTime, nullable=False),
        Column("site", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("object", Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_changes_at", "changes", ["at"])


def _pages(
    connection: Connection, table: Table, keys: Sequence[str], *more: str
) -> Iterator[Sequence[Row[Any]]]:
    """All rows by key, some at a time, so that the table may be changed between two pages."""
    columns = [table.c[key] for key in keys]
    query = select(*columns, *(table.c[name] for name in more)).order_by(*columns).limit(_MANY)
    page = connection.execute(query).all()
    while page:
        yield page
        last: ColumnElement[Any] = tuple_(*page[-1][: len(keys)], types=[column.type for column in columns])
        page = connection.execute(query.where(tuple_(*columns) > last)).all()


def _fill_violations(connection: Connection) -> None:
    for page in _pages(connection, _violations, ["event_id"], "site"):
        sites = {row.event_id: row.site for row in page}
        bodies: defaultdict[Any, list[dict[str, Any]]] = defaultdict(list)
        query = select(_records.c.event_id, _records.c.body).order_by(_records.c.event_id, _records.c.seq)
        for row in connection.execute(query.where(_records.c.event_id.in_(sites))):
            bodies[row.event_id].append(json.loads(row.body))
        told = [{"key": event_id, **_told(found)} for event_id, found in bodies.items()]
        if told:
            connection.execute(update(_violations).where(_violations.c.event_id == bindparam("key")), told)
        named = [row for key, found in bodies.items() for row in _named(key, sites[key], found)]
        if named:
            connection.execute(insert(_evidence), named)
    connection.execute(
        text(
            "UPDATE records SET site ="
            " (SELECT site FROM violations WHERE violations.event_id = records.event_id)"
        )
    )
    connection.execute(
        text(
            "UPDATE devices SET site = coalesce((SELECT site FROM records WHERE"
            " records.device_id = devices.device_id AND records.seq = devices.highest_seq), '')"
        )
    )


def _told(bodies: Sequence[dict[str, Any]]) -> dict[str, Any]:
    newest = bodies[-1]
    about = next((body for body in bodies if body.get("subjects")), newest)
    end = next((body for body in reversed(bodies) if body["state"] == "end"), None)
    ended = None if end is None else end.get("end_at") or end["said_at"]
    return {
        "severity": newest["severity"],
        "items": ",".join(newest.get("items") or about.get("items") or ()),
        "end_at": None if ended is None else datetime.fromisoformat(ended),
    }


def _named(event_id: Any, site: str, bodies: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    forms = {
        (entry["sha256"], entry.get("bytes", 0), entry.get("media_type", ""))
        for body in bodies
        for entry in body.get("evidence", ())
        if entry.get("sha256")
    }
    return [
        {"sha256": sha256, "event_id": event_id, "bytes": size, "media_type": kind, "site": site}
        for sha256, size, kind in sorted(forms)
    ]


def _fill_ledger(connection: Connection) -> None:
    names = ("site", "watched_s", "person_s", *_SUMS)
    change = update(_ledger).values({name: bindparam(f"new_{name}") for name in names})
    for key in _LEDGER_KEYS:
        change = change.where(_ledger.c[key] == bindparam(f"key_{key}"))
    for page in _pages(connection, _ledger, _LEDGER_KEYS, "body"):
        connection.execute(change, [_ledger_values(row) for row in page])


def _ledger_values(row: Row[Any]) -> dict[str, Any]:
    body = json.loads(row.body)
    values = {f"key_{key}": getattr(row, key) for key in _LEDGER_KEYS}
    values |= {f"new_{name}": sum(body.get(name, {}).values()) for name in _SUMS}
    return values | {
        "new_site": body["site"],
        "new_watched_s": body.get("watched_s", 0.0),
        "new_person_s": body.get("person_s", 0.0),
    }


def _index() -> None:
    for name in ("violations_by_start", "violations_by_camera", "violations_by_rule", "violations_open"):
        op.drop_index(name, "violations")
    op.drop_index("records_by_receipt", "records")
    # Ascending: both databases read an index backwards as well.
    newest = ["start_at", "event_id"]
    op.create_index("records_by_receipt", "records", ["received_at", "id"])
    op.create_index("records_by_site", "records", ["site", "received_at", "id"])
    op.create_index("violations_by_start", "violations", newest)
    op.create_index("violations_by_site", "violations", ["site", *newest])
    for column in ("camera", "rule", "zone", "severity"):
        op.create_index(f"violations_by_{column}", "violations", ["site", column, *newest])
    op.create_index(
        "violations_open",
        "violations",
        ["site", *newest],
        sqlite_where=text("open = 1"),
        postgresql_where=text("open"),
    )
    told = ["site", "zone", "hour", "camera", "watched_s", "down_s", "person_s", "judged_s", "unknown_s"]
    op.create_index("ledger_totals", "ledger", told)
