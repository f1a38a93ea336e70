"""Near misses and hazards by hand, also without a name by a site's QR link."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AwareDatetime, Base64Bytes, BaseModel, ConfigDict, StringConstraints

from siaga.access import Permission
from siaga.api.actions import PHOTO_BODY
from siaga.api.deps import NowDep, SliceDep
from siaga.api.desk import CallerDep, DeskDep, VersionDep, etag
from siaga.archive.cursor import decode, encode
from siaga.auth import GuardedRoute, guarded
from siaga.review.links import qr
from siaga.review.reports import NewReport, ReportFilter
from siaga.review.views import Line, LinkView, Prose, ReportKind, ReportState, ReportView, ZoneName

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["reports"])

Code = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{20,64}$")]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Told(_Asked):
    """What somebody saw."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "near_miss", "text": "A plank fell beside the stairs."}]}
    )

    kind: ReportKind
    text: Prose
    happened_at: AwareDatetime | None = None
    """Left out: now."""
    zone: ZoneName | None = None
    photo: Base64Bytes | None = None
    """JPEG or PNG of at most 8 MB, in base64. Metadata (place, device) is not kept."""


class ReportWanted(Told):
    """What somebody saw, and where."""

    site: ZoneName


class ReportChange(_Asked):
    """What became of a report."""

    state: ReportState
    answer: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)] = ""


class ReportPage(BaseModel):
    """Newest receipt first."""

    items: tuple[ReportView, ...]
    next_cursor: str | None


class LinkWanted(_Asked):
    """A link for anonymous reports about a site."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"site": "north tower", "label": "Gate"}]})

    site: ZoneName
    label: Line
    """Where it will hang."""
    zone: ZoneName | None = None
    """Filled in for the sender."""


class LinkPage(BaseModel):
    """Newest first."""

    items: tuple[LinkView, ...]


class PublicPlace(BaseModel):
    """What the sender of an anonymous report is shown."""

    site: str
    label: str
    zone: str | None


class Reference(BaseModel):
    """What the sender is given, to ask about the report at the site."""

    reference: str


def _told(wanted: Told, now: NowDep) -> NewReport:
    happened_at = now if wanted.happened_at is None else min(wanted.happened_at, now)
    return NewReport(wanted.kind, wanted.text, happened_at, wanted.zone, wanted.photo)


@router.post("/reports", status_code=201)
@guarded(Permission.REPORT, max_body=PHOTO_BODY)
def add_report(wanted: ReportWanted, desk: DeskDep, caller: CallerDep, now: NowDep) -> ReportView:
    """Tell of a near miss or a hazard under one's own name."""
    return desk.reports.add(caller, wanted.site, _told(wanted, now))


@router.get("/reports")
@guarded(Permission.READ_EVENTS)
def list_reports(
    desk: DeskDep,
    caller: CallerDep,
    part: SliceDep,
    site: Annotated[str | None, Query(max_length=128)] = None,
    kind: ReportKind | None = None,
    state: ReportState | None = None,
) -> ReportPage:
    """Reports, newest receipt first."""
    after = None if part.cursor is None else decode(part.cursor)
    found = desk.reports.listed(caller, ReportFilter(site, kind, state), part.limit + 1, after)
    shown = found[: part.limit]
    more = len(found) > part.limit
    return ReportPage(items=shown, next_cursor=encode(shown[-1].received_at, shown[-1].id) if more else None)


@router.get("/reports/{report_id}")
@guarded(Permission.READ_EVENTS)
def get_report(report_id: UUID, desk: DeskDep, caller: CallerDep, response: Response) -> ReportView:
    """One report."""
    view = desk.reports.one(caller, report_id)
    response.headers["ETag"] = etag(view.version)
    return view


@router.patch("/reports/{report_id}")
@guarded(Permission.MANAGE_ACTIONS)
def change_report(
    report_id: UUID, wanted: ReportChange, desk: DeskDep, caller: CallerDep, version: VersionDep
) -> ReportView:
    """Say what became of a report. 409 where somebody changed it since the version in `If-Match`."""
    return desk.reports.change(caller, report_id, version, wanted.state, wanted.answer)


@router.post("/report-links", status_code=201)
@guarded(Permission.MANAGE_SITE)
def add_report_link(wanted: LinkWanted, desk: DeskDep, caller: CallerDep) -> LinkView:
    """Make a link by which anybody at the site may report without a name."""
    return desk.reports.add_link(caller, wanted.site, wanted.label, wanted.zone)


@router.get("/report-links")
@guarded(Permission.MANAGE_SITE)
def list_report_links(desk: DeskDep, caller: CallerDep) -> LinkPage:
    """The links of the caller's sites."""
    return LinkPage(items=desk.reports.links(caller))


@router.post("/report-links/{link_id}/end")
@guarded(Permission.MANAGE_SITE)
def end_report_link(link_id: UUID, desk: DeskDep, caller: CallerDep) -> LinkView:
    """End a link: its printed codes are refused from now on."""
    return desk.reports.end_link(caller, link_id)


@router.get(
    "/report-links/{link_id}/qr",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {}, "image/png": {}}}},
)
@guarded(Permission.MANAGE_SITE)
def get_report_qr(
    link_id: UUID,
    request: Request,
    desk: DeskDep,
    caller: CallerDep,
    form: Annotated[Literal["svg", "png"], Query(alias="format")] = "svg",
) -> Response:
    """The link as QR code, to be printed. It leads to `/report/CODE` at the address that was asked."""
    address = f"{request.base_url}report/{desk.reports.link(caller, link_id).code}"
    return Response(qr(address, form), media_type="image/svg+xml" if form == "svg" else "image/png")


@router.get("/public/reports/{code}")
@guarded(Permission.PUBLIC)
def get_public_place(code: Code, desk: DeskDep) -> PublicPlace:
    """What a link is about."""
    link = desk.reports.link_behind(code)
    return PublicPlace(site=link.site, label=link.label, zone=link.zone)


@router.post("/public/reports/{code}", status_code=201)
@guarded(Permission.PUBLIC, max_body=PHOTO_BODY)
def add_public_report(
    code: Code, wanted: Told, request: Request, desk: DeskDep, caller: CallerDep, now: NowDep
) -> Reference:
    """Tell of a near miss or a hazard without a name. No address and no device is kept."""
    desk.of_sender.take(request.client.host if request.client else "")
    desk.of_link.take(str(desk.reports.link_behind(code).id))
    return Reference(reference=desk.reports.add_anonymously(caller, code, _told(wanted, now)).reference)
