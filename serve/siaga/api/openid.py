"""Signing in at an OpenID provider: there and back. Both are for browsers and answer with redirects."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from siaga.access import Permission
from siaga.api.deps import PeopleDep
from siaga.auth import GuardedRoute, guarded
from siaga.auth.cookies import browser_of, put_session, put_state, take_state
from siaga.auth.oidc import ProviderFailed
from siaga.core.errors import NotFound, SiagaError

router = APIRouter(prefix="/api/v1/openid", route_class=GuardedRoute, tags=["account"])

Text = Annotated[str, Query(max_length=4096)]


@router.get("/start", response_class=Response, status_code=303)
@guarded(Permission.PUBLIC)
def start(request: Request, people: PeopleDep) -> Response:
    """Send the browser to the provider."""
    if people.oidc is None:
        raise NotFound("No OpenID provider is set up.")
    try:
        begun = people.oidc.begin()
    except SiagaError as error:
        return _back(error)
    response = RedirectResponse(begun.url, status_code=303)
    put_state(request, response, begun.state, https=people.https)
    return response


@router.get("/callback", response_class=Response, status_code=303)
@guarded(Permission.PUBLIC)
def callback(
    request: Request, people: PeopleDep, state: Text = "", code: Text = "", iss: Text | None = None
) -> Response:
    """Take the browser back from the provider, and sign in."""
    if people.oidc is None:
        raise NotFound("No OpenID provider is set up.")
    response = RedirectResponse("/", status_code=303)
    cookie = take_state(request, response, https=people.https)
    try:
        user_id = people.oidc.finish(state, cookie, code, iss)
        signed_in = people.sign_in.open(user_id, "openid", browser_of(request))
    except SiagaError as error:
        return _back(error)
    put_session(request, response, signed_in.secret, https=people.https)
    return response


def _back(error: SiagaError) -> Response:
    """To the sign-in page, which says what was wrong in words of its own."""
    problem = "provider" if isinstance(error, ProviderFailed) else "openid"
    return RedirectResponse(f"/signin?problem={problem}", status_code=303)
