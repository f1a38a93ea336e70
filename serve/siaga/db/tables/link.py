"""The other direction: configurations, orders, model files, previews; and what boxes say of themselves."""

from sqlalchemy import Column, Index, LargeBinary, PrimaryKeyConstraint, Table, Text

from siaga.db.metadata import metadata
from siaga.db.types import Id, UtcTime, Whole

WHOLE_SITE = ""
"""``box`` of a configuration that holds for every box of the site that has none of its own."""

link_sites = Table(
    "link_sites",
    metadata,
    Column("site", Text, primary_key=True),
    Column("number", Whole, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Column("halted_at", UtcTime),
    Column("halted_by", Text),
    Column("halt_reason", Text),
)
"""One row per site that was ever ordered anything. ``number``: of its newest orders."""

link_configurations = Table(
    "link_configurations",
    metadata,
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
"""Every version there ever was; the highest holds. Rows are never changed or removed.

``box``: a device's id or ``WHOLE_SITE``. ``copy_of``: the version that a rollback brought back.
"""

link_models = Table(
    "link_models",
    metadata,
    Column("site", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("manifest", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("bytes", Whole, nullable=False),
    Column("assigned_at", UtcTime, nullable=False),
    Column("assigned_by", Text, nullable=False),
    PrimaryKeyConstraint("site", "name"),
    Index("link_models_by_file", "sha256", "site"),
)
"""Which models a site's boxes shall have."""

link_files = Table(
    "link_files",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("bytes", Whole, nullable=False),
    Column("added_at", UtcTime, nullable=False),
    Column("added_by", Text, nullable=False),
)
"""Model files that are complete and verified."""

link_pieces = Table(
    "link_pieces",
    metadata,
    Column("sha256", Text, nullable=False),
    Column("number", Whole, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("sha256", "number"),
)
"""The bytes of model files, in pieces of one length from number 0 on."""

link_boxes = Table(
    "link_boxes",
    metadata,
    Column("site", Text, nullable=False),
    Column("device_id", Text, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("report", Text, nullable=False),
    PrimaryKeyConstraint("site", "device_id"),
)
"""The last heartbeat of every box, as JSON of ``siaga.core.link.Report``."""

link_previews = Table(
    "link_previews",
    metadata,
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
    Index("link_previews_by_site", "site", "expires_at"),
)
"""Live previews. ``frame``: the newest blurred JPEG; gone when the preview is over."""
