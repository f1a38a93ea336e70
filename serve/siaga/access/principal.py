"""Who is asking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from siaga.access.roles import GRANTS, Permission, Role
from siaga.access.scope import Scope


@dataclass(frozen=True, slots=True)
class Principal:
    """A user, a device or nobody.

    Attributes:
        id: The user's or device's id; None: nobody signed in.
        name: To show in logs and comments.
        roles: Roles that are held, each with the sites where.
    """

    id: str | None
    name: str
    roles: Mapping[Role, Scope] = field(default_factory=dict)

    @classmethod
    def nobody(cls) -> Principal:
        """A caller without credentials."""
        return cls(None, "anonymous")

    def may(self, permission: Permission) -> bool:
        """Whether this is allowed at any site at all."""
        return permission is Permission.PUBLIC or any(permission in GRANTS[role] for role in self.roles)

    def scope(self, permission: Permission) -> Scope:
        """The sites where this is allowed."""
        found: frozenset[str] = frozenset()
        for role, scope in self.roles.items():
            if permission not in GRANTS[role]:
                continue
            if scope.sites is None:
                return scope
            found |= scope.sites
        return Scope(found)
