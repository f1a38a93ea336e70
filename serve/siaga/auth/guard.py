"""Finds out who is asking, and whether the route's permission is among what that caller may do."""

import structlog
from fastapi import Request

from siaga.access import Permission, Principal
from siaga.auth.cookies import browser_of, session_secret
from siaga.auth.limiter import network_of
from siaga.auth.origin import check_change
from siaga.auth.people import People
from siaga.auth.secrets import API_TOKEN, DEVICE_TOKEN
from siaga.core.errors import Forbidden, Unauthorised

_log = structlog.get_logger(__name__)


class Guard:
    """Knows who may pass. All methods block (they may read the database)."""

    def __init__(self, people: People) -> None:
        self._people = people

    def authorise(self, request: Request, permission: Permission) -> Principal:
        """Who is asking, if the request may go on.

        Raises:
            Unauthorised: No or wrong credentials (``RateLimited`` after too many wrong ones).
            Forbidden: The caller may not do this anywhere, or another site's page sent it.
        """
        if permission is Permission.PUBLIC:
            return Principal.nobody()
        token = _bearer(request)
        found = self._by_session(request) if token is None else self._by_token(token)
        if found is None:
            if token is not None:
                self.wrong_key(request)
            raise Unauthorised("This needs valid credentials.", fix="Sign in, or send a token that works.")
        if not found.may(permission):
            _log.warning("not_allowed", who=found.id, permission=permission.value, path=request.url.path)
            raise Forbidden("Your role does not allow this.", fix="Ask who manages the users.")
        return found

    def wrong_key(self, request: Request) -> None:
        """Count a wrong token, link or code.

        Raises:
            RateLimited: There were too many from this address.
        """
        self._people.wrong_keys.wrong(network_of(browser_of(request).address))

    def _by_token(self, token: str) -> Principal | None:
        if token.startswith(API_TOKEN):
            return self._people.tokens.principal(token)
        if token.startswith(DEVICE_TOKEN):
            return self._people.devices.principal(token)
        return self._people.shared.principal(token)

    def _by_session(self, request: Request) -> Principal | None:
        secret = session_secret(request, https=self._people.https)
        if not secret:
            return None
        found = self._people.sessions.principal(secret)
        if found is not None:
            check_change(request, secret)
        return found


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
