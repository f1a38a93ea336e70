"""Stored times: UTC text of one length, so that text order is time order."""

from datetime import UTC, datetime

from siaga.archive.errors import Unprocessable


def to_text(moment: datetime) -> str:
    """Aware ``moment`` as UTC text with microseconds, e.g. ``2026-01-01T00:00:00.000000Z``.

    Raises:
        Unprocessable: The moment lies outside the years 1 to 9999 when told in UTC.
    """
    try:
        utc = moment.astimezone(UTC)
    except OverflowError as error:
        raise Unprocessable("A time lies outside the years that can be told.") from error
    return utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def from_text(text: str) -> datetime:
    """The aware moment behind stored text."""
    return datetime.fromisoformat(text)
