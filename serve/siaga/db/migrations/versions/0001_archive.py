"""The first tables: an archive of one site and one machine.

Archives of before have these tables without Alembic's mark; ``siaga.db.migrate`` gives it to them.
"""

from alembic import op
from sqlalchemy import Column, PrimaryKeyConstraint, Text, UniqueConstraint, text

from siaga.db.types import Flag, Id, UtcTime, Whole

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """Make them."""
    _records_and_violations()
    _evidence()
    _heard_of()
    op.create_table(
        "keys",
        Column("kind", Text, primary_key=True),
        Column("hash", Text, nullable=False, unique=True),
        Column("created_at", UtcTime, nullable=False),
    )
    op.create_table(
        "sessions",
        Column("hash", Text, primary_key=True),
        Column("expires_at", UtcTime, nullable=False),
    )


def _records_and_violations() -> None:
    op.create_table(
        "records",
        Column("id", Id, primary_key=True),
        Column("event_id", Id, nullable=False),
        Column("device_id", Text, nullable=False),
        Column("seq", Whole, nullable=False),
        Column("ended", Flag, nullable=False),
        Column("hash", Text, nullable=False),
        Column("chain", Text, nullable=False),
        Column("received_at", UtcTime, nullable=False),
        Column("body", Text, nullable=False),
        UniqueConstraint("device_id", "seq"),
    )
    op.create_index("records_by_event", "records", ["event_id", "seq"])
    op.create_index("records_by_receipt", "records", [text("received_at DESC"), text("id DESC")])
    op.create_table(
        "violations",
        Column("event_id", Id, primary_key=True),
        Column("device_id", Text, nullable=False),
        Column("site", Text, nullable=False),
        Column("camera", Text, nullable=False),
        Column("rule", Text, nullable=False),
        Column("zone", Text),
        Column("open", Flag, nullable=False),
        Column("start_at", UtcTime, nullable=False),
        Column("received_at", UtcTime, nullable=False),
    )
    newest = [text("start_at DESC"), text("event_id DESC")]
    op.create_index("violations_by_start", "violations", newest)
    op.create_index("violations_by_camera", "violations", ["camera", *newest])
    op.create_index("violations_by_rule", "violations", ["rule", *newest])
    op.create_index(
        "violations_open",
        "violations",
        newest,
        sqlite_where=text("open = 1"),
        postgresql_where=text("open"),
    )


def _evidence() -> None:
    op.create_table(
        "evidence",
        Column("sha256", Text, nullable=False),
        Column("bytes", Whole, nullable=False),
        Column("media_type", Text, nullable=False),
        PrimaryKeyConstraint("sha256", "bytes", "media_type"),
    )
    op.create_table(
        "blobs",
        Column("sha256", Text, primary_key=True),
        Column("bytes", Whole, nullable=False),
        Column("media_type", Text, nullable=False),
        Column("path", Text, nullable=False, unique=True),
        Column("completed_at", UtcTime, nullable=False),
    )


def _heard_of() -> None:
    op.create_table(
        "cameras",
        Column("camera", Text, primary_key=True),
        Column("site", Text, nullable=False),
        Column("last_heard_at", UtcTime, nullable=False),
    )
    op.create_table(
        "devices",
        Column("device_id", Text, primary_key=True),
        Column("first_seen_at", UtcTime, nullable=False),
        Column("last_seen_at", UtcTime, nullable=False),
        Column("highest_seq", Whole, nullable=False),
        Column("highest_hash", Text, nullable=False),
        Column("records", Whole, nullable=False),
    )
    op.create_table(
        "ledger",
        Column("device_id", Text, nullable=False),
        Column("hour", UtcTime, nullable=False),
        Column("camera", Text, nullable=False),
        Column("zone", Text, nullable=False),
        Column("body", Text, nullable=False),
        PrimaryKeyConstraint("device_id", "hour", "camera", "zone"),
    )
    op.create_index("ledger_by_hour", "ledger", ["hour", "camera", "zone"])
