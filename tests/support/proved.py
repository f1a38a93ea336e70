"""A site whose boxes sign what they send, kept in a real archive with its chain."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from siaga.access import Scope
from siaga.archive.contract import Blob
from siaga.archive.writes import insert_blob, insert_record, upsert_ledger
from siaga.core.canonical import ZERO_HASH, sha256_hex
from siaga.core.event import Event, EventDraft
from siaga.core.ledger import LedgerRow
from siaga.db import Database
from siaga.deliver.chain import make_record
from siaga.deliver.device import DeviceKey
from siaga.proof import ProofChain, ServiceKey
from siaga.proof.pack import FolderDocuments, Packer, Purpose, Selection
from siaga.proof.witness import Witness

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
SERVICE = ServiceKey.from_seed(b"s" * 32)
ALL = Scope.everything()
CONFIG = b"site:\n  name: north\n"


class Bytes:
    """Evidence in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def write(self, data: bytes) -> str:
        """Put bytes there; their path."""
        path = sha256_hex(data)
        (self.root / path).write_bytes(data)
        return path

    def read(self, path: str, start: int, stop: int) -> Iterator[bytes]:
        """As an evidence store does."""
        yield (self.root / path).read_bytes()[start:stop]

    def remove(self, path: str) -> None:
        """As an evidence store does."""
        (self.root / path).unlink(missing_ok=True)


@dataclass
class ProvedSite:
    """One archive; ``put`` keeps a violation of two records with a picture and a clip."""

    database: Database
    folder: Path
    every: int = 4
    key: DeviceKey = field(default_factory=lambda: DeviceKey.from_seed(b"d" * 32))
    seq: int = 0
    prev: str = ZERO_HASH
    notes: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bytes = Bytes(self.folder / "evidence")
        self.chain = ProofChain(SERVICE, every=self.every, note=self.notes.append)
        self.witness = Witness(self.chain)
        papers = self.folder / "documents"
        for name, data in (
            (f"configurations/{sha256_hex(CONFIG)}.yaml", CONFIG),
            (f"devices/{self.key.device_id}.pub", self.key.public_key.encode()),
        ):
            (papers / name).parent.mkdir(parents=True, exist_ok=True)
            (papers / name).write_bytes(data)
        self.packer = Packer(self.database, self.bytes, FolderDocuments(papers), self.chain, SERVICE)

    def record(
        self, site: str, number: int, state: str, pieces: list[dict[str, Any]], **fields: Any
    ) -> Event:
        """The device's next record, signed; about the violation ``number``."""
        self.seq += 1
        at = START + timedelta(minutes=number)
        event_id = uuid.UUID(int=number + 1)
        body = {
            "id": event_id if state == "new" else uuid.UUID(int=1_000_000 + self.seq),
            "event_id": event_id,
            "site": site,
            "camera": "gate",
            "rule": "missing_ppe",
            "items": ["helmet"],
            "severity": "alert",
            "state": state,
            "start_at": at,
            "said_at": at + timedelta(seconds=self.seq % 2),
            "config_hash": sha256_hex(CONFIG),
            "evidence": pieces,
            "model": {"name": "siaga-ppe-n", "sha256": "e" * 64},
        } | fields
        event = make_record(
            EventDraft.model_validate(body),
            key=self.key,
            boot_id=uuid.UUID(int=7),
            seq=self.seq,
            prev_hash=self.prev,
            recorded_at=at,
        )
        self.prev = event.hash
        return event

    def keep(self, event: Event, at: datetime) -> None:
        """As the archive keeps a record."""
        with self.database.writing() as connection:
            insert_record(connection, event, event.model_dump(mode="json"), at, ALL)
            self.witness.record(connection, event, at)

    def arrive(self, data: bytes, media_type: str, at: datetime) -> None:
        """As the archive keeps bytes."""
        path = self.bytes.write(data)
        with self.database.writing() as connection:
            insert_blob(connection, Blob(path, len(data), media_type, path), at)
            self.witness.evidence(connection, path, at)

    def put(self, number: int, site: str = "north", at: datetime | None = None, **fields: Any) -> Event:
        """Violation ``number`` of a site: begun, ended, with a picture and a clip that arrived."""
        at = at or START + timedelta(minutes=number)
        picture = f"picture {number} of {site}".encode() * 3
        clip = f"clip {number} of {site}".encode() * 5
        pieces = [piece("snapshot", "image/jpeg", picture), piece("clip", "video/mp4", clip)]
        self.keep(self.record(site, number, "new", pieces[:1], **fields), at)
        self.arrive(picture, "image/jpeg", at)
        ended = self.record(
            site, number, "end", pieces, end_at=START + timedelta(minutes=number, seconds=30), **fields
        )
        self.keep(ended, at)
        self.arrive(clip, "video/mp4", at)
        return ended

    def put_ledger(self, site: str = "north", **fields: Any) -> None:
        """An hour of the camera."""
        row = {"site": site, "camera": "gate", "zone": None, "hour": START, "watched_s": 3000.0} | fields
        with self.database.writing() as connection:
            upsert_ledger(connection, self.key.device_id, [LedgerRow.model_validate(row)], START, ALL)

    def pack(self, selection: Selection | None = None, **options: Any) -> bytes:
        """A pack of a day."""
        file = io.BytesIO()
        chosen = selection or Selection("north", START, START + timedelta(days=1))
        now = START + timedelta(days=2)
        told: dict[str, Any] = {"now": now, "made_by": "owner", "purpose": Purpose.INSPECTION} | options
        self.packer.make(file, chosen, ALL, **told)
        return file.getvalue()


def piece(kind: str, media_type: str, data: bytes, **fields: Any) -> dict[str, Any]:
    """What a record says of evidence."""
    told = {"kind": kind, "media_type": media_type, "sha256": sha256_hex(data), "bytes": len(data)}
    return told | {"t0": START, "privacy": {"heads": "pixelated"}} | fields
