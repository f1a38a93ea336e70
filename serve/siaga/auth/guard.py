"""Checks a request against its route's policy."""

from fastapi import Request

from siaga.auth.keys import Keyring, Kind
from siaga.auth.limiter import WrongKeyLimiter
from siaga.auth.policy import Policy
from siaga.core.errors import Unauthorised

COOKIE = "siaga_session"


class Guard:
    """Knows who may pass. All methods block (they may read the database)."""

    def __init__(self, keyring: Keyring, limiter: WrongKeyLimiter) -> None:
        self._keyring = keyring
        self._limiter = limiter

    def authorise(self, request: Request, policy: Policy) -> None:
        """Return if the request may go on.

        Raises:
            Unauthorised: No or wrong credentials (``RateLimited`` after too many wrong ones).
        """
        if policy is Policy.PUBLIC:
            return
        kind = Kind.DEVICE if policy is Policy.DEVICE else Kind.VIEWER
        token = _bearer(request)
        if token is not None:
            self._check(kind, token, request)
            return
        session = request.cookies.get(COOKIE)
        if kind is Kind.VIEWER and session and self._keyring.is_session(session):
            return
        raise Unauthorised(f"This needs the {kind}.", fix="Send it as Authorization: Bearer ...")

    def sign_in(self, request: Request, key: str) -> str:
        """Exchange the viewer's key for a new session's secret.

        Raises:
            Unauthorised: It is not the viewer's key (``RateLimited`` after too many wrong ones).
        """
        self._check(Kind.VIEWER, key, request)
        return self._keyring.open_session()

    def _check(self, kind: Kind, token: str, request: Request) -> None:
        if not self._keyring.is_key(kind, token):
            self._limiter.wrong(request.client.host if request.client else "")
            raise Unauthorised(f"This is not the {kind}.", fix=f"Take it from the file {kind}.")


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
