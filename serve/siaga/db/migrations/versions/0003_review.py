"""Decisions, comments, corrections, corrective actions and reports by hand (``siaga.db.tables.review``)."""

from alembic import op
from sqlalchemy import Column, Date, LargeBinary, PrimaryKeyConstraint, Text, UniqueConstraint

from siaga.db.types import Flag, Id, UtcTime, Whole

revision = "0003"
down_revision = "0002"

_WORD = Text().with_variant(Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make them."""
    _decisions()
    _comments()
    _actions()
    _reports()


def _decisions() -> None:
    op.create_table(
        "reviews",
        Column("event_id", Id, primary_key=True),
        Column("site", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("verdict", Text),
        Column("reason", Text),
        Column("assignee_id", Text),
        Column("assignee", Text),
        Column("version", Whole, nullable=False),
        Column("by_id", Text),
        Column("by_name", Text, nullable=False),
        Column("at", UtcTime, nullable=False),
    )
    op.create_index("reviews_by_assignee", "reviews", ["assignee_id", "event_id"])
    op.create_index("reviews_by_state", "reviews", ["site", "state", "event_id"])
    op.create_table(
        "decisions",
        Column("event_id", Id, nullable=False),
        Column("version", Whole, nullable=False),
        Column("site", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("verdict", Text),
        Column("reason", Text),
        Column("assignee_id", Text),
        Column("assignee", Text),
        Column("undoes", Whole),
        Column("bulk_id", Id),
        Column("by_id", Text),
        Column("by_name", Text, nullable=False),
        Column("at", UtcTime, nullable=False),
        PrimaryKeyConstraint("event_id", "version"),
    )


def _comments() -> None:
    op.create_table(
        "comments",
        Column("id", Id, primary_key=True),
        Column("event_id", Id, nullable=False),
        Column("site", Text, nullable=False),
        Column("text", Text, nullable=False),
        Column("by_id", Text),
        Column("by_name", Text, nullable=False),
        Column("at", UtcTime, nullable=False),
    )
    op.create_index("comments_by_event", "comments", ["event_id", "id"])
    op.create_table(
        "comment_words",
        Column("word", _WORD, nullable=False),
        Column("comment_id", Id, nullable=False),
        Column("event_id", Id, nullable=False),
        PrimaryKeyConstraint("word", "comment_id"),
    )
    op.create_index("comment_words_by_event", "comment_words", ["event_id"])
    op.create_table(
        "corrections",
        Column("id", Id, primary_key=True),
        Column("event_id", Id, nullable=False),
        Column("site", Text, nullable=False),
        Column("sha256", Text, nullable=False),
        Column("version", Whole, nullable=False),
        Column("reason", Text, nullable=False),
        Column("width", Whole, nullable=False),
        Column("height", Whole, nullable=False),
        Column("boxes", Text, nullable=False),
        Column("by_id", Text),
        Column("by_name", Text, nullable=False),
        Column("at", UtcTime, nullable=False),
        UniqueConstraint("event_id", "sha256", "version"),
    )


def _actions() -> None:
    op.create_table(
        "photos",
        Column("id", Id, primary_key=True),
        Column("site", Text, nullable=False),
        Column("sha256", Text, nullable=False),
        Column("width", Whole, nullable=False),
        Column("height", Whole, nullable=False),
        Column("data", LargeBinary, nullable=False),
        Column("at", UtcTime, nullable=False),
    )
    op.create_table(
        "actions",
        Column("id", Id, primary_key=True),
        Column("site", Text, nullable=False),
        Column("event_id", Id),
        Column("report_id", Id),
        Column("zone", Text),
        Column("title", Text, nullable=False),
        Column("description", Text, nullable=False),
        Column("owner_id", Text),
        Column("owner", Text, nullable=False),
        Column("due_on", Date, nullable=False),
        Column("state", Text, nullable=False),
        Column("photo_id", Id),
        Column("version", Whole, nullable=False),
        Column("created_by", Text, nullable=False),
        Column("created_at", UtcTime, nullable=False),
        Column("changed_by", Text, nullable=False),
        Column("changed_at", UtcTime, nullable=False),
    )
    op.create_index("actions_by_due", "actions", ["site", "state", "due_on", "id"])
    op.create_index("actions_by_event", "actions", ["event_id"])


def _reports() -> None:
    op.create_table(
        "reports",
        Column("id", Id, primary_key=True),
        Column("reference", Text, nullable=False, unique=True),
        Column("site", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("zone", Text),
        Column("text", Text, nullable=False),
        Column("happened_at", UtcTime, nullable=False),
        Column("received_at", UtcTime, nullable=False),
        Column("anonymous", Flag, nullable=False),
        Column("by_id", Text),
        Column("by_name", Text),
        Column("photo_id", Id),
        Column("state", Text, nullable=False),
        Column("answer", Text, nullable=False),
        Column("version", Whole, nullable=False),
        Column("changed_by", Text),
        Column("changed_at", UtcTime),
    )
    op.create_index("reports_by_receipt", "reports", ["site", "received_at", "id"])
    op.create_table(
        "report_links",
        Column("id", Id, primary_key=True),
        Column("site", Text, nullable=False),
        Column("label", Text, nullable=False),
        Column("zone", Text),
        Column("secret", Text, nullable=False),
        Column("created_by", Text, nullable=False),
        Column("created_at", UtcTime, nullable=False),
        Column("revoked_at", UtcTime),
    )
    op.create_index("report_links_by_site", "report_links", ["site", "id"])
