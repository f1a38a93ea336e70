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
        only: Nothing but these permissions, whatever the roles grant; None: no such limit (a token has one).
        session: Id of the session of a signed-in user; None for tokens and devices.
        device_id: Of an enrolled device; None for users and for the token that devices share.
    """

    id: str | None
    name: str
    roles: Mapping[Role, Scope] = field(default_factory=dict)
    only: frozenset[Permission] | None = None
    session: str | None = None
    device_id: str | None = None

    @classmethod
    def nobody(cls) -> Principal:
        """A caller without credentials."""
        return cls(None, "anonymous")

    def may(self, permission: Permission) -> bool:
        """Whether this is allowed at any site at all."""
        if permission is Permission.PUBLIC:
            return True
        return self._within(permission) and any(permission in GRANTS[role] for role in self.roles)

    def scope(self, permission: Permission) -> Scope:
        """The sites where this is allowed."""
        found: frozenset[str] = frozenset()
        if not self._within(permission):
            return Scope(found)
        for role, scope in self.roles.items():
            if permission not in GRANTS[role]:
                continue
            if scope.sites is None:
                return scope
            found |= scope.sites
        return Scope(found)

    def _within(self, permission: Permission) -> bool:
        return self.only is None or permission in self.only
