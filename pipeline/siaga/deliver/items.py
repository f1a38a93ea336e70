"""What is to be delivered, and how it stands."""

import sqlite3
from dataclasses import dataclass
from enum import IntEnum
from uuid import UUID

from siaga.core.event import Event, Evidence, EvidenceKind


class Lane(IntEnum):
    """What goes out first."""

    METADATA = 0
    STILL = 1
    CLIP = 2


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to deliver: a record, or a piece of evidence that a record names.

    Attributes:
        item: Its number in the outbox.
        seq: The record's number.
        record_id: The record's ``id``.
        body: The record's canonical JSON for the metadata lane, empty for evidence.
        attempts: Failed tries so far.
        error: The last failure; for a dead letter the reason.
    """

    item: int
    lane: Lane
    seq: int
    record_id: UUID
    body: bytes
    sha256: str | None
    media_type: str
    bytes: int
    attempts: int
    error: str | None


@dataclass(frozen=True, slots=True)
class HeldEvidence:
    """Evidence that the records name as being on this box."""

    sha256: str
    kind: EvidenceKind
    delivered: bool
    seq: int


@dataclass(frozen=True, slots=True)
class Stats:
    """How the outbox stands. ``waiting``, ``dead`` and ``shed`` count items by lane."""

    last_seq: int
    waiting: dict[Lane, int]
    dead: dict[Lane, int]
    shed: dict[Lane, int]


def lane_of(piece: Evidence) -> Lane:
    """The lane that a piece of evidence travels in."""
    return Lane.CLIP if piece.kind is EvidenceKind.CLIP else Lane.STILL


def clip_status(event: Event) -> str | None:
    """What the record says of the violation's clip; None when it says nothing."""
    said = (piece.status.value for piece in event.evidence if piece.kind is EvidenceKind.CLIP)
    return next(said, None)


def item_of(row: sqlite3.Row) -> Item:
    """An item from its row, joined with its record's."""
    lane = Lane(row["lane"])
    return Item(
        item=row["item"],
        lane=lane,
        seq=row["seq"],
        record_id=UUID(row["id"]),
        body=row["record"].encode() if lane is Lane.METADATA else b"",
        sha256=row["sha256"],
        media_type=row["media_type"],
        bytes=row["bytes"],
        attempts=row["attempts"],
        error=row["error"],
    )
