"""Where a page of a list ended: opaque to the client, two keys inside."""

import base64
import binascii
import json

from siaga.core.errors import BadRequest


def encode(first: str, second: str) -> str:
    """A cursor after the row with these sort keys."""
    return base64.urlsafe_b64encode(json.dumps([first, second]).encode()).decode().rstrip("=")


def decode(cursor: str) -> tuple[str, str]:
    """The sort keys of the row to go on after.

    Raises:
        BadRequest: It is not a cursor that ``encode`` made.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise _refused() from error
    if not (isinstance(parts, list) and len(parts) == 2 and all(_is_key(part) for part in parts)):
        raise _refused()
    return parts[0], parts[1]


def _is_key(part: object) -> bool:
    return isinstance(part, str) and part.isascii()


def _refused() -> BadRequest:
    return BadRequest("This cursor is not known.", fix="Take next_cursor of an earlier answer as it is.")
