"""Moments that can be kept."""

from datetime import UTC, datetime

from siaga.archive.errors import Unprocessable


def keepable(moment: datetime) -> datetime:
    """Aware ``moment`` as UTC.

    Raises:
        Unprocessable: It lies outside the years 1 to 9999 when told in UTC.
    """
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise Unprocessable("A time lies outside the years that can be told.") from error
