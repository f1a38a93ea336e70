"""The session's cookie."""

from fastapi import Request, Response

from siaga.auth.sessions import LIFE, Browser

_PLAIN = "siaga_session"
_SECURE = "__Host-siaga_session"
_STATE_PLAIN = "siaga_oidc"
_STATE_SECURE = "__Host-siaga_oidc"
_STATE_LIFE_S = 600


def is_https(request: Request, *, always: bool) -> bool:
    """Whether the browser came over https. ``always``: it does, whatever a proxy makes of it."""
    return always or request.url.scheme == "https"


def session_secret(request: Request, *, https: bool) -> str | None:
    """The session's secret, if the browser sent one."""
    return request.cookies.get(_SECURE if is_https(request, always=https) else _PLAIN)


def put_session(request: Request, response: Response, secret: str, *, https: bool) -> None:
    """Give the browser a session: unreadable for scripts, not sent along from other sites' pages."""
    secure = is_https(request, always=https)
    response.set_cookie(
        _SECURE if secure else _PLAIN,
        secret,
        max_age=int(LIFE.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=secure,
        path="/",
    )


def drop_session(request: Request, response: Response, *, https: bool) -> None:
    """Take the session's cookie away."""
    secure = is_https(request, always=https)
    name = _SECURE if secure else _PLAIN
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")


def put_state(request: Request, response: Response, state: str, *, https: bool) -> None:
    """Remember in the browser which sign-in at the OpenID provider it began."""
    secure = is_https(request, always=https)
    response.set_cookie(
        _STATE_SECURE if secure else _STATE_PLAIN,
        state,
        max_age=_STATE_LIFE_S,
        httponly=True,
        samesite="lax",
        secure=secure,
        path="/",
    )


def take_state(request: Request, response: Response, *, https: bool) -> str | None:
    """Which sign-in the browser began; the answer takes its cookie away."""
    secure = is_https(request, always=https)
    name = _STATE_SECURE if secure else _STATE_PLAIN
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")
    return request.cookies.get(name)


def browser_of(request: Request) -> Browser:
    """Where a sign-in comes from."""
    address = request.client.host if request.client else ""
    return Browser(request.headers.get("User-Agent", ""), address)
