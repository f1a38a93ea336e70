"""On whose behalf something is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement

from siaga.access import Principal, Scope
from siaga.access.audit import AuditEntry, Detail
from siaga.db.statements import within


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, for which sites, and when.

    Attributes:
        scope: The sites where the caller may do what is asked; every query is bound by it.
        at: Now; aware.
    """

    principal: Principal
    scope: Scope
    at: datetime

    def within(self, site: ColumnElement[str]) -> ColumnElement[bool]:
        """The condition that a row belongs to the caller's sites."""
        return within(self.scope, site)

    def entry(self, action: str, thing: str, site: str | None, **details: Detail) -> AuditEntry:
        """What is told to the access log."""
        return AuditEntry(self.principal, action, thing, site, self.at, details)
