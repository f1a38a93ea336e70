"""Signing in and out on the plain page, and the pages that one-time links open."""

from typing import cast
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from siaga.access import Permission
from siaga.auth import GuardedRoute, People, guarded
from siaga.auth.cookies import browser_of, drop_session, put_session, session_secret
from siaga.auth.limiter import RateLimited
from siaga.auth.links import LinkKind, check_owner_fields
from siaga.auth.origin import check_origin
from siaga.auth.signin import CodeNeeded, SignedIn
from siaga.core.errors import Forbidden, SiagaError, Unauthorised
from siaga.web.pages import error_page, render

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)

_FORM_BYTES = 8192
_PROBLEMS = {
    "provider": "The sign-in service does not answer. Try again later, or sign in with a password.",
    "openid": "That did not work: you have no account here, or it took too long. Try again.",
}


@router.get("/signin")
@guarded(Permission.PUBLIC)
def signin_page(request: Request, problem: str = "") -> Response:
    """Where to sign in."""
    return _form(request, 200, _PROBLEMS.get(problem))


@router.post("/session", response_class=Response)
@guarded(Permission.PUBLIC, max_body=_FORM_BYTES)
async def sign_in(request: Request) -> Response:
    """Open a session with name and password of the form."""
    check_origin(request)
    form = await _fields(request)
    return await run_in_threadpool(_sign_in, request, form)


def _sign_in(request: Request, form: dict[str, str]) -> Response:
    people = _people(request)
    login, password, code = (form.get(name, "") for name in ("login", "password", "code"))
    signed_in = people.sign_in.by_password(login.strip(), password, code or None, browser_of(request))
    return _entered(request, people, signed_in)


@router.post("/session/end", response_class=Response)
@guarded(Permission.PUBLIC, max_body=_FORM_BYTES)
def sign_out(request: Request) -> Response:
    """End the session."""
    check_origin(request)
    people = _people(request)
    secret = session_secret(request, https=people.https)
    if secret:
        people.sessions.forget(secret)
    response = RedirectResponse("/signin", status_code=303)
    drop_session(request, response, https=people.https)
    return response


@router.get("/welcome", response_class=Response)
@guarded(Permission.PUBLIC)
def welcome(request: Request, token: str = "") -> Response:
    """What a one-time link opens: the demo at once, else a form for a password."""
    people = _people(request)
    secret = session_secret(request, https=people.https)
    kind = people.links.kind(token)
    if secret and kind in (None, LinkKind.DEMO) and people.sessions.principal(secret) is not None:
        return RedirectResponse("/", status_code=303)
    if kind is LinkKind.DEMO:
        user_id = people.links.enter_demo(token)
        return _entered(request, people, people.sign_in.open(user_id, "demo link", browser_of(request)))
    if kind is None:
        request.app.state.guard.wrong_key(request)
        raise Unauthorised("This link does not work (any more).", fix="Ask for a new one.")
    return _welcome_form(request, 200, kind, token, None)


@router.post("/welcome", response_class=Response)
@guarded(Permission.PUBLIC, max_body=_FORM_BYTES)
async def set_password(request: Request) -> Response:
    """Set the password of the form, and sign in."""
    check_origin(request)
    return await run_in_threadpool(_set_password, request, await _fields(request))


def _set_password(request: Request, form: dict[str, str]) -> Response:
    people, token, password = _people(request), form.get("token", ""), form.get("password", "")
    kind = people.links.kind(token)
    if kind is None or kind is LinkKind.DEMO:
        request.app.state.guard.wrong_key(request)
        raise Unauthorised("This link does not work (any more).", fix="Ask for a new one.")
    try:
        if kind is LinkKind.PASSWORD:
            people.links.set_password(token, password)
            return RedirectResponse("/signin", status_code=303)
        login, name = check_owner_fields(form.get("login", "").strip(), form.get("name", "").strip())
        user_id = people.links.set_owner(token, login, name, password)
    except Unauthorised:
        raise
    except SiagaError as error:
        return _welcome_form(request, error.http_status, kind, token, str(error))
    return _entered(request, people, people.sign_in.open(user_id, "link", browser_of(request)))


async def instead_of(request: Request, error: SiagaError, answer: Response) -> Response:
    """The page in place of a problem: where a session is missing, a way to get one."""
    if isinstance(error, Forbidden):
        return render(request, "forbidden.html", status=answer.status_code)
    if not isinstance(error, Unauthorised):
        return error_page(request, answer)
    tried = request.method == "POST" or request.url.path == "/welcome"
    message = str(error) if tried else None
    return _form(request, error.http_status, message, error)


def _form(request: Request, status: int, message: str | None, error: SiagaError | None = None) -> Response:
    people = _people(request)
    return render(
        request,
        "signin.html",
        status=status,
        headers={"Retry-After": str(error.retry_after)} if isinstance(error, RateLimited) else {},
        message=message,
        demo=people.demo,
        code_needed=isinstance(error, CodeNeeded),
        provider=people.oidc.options.name if people.oidc else None,
    )


def _welcome_form(request: Request, status: int, kind: LinkKind, token: str, message: str | None) -> Response:
    owner = kind is LinkKind.OWNER
    return render(request, "welcome.html", status=status, owner=owner, token=token, message=message)


def _entered(request: Request, people: People, signed_in: SignedIn) -> Response:
    before = session_secret(request, https=people.https)
    if before:
        people.sessions.forget(before)
    response = RedirectResponse("/", status_code=303)
    put_session(request, response, signed_in.secret, https=people.https)
    return response


async def _fields(request: Request) -> dict[str, str]:
    form = parse_qs((await request.body()).decode(errors="replace"))
    return {name: values[0] for name, values in form.items()}


def _people(request: Request) -> People:
    return cast(People, request.app.state.people)
