"""What the link refuses, beyond the common tree of ``siaga.core.errors``."""

from siaga.core.errors import BadRequest


class Unusable(BadRequest):
    """The request is well formed, but what it holds cannot be used; the text says why."""

    http_status = 422
