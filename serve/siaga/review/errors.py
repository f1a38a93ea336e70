"""What a review refuses, beyond the common tree of ``siaga.core.errors``."""

from __future__ import annotations

from datetime import datetime

from siaga.core.errors import BadRequest, Conflict


class NotAllowed(BadRequest):
    """The request is well formed, but what it asks for makes no sense together."""

    http_status = 422


class PictureRefused(NotAllowed):
    """The bytes are no picture that is taken."""


class Meanwhile(Conflict):
    """Somebody else changed it since it was read.

    Args:
        version: The version that holds now.
        by: Who made it; None: nobody signed in.
        at: When.
        state: The state that holds now.
    """

    def __init__(
        self, what: str, *, version: int, by: str | None, at: datetime | None, state: str, where: str
    ) -> None:
        super().__init__(what, where=where, fix="Look at it again, then decide with its new version.")
        self.version = version
        self.by = by
        self.at = at
        self.state = state
