"""One link of a site's chain, and a signed statement of where the chain stood."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from siaga.core.canonical import canonical_json, sha256_hex

CHECKPOINT_FORMAT = "siaga-checkpoint-1"


class Kind(StrEnum):
    """What an entry is about."""

    RECORD = "record"
    """A record of a violation; ``sha256`` is the record's ``hash``."""
    EVIDENCE = "evidence"
    """Bytes that arrived whole."""
    TOMBSTONE = "tombstone"
    """``sha256`` (of a record or of evidence) was deleted; ``about`` says what it was and why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A link: ``hash`` is over all the rest, ``prev`` is the ``hash`` of the link before.

    Attributes:
        number: Counts the site's entries without a gap, from 1.
        at: Aware UTC; when the service took it.
        sha256: 64 hex digits.
        about: Short words and numbers; of a record the device, its number and its signature.
    """

    site: str
    number: int
    at: datetime
    kind: Kind
    sha256: str
    about: Mapping[str, str | int]
    prev: str

    def body(self) -> dict[str, Any]:
        """What is hashed, as JSON types."""
        return {
            "about": dict(self.about),
            "at": time_text(self.at),
            "kind": self.kind.value,
            "number": self.number,
            "prev": self.prev,
            "sha256": self.sha256,
            "site": self.site,
        }

    @property
    def hash(self) -> str:
        """sha256 of the canonical JSON of ``body``."""
        return sha256_hex(canonical_json(self.body()))

    def line(self) -> bytes:
        """The entry with its hash as canonical JSON, as a pack holds it."""
        return canonical_json(self.body() | {"hash": self.hash})


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The service's signature under the newest entry of a site.

    Attributes:
        number: Of the entry.
        hash: Of the entry.
        prev: sha256 of the body of the checkpoint before, zeros for the first.
        public_key: Ed25519, raw, in hex.
        signature: Ed25519 over the canonical JSON of ``body``, in hex.
        timestamp: An RFC 3161 answer (DER) in base64 over the sha256 of that JSON; None without.
    """

    site: str
    number: int
    hash: str
    at: datetime
    prev: str
    public_key: str
    signature: str = ""
    timestamp: str | None = None

    def body(self) -> dict[str, Any]:
        """What is signed, as JSON types."""
        return {
            "at": time_text(self.at),
            "format": CHECKPOINT_FORMAT,
            "hash": self.hash,
            "number": self.number,
            "prev": self.prev,
            "public_key": self.public_key,
            "site": self.site,
        }

    def signed(self) -> bytes:
        """The bytes that are signed and time-stamped."""
        return canonical_json(self.body())

    def line(self) -> bytes:
        """The checkpoint with its signature as canonical JSON, as a pack holds it."""
        stamp = {} if self.timestamp is None else {"timestamp": self.timestamp}
        return canonical_json(self.body() | {"signature": self.signature} | stamp)


def time_text(moment: datetime) -> str:
    """UTC with microseconds, e.g. ``2026-01-01T00:00:00.000000Z``."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def about_text(about: Mapping[str, str | int]) -> str:
    """``about`` as it is stored."""
    return canonical_json(dict(about)).decode()


def about_of(text: str) -> dict[str, str | int]:
    """The stored form's meaning."""
    found: dict[str, str | int] = json.loads(text)
    return found
