"""How a draft becomes a record: rounded, numbered, chained and signed; and how that is checked."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from siaga.core.canonical import ZERO_HASH, record_hash
from siaga.core.errors import StorageError
from siaga.core.event import Event, EventDraft
from siaga.core.signature import signed_by
from siaga.deliver.device import DeviceKey

_DECIMALS = 4


def make_record(
    draft: EventDraft, *, key: DeviceKey, boot_id: UUID, seq: int, prev_hash: str, recorded_at: datetime
) -> Event:
    """Number, chain and sign ``draft``.

    Floats are rounded to four decimals, so that the canonical JSON of the record, read and written by
    anybody, stays the same bytes.
    """
    body: dict[str, Any] = _rounded(draft.model_dump(mode="json"))
    unsigned = Event.model_validate(
        body
        | {
            "device_id": key.device_id,
            "boot_id": boot_id,
            "seq": seq,
            "recorded_at": recorded_at,
            "prev_hash": prev_hash,
            "hash": ZERO_HASH,
            "signature": "0" * 128,
        }
    )
    digest = record_hash(unsigned.model_dump(mode="json"))
    return unsigned.model_copy(update={"hash": digest, "signature": key.sign(digest)})


def same_content(event: Event, draft: EventDraft) -> bool:
    """Whether ``event`` was made from ``draft``."""
    told = event.model_dump(mode="json")
    return all(told[name] == value for name, value in _rounded(draft.model_dump(mode="json")).items())


def check_chain(records: Iterable[dict[str, Any]], public_key: str, device_id: str) -> int:
    """Check hashes, signatures and the chain over records in order of their numbers.

    Returns:
        How many records were checked.

    Raises:
        StorageError: The first record that is changed, missing, foreign or out of order.
    """
    count, prev_hash = 0, ZERO_HASH
    for count, record in enumerate(records, 1):
        seq = record["seq"]
        for wrong, what in (
            (record["device_id"] != device_id, "is of another device"),
            (seq != count, f"stands where number {count} should"),
            (record["prev_hash"] != prev_hash, "does not continue the chain"),
            (record_hash(record) != record["hash"], "was changed after it was signed"),
            (not signed_by(public_key, record["hash"], record["signature"]), "is not signed by this device"),
        ):
            if wrong:
                raise StorageError(f"record {seq} {what}", fix="Keep the file as it is and look into it.")
        prev_hash = record["hash"]
    return count


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        # No negative zero: other languages write it as 0.
        return round(value, _DECIMALS) + 0.0
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    return value
