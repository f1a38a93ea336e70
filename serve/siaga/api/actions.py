"""Corrective actions: what is to be done, by whom, until when, and the photo that proves it."""

import base64
import binascii
import json
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Base64Bytes, BaseModel, ConfigDict, StringConstraints

from siaga.access import Permission
from siaga.api.deps import SliceDep
from siaga.api.desk import CallerDep, DeskDep, VersionDep, etag
from siaga.auth import GuardedRoute, guarded
from siaga.core.errors import BadRequest
from siaga.review.actions import ActionChange, ActionFilter, NewAction
from siaga.review.views import ActionState, ActionView, AssigneeView, Line, ZoneName

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["actions"])

PHOTO_BODY = 12 * 1024 * 1024
"""Of a request with a photo of 8 MB in base64."""
Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class ActionWanted(_Asked):
    """A corrective action to be made; `site` may be left out where an event or a report names it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "Guard rail at the pit",
                    "owner": {"name": "Scaffold crew, foreman"},
                    "due_on": "2026-02-01",
                    "site": "north tower",
                }
            ]
        }
    )

    title: Line
    owner: AssigneeView
    """Who is to do it."""
    due_on: date
    """The last day on which it is in time, at the site."""
    description: Description = ""
    site: ZoneName | None = None
    zone: ZoneName | None = None
    event_id: UUID | None = None
    report_id: UUID | None = None


class ActionChangeWanted(_Asked):
    """What is left out stays as it is."""

    title: Line | None = None
    description: Description | None = None
    owner: AssigneeView | None = None
    due_on: date | None = None
    state: ActionState | None = None
    """`open` to `done` or `cancelled`; `done` to `verified`; all back to `open`."""
    photo: Base64Bytes | None = None
    """JPEG or PNG of at most 8 MB, in base64: the proof that it was done. Metadata is not kept."""


class ActionPage(BaseModel):
    """The earliest due first."""

    items: tuple[ActionView, ...]
    next_cursor: str | None


@router.post("/actions", status_code=201)
@guarded(Permission.MANAGE_ACTIONS)
def add_action(wanted: ActionWanted, desk: DeskDep, caller: CallerDep, response: Response) -> ActionView:
    """Make a corrective action."""
    fields = {name: getattr(wanted, name) for name in ActionWanted.model_fields}
    view = desk.actions.add(caller, NewAction(**fields))
    response.headers["ETag"] = etag(view.version)
    return view


@router.get("/actions")
@guarded(Permission.READ_EVENTS)
def list_actions(
    desk: DeskDep,
    caller: CallerDep,
    part: SliceDep,
    site: Annotated[str | None, Query(max_length=128)] = None,
    state: ActionState | None = None,
    event_id: UUID | None = None,
    owner: Annotated[str | None, Query(max_length=64, description="A user's id, or `me`.")] = None,
) -> ActionPage:
    """Corrective actions, the earliest due first."""
    mine = caller.principal.id if owner == "me" else owner
    wanted = ActionFilter(site, state, event_id, mine)
    found = desk.actions.listed(caller, wanted, part.limit + 1, _after(part.cursor))
    shown = found[: part.limit]
    more = len(found) > part.limit
    return ActionPage(items=shown, next_cursor=_cursor(shown[-1]) if more else None)


@router.get("/actions/{action_id}")
@guarded(Permission.READ_EVENTS)
def get_action(action_id: UUID, desk: DeskDep, caller: CallerDep, response: Response) -> ActionView:
    """One corrective action."""
    view = desk.actions.one(caller, action_id)
    response.headers["ETag"] = etag(view.version)
    return view


@router.patch("/actions/{action_id}")
@guarded(Permission.MANAGE_ACTIONS, max_body=PHOTO_BODY)
def change_action(
    action_id: UUID,
    wanted: ActionChangeWanted,
    desk: DeskDep,
    caller: CallerDep,
    version: VersionDep,
    response: Response,
) -> ActionView:
    """Change a corrective action. 409 where somebody changed it since the version in `If-Match`."""
    fields: dict[str, Any] = {name: getattr(wanted, name) for name in ActionChangeWanted.model_fields}
    view = desk.actions.change(caller, action_id, version, ActionChange(**fields))
    response.headers["ETag"] = etag(view.version)
    return view


@router.get("/photos/{photo_id}", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}})
@guarded(Permission.READ_MEDIA)
def get_photo(photo_id: UUID, desk: DeskDep, caller: CallerDep) -> Response:
    """A photo of an action or a report."""
    picture = desk.reports.photo(caller, photo_id)
    headers = {"ETag": f'"{picture.sha256}"', "Cache-Control": "private, max-age=86400, immutable"}
    return Response(picture.data, media_type="image/jpeg", headers=headers)


def _cursor(view: ActionView) -> str:
    return base64.urlsafe_b64encode(json.dumps([view.due_on.isoformat(), str(view.id)]).encode()).decode()


def _after(cursor: str | None) -> tuple[date, UUID] | None:
    if cursor is None:
        return None
    try:
        day, key = json.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
        return date.fromisoformat(day), UUID(key)
    except (binascii.Error, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise BadRequest(
            "This cursor is not known.", fix="Take next_cursor of an earlier answer as it is."
        ) from error
