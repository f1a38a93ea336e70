"""Who is asking and what that person may do: plain values that every layer of the service may pass on."""

from siaga.access.audit import AuditEntry, Auditor
from siaga.access.principal import Principal
from siaga.access.roles import GRANTS, Permission, Role
from siaga.access.scope import Scope

__all__ = ["GRANTS", "AuditEntry", "Auditor", "Permission", "Principal", "Role", "Scope"]
