"""What a site's boxes shall do: configuration, kill switch, models, live preview."""

from __future__ import annotations

import tempfile
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from siaga.access import Permission
from siaga.api.deps import Sha256Path
from siaga.api.linked import LinkDep, WhoDep
from siaga.auth import GuardedRoute, guarded
from siaga.core.link import CONFIGURATION_BYTES, LONGEST_PREVIEW_S
from siaga.link.models import LARGEST_BYTES
from siaga.link.views import (
    BoxPage,
    ConfigurationPage,
    ConfigurationText,
    ModelPage,
    ModelView,
    PreviewView,
    SiteView,
)

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["steering"])

SitePath = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
Box = Annotated[
    str | None,
    Query(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", description="A device's id; without: the whole site."),
]
_BODY = 2 * CONFIGURATION_BYTES


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ConfigurationWanted(_Body):
    """``based_on``: the version that the writer saw (0: none); 409 when another holds by now."""

    text: str = Field(max_length=CONFIGURATION_BYTES, description="YAML; {ENV_NAME} for every secret.")
    note: str = Field(default="", max_length=500, examples=["The crane has moved."])
    based_on: int | None = Field(default=None, ge=0)


class RollbackWanted(_Body):
    """Which version to bring back."""

    version: int = Field(ge=1)


class HaltWanted(_Body):
    """Why nothing shall be decoded."""

    reason: str = Field(min_length=1, max_length=500, examples=["The works council asked for it."])


class ModelWanted(_Body):
    """The manifest (YAML) beside the model file; send the file first."""

    manifest: str = Field(max_length=CONFIGURATION_BYTES)


class PreviewWanted(_Body):
    """Which camera, and for how long at most."""

    camera: str = Field(min_length=1, max_length=128, examples=["gate"])
    seconds: int = Field(default=60, ge=1, le=LONGEST_PREVIEW_S)


@router.get("/sites/{site}/orders")
@guarded(Permission.READ_HEALTH)
def site_orders(site: SitePath, link: LinkDep, who: WhoDep) -> SiteView:
    """How the site's boxes shall stand."""
    return link.orders.view(who, site)


@router.get("/sites/{site}/boxes")
@guarded(Permission.READ_HEALTH)
def site_boxes(site: SitePath, link: LinkDep, who: WhoDep) -> BoxPage:
    """How the site's boxes do stand, with the health of their cameras."""
    return link.boxes.page(who, site)


@router.put("/sites/{site}/configuration", status_code=201)
@guarded(Permission.MANAGE_SITE, max_body=_BODY)
def put_configuration(
    site: SitePath, wanted: ConfigurationWanted, link: LinkDep, who: WhoDep, box: Box = None
) -> ConfigurationText:
    """Make this the configuration that holds. 422 with line and key when it does not validate."""
    return link.configurations.put(
        who, site, wanted.text, box=box, note=wanted.note, based_on=wanted.based_on
    )


@router.get("/sites/{site}/configuration/history")
@guarded(Permission.MANAGE_SITE)
def configuration_history(
    site: SitePath,
    link: LinkDep,
    who: WhoDep,
    box: Box = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
) -> ConfigurationPage:
    """Every version there ever was, newest first."""
    return link.configurations.history(who, site, box=box, limit=limit, cursor=cursor)


@router.get("/sites/{site}/configuration/{version}")
@guarded(Permission.MANAGE_SITE)
def get_configuration(
    site: SitePath,
    version: Annotated[int, Path(ge=1, le=2**31)],
    link: LinkDep,
    who: WhoDep,
    box: Box = None,
) -> ConfigurationText:
    """One version with its YAML."""
    return link.configurations.get(who, site, version, box=box)


@router.post("/sites/{site}/configuration/rollback", status_code=201)
@guarded(Permission.MANAGE_SITE)
def roll_back(
    site: SitePath, wanted: RollbackWanted, link: LinkDep, who: WhoDep, box: Box = None
) -> ConfigurationText:
    """Bring an earlier version back, as a new one."""
    return link.configurations.roll_back(who, site, wanted.version, box=box)


@router.put("/sites/{site}/halt")
@guarded(Permission.MANAGE_RETENTION)
def halt(site: SitePath, wanted: HaltWanted, link: LinkDep, who: WhoDep) -> SiteView:
    """The kill switch: no box of the site decodes a picture until it is lifted."""
    return link.orders.halt(who, site, wanted.reason)


@router.delete("/sites/{site}/halt")
@guarded(Permission.MANAGE_RETENTION)
def lift(site: SitePath, link: LinkDep, who: WhoDep) -> SiteView:
    """Let the boxes watch again."""
    return link.orders.lift(who, site)


@router.put("/models/{sha256}", status_code=204)
@guarded(Permission.MANAGE_SITE, max_body=LARGEST_BYTES + 1)
async def put_model_file(sha256: Sha256Path, request: Request, link: LinkDep, who: WhoDep) -> Response:
    """Send a model file, then assign it to sites by its manifest."""
    # Not straight into the database: a slow sender must not hold its one writer.
    with tempfile.TemporaryFile(dir=link.spool) as file:
        async for chunk in request.stream():
            await run_in_threadpool(file.write, chunk)
        file.seek(0)
        chunks = iter(lambda: file.read(1 << 20), b"")
        await run_in_threadpool(link.models.add_file, who, sha256, chunks)
    return Response(status_code=204)


@router.get("/sites/{site}/models")
@guarded(Permission.READ_HEALTH)
def site_models(site: SitePath, link: LinkDep, who: WhoDep) -> ModelPage:
    """Which models the site's boxes shall have."""
    return link.models.page(who, site)


@router.post("/sites/{site}/models", status_code=201)
@guarded(Permission.MANAGE_SITE, max_body=_BODY)
def assign_model(site: SitePath, wanted: ModelWanted, link: LinkDep, who: WhoDep) -> ModelView:
    """Have the site's boxes fetch a model; a configuration then names it."""
    return link.models.assign(who, site, wanted.manifest)


@router.delete("/sites/{site}/models/{name}", status_code=204)
@guarded(Permission.MANAGE_SITE)
def withdraw_model(
    site: SitePath, name: Annotated[str, Path(max_length=64)], link: LinkDep, who: WhoDep
) -> Response:
    """The site's boxes need not have it any more."""
    link.models.withdraw(who, site, name)
    return Response(status_code=204)


@router.post("/sites/{site}/previews", status_code=201)
@guarded(Permission.MANAGE_SITE)
def start_preview(site: SitePath, wanted: PreviewWanted, link: LinkDep, who: WhoDep) -> PreviewView:
    """Ask for blurred live pictures of one camera; they end by themselves."""
    return link.previews.start(who, site, wanted.camera, wanted.seconds)


@router.get(
    "/previews/{preview}/frame",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}, 204: {"description": "None came yet."}},
)
@guarded(Permission.MANAGE_SITE)
def preview_frame(preview: UUID, link: LinkDep, who: WhoDep) -> Response:
    """The newest picture. 404: the preview is over."""
    frame = link.previews.frame(who, preview)
    if frame is None:
        return Response(status_code=204)
    headers = {"Cache-Control": "no-store", "Last-Modified": f"{frame.at:%a, %d %b %Y %H:%M:%S} GMT"}
    return Response(frame.data, media_type="image/jpeg", headers=headers)


@router.delete("/previews/{preview}", status_code=204)
@guarded(Permission.MANAGE_SITE)
def stop_preview(preview: UUID, link: LinkDep, who: WhoDep) -> Response:
    """End it now."""
    link.previews.stop(who, preview)
    return Response(status_code=204)
