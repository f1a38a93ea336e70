"""An event as JSON."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic.fields import FieldInfo

from siaga.cli.reference.configuration import fields
from siaga.cli.reference.markdown import code, page, table
from siaga.cli.reference.types import field_words
from siaga.core.canonical import ZERO_HASH, record_hash, sha256_hex
from siaga.core.event import Event

_INTRO = """\
A violation is one `event_id` with one `new` record, any number of `update` records and one `end` record.
Each record is a JSON object like this, chained to the one before it on its device and signed. Unknown keys
are refused. Boxes are left, top, right, bottom from 0 to 1 of the picture. Values that are at their default
are written out."""
_HOW = """\
`hash` is the sha256 of the canonical JSON (RFC 8785: sorted keys, no spaces) of the record without `hash`
and `signature`; `signature` is Ed25519 by the device's key over the 32 bytes of `hash`. The example's
signature is not a real one."""


_ID = "019cad65-b3dc-7a2b-9f3e-5d1c0a7b4e21"
_SUBJECT = {
    "track_id": 17,
    "xyxyn": (0.4125, 0.3333, 0.4661, 0.6407),
    "verdicts": [
        {
            "item": "helmet",
            "state": "missing",
            "confidence": 0.83,
            "votes": {"worn": 0, "missing": 9, "unknown": 2},
        }
    ],
}


def events() -> str:
    """The page."""
    rows = [
        (code(path), field_words(field), _needed(field), field.description or "")
        for path, field in fields(Event)
    ]
    example = json.dumps(example_event().model_dump(mode="json"), indent=2)
    return page(
        "Events",
        _INTRO,
        table(("Key", "Type", "There", "Meaning"), rows),
        _HOW,
        "## Example",
        f"```json\n{example}\n```",
    )


def example_event() -> Event:
    """A helmet missing at a crane: chained, hashed, not signed."""
    at = datetime(2026, 3, 2, 7, 14, 9, 500000, UTC)
    body: dict[str, Any] = {
        "id": _ID,
        "event_id": _ID,
        "site": "harbour-tower",
        "camera": "tower-crane",
        "rule": "missing_ppe",
        "items": ["helmet"],
        "severity": "warning",
        "state": "new",
        "start_at": at - timedelta(seconds=2),
        "said_at": at,
        "subjects": [_SUBJECT],
        "model": {"name": "siaga-ppe-n", "sha256": sha256_hex(b"model")},
        "config_hash": sha256_hex(b"configuration"),
        "evidence": [
            {
                "kind": "snapshot",
                "media_type": "image/jpeg",
                "sha256": sha256_hex(b"snapshot"),
                "bytes": 214_096,
                "width": 1920,
                "height": 1080,
                "t0": at,
                "t1": at,
                "trigger_s": 0.0,
                "privacy": {"heads": "pixelated", "heads_covered": 3},
            },
            {"kind": "clip", "status": "pending", "reason": "post_roll"},
        ],
        "device_id": "5f0c2ad1b6e34f97",
        "boot_id": "0b9c7d52-7d0f-4a41-9d4e-2f6c8a1f3e10",
        "seq": 1,
        "recorded_at": at + timedelta(milliseconds=20),
        "prev_hash": ZERO_HASH,
        "hash": ZERO_HASH,
        "signature": "0" * 128,
    }
    record = Event.model_validate(body).model_dump(mode="json")
    return Event.model_validate({**record, "hash": record_hash(record)})


def _needed(field: FieldInfo) -> str:
    return "always" if field.is_required() else f"default {code(json.dumps(_plain(field)))}"


def _plain(field: FieldInfo) -> Any:
    value = field.get_default(call_default_factory=True)
    return list(value) if isinstance(value, tuple) else value
