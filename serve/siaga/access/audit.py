"""What is told to the access log: a plain value, and who takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from siaga.access.principal import Principal

if TYPE_CHECKING:
    from sqlalchemy import Connection

Detail = str | int | bool | None
"""No floats: their text form differs between languages, and details are hashed."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """That someone viewed, exported, changed or decided something.

    Says what was touched, never what was in it: no comment, no picture, no secret.

    Attributes:
        principal: Who did it.
        action: ``thing.verb``, e.g. ``violation.view``, ``media.view``, ``export.make``, ``review.decide``.
        object: What it was done to: ``kind/id``, e.g. ``violation/0190…``.
        site: The site it belongs to; None: the whole service.
        at: When; aware. The service's clock.
        details: Small facts to go with it (format, state before and after, number of rows).
    """

    principal: Principal
    action: str
    object: str
    site: str | None
    at: datetime
    details: Mapping[str, Detail] = field(default_factory=dict)


class Auditor(Protocol):
    """Keeps the access log."""

    def record(self, connection: Connection | None, entry: AuditEntry) -> None:
        """Append ``entry``.

        Args:
            connection: A writing transaction that the entry shares its fate with; None: one of its own.
                Append last in a transaction: from then on nobody else can append until it ends.

        Raises:
            StorageError: It cannot be kept; then what it tells of must not happen either.
        """

    def viewed(self, entry: AuditEntry) -> None:
        """Append that something was looked at, in a transaction of its own.

        The same person looking at the same object again within ten minutes is one look (a player asks for a
        clip in many ranges).

        Raises:
            StorageError: It cannot be kept; then do not show it.
        """
