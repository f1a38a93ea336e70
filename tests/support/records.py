"""Records as an edge sends them: numbered, chained and hashed, with a signature that nobody checks."""

import hashlib
import uuid
from datetime import timedelta
from typing import Any

from siaga.core.canonical import ZERO_HASH, record_hash
from siaga.core.clock import Clock, uuid7_factory
from siaga.core.event import Event

UNSIGNED = "0" * 128


class RecordMaker:
    """One device that numbers and chains its records.

    Args:
        clock: Says when records are made and gives ids their time.
    """

    def __init__(self, clock: Clock, device_id: str = "box-1", site: str = "north tower") -> None:
        self.device_id = device_id
        self._clock = clock
        self._site = site
        self._new_id = uuid7_factory(clock)
        self._boot_id = uuid.UUID(int=1)
        self._seq = 0
        self._prev_hash = ZERO_HASH

    def make(self, *, event_id: str | None = None, ago_s: float = 0.0, **fields: Any) -> dict[str, Any]:
        """The next record as JSON; ``fields`` replace those of a helmet missing at the gate.

        Args:
            event_id: The violation's; None begins a new one.
            ago_s: How long before now it is about, in seconds.
        """
        record_id = str(self._new_id())
        now = self._clock.utc()
        about = (now - timedelta(seconds=ago_s)).isoformat()
        self._seq += 1
        body = {
            "schema_version": 1,
            "id": record_id,
            "event_id": event_id or record_id,
            "site": self._site,
            "camera": "gate",
            "rule": "missing_ppe",
            "zone": None,
            "items": ["helmet"],
            "severity": "alert",
            "state": "new",
            "start_at": about,
            "said_at": about,
            "config_hash": "c" * 64,
            "device_id": self.device_id,
            "boot_id": str(self._boot_id),
            "seq": self._seq,
            "recorded_at": now.isoformat(),
            "prev_hash": self._prev_hash,
        } | fields
        record = sealed(body)
        self._prev_hash = record["hash"]
        return record


def sealed(body: dict[str, Any]) -> dict[str, Any]:
    """``body`` in the form that is sent, with its hash."""
    filled = Event.model_validate(body | {"hash": ZERO_HASH, "signature": UNSIGNED}).model_dump(mode="json")
    return filled | {"hash": record_hash(filled)}


def evidence_entry(kind: str, media_type: str, data: bytes, **fields: Any) -> dict[str, Any]:
    """What a record says about evidence whose bytes are ``data``."""
    return {
        "kind": kind,
        "status": "stored",
        "media_type": media_type,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
    } | fields
