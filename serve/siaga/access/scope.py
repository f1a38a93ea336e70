"""The sites that a caller may touch; every query of the data layer takes one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """``sites``: names of sites; None: all of them, also those that are added later."""

    sites: frozenset[str] | None

    @classmethod
    def everything(cls) -> Scope:
        """All sites: for the service's own work, never for a request."""
        return cls(None)

    @classmethod
    def nothing(cls) -> Scope:
        """No site."""
        return cls(frozenset())

    def allows(self, site: str) -> bool:
        """Whether an object of this site may be touched."""
        return self.sites is None or site in self.sites
