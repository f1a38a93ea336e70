"""Finds out who is asking, and whether the route's permission is among what that caller may do."""

from fastapi import Request

from siaga.access import Permission, Principal, Role, Scope
from siaga.auth.keys import Keyring, Kind
from siaga.auth.limiter import WrongKeyLimiter
from siaga.core.errors import Unauthorised

COOKIE = "siaga_session"
_ALL = Scope.everything()
_OWNER = Principal("owner", "owner", {Role.ADMIN: _ALL})
_DEVICE = Principal("device", "device", {Role.DEVICE: _ALL})


class Guard:
    """Knows who may pass. All methods block (they may read the database)."""

    def __init__(self, keyring: Keyring, limiter: WrongKeyLimiter) -> None:
        self._keyring = keyring
        self._limiter = limiter

    def authorise(self, request: Request, permission: Permission) -> Principal:
        """Who is asking, if the request may go on.

        Raises:
            Unauthorised: No or wrong credentials (``RateLimited`` after too many wrong ones).
        """
        if permission is Permission.PUBLIC:
            return Principal.nobody()
        kind, principal = (Kind.DEVICE, _DEVICE) if permission is Permission.INGEST else (Kind.VIEWER, _OWNER)
        token = _bearer(request)
        if token is not None:
            self._check(kind, token, request)
            return principal
        session = request.cookies.get(COOKIE)
        if kind is Kind.VIEWER and session and self._keyring.is_session(session):
            return principal
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
