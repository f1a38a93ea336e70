"""Where a page of a list ended: opaque to the client, a moment and an id inside."""

import base64
import binascii
import json
from datetime import UTC, datetime
from uuid import UUID

from siaga.core.errors import BadRequest


def encode(moment: datetime, key: UUID) -> str:
    """A cursor after the row with these sort keys; ``moment`` is aware."""
    told = [moment.astimezone(UTC).isoformat(), str(key)]
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")


def decode(cursor: str) -> tuple[datetime, UUID]:
    """The sort keys of the row to go on after.

    Raises:
        BadRequest: It is not a cursor that ``encode`` made.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        moment, key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        return datetime.fromisoformat(moment).astimezone(UTC), UUID(key)
    except (binascii.Error, ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise BadRequest(
            "This cursor is not known.", fix="Take next_cursor of an earlier answer as it is."
        ) from error
