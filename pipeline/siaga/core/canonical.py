"""Bytes that mean the same everywhere: the form over which records are hashed and signed."""

import hashlib
import json
from typing import Any

ZERO_HASH = "0" * 64


def canonical_json(value: Any) -> bytes:
    """Canonical JSON after RFC 8785: sorted keys, no spaces, UTF-8, no NaN.

    Numbers are written as Python writes them. Records hold integers and rounded floats only, for which
    that is the shortest round-trip form of RFC 8785 too.

    Args:
        value: JSON types only.

    Raises:
        ValueError: A float is not finite.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def sha256_hex(data: bytes) -> str:
    """The sha256 of ``data`` in lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def record_hash(record: dict[str, Any]) -> str:
    """The hash of an event record (JSON types), taken without its ``hash`` and ``signature``."""
    body = {key: value for key, value in record.items() if key not in ("hash", "signature")}
    return sha256_hex(canonical_json(body))
