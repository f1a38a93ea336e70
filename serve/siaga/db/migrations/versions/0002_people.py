"""Users, roles, sessions, tokens, enrolled devices and the access log."""

from alembic import op
from sqlalchemy import Column, PrimaryKeyConstraint, Text

from siaga.db.types import Id, UtcTime, Whole

revision = "0002"
down_revision = "0001"
_NO_HASH = "0" * 64


def upgrade() -> None:
    """Make them."""
    _sites_and_users()
    _ways_in()
    _devices()
    _access_log()


def _sites_and_users() -> None:
    op.create_table(
        "sites",
        Column("site", Text, primary_key=True),
        Column("title", Text, nullable=False),
        Column("time_zone", Text, nullable=False),
        Column("created_at", UtcTime, nullable=False),
    )
    op.create_table(
        "users",
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
    op.create_table(
        "user_roles",
        Column("user_id", Id, nullable=False),
        Column("role", Text, nullable=False),
        Column("site", Text, nullable=False),
        Column("until", UtcTime),
        PrimaryKeyConstraint("user_id", "role", "site"),
    )
    op.create_table(
        "recovery_codes",
        Column("user_id", Id, nullable=False),
        Column("hash", Text, nullable=False),
        Column("used_at", UtcTime),
        PrimaryKeyConstraint("user_id", "hash"),
    )


def _ways_in() -> None:
    op.create_table(
        "user_sessions",
        Column("hash", Text, primary_key=True),
        Column("id", Id, nullable=False, unique=True),
        Column("user_id", Id, nullable=False),
        Column("method", Text, nullable=False),
        Column("agent", Text, nullable=False),
        Column("address", Text, nullable=False),
        Column("created_at", UtcTime, nullable=False),
        Column("used_at", UtcTime, nullable=False),
        Column("expires_at", UtcTime, nullable=False),
    )
    op.create_index("user_sessions_by_user", "user_sessions", ["user_id", "created_at"])
    op.create_index("user_sessions_by_end", "user_sessions", ["expires_at"])
    op.create_table(
        "api_tokens",
        Column("id", Id, primary_key=True),
        Column("hash", Text, nullable=False, unique=True),
        Column("user_id", Id, nullable=False),
        Column("name", Text, nullable=False),
        Column("permissions", Text, nullable=False),
        Column("created_at", UtcTime, nullable=False),
        Column("expires_at", UtcTime, nullable=False),
        Column("used_at", UtcTime),
        Column("revoked_at", UtcTime),
    )
    op.create_index("api_tokens_by_user", "api_tokens", ["user_id", "created_at"])
    op.create_table(
        "one_time_links",
        Column("hash", Text, primary_key=True),
        Column("kind", Text, nullable=False),
        Column("user_id", Id),
        Column("created_at", UtcTime, nullable=False),
        Column("expires_at", UtcTime, nullable=False),
        Column("used_at", UtcTime),
    )
    op.create_table(
        "oidc_attempts",
        Column("state", Text, primary_key=True),
        Column("nonce", Text, nullable=False),
        Column("verifier", Text, nullable=False),
        Column("expires_at", UtcTime, nullable=False),
    )


def _devices() -> None:
    op.create_table(
        "enrolment_codes",
        Column("hash", Text, primary_key=True),
        Column("id", Id, nullable=False, unique=True),
        Column("site", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("created_by", Text, nullable=False),
        Column("created_at", UtcTime, nullable=False),
        Column("expires_at", UtcTime, nullable=False),
        Column("used_at", UtcTime),
    )
    op.create_index("enrolment_codes_by_site", "enrolment_codes", ["site", "created_at"])
    op.create_table(
        "enrolled_devices",
        Column("device_id", Text, primary_key=True),
        Column("site", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("public_key", Text, nullable=False),
        Column("token_hash", Text, nullable=False, unique=True),
        Column("enrolled_by", Text, nullable=False),
        Column("enrolled_at", UtcTime, nullable=False),
        Column("revoked_at", UtcTime),
    )
    op.create_index("enrolled_devices_by_site", "enrolled_devices", ["site", "device_id"])
    op.create_table(
        "record_signatures",
        Column("record_id", Id, primary_key=True),
        Column("device_id", Text, nullable=False),
        Column("public_key", Text, nullable=False),
        Column("checked_at", UtcTime, nullable=False),
    )


def _access_log() -> None:
    op.create_table(
        "audit_log",
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
    )
    op.create_index("audit_log_by_site", "audit_log", ["site", "seq"])
    op.create_index("audit_log_by_object", "audit_log", ["object", "seq"])
    op.create_index("audit_log_by_principal", "audit_log", ["principal_id", "seq"])
    head = op.create_table(
        "audit_head",
        Column("id", Whole, primary_key=True, autoincrement=False),
        Column("seq", Whole, nullable=False),
        Column("hash", Text, nullable=False),
    )
    op.bulk_insert(head, [{"id": 1, "seq": 0, "hash": _NO_HASH}])
