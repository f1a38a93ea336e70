"""What people make of events: the queue, decisions, undo, comments, corrected boxes, thumbnails."""

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from siaga.access import Permission
from siaga.api.deps import ArchiveDep, EvidenceDep, ScopeDep, Sha256Path, SliceDep
from siaga.api.desk import CallerDep, DeskDep, VersionDep, etag
from siaga.archive.cursor import decode, encode
from siaga.auth import GuardedRoute, guarded
from siaga.core.errors import NotFound
from siaga.core.event import RuleKind, Severity
from siaga.review.machine import Assignee, ReviewReason, ReviewState, Wanted
from siaga.review.queue import EventFilter
from siaga.review.reviews import MOST_TOGETHER, Member
from siaga.review.views import (
    AssigneeView,
    CommentView,
    CorrectionView,
    CorrectionWanted,
    Prose,
    QueueItem,
    QueuePage,
    ReviewDetail,
)

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["review"])

ShortName = Annotated[str | None, Query(max_length=128)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class DecisionWanted(_Asked):
    """What is decided."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"state": "false_alarm", "reason": "false_positive", "comment": "A bucket on a shelf."},
                {"state": "assigned", "assignee": {"name": "Scaffold crew, foreman"}},
            ]
        }
    )

    state: ReviewState
    """Where it goes; which states follow which, the how-to of the review says."""
    reason: ReviewReason | None = None
    """Asked for with `false_alarm` and `unclear`."""
    assignee: AssigneeView | None = None
    """Asked for with `assigned`."""

    def wanted(self) -> Wanted:
        """The same as a plain value."""
        who = self.assignee
        return Wanted(self.state, self.reason, None if who is None else Assignee(who.name, who.user_id))


class DecisionWithComment(DecisionWanted):
    """What is decided about one event."""

    comment: Prose | None = None
    """Kept together with the decision."""


class MemberWanted(_Asked):
    """An event and the version of its review that was seen."""

    event_id: UUID
    version: Annotated[int, Field(ge=0)]


class BulkWanted(DecisionWanted):
    """The same decision on several events of one situation."""

    events: Annotated[tuple[MemberWanted, ...], Field(min_length=1, max_length=MOST_TOGETHER)]


class BulkMade(BaseModel):
    """What undoes it."""

    bulk_id: UUID
    events: int


class CommentWanted(_Asked):
    """What is written to an event."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "Talked to the crew at 10:15."}]})

    text: Prose


class StateCounts(BaseModel):
    """How many events are in each state of review."""

    counts: dict[ReviewState, int]


class Situation(BaseModel):
    """Events that may be decided together, by start."""

    items: tuple[QueueItem, ...]


def event_filter(
    site: ShortName = None,
    camera: ShortName = None,
    zone: ShortName = None,
    rule: RuleKind | None = None,
    severity: Severity | None = None,
    state: Annotated[list[ReviewState] | None, Query(description="Any of these states.")] = None,
    reason: ReviewReason | None = None,
    assignee: Annotated[str | None, Query(max_length=64, description="A user's id, or `me`.")] = None,
    open: bool | None = None,
    text: Annotated[
        str | None, StringConstraints(max_length=200), Query(description="Words in the comments.")
    ] = None,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
) -> EventFilter:
    """The conditions of a list of events."""
    return EventFilter(
        site, camera, zone, rule, severity, tuple(state or ()), reason, assignee, open, text, since, until
    )


FilterDep = Annotated[EventFilter, Depends(event_filter)]


def _of(caller: CallerDep, wanted: EventFilter) -> EventFilter:
    return replace(wanted, assignee_id=caller.principal.id) if wanted.assignee_id == "me" else wanted


@router.get("/review/events")
@guarded(Permission.READ_EVENTS)
def list_review_events(desk: DeskDep, caller: CallerDep, wanted: FilterDep, part: SliceDep) -> QueuePage:
    """Events with what people made of them, newest first."""
    after = None if part.cursor is None else decode(part.cursor)
    found = desk.reviews.queue(caller, _of(caller, wanted), part.limit + 1, after)
    shown = found[: part.limit]
    more = len(found) > part.limit
    return QueuePage(
        items=shown, next_cursor=encode(shown[-1].start_at, shown[-1].event_id) if more else None
    )


@router.get("/review/counts")
@guarded(Permission.READ_EVENTS)
def count_review_events(desk: DeskDep, caller: CallerDep, wanted: FilterDep) -> StateCounts:
    """How many events are in each state of review."""
    found = desk.reviews.counts(caller, _of(caller, wanted))
    return StateCounts(counts={ReviewState(state): count for state, count in found.items()})


@router.get("/review/events/{event_id}")
@guarded(Permission.READ_EVENTS)
def get_review(event_id: UUID, desk: DeskDep, caller: CallerDep, response: Response) -> ReviewDetail:
    """Everything that people made of one event. `ETag` is the version that a decision asks for."""
    detail = desk.reviews.one(caller, event_id)
    response.headers["ETag"] = etag(detail.review.version)
    return detail


@router.get("/review/events/{event_id}/duplicates")
@guarded(Permission.READ_EVENTS)
def list_duplicates(event_id: UUID, desk: DeskDep, caller: CallerDep) -> Situation:
    """Events of the same situation (camera, rule, zone, overlapping in time), this one among them."""
    return Situation(items=desk.reviews.duplicates(caller, event_id))


@router.post("/review/events/{event_id}/decisions", status_code=201)
@guarded(Permission.REVIEW)
def decide(
    event_id: UUID,
    wanted: DecisionWithComment,
    desk: DeskDep,
    caller: CallerDep,
    version: VersionDep,
    response: Response,
) -> ReviewDetail:
    """Decide on an event. 409 where somebody decided since the version in `If-Match`; it says who."""
    detail = desk.reviews.decide(caller, Member(event_id, version), wanted.wanted(), wanted.comment)
    response.headers["ETag"] = etag(detail.review.version)
    return detail


@router.post("/review/events/{event_id}/undo", status_code=201)
@guarded(Permission.REVIEW)
def undo(
    event_id: UUID, desk: DeskDep, caller: CallerDep, version: VersionDep, response: Response
) -> ReviewDetail:
    """Take back the last decision that still counts; that is kept as a decision too."""
    detail = desk.reviews.undo(caller, Member(event_id, version))
    response.headers["ETag"] = etag(detail.review.version)
    return detail


@router.post("/review/events/{event_id}/comments", status_code=201)
@guarded(Permission.REVIEW)
def add_comment(event_id: UUID, wanted: CommentWanted, desk: DeskDep, caller: CallerDep) -> CommentView:
    """Write something to an event."""
    return desk.reviews.comment(caller, event_id, wanted.text)


@router.put("/review/events/{event_id}/corrections/{sha256}")
@guarded(Permission.REVIEW, max_body=256 * 1024)
def correct(
    event_id: UUID,
    sha256: Sha256Path,
    wanted: CorrectionWanted,
    desk: DeskDep,
    caller: CallerDep,
    version: VersionDep,
) -> CorrectionView:
    """Say what is to be seen in one of the event's pictures: all boxes, in its pixels. `If-Match` is the
    version of the correction that was seen."""
    return desk.reviews.correct(caller, event_id, sha256, version, wanted)


@router.post("/review/bulk", status_code=201)
@guarded(Permission.REVIEW)
def decide_together(wanted: BulkWanted, desk: DeskDep, caller: CallerDep) -> BulkMade:
    """The same decision on several events of one situation; all or nothing."""
    members = [Member(member.event_id, member.version) for member in wanted.events]
    bulk_id = desk.reviews.decide_together(caller, members, wanted.wanted())
    return BulkMade(bulk_id=bulk_id, events=len({member.event_id for member in members}))


@router.post("/review/bulk/{bulk_id}/undo", status_code=201)
@guarded(Permission.REVIEW)
def undo_together(bulk_id: UUID, desk: DeskDep, caller: CallerDep) -> BulkMade:
    """Take back what was decided together; refused where one of the events was decided on since."""
    undone = desk.reviews.undo_together(caller, bulk_id)
    return BulkMade(bulk_id=undone.bulk_id, events=undone.events)


_JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}}}


@router.get("/media/{sha256}/thumbnail", response_class=Response, responses=_JPEG)
@guarded(Permission.READ_MEDIA)
def get_thumbnail(
    sha256: Sha256Path, archive: ArchiveDep, evidence: EvidenceDep, desk: DeskDep, scope: ScopeDep
) -> Response:
    """A small picture (JPEG, at most 320 pixels) of an evidence picture."""
    blob = archive.blob(sha256, scope)
    if blob is None or blob.media_type not in ("image/jpeg", "image/png"):
        raise NotFound("There is no such evidence picture.", where=sha256)
    data = desk.thumbnails.of(sha256, lambda: evidence.read(blob.path, 0, blob.bytes))
    headers = {"ETag": f'"t-{sha256}"', "Cache-Control": "private, max-age=86400"}
    return Response(data, media_type="image/jpeg", headers=headers)
