"""The line that a box keeps: its heartbeat up, its orders down; model files; pictures of a live preview."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response
from starlette.concurrency import run_in_threadpool

from siaga.access import Permission
from siaga.api.deps import Sha256Path
from siaga.api.linked import Link, LinkDep, WhoDep
from siaga.auth import GuardedRoute, guarded
from siaga.core.errors import BadRequest
from siaga.core.link import PREVIEW_BYTES, Answer, Report
from siaga.link.models import PIECE_BYTES
from siaga.link.who import Who

router = APIRouter(prefix="/api/v1/link", route_class=GuardedRoute, tags=["link"])

_REPORT_BYTES = 1 << 20


@router.post("")
@guarded(Permission.INGEST, max_body=_REPORT_BYTES)
async def report(report: Report, link: LinkDep, who: WhoDep) -> Answer:
    """Keep a box's heartbeat; answer when there is something newer than it knows, or after ``wait_s``."""
    await run_in_threadpool(link.boxes.heard, who, report)
    await link.bell.wait(report.site, report.known, report.wait_s)
    return await run_in_threadpool(_answer, link, who, report)


def _answer(link: Link, who: Who, report: Report) -> Answer:
    # The request may have been held for long: what is over by now is not asked for.
    now = Who(who.principal, who.scope, link.clock.utc())
    return Answer(
        service_key=link.orders.public_key,
        orders=link.orders.newer(now, report.site, report.device_id, report.known),
        previews=link.previews.running(now, report.site),
    )


@router.get("/models/{sha256}", responses={206: {"description": "The bytes that were asked for."}})
@guarded(Permission.INGEST)
def model_file(
    sha256: Sha256Path,
    link: LinkDep,
    who: WhoDep,
    wanted: Annotated[str, Header(alias="Range", pattern=r"^bytes=[0-9]{1,12}-[0-9]{1,12}$")],
) -> Response:
    """A piece of a model file that the box's site shall have: ``Range: bytes=FIRST-LAST``."""
    size = link.models.size(who, sha256)
    first, last = (int(number) for number in wanted.removeprefix("bytes=").split("-"))
    last = min(last, first + PIECE_BYTES - 1, size - 1)
    if first > last:
        raise BadRequest("This range has no bytes of the file.", where="Range")
    data = b"".join(link.models.read(sha256, first, last + 1 - first))
    headers = {"Content-Range": f"bytes {first}-{last}/{size}"}
    return Response(data, 206, headers, media_type="application/octet-stream")


@router.put("/previews/{preview}", status_code=204)
@guarded(Permission.INGEST, max_body=PREVIEW_BYTES)
async def preview_frame(preview: UUID, request: Request, link: LinkDep, who: WhoDep) -> Response:
    """A blurred JPEG; it replaces the one before. 404: the preview is over."""
    frame = await request.body()
    await run_in_threadpool(link.previews.take, who, preview, frame)
    return Response(status_code=204)
