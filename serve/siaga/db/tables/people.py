"""Who may come in: users, what they may do, sessions, tokens, devices; and the log of what they did.

Secrets stand here as sha256 of 256 random bits, passwords as argon2id, the seed of a second factor encrypted.
"""

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, Text

from siaga.db.metadata import metadata
from siaga.db.types import Id, UtcTime, Whole

EVERYWHERE = ""
"""``site`` of a role that is held at every site, also at those that are added later."""

sites = Table(
    "sites",
    metadata,
    Column("site", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)
"""Sites that somebody named; others are known from what devices send. ``time_zone``: IANA name."""

users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("disabled_at", UtcTime),
    Column("password_hash", Text),
    Column("password_at", UtcTime),
    Column("totp_secret", Text),
    Column("totp_confirmed_at", UtcTime),
    Column("totp_last_step", Whole, nullable=False, server_default="0"),
    Column("oidc_subject", Text, unique=True),
    Column("last_sign_in_at", UtcTime),
)
"""``login``: lower case. ``totp_last_step``: the newest 30-second step whose code was taken.
``oidc_subject``: issuer and subject, once that person signed in there."""

user_roles = Table(
    "user_roles",
    metadata,
    Column("user_id", Id, nullable=False),
    Column("role", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("until", UtcTime),
    PrimaryKeyConstraint("user_id", "role", "site"),
)
"""What a user is, where (``EVERYWHERE`` or a site) and until when (None: no end)."""

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("user_id", Id, nullable=False),
    Column("hash", Text, nullable=False),
    Column("used_at", UtcTime),
    PrimaryKeyConstraint("user_id", "hash"),
)

user_sessions = Table(
    "user_sessions",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("id", Id, nullable=False, unique=True),
    Column("user_id", Id, nullable=False),
    Column("method", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("used_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Index("user_sessions_by_user", "user_id", "created_at"),
    Index("user_sessions_by_end", "expires_at"),
)
"""``used_at`` is brought up to date every few minutes only."""

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Id, primary_key=True),
    Column("hash", Text, nullable=False, unique=True),
    Column("user_id", Id, nullable=False),
    Column("name", Text, nullable=False),
    Column("permissions", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("used_at", UtcTime),
    Column("revoked_at", UtcTime),
    Index("api_tokens_by_user", "user_id", "created_at"),
)
"""Acts as its user. ``permissions``: those it is limited to, joined by commas; empty: all of the user's."""

one_time_links = Table(
    "one_time_links",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("user_id", Id),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("used_at", UtcTime),
)
"""Ways in that work once: the first owner's, an invitation or a new password, the demo's."""

oidc_attempts = Table(
    "oidc_attempts",
    metadata,
    Column("state", Text, primary_key=True),
    Column("nonce", Text, nullable=False),
    Column("verifier", Text, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
)
"""Sign-ins under way at an OpenID provider; ``state``: its hash."""

enrolment_codes = Table(
    "enrolment_codes",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("id", Id, nullable=False, unique=True),
    Column("site", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("used_at", UtcTime),
    Index("enrolment_codes_by_site", "site", "created_at"),
)

enrolled_devices = Table(
    "enrolled_devices",
    metadata,
    Column("device_id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("enrolled_by", Text, nullable=False),
    Column("enrolled_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
    Index("enrolled_devices_by_site", "site", "device_id"),
)
"""``public_key``: raw Ed25519 key in hex; stays when the device is revoked, for what it signed before."""

record_signatures = Table(
    "record_signatures",
    metadata,
    Column("record_id", Id, primary_key=True),
    Column("device_id", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("checked_at", UtcTime, nullable=False),
)
"""Records whose signature was right under an enrolled device's key when they came in. No row: nobody could
check (a shared token); a wrong signature is refused."""

audit_log = Table(
    "audit_log",
    metadata,
    Column("seq", Whole, primary_key=True, autoincrement=False),
    Column("at", UtcTime, nullable=False),
    Column("principal_id", Text),
    Column("principal", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("site", Text),
    Column("details", Text, nullable=False),
    Column("prev_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("audit_log_by_site", "site", "seq"),
    Index("audit_log_by_object", "object", "seq"),
    Index("audit_log_by_principal", "principal_id", "seq"),
)
"""Who viewed, exported, changed or decided what (``siaga.access.AuditEntry``); only ever added to.

``hash`` is over the row and ``prev_hash``, that of the row before (``siaga.audit.chain``).
"""

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=False),
    Column("seq", Whole, nullable=False),
    Column("hash", Text, nullable=False),
)
"""One row, id 1: number and hash of the newest row of ``audit_log``. Locked by whoever appends."""
