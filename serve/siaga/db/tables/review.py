"""What people make of events: decisions, comments, corrected boxes, corrective actions, reports by hand.

Decisions, comments and corrections are only ever added; ``reviews`` repeats the last decision.
"""

from sqlalchemy import (
    Column,
    Date,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from siaga.db.metadata import metadata
from siaga.db.types import Flag, Id, UtcTime, Whole

Word = Text().with_variant(Text(collation="C"), "postgresql")
"""Text in the order of its code points on both, so that a beginning is a range of the index."""

reviews = Table(
    "reviews",
    metadata,
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
    Index("reviews_by_state", "site", "state", "event_id"),
    Index("reviews_by_assignee", "assignee_id", "event_id"),
)
"""What the last decision on each event says. No row: ``unreviewed``, version 0."""

decisions = Table(
    "decisions",
    metadata,
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
"""Every decision and every undoing, numbered from 1 per event. ``bulk_id``: decided together with others."""

comments = Table(
    "comments",
    metadata,
    Column("id", Id, primary_key=True),
    Column("event_id", Id, nullable=False),
    Column("site", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("by_id", Text),
    Column("by_name", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index("comments_by_event", "event_id", "id"),
)

comment_words = Table(
    "comment_words",
    metadata,
    Column("word", Word, nullable=False),
    Column("comment_id", Id, nullable=False),
    Column("event_id", Id, nullable=False),
    PrimaryKeyConstraint("word", "comment_id"),
    Index("comment_words_by_event", "event_id"),
)
"""The words of each comment as of ``siaga.review.words``: the index of the full-text search."""

corrections = Table(
    "corrections",
    metadata,
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
"""All boxes of a picture as a person says they are; the highest version holds.

``boxes``: JSON, a list of ``{"class_name", "xyxy"}``, in pixels of the picture (``width`` x ``height``).
"""

photos = Table(
    "photos",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("width", Whole, nullable=False),
    Column("height", Whole, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("at", UtcTime, nullable=False),
)
"""Pictures that people took, encoded anew without metadata (JPEG, at most 2 MB): in the row, so that a
report and its photo are kept together or not at all, and deleted together."""

actions = Table(
    "actions",
    metadata,
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
    Index("actions_by_due", "site", "state", "due_on", "id"),
    Index("actions_by_event", "event_id"),
)
"""Corrective actions. ``photo_id``: the proof that it was done."""

reports = Table(
    "reports",
    metadata,
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
    Index("reports_by_receipt", "site", "received_at", "id"),
)
"""Near misses and hazards told by people. Of an anonymous one nothing is kept that names its sender."""

report_links = Table(
    "report_links",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("zone", Text),
    Column("secret", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
    Index("report_links_by_site", "site", "id"),
)
"""QR links for anonymous reports; ``secret`` signs the code in the link."""

EVENT_TABLES = (comment_words, comments, corrections, decisions, reviews)
"""Tables whose rows with an ``event_id`` go when their event goes."""
