"""The tables. Times are text as of ``siaga.archive.times``; ``body`` is canonical JSON."""

VERSION = 1

SCHEMA = (
    """CREATE TABLE records (
        id TEXT PRIMARY KEY,
        event_id TEXT NOT NULL,
        device_id TEXT NOT NULL,
        seq INTEGER NOT NULL,
        ended INTEGER NOT NULL,
        hash TEXT NOT NULL,
        chain TEXT NOT NULL,
        received_at TEXT NOT NULL,
        body TEXT NOT NULL,
        UNIQUE (device_id, seq)
    ) STRICT""",
    "CREATE INDEX records_by_event ON records (event_id, seq)",
    "CREATE INDEX records_by_receipt ON records (received_at DESC, id DESC)",
    """CREATE TABLE violations (
        event_id TEXT PRIMARY KEY,
        device_id TEXT NOT NULL,
        site TEXT NOT NULL,
        camera TEXT NOT NULL,
        rule TEXT NOT NULL,
        zone TEXT,
        open INTEGER NOT NULL,
        start_at TEXT NOT NULL,
        received_at TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX violations_by_start ON violations (start_at DESC, event_id DESC)",
    "CREATE INDEX violations_by_camera ON violations (camera, start_at DESC, event_id DESC)",
    "CREATE INDEX violations_by_rule ON violations (rule, start_at DESC, event_id DESC)",
    "CREATE INDEX violations_open ON violations (start_at DESC, event_id DESC) WHERE open = 1",
    """CREATE TABLE evidence (
        sha256 TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        media_type TEXT NOT NULL,
        PRIMARY KEY (sha256, bytes, media_type)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE blobs (
        sha256 TEXT PRIMARY KEY,
        bytes INTEGER NOT NULL,
        media_type TEXT NOT NULL,
        path TEXT NOT NULL UNIQUE,
        completed_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE cameras (
        camera TEXT PRIMARY KEY,
        site TEXT NOT NULL,
        last_heard_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE devices (
        device_id TEXT PRIMARY KEY,
        first_seen_at TEXT NOT NULL,
        last_seen_at TEXT NOT NULL,
        highest_seq INTEGER NOT NULL,
        highest_hash TEXT NOT NULL,
        records INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE ledger (
        device_id TEXT NOT NULL,
        hour TEXT NOT NULL,
        camera TEXT NOT NULL,
        zone TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (device_id, hour, camera, zone)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX ledger_by_hour ON ledger (hour, camera, zone)",
    """CREATE TABLE keys (
        kind TEXT PRIMARY KEY,
        hash TEXT NOT NULL UNIQUE,
        created_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE sessions (
        hash TEXT PRIMARY KEY,
        expires_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
)
