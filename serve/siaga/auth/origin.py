"""Whether a browser's request comes from this service's own page (against cross-site request forgery)."""

import hmac
from urllib.parse import urlsplit

from fastapi import Request

from siaga.auth.secrets import csrf_token
from siaga.core.errors import Forbidden

CSRF_HEADER = "X-CSRF-Token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN = frozenset({"same-origin", "none"})


class ForeignOrigin(Forbidden):
    """Another site's page tries to act through this browser."""


def check_origin(request: Request) -> None:
    """Refuse what a page of another origin sends (``Sec-Fetch-Site``, ``Origin``).

    Raises:
        ForeignOrigin: It does.
    """
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched is not None and fetched not in _OWN:
        raise ForeignOrigin("Another site's page sent this.")
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("Host"):
        raise ForeignOrigin("Another site's page sent this.")


def check_change(request: Request, session_secret: str) -> None:
    """Refuse a change that a cookie authorises unless the page shows that it can read its own token.

    Raises:
        ForeignOrigin: Another origin sent it, or ``X-CSRF-Token`` is missing or wrong.
    """
    if request.method in _SAFE:
        return
    check_origin(request)
    given = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(given.encode(), csrf_token(session_secret).encode()):
        raise ForeignOrigin(
            f"{CSRF_HEADER} is missing or wrong.", fix="Take csrf_token of GET /api/v1/session."
        )
