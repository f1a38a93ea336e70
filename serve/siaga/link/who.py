"""Who asks, where that person or box may act, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from siaga.access import AuditEntry, Principal, Scope
from siaga.access.audit import Detail
from siaga.core.errors import NotFound


@dataclass(frozen=True, slots=True)
class Who:
    """``scope``: the sites where the caller may do what the route's permission says. ``at``: aware."""

    principal: Principal
    scope: Scope
    at: datetime

    def at_site(self, site: str) -> None:
        """Return if this site may be touched.

        Raises:
            NotFound: It may not; whether it exists is not told.
        """
        if not self.scope.allows(site):
            raise NotFound("No such site.", where=site)

    def entry(
        self, action: str, thing: str, site: str | None, details: Mapping[str, Detail] | None = None
    ) -> AuditEntry:
        """What the access log is told."""
        return AuditEntry(self.principal, action, thing, site, self.at, details or {})
