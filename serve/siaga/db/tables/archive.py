"""What devices sent: records, the violations that they tell of, evidence, cameras, devices, the ledger.

``body`` is canonical JSON (RFC 8785) as received. The other columns repeat what is searched or summed.
"""

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, Text, UniqueConstraint, text

from siaga.db.metadata import metadata
from siaga.db.types import Flag, Id, Number, UtcTime, Whole

records = Table(
    "records",
    metadata,
    Column("id", Id, primary_key=True),
    Column("event_id", Id, nullable=False),
    Column("device_id", Text, nullable=False),
    Column("seq", Whole, nullable=False),
    Column("ended", Flag, nullable=False),
    Column("hash", Text, nullable=False),
    Column("chain", Text, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("body", Text, nullable=False),
    Column("site", Text, nullable=False, server_default=""),
    UniqueConstraint("device_id", "seq"),
    Index("records_by_event", "event_id", "seq"),
    Index("records_by_receipt", "received_at", "id"),
    Index("records_by_site", "site", "received_at", "id"),
)
"""One row per record (``siaga.core.event.Event``). ``hash``: as the device gave it."""

violations = Table(
    "violations",
    metadata,
    Column("event_id", Id, primary_key=True),
    Column("device_id", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("camera", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("zone", Text),
    Column("open", Flag, nullable=False),
    Column("start_at", UtcTime, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("severity", Text, nullable=False, server_default="alert"),
    Column("items", Text, nullable=False, server_default=""),
    Column("end_at", UtcTime),
    Index("violations_by_start", "start_at", "event_id"),
    Index("violations_by_site", "site", "start_at", "event_id"),
    Index("violations_by_camera", "site", "camera", "start_at", "event_id"),
    Index("violations_by_rule", "site", "rule", "start_at", "event_id"),
    Index("violations_by_zone", "site", "zone", "start_at", "event_id"),
    Index("violations_by_severity", "site", "severity", "start_at", "event_id"),
    Index(
        "violations_open",
        "site",
        "start_at",
        "event_id",
        sqlite_where=text("open = 1"),
        postgresql_where=text("open"),
    ),
)
"""One row per violation (event id), as its newest record tells it.

``items``: missing equipment, in the order told, joined by commas. ``received_at``: of its first record.
``end_at`` is None while ``open``.
"""

evidence = Table(
    "evidence",
    metadata,
    Column("sha256", Text, nullable=False),
    Column("event_id", Id, nullable=False),
    Column("bytes", Whole, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("site", Text, nullable=False),
    PrimaryKeyConstraint("sha256", "event_id", "bytes", "media_type"),
    Index("evidence_by_event", "event_id"),
)
"""What violations said about bytes; the bytes are there when ``blobs`` has their sha256."""

blobs = Table(
    "blobs",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("bytes", Whole, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("path", Text, nullable=False, unique=True),
    Column("completed_at", UtcTime, nullable=False),
)
"""Complete, verified bytes. ``path``: below the evidence store's root."""

cameras = Table(
    "cameras",
    metadata,
    Column("site", Text, nullable=False),
    Column("camera", Text, nullable=False),
    Column("last_heard_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("site", "camera"),
)
"""Every camera that a record or a ledger row named."""

devices = Table(
    "devices",
    metadata,
    Column("device_id", Text, primary_key=True),
    Column("first_seen_at", UtcTime, nullable=False),
    Column("last_seen_at", UtcTime, nullable=False),
    Column("highest_seq", Whole, nullable=False),
    Column("highest_hash", Text, nullable=False),
    Column("records", Whole, nullable=False),
    Column("site", Text, nullable=False, server_default=""),
)
"""Where each device's chain of records stands. ``site``: of its last record."""

ledger = Table(
    "ledger",
    metadata,
    Column("device_id", Text, nullable=False),
    Column("hour", UtcTime, nullable=False),
    Column("camera", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("site", Text, nullable=False, server_default=""),
    Column("watched_s", Number, nullable=False, server_default="0"),
    Column("down_s", Number, nullable=False, server_default="0"),
    Column("person_s", Number, nullable=False, server_default="0"),
    Column("judged_s", Number, nullable=False, server_default="0"),
    Column("unknown_s", Number, nullable=False, server_default="0"),
    PrimaryKeyConstraint("device_id", "hour", "camera", "zone"),
    Index("ledger_by_hour", "hour", "camera", "zone"),
    # All that sums need, so that they are made without the rows and their bodies.
    Index(
        "ledger_totals",
        *("site", "zone", "hour", "camera"),
        *("watched_s", "down_s", "person_s", "judged_s", "unknown_s"),
    ),
)
"""One row per camera, zone and UTC hour (``siaga.core.ledger.LedgerRow``).

``zone`` is ``zone:NAME``, or empty for the whole picture. ``down_s``, ``judged_s`` and ``unknown_s`` are the
sums over what ``body`` tells apart.
"""

changes = Table(
    "changes",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False, index=True),
    Column("site", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("object", Text, nullable=False),
    # Without it SQLite would give a number again once its row was removed.
    sqlite_autoincrement=True,
)
"""What changed lately, for pages that listen; old rows are removed."""

keys = Table(
    "keys",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("hash", Text, nullable=False, unique=True),
    Column("created_at", UtcTime, nullable=False),
)
"""Hashes of the device token and the viewer key of a service without users."""

sessions = Table(
    "sessions",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("expires_at", UtcTime, nullable=False),
)
"""Hashes of the sessions that the viewer key opened."""
