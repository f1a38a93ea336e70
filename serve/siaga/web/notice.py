"""The public notice of a site: a plain page that needs no script and no login."""

from datetime import datetime
from typing import Annotated, Any, cast
from urllib.parse import parse_qs

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from siaga.access import Permission
from siaga.auth import GuardedRoute, guarded
from siaga.core.clock import Clock
from siaga.core.errors import BadRequest, NotFound
from siaga.privacy.public import PublicNotices
from siaga.web.notice_words import NAMES, TEXTS, language_of
from siaga.web.pages import render

router = APIRouter(route_class=GuardedRoute, include_in_schema=False, default_response_class=HTMLResponse)

_PublicId = Annotated[str, Path(pattern=r"^[0-9A-Z]{16}$")]
_Language = Annotated[str | None, Query(alias="lang", max_length=8)]
_FORM_BYTES = 32 * 1024
_LONGEST = 4000


@router.get("/notice/{public_id}")
@guarded(Permission.PUBLIC)
def notice(request: Request, public_id: _PublicId, lang: _Language = None) -> Response:
    """What is watched, why, how long, how often it errs, and whom to ask."""
    return _page(request, public_id, lang)


@router.post("/notice/{public_id}")
@guarded(Permission.PUBLIC, max_body=_FORM_BYTES)
async def contest(request: Request, public_id: _PublicId, lang: _Language = None) -> Response:
    """Take an objection, and give its reference."""
    form = parse_qs((await request.body()).decode(errors="replace"))
    text = form.get("text", [""])[0][:_LONGEST]
    return await run_in_threadpool(_contest, request, public_id, lang, text)


def _contest(request: Request, public_id: str, lang: str | None, text: str) -> Response:
    language = _language(request, lang)
    try:
        made = _notices(request).contest(public_id, text, language, _address(request), _now(request))
    except BadRequest:
        return _page(request, public_id, lang, status=400, message=TEXTS[language]["empty"])
    return _page(request, public_id, lang, status=201, made=made)


@router.get("/notice/{public_id}/answer")
@guarded(Permission.PUBLIC)
def answer(
    request: Request,
    public_id: _PublicId,
    reference: Annotated[str, Query(max_length=32)] = "",
    lang: _Language = None,
) -> Response:
    """What became of an objection."""
    try:
        found = _notices(request).answer(public_id, reference, _address(request))
    except NotFound:
        message = TEXTS[_language(request, lang)]["unknown"]
        return _page(request, public_id, lang, status=404, message=message)
    return _page(request, public_id, lang, found=found)


def _page(request: Request, public_id: str, lang: str | None, *, status: int = 200, **more: Any) -> Response:
    shown, facts = _notices(request).read(public_id, _now(request))
    language = _language(request, lang)
    values = {"made": None, "found": None, "message": None} | more
    return render(
        request,
        "notice.html",
        status=status,
        language=language,
        names=NAMES,
        say=TEXTS[language],
        notice=shown,
        own=shown.texts.get(language, shown.texts["en"]),
        facts=facts,
        public_key=_notices(request).public_key,
        **values,
    )


def _language(request: Request, lang: str | None) -> str:
    return language_of(lang, request.headers.get("Accept-Language"))


def _notices(request: Request) -> PublicNotices:
    return cast(PublicNotices, request.app.state.notices)


def _now(request: Request) -> datetime:
    return cast(Clock, request.app.state.clock).utc()


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
