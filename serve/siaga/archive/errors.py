"""What the archive refuses, beyond the common tree of ``siaga.core.errors``."""

from siaga.core.errors import BadRequest, Conflict, SiagaError


class Unprocessable(BadRequest):
    """The request is well formed, but what it says cannot be kept."""

    http_status = 422


class HashMismatch(Unprocessable):
    """The bytes are not those that the sha256 names."""


class EvidenceMismatch(Unprocessable):
    """Length or media type differ from what the event said about this evidence."""


class ForeignSite(SiagaError):
    """The caller is no device of the site that it speaks of."""

    http_status = 403


class TooLarge(BadRequest):
    """More bytes than are taken."""

    http_status = 413


class OffsetMismatch(Conflict):
    """The upload does not go on where the stored part ends.

    Args:
        offset: Bytes that are stored.
        complete: All bytes are stored and verified.
    """

    def __init__(self, what: str, *, offset: int, complete: bool, where: str | None = None) -> None:
        super().__init__(what, where=where, fix="Go on at the offset that is given here.")
        self.offset = offset
        self.complete = complete


class Busy(SiagaError):
    """It cannot be done at this moment. ``retry_after``: seconds to wait."""

    http_status = 503

    def __init__(self, what: str, *, retry_after: int, where: str | None = None) -> None:
        super().__init__(what, where=where, fix="Try again later.")
        self.retry_after = retry_after
