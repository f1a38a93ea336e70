"""The archive's contract: what the API and the page need of a store, and nothing about how it keeps it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Connection

from siaga.access import Scope
from siaga.archive.views import (
    CameraView,
    LedgerEntry,
    RecordPage,
    Summary,
    ViolationDetail,
    ViolationPage,
)
from siaga.core.event import Event, RuleKind, Severity
from siaga.core.ledger import LedgerRow


class Accepted(StrEnum):
    """What became of a record: kept now, or already known with the same content."""

    CREATED = "created"
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class Named:
    """What events said about the bytes behind one sha256: every (length, media type) pair they gave."""

    sha256: str
    forms: frozenset[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Blob:
    """Complete, verified bytes. ``path`` is relative to the evidence store's root, with ``/``."""

    sha256: str
    bytes: int
    media_type: str
    path: str


@dataclass(frozen=True, slots=True)
class Span:
    """From ``since`` (included) to ``until`` (excluded); aware; None leaves that side open."""

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ViolationFilter:
    """All given conditions hold together. ``open`` True: only those that have not ended.

    ``span`` is about the start.
    """

    site: str | None = None
    camera: str | None = None
    rule: RuleKind | None = None
    zone: str | None = None
    severity: Severity | None = None
    open: bool | None = None
    span: Span = Span()


@dataclass(frozen=True, slots=True)
class Slice:
    """How many, and after which ``next_cursor`` of an earlier answer."""

    limit: int = 50
    cursor: str | None = None


class Witness(Protocol):
    """Takes note of what is kept, inside the transaction that keeps it."""

    def record(self, connection: Connection, event: Event, at: datetime) -> None:
        """A record was kept now. ``at``: its ``received_at``."""

    def evidence(self, connection: Connection, sha256: str, at: datetime) -> None:
        """Bytes are complete now."""


class Archive(Protocol):
    """Keeps records, evidence rows and the ledger.

    A method that changes something returns only after the change is on disk. All raise ``StorageError``
    (``StorageFull`` when no space is left). Safe to use from several threads, and on PostgreSQL from several
    processes. ``scope``: the sites that are looked at or may be changed; what belongs to others is as if it
    were not there.
    """

    def put_event(self, event: Event, raw: dict[str, Any], received_at: datetime, scope: Scope) -> Accepted:
        """Keep a record; ``raw`` is its JSON as received, of which ``event`` was made.

        Raises:
            Conflict: Same id or same (device_id, seq) with another content, or a violation that another
                device began.
            ForeignSite: The record's site is outside the scope.
            Unprocessable: A number, a text or a time is outside what can be kept.
        """

    def put_ledger(
        self, device_id: str, rows: Sequence[LedgerRow], received_at: datetime, scope: Scope
    ) -> None:
        """Keep absolute totals; a row replaces the one of the same camera, zone and hour.

        Raises:
            ForeignSite: A row's site is outside the scope; none is kept.
            Unprocessable: A number, a text or a time is outside what can be kept.
        """

    def named(self, sha256: str, scope: Scope) -> Named | None:
        """What events said about these bytes; None when no event names them."""

    def add_blob(self, blob: Blob, completed_at: datetime, place: Callable[[], object]) -> None:
        """Have ``place`` put the bytes at their place, then say that they are complete.

        ``remove_orphan`` does not come in between.
        """

    def remove_orphan(self, path: str, remove: Callable[[], object]) -> bool:
        """Have ``remove`` remove bytes if no row names them. Returns whether it did."""

    def blob(self, sha256: str, scope: Scope) -> Blob | None:
        """The complete bytes behind a sha256, or None."""

    def blob_paths(self, prefix: str) -> frozenset[str]:
        """Paths of complete bytes under ``<prefix>/``, for the sweep."""

    def violations(self, where: ViolationFilter, part: Slice, scope: Scope) -> ViolationPage:
        """Violations, newest start first.

        Raises:
            BadRequest: The cursor is not one of ours.
        """

    def violation(self, event_id: UUID, scope: Scope) -> ViolationDetail | None:
        """One violation with its records, or None."""

    def records(self, span: Span, part: Slice, scope: Scope) -> RecordPage:
        """Records by receipt, newest first; the span is about ``received_at``."""

    def ledger(self, camera: str | None, span: Span, scope: Scope) -> tuple[LedgerEntry, ...]:
        """Ledger rows whose hour begins in the span, by hour, camera and zone."""

    def cameras(self, scope: Scope) -> tuple[CameraView, ...]:
        """Every camera that was heard of, by site and name."""

    def summary(self, since: datetime, until: datetime, scope: Scope) -> Summary:
        """Numbers of a span; ledger hours that begin in it count whole."""

    def check(self) -> None:
        """Return if the store can be written to."""

    def close(self) -> None:
        """Let go of files and connections."""
