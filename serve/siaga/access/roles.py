"""Roles and what each may do. A role is held at one site or at all of them."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """What a user is at a site."""

    ADMIN = "admin"
    SAFETY_MANAGER = "safety_manager"
    REVIEWER = "reviewer"
    VIEWER = "viewer"
    WORKER_REPRESENTATIVE = "worker_representative"
    INSPECTOR = "inspector"
    DEVICE = "device"


class Permission(StrEnum):
    """One thing that a route does; every route names one."""

    PUBLIC = "public"
    """Nothing private: sign-in, health, notices, anonymous reports. Anybody."""
    OWN_ACCOUNT = "own_account"
    """The caller's own password, second factor, sessions. Any user."""
    INGEST = "ingest"
    """Events, evidence, ledger and health of the device's own site; its configuration."""
    READ_EVENTS = "read_events"
    READ_MEDIA = "read_media"
    READ_STATISTICS = "read_statistics"
    READ_HEALTH = "read_health"
    REVIEW = "review"
    MANAGE_ACTIONS = "manage_actions"
    REPORT = "report"
    """Near misses and hazards by hand."""
    EXPORT = "export"
    READ_ACCESS_LOG = "read_access_log"
    MANAGE_NOTICES = "manage_notices"
    """The public notice, and answers to contests."""
    MANAGE_SITE = "manage_site"
    """Cameras, zones, configuration, live preview."""
    MANAGE_RETENTION = "manage_retention"
    """Retention, legal hold, deletion, the kill switch."""
    MANAGE_USERS = "manage_users"
    MANAGE_DEVICES = "manage_devices"
    MANAGE_SERVICE = "manage_service"
    """Notifications, webhooks, metrics."""


_LOOK = frozenset(
    {
        Permission.PUBLIC,
        Permission.OWN_ACCOUNT,
        Permission.READ_EVENTS,
        Permission.READ_MEDIA,
        Permission.READ_STATISTICS,
        Permission.READ_HEALTH,
        Permission.REPORT,
    }
)
_REVIEW = _LOOK | {Permission.REVIEW, Permission.MANAGE_ACTIONS}
_MANAGE = _REVIEW | {
    Permission.EXPORT,
    Permission.READ_ACCESS_LOG,
    Permission.MANAGE_NOTICES,
    Permission.MANAGE_SITE,
    Permission.MANAGE_RETENTION,
}

GRANTS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.ADMIN: frozenset(Permission) - {Permission.INGEST},
        Role.SAFETY_MANAGER: _MANAGE,
        Role.REVIEWER: _REVIEW,
        Role.VIEWER: _LOOK,
        # No events one by one and no media: nobody is watched through this role.
        Role.WORKER_REPRESENTATIVE: frozenset(
            {
                Permission.PUBLIC,
                Permission.OWN_ACCOUNT,
                Permission.READ_STATISTICS,
                Permission.READ_HEALTH,
                Permission.READ_ACCESS_LOG,
                Permission.REPORT,
            }
        ),
        Role.INSPECTOR: frozenset(
            {
                Permission.PUBLIC,
                Permission.OWN_ACCOUNT,
                Permission.READ_EVENTS,
                Permission.READ_MEDIA,
                Permission.READ_STATISTICS,
                Permission.READ_HEALTH,
                Permission.EXPORT,
            }
        ),
        Role.DEVICE: frozenset({Permission.PUBLIC, Permission.INGEST}),
    }
)
"""What each role may do; what is not listed is refused."""
