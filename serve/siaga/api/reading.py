"""What a viewer reads."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from siaga.access import AuditEntry, Permission
from siaga.api.deps import ArchiveDep, AuditDep, NowDep, PrincipalDep, ScopeDep, SliceDep, SpanDep
from siaga.archive import ViolationFilter
from siaga.archive.views import (
    CameraPage,
    LedgerPage,
    RecordPage,
    Summary,
    ViolationDetail,
    ViolationPage,
    ViolationState,
)
from siaga.auth import GuardedRoute, guarded
from siaga.core.errors import NotFound
from siaga.core.event import RuleKind, Severity

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["reading"])

SUMMARY_SPAN = timedelta(hours=24)
NameQuery = Annotated[str | None, Query(max_length=128)]


@router.get("/violations")
@guarded(Permission.READ_EVENTS)
def list_violations(
    archive: ArchiveDep,
    scope: ScopeDep,
    span: SpanDep,
    part: SliceDep,
    site: NameQuery = None,
    camera: NameQuery = None,
    rule: RuleKind | None = None,
    zone: NameQuery = None,
    severity: Severity | None = None,
    state: ViolationState | None = None,
) -> ViolationPage:
    """Violations, newest first: one item per event id, with its newest state."""
    is_open = None if state is None else state == "open"
    wanted = ViolationFilter(site, camera, rule, zone, severity, is_open, span)
    return archive.violations(wanted, part, scope)


@router.get("/violations/{event_id}")
@guarded(Permission.READ_EVENTS)
def get_violation(
    event_id: UUID,
    archive: ArchiveDep,
    scope: ScopeDep,
    who: PrincipalDep,
    audit: AuditDep,
    now: NowDep,
) -> ViolationDetail:
    """One violation with its records."""
    detail = archive.violation(event_id, scope)
    if detail is None:
        raise NotFound("No such violation.", where=str(event_id))
    site = detail.violation.site
    audit.viewed(AuditEntry(who, "violation.view", f"violation/{event_id}", site, now))
    return detail


@router.get("/events")
@guarded(Permission.READ_EVENTS)
def list_records(archive: ArchiveDep, scope: ScopeDep, span: SpanDep, part: SliceDep) -> RecordPage:
    """Records as received, newest receipt first; ``since`` and ``until`` are about the receipt."""
    return archive.records(span, part, scope)


@router.get("/ledger")
@guarded(Permission.READ_STATISTICS)
def list_ledger(archive: ArchiveDep, scope: ScopeDep, span: SpanDep, camera: NameQuery = None) -> LedgerPage:
    """Ledger rows whose hour begins in the span."""
    return LedgerPage(items=archive.ledger(camera, span, scope))


@router.get("/cameras")
@guarded(Permission.READ_HEALTH)
def list_cameras(archive: ArchiveDep, scope: ScopeDep) -> CameraPage:
    """Which cameras watch, and which do not since when."""
    return CameraPage(items=archive.cameras(scope))


@router.get("/summary")
@guarded(Permission.READ_STATISTICS)
def get_summary(
    archive: ArchiveDep,
    scope: ScopeDep,
    now: NowDep,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
) -> Summary:
    """Numbers of a span with what was not seen; without a span, of the last 24 hours."""
    end = until or now
    return archive.summary(since or end - SUMMARY_SPAN, end, scope)
