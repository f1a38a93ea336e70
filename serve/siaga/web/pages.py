"""The page's addresses."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, cast
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from siaga.access import AuditEntry, Auditor, Permission, Scope
from siaga.archive import Archive, Slice, ViolationFilter
from siaga.archive.views import CameraView
from siaga.auth import GuardedRoute, guarded
from siaga.core.clock import Clock
from siaga.core.errors import NotFound
from siaga.core.event import RuleKind
from siaga.web.assets import load_asset

router = APIRouter(route_class=GuardedRoute, include_in_schema=False, default_response_class=HTMLResponse)

_PER_PAGE = 30
_SUMMARY_SPAN = timedelta(hours=24)
_SILENT = timedelta(minutes=5)
"""The edge sends its ledger every minute: longer silence means that nobody knows."""


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What the list is asked to show."""

    camera: Annotated[str | None, Query(max_length=128)] = None
    rule: RuleKind | None = None
    open: bool = False
    cursor: Annotated[str | None, Query(max_length=512)] = None

    def link(self, **changes: str | bool | None) -> str:
        """The address of the list with some conditions changed; always its newest part."""
        values = {"camera": self.camera, "rule": self.rule, "open": self.open} | changes
        wanted = {key: "1" if value is True else value for key, value in values.items() if value}
        return f"/?{urlencode(wanted)}" if wanted else "/"

    @property
    def filtered(self) -> bool:
        """Whether anything is left out."""
        return bool(self.camera or self.rule or self.open)


ListQueryDep = Annotated[ListQuery, Depends()]


def render(
    request: Request, name: str, *, status: int = 200, headers: dict[str, str] | None = None, **values: Any
) -> Response:
    """A page of the template ``name``."""
    templates = cast(Environment, request.app.state.templates)
    return HTMLResponse(templates.get_template(name).render(**values), status, headers)


def error_page(request: Request, answer: Response) -> Response:
    """A page in place of a problem's JSON."""
    return render(request, "error.html", status=answer.status_code, code=answer.status_code)


@router.get("/")
@guarded(Permission.READ_EVENTS)
def index(request: Request, query: ListQueryDep) -> Response:
    """The list."""
    return render(request, "list.html", **_list(request, query))


@router.get("/parts/list")
@guarded(Permission.READ_EVENTS)
def list_part(request: Request, query: ListQueryDep) -> Response:
    """The list without the page around it, for the refresh."""
    return render(request, "parts/list.html", **_list(request, query))


def _list(request: Request, query: ListQuery) -> dict[str, Any]:
    archive, now, scope = _archive(request), _now(request), _scope(request)
    wanted = ViolationFilter(camera=query.camera, rule=query.rule, open=True if query.open else None)
    cameras = archive.cameras(scope)
    return {
        "query": query,
        "page": archive.violations(wanted, Slice(_PER_PAGE, query.cursor), scope),
        "cameras": cameras,
        "down": [camera for camera in cameras if not camera.monitored],
        "silent": _silent(cameras, now),
        "summary": archive.summary(now - _SUMMARY_SPAN, now, scope),
        "rules": list(RuleKind),
        "now": now,
    }


def _silent(cameras: tuple[CameraView, ...], now: datetime) -> list[CameraView]:
    return [camera for camera in cameras if camera.monitored and now - camera.last_heard_at > _SILENT]


@router.get("/violations/{event_id}")
@guarded(Permission.READ_EVENTS)
def violation(request: Request, event_id: UUID) -> Response:
    """One violation with its evidence and records."""
    detail = _archive(request).violation(event_id, _scope(request))
    if detail is None:
        raise NotFound("No such violation.", where=str(event_id))
    site = detail.violation.site
    entry = AuditEntry(
        request.state.principal, "violation.view", f"violation/{event_id}", site, _now(request)
    )
    cast(Auditor, request.app.state.audit).viewed(entry)
    return render(
        request, "detail.html", violation=detail.violation, records=detail.records, now=_now(request)
    )


@router.get("/static/{name}")
@guarded(Permission.PUBLIC)
def static(name: str) -> Response:
    """Style, script and icon."""
    asset = load_asset(name)
    headers = {"Cache-Control": "no-cache", "ETag": asset.etag}
    return Response(asset.body, headers=headers, media_type=asset.media_type)


def _archive(request: Request) -> Archive:
    return cast(Archive, request.app.state.archive)


def _scope(request: Request) -> Scope:
    return cast(Scope, request.state.scope)


def _now(request: Request) -> datetime:
    return cast(Clock, request.app.state.clock).utc()
