"""Tables of siaga.link."""

from alembic import op
from sqlalchemy import Column, LargeBinary, PrimaryKeyConstraint, Text

from siaga.db.types import Id, UtcTime, Whole

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make them."""
    _orders()
    _models()
    _boxes()


def _orders() -> None:
    op.create_table(
        "link_sites",
        Column("site", Text, primary_key=True),
        Column("number", Whole, nullable=False),
        Column("changed_at", UtcTime, nullable=False),
        Column("halted_at", UtcTime),
        Column("halted_by", Text),
        Column("halt_reason", Text),
    )
    op.create_table(
        "link_configurations",
        Column("site", Text, nullable=False),
        Column("box", Text, nullable=False),
        Column("version", Whole, nullable=False),
        Column("text", Text, nullable=False),
        Column("sha256", Text, nullable=False),
        Column("note", Text, nullable=False),
        Column("copy_of", Whole),
        Column("created_at", UtcTime, nullable=False),
        Column("created_by", Text, nullable=False),
        PrimaryKeyConstraint("site", "box", "version"),
    )


def _models() -> None:
    op.create_table(
        "link_models",
        Column("site", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("manifest", Text, nullable=False),
        Column("sha256", Text, nullable=False),
        Column("bytes", Whole, nullable=False),
        Column("assigned_at", UtcTime, nullable=False),
        Column("assigned_by", Text, nullable=False),
        PrimaryKeyConstraint("site", "name"),
    )
    op.create_index("link_models_by_file", "link_models", ["sha256", "site"])
    op.create_table(
        "link_files",
        Column("sha256", Text, primary_key=True),
        Column("bytes", Whole, nullable=False),
        Column("added_at", UtcTime, nullable=False),
        Column("added_by", Text, nullable=False),
    )
    op.create_table(
        "link_pieces",
        Column("sha256", Text, nullable=False),
        Column("number", Whole, nullable=False),
        Column("data", LargeBinary, nullable=False),
        PrimaryKeyConstraint("sha256", "number"),
    )


def _boxes() -> None:
    op.create_table(
        "link_boxes",
        Column("site", Text, nullable=False),
        Column("device_id", Text, nullable=False),
        Column("seen_at", UtcTime, nullable=False),
        Column("report", Text, nullable=False),
        PrimaryKeyConstraint("site", "device_id"),
    )
    op.create_table(
        "link_previews",
        Column("id", Id, primary_key=True),
        Column("site", Text, nullable=False),
        Column("camera", Text, nullable=False),
        Column("seconds", Whole, nullable=False),
        Column("requested_at", UtcTime, nullable=False),
        Column("requested_by", Text, nullable=False),
        Column("expires_at", UtcTime, nullable=False),
        Column("frames", Whole, nullable=False),
        Column("frame_at", UtcTime),
        Column("frame", LargeBinary),
    )
    op.create_index("link_previews_by_site", "link_previews", ["site", "expires_at"])
