"""The chain of hashes with its checkpoints; retention, holds and deletions; notices and contests."""

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, Text

from siaga.db.metadata import metadata
from siaga.db.types import Flag, Id, Number, UtcTime, Whole

proof_heads = Table(
    "proof_heads",
    metadata,
    Column("site", Text, primary_key=True),
    Column("number", Whole, nullable=False),
    Column("hash", Text, nullable=False),
    Column("checkpoint_number", Whole, nullable=False),
    Column("checkpoint_hash", Text, nullable=False),
    Column("checkpoint_at", UtcTime),
)
"""Where each site's chain ends; its row is locked while an entry is added.

``checkpoint_hash``: sha256 of the body of the last checkpoint, zeros before the first.
"""

proof_entries = Table(
    "proof_entries",
    metadata,
    Column("site", Text, nullable=False),
    Column("number", Whole, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("prev", Text, nullable=False),
    Column("hash", Text, nullable=False),
    PrimaryKeyConstraint("site", "number"),
    Index("proof_by_sha256", "sha256", "site"),
)
"""The chain: numbers from 1 without a gap. ``about`` is canonical JSON. Rows are never changed or removed."""

proof_checkpoints = Table(
    "proof_checkpoints",
    metadata,
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
"""Signed statements of where a chain stood. ``timestamp``: an RFC 3161 answer (DER) in base64, if any."""

retention_policies = Table(
    "retention_policies",
    metadata,
    Column("site", Text, primary_key=True),
    Column("preset", Text, nullable=False),
    Column("keep_days", Whole, nullable=False),
    Column("false_alarm_days", Whole, nullable=False),
    Column("mass_share", Number, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Column("changed_by", Text, nullable=False),
)
"""How long a site keeps what it holds; a site without a row has the standard preset."""

holds = Table(
    "holds",
    metadata,
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
    Index("holds_by_site", "site", "placed_at"),
)
"""What must not be deleted: one violation, or all of a camera, a span or the whole site."""

sweeps = Table(
    "sweeps",
    metadata,
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
    Index("sweeps_by_site", "site", "at"),
)
"""Runs of the sweeper that deleted something or stopped to ask."""

deletion_queue = Table(
    "deletion_queue",
    metadata,
    Column("path", Text, primary_key=True),
    Column("queued_at", UtcTime, nullable=False),
)
"""Evidence whose rows are gone and whose bytes are about to go; empty between sweeps."""

notices = Table(
    "notices",
    metadata,
    Column("site", Text, primary_key=True),
    Column("public_id", Text, nullable=False, unique=True),
    Column("published", Flag, nullable=False),
    Column("texts", Text, nullable=False),
    Column("reply_days", Whole, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Column("changed_by", Text, nullable=False),
)
"""The public notice of a site. ``texts``: canonical JSON, by language."""

contests = Table(
    "contests",
    metadata,
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
    Index("contests_by_site", "site", "received_at"),
)
"""What people object to, without their name or address."""
