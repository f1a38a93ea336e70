"""From a rule's transition to the draft of a record. Floats are rounded: a record is hashed as JSON."""

from collections.abc import Iterable
from uuid import UUID

from siaga.core.event import (
    EventDraft,
    Evidence,
    ModelRef,
    Subject,
    SubjectRecord,
    Transition,
    VerdictRecord,
    VotesRecord,
)
from siaga.core.verdict import Verdict


def verdict_record(verdict: Verdict) -> VerdictRecord:
    """A verdict as stored."""
    votes = verdict.votes
    return VerdictRecord(
        item=verdict.item,
        state=verdict.state,
        confidence=round(verdict.confidence, 3),
        votes=VotesRecord(worn=votes.worn, missing=votes.missing, unknown=votes.unknown),
        reason=verdict.reason,
    )


def subject_record(subject: Subject, size: tuple[int, int]) -> SubjectRecord:
    """A person in an event: box normalised to the picture of ``size`` (width, height)."""
    width, height = size
    x1, y1, x2, y2 = subject.xyxy
    return SubjectRecord(
        track_id=subject.track_id,
        xyxyn=(
            round(x1 / width, 4),
            round(y1 / height, 4),
            round(x2 / width, 4),
            round(y2 / height, 4),
        ),
        verdicts=tuple(verdict_record(verdict) for verdict in subject.verdicts),
    )


def draft(
    transition: Transition,
    *,
    record_id: UUID,
    site: str,
    size: tuple[int, int],
    model: ModelRef | None,
    config_hash: str,
    classifiers: Iterable[ModelRef] = (),
    evidence: Iterable[Evidence] = (),
) -> EventDraft:
    """The record of ``transition``, not yet numbered, chained and signed."""
    return EventDraft(
        id=record_id,
        event_id=transition.event_id,
        site=site,
        camera=transition.camera,
        rule=transition.rule,
        zone=transition.zone,
        items=transition.items,
        severity=transition.severity,
        state=transition.state,
        reason=transition.reason,
        start_at=transition.utc_start,
        end_at=transition.utc_end,
        said_at=transition.utc,
        subjects=tuple(subject_record(subject, size) for subject in transition.subjects),
        detail=dict(transition.detail),
        model=model,
        classifiers=tuple(classifiers),
        config_hash=config_hash,
        evidence=tuple(evidence),
    )
