"""Signing in with the viewer's key: from the address once, or from the form."""

from typing import cast
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from siaga.access import Permission
from siaga.auth import Guard, GuardedRoute, guarded
from siaga.auth.guard import COOKIE
from siaga.auth.keys import SESSION_LIFE
from siaga.auth.limiter import RateLimited
from siaga.core.errors import SiagaError, Unauthorised
from siaga.web.pages import error_page, render

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.post("/session", response_class=Response)
@guarded(Permission.PUBLIC, max_body=4096)
async def sign_in(request: Request) -> Response:
    """Open a session with the key of the form."""
    form = parse_qs((await request.body()).decode(errors="replace"))
    return await _sign_in(request, form.get("key", [""])[0].strip(), "/")


async def instead_of(request: Request, error: SiagaError, answer: Response) -> Response:
    """The page in place of a problem: where a session is missing, a way to get one."""
    if not isinstance(error, Unauthorised):
        return error_page(request, answer)
    key = request.query_params.get("key")
    if request.method == "GET" and key:
        try:
            return await _sign_in(request, key, request.url.path)
        except Unauthorised as refused:
            error = refused
    return render(
        request,
        "signin.html",
        status=error.http_status,
        headers=_retry_after(error),
        message=error.what if key or request.method == "POST" else None,
    )


def _retry_after(error: SiagaError) -> dict[str, str]:
    return {"Retry-After": str(error.retry_after)} if isinstance(error, RateLimited) else {}


async def _sign_in(request: Request, key: str, then: str) -> Response:
    guard = cast(Guard, request.app.state.guard)
    session = await run_in_threadpool(guard.sign_in, request, key)
    response = RedirectResponse(then, status_code=303)
    response.set_cookie(
        COOKIE,
        session,
        max_age=int(SESSION_LIFE.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response
