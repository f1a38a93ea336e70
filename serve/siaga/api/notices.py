"""The public notice of a site, and the inbox of what people object to."""

from typing import Annotated, Literal, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from siaga.access import AuditEntry, Permission
from siaga.api.deps import NowDep, PrincipalDep, ScopeDep
from siaga.api.keeping import KeepingDep
from siaga.api.privacy import Site
from siaga.auth import GuardedRoute, guarded
from siaga.core.event import Name
from siaga.privacy import notices
from siaga.privacy.public import PublicNotices

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["notices"])

_Text = Annotated[str, Field(min_length=1, max_length=4000)]
_PublicId = Annotated[str, Path(pattern=r"^[0-9A-Z]{16}$")]
_Language = Literal["en", "id"]


class WordsModel(BaseModel):
    """What the site says itself, in one language."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    why: _Text
    contact: _Text


class NoticeWanted(BaseModel):
    """A site's notice; what is watched, how long it is kept and how often it errs is added by itself."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "texts": {"en": {"why": "To prevent falls.", "contact": "Safety office, gate 1"}},
                    "published": True,
                    "reply_days": 14,
                }
            ]
        },
    )

    texts: dict[_Language, WordsModel]
    published: bool
    reply_days: Annotated[int, Field(ge=1, le=90)] = notices.REPLY_DAYS


class NoticeView(BaseModel):
    """A site's notice and its public address."""

    site: str
    address: str
    published: bool
    texts: dict[str, WordsModel]
    reply_days: int


class PublicNotice(BaseModel):
    """What everybody may know of a site."""

    site: str
    texts: dict[str, WordsModel]
    cameras: tuple[str, ...]
    zones: tuple[str, ...]
    keep_days: int
    false_alarm_days: int
    reviewed: int | None
    wrong_share: float | None
    reply_days: int
    public_key: str


class ContestWanted(BaseModel):
    """What somebody objects to. Nobody is asked who they are."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"text": "On Monday at ten I wore my helmet.", "language": "en"}]},
    )

    text: _Text
    language: _Language = "en"


class ContestReceipt(BaseModel):
    """With the reference, and only with it, the answer can be read."""

    model_config = ConfigDict(from_attributes=True)

    reference: str
    received_at: AwareDatetime
    due_at: AwareDatetime
    state: Literal["open", "answered"]
    answer: str | None
    answered_at: AwareDatetime | None


class ContestView(ContestReceipt):
    """An objection in the inbox. ``overdue``: not answered in time."""

    id: UUID
    site: str
    language: str
    text: str
    answered_by: str | None
    overdue: bool = False


class ContestList(BaseModel):
    """The one that is due first first."""

    items: tuple[ContestView, ...]


class Answer(BaseModel):
    """What the person with the reference will read."""

    model_config = ConfigDict(extra="forbid")

    answer: _Text


def _public(request: Request) -> PublicNotices:
    return cast(PublicNotices, request.app.state.notices)


PublicDep = Annotated[PublicNotices, Depends(_public)]


@router.get("/notices")
@guarded(Permission.MANAGE_NOTICES)
def get_notice(site: Site, keeping: KeepingDep, scope: ScopeDep) -> NoticeView:
    """A site's notice, published or not."""
    with keeping.database.reading() as connection:
        return _shown(notices.notice_of(connection, site, scope))


@router.put("/notices")
@guarded(Permission.MANAGE_NOTICES)
def put_notice(
    site: Site,
    wanted: NoticeWanted,
    keeping: KeepingDep,
    scope: ScopeDep,
    principal: PrincipalDep,
    now: NowDep,
) -> NoticeView:
    """Write a site's notice; its address stays the same, so that a printed code stays right."""
    texts = {str(name): notices.Words(words.why, words.contact) for name, words in wanted.texts.items()}
    with keeping.database.writing() as connection:
        saved = notices.save_notice(
            connection,
            site,
            texts,
            scope,
            published=wanted.published,
            reply_days=wanted.reply_days,
            at=now,
            by=principal.name,
        )
        details = {"published": wanted.published}
        keeping.auditor.record(
            connection, AuditEntry(principal, "notice.set", f"site/{site}", site, now, details)
        )
    return _shown(saved)


@router.get("/contests")
@guarded(Permission.MANAGE_NOTICES)
def list_contests(
    keeping: KeepingDep,
    scope: ScopeDep,
    now: NowDep,
    state: Literal["open", "answered"] | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ContestList:
    """The inbox."""
    with keeping.database.reading() as connection:
        found = notices.contests_of(connection, scope, state, limit)
    return ContestList(items=tuple(_contest(one, now) for one in found))


@router.post("/contests/{contest_id}/answer")
@guarded(Permission.MANAGE_NOTICES)
def answer_contest(
    contest_id: UUID,
    wanted: Answer,
    keeping: KeepingDep,
    scope: ScopeDep,
    principal: PrincipalDep,
    now: NowDep,
) -> ContestView:
    """Answer an objection, once."""
    with keeping.database.writing() as connection:
        done = notices.answer(connection, contest_id, wanted.answer, scope, at=now, by=principal.name)
        keeping.auditor.record(
            connection, AuditEntry(principal, "contest.answer", f"contest/{contest_id}", done.site, now)
        )
    return _contest(done, now)


@router.get("/public/notices/{public_id}")
@guarded(Permission.PUBLIC)
def get_public_notice(public_id: _PublicId, public: PublicDep, now: NowDep) -> PublicNotice:
    """The notice, for whoever has its address."""
    notice, facts = public.read(public_id, now)
    return PublicNotice(
        site=notice.site,
        texts={name: WordsModel.model_validate(words) for name, words in notice.texts.items()},
        cameras=facts.cameras,
        zones=facts.zones,
        keep_days=facts.policy.keep_days,
        false_alarm_days=facts.policy.false_alarm_days,
        reviewed=facts.reviewed,
        wrong_share=facts.wrong_share,
        reply_days=notice.reply_days,
        public_key=public.public_key,
    )


@router.post("/public/notices/{public_id}/contests", status_code=201)
@guarded(Permission.PUBLIC)
def add_contest(
    public_id: _PublicId, wanted: ContestWanted, request: Request, public: PublicDep, now: NowDep
) -> ContestReceipt:
    """Object to something. No name and no address is kept."""
    made = public.contest(public_id, wanted.text, wanted.language, _address(request), now)
    return ContestReceipt.model_validate(made)


@router.get("/public/notices/{public_id}/contests/{reference}")
@guarded(Permission.PUBLIC)
def get_contest(
    public_id: _PublicId,
    reference: Annotated[Name, Path(max_length=32)],
    request: Request,
    public: PublicDep,
) -> ContestReceipt:
    """What became of an objection."""
    return ContestReceipt.model_validate(public.answer(public_id, reference, _address(request)))


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _shown(notice: notices.Notice) -> NoticeView:
    return NoticeView(
        site=notice.site,
        address=f"/notice/{notice.public_id}",
        published=notice.published,
        texts={name: WordsModel.model_validate(words) for name, words in notice.texts.items()},
        reply_days=notice.reply_days,
    )


def _contest(found: notices.Contest, now: NowDep) -> ContestView:
    view = ContestView.model_validate(found)
    return view.model_copy(update={"overdue": found.state == "open" and found.due_at < now})
