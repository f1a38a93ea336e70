"""What endpoints need, one alias each."""

from datetime import UTC, datetime
from typing import Annotated, cast

from fastapi import Depends, Path, Query, Request
from pydantic import AwareDatetime

from siaga.access import Principal, Scope
from siaga.archive import Archive, EvidenceStore, Slice, Span, Uploads
from siaga.audit import AuditLog
from siaga.auth import People
from siaga.core.clock import Clock


def _archive(request: Request) -> Archive:
    return cast(Archive, request.app.state.archive)


def _evidence(request: Request) -> EvidenceStore:
    return cast(EvidenceStore, request.app.state.evidence)


def _uploads(request: Request) -> Uploads:
    return cast(Uploads, request.app.state.uploads)


def _clock(request: Request) -> Clock:
    return cast(Clock, request.app.state.clock)


def _span(
    since: Annotated[AwareDatetime | None, Query(description="From this time on.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Before this time.")] = None,
) -> Span:
    return Span(since, until)


def _slice(
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=512, description="next_cursor of an answer.")] = None,
) -> Slice:
    return Slice(limit, cursor)


def _principal(request: Request) -> Principal:
    return cast(Principal, request.state.principal)


def _scope(request: Request) -> Scope:
    return cast(Scope, request.state.scope)


def _people(request: Request) -> People:
    return cast(People, request.app.state.people)


def _audit(request: Request) -> AuditLog:
    return cast(AuditLog, request.app.state.audit)


def _now(clock: Annotated[Clock, Depends(_clock)]) -> datetime:
    return clock.utc().astimezone(UTC)


PrincipalDep = Annotated[Principal, Depends(_principal)]
"""Who is asking."""
ScopeDep = Annotated[Scope, Depends(_scope)]
"""The sites where the caller may do what the route's permission says."""
PeopleDep = Annotated[People, Depends(_people)]
AuditDep = Annotated[AuditLog, Depends(_audit)]
ArchiveDep = Annotated[Archive, Depends(_archive)]
EvidenceDep = Annotated[EvidenceStore, Depends(_evidence)]
UploadsDep = Annotated[Uploads, Depends(_uploads)]
NowDep = Annotated[datetime, Depends(_now)]
SpanDep = Annotated[Span, Depends(_span)]
SliceDep = Annotated[Slice, Depends(_slice)]
Sha256Path = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
