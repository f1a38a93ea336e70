"""Tables of siaga.proof and siaga.privacy."""

from alembic import op
from sqlalchemy import Column, PrimaryKeyConstraint, Text

from siaga.db.types import Flag, Id, Number, UtcTime, Whole

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make them."""
    _chain()
    _retention()
    _deletion()
    _notices()


def _chain() -> None:
    op.create_table(
        "proof_heads",
        Column("site", Text, primary_key=True),
        Column("number", Whole, nullable=False),
        Column("hash", Text, nullable=False),
        Column("checkpoint_number", Whole, nullable=False),
        Column("checkpoint_hash", Text, nullable=False),
        Column("checkpoint_at", UtcTime),
    )
    op.create_table(
        "proof_entries",
        Column("site", Text, nullable=False),
        Column("number", Whole, nullable=False),
        Column("at", UtcTime, nullable=False),
        Column("kind", Text, nullable=False),
        Column("sha256", Text, nullable=False),
        Column("about", Text, nullable=False),
        Column("prev", Text, nullable=False),
        Column("hash", Text, nullable=False),
        PrimaryKeyConstraint("site", "number"),
    )
    op.create_index("proof_by_sha256", "proof_entries", ["sha256", "site"])
    op.create_table(
        "proof_checkpoints",
        Column("site", Text, nullable=False),
        Column("number", Whole, nullable=False),
        Column("hash", Text, nullable=False),
        Column("at", UtcTime, nullable=False),
        Column("prev", Text, nullable=False),
        Column("public_key", Text, nullable=False),
        Column("signature", Text, nullable=False),
        Column("timestamp", Text),
        PrimaryKeyConstraint("site", "number"),
    )


def _retention() -> None:
    op.create_table(
        "retention_policies",
        Column("site", Text, primary_key=True),
        Column("preset", Text, nullable=False),
        Column("keep_days", Whole, nullable=False),
        Column("false_alarm_days", Whole, nullable=False),
        Column("mass_share", Number, nullable=False),
        Column("changed_at", UtcTime, nullable=False),
        Column("changed_by", Text, nullable=False),
    )
    op.create_table(
        "holds",
        Column("id", Id, primary_key=True),
        Column("site", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("event_id", Id),
        Column("camera", Text),
        Column("since", UtcTime),
        Column("until", UtcTime),
        Column("reason", Text, nullable=False),
        Column("placed_by", Text, nullable=False),
        Column("placed_at", UtcTime, nullable=False),
        Column("expires_at", UtcTime),
        Column("released_by", Text),
        Column("released_at", UtcTime),
    )
    op.create_index("holds_by_site", "holds", ["site", "placed_at"])


def _deletion() -> None:
    op.create_table(
        "sweeps",
        Column("id", Id, primary_key=True),
        Column("site", Text, nullable=False),
        Column("at", UtcTime, nullable=False),
        Column("state", Text, nullable=False),
        Column("due", Whole, nullable=False),
        Column("total", Whole, nullable=False),
        Column("deleted", Whole, nullable=False),
        Column("cutoff", UtcTime, nullable=False),
        Column("decided_by", Text),
        Column("decided_at", UtcTime),
    )
    op.create_index("sweeps_by_site", "sweeps", ["site", "at"])
    op.create_table(
        "deletion_queue",
        Column("path", Text, primary_key=True),
        Column("queued_at", UtcTime, nullable=False),
    )


def _notices() -> None:
    op.create_table(
        "notices",
        Column("site", Text, primary_key=True),
        Column("public_id", Text, nullable=False, unique=True),
        Column("published", Flag, nullable=False),
        Column("texts", Text, nullable=False),
        Column("reply_days", Whole, nullable=False),
        Column("changed_at", UtcTime, nullable=False),
        Column("changed_by", Text, nullable=False),
    )
    op.create_table(
        "contests",
        Column("id", Id, primary_key=True),
        Column("reference", Text, nullable=False, unique=True),
        Column("site", Text, nullable=False),
        Column("language", Text, nullable=False),
        Column("text", Text, nullable=False),
        Column("received_at", UtcTime, nullable=False),
        Column("due_at", UtcTime, nullable=False),
        Column("state", Text, nullable=False),
        Column("answer", Text),
        Column("answered_by", Text),
        Column("answered_at", UtcTime),
    )
    op.create_index("contests_by_site", "contests", ["site", "received_at"])
