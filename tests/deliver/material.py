"""Drafts of events, and an outbox to put them in."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from siaga.core.clock import Clock, IdFactory, ManualClock, SystemClock, uuid7_factory
from siaga.core.event import (
    EventDraft,
    EventState,
    Evidence,
    EvidenceKind,
    EvidenceStatus,
    RuleKind,
    Severity,
    SubjectRecord,
)
from siaga.deliver.device import load_or_make_key
from siaga.deliver.outbox import Outbox

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
BOOT = UUID("0195f000-0000-7000-8000-0000000000aa")


def make_outbox(folder: Path, clock: Clock | None = None, **options: object) -> Outbox:
    """The outbox of ``folder``, opened (again)."""
    key = load_or_make_key(folder / "device.key")
    path = folder / "records.sqlite"
    return Outbox(path, key=key, boot_id=BOOT, clock=clock or ManualClock(START), **options)  # type: ignore[arg-type]


def ids() -> IdFactory:
    return uuid7_factory(SystemClock())


def make_draft(
    *,
    state: EventState = EventState.NEW,
    event_id: UUID | None = None,
    evidence: tuple[Evidence, ...] = (),
    **fields: object,
) -> EventDraft:
    record_id = uuid4()
    event_id = event_id or record_id
    return EventDraft(
        id=event_id if state is EventState.NEW else record_id,
        event_id=event_id,
        site="north",
        camera="gate",
        rule=RuleKind.MISSING_PPE,
        severity=Severity.ALERT,
        state=state,
        start_at=START,
        end_at=START if state is EventState.END else None,
        said_at=START,
        subjects=(SubjectRecord(track_id=3, xyxyn=(1 / 3, 0.1, 2 / 3, 1.0)),),
        detail={"seconds": 1.23456789, "note": "Cổng 1", "count": 3, "sure": True},
        config_hash="c" * 64,
        evidence=evidence,
    ).model_copy(update=fields)


def piece(sha256: str, kind: EvidenceKind = EvidenceKind.SNAPSHOT, size: int = 10) -> Evidence:
    media_type = "video/mp4" if kind is EvidenceKind.CLIP else "image/jpeg"
    return Evidence(kind=kind, media_type=media_type, sha256=sha256, bytes=size, trigger_s=1.00001)


def pending_clip() -> Evidence:
    return Evidence(kind=EvidenceKind.CLIP, status=EvidenceStatus.PENDING, reason="post_roll")
