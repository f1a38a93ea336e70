"""What the records of one violation say together."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime

from siaga.archive.views import EvidenceView, RecordView, ViolationDetail, ViolationState, ViolationView
from siaga.core.event import Event, EventState, Evidence


def merge_evidence(records: Sequence[Event]) -> tuple[Evidence, ...]:
    """The evidence of a violation, each piece as the newest record tells it.

    A later entry replaces the one of the same sha256, and, when the earlier one had no bytes yet
    (pending, shed, missed), the one of the same kind.

    Args:
        records: Of one violation, oldest first.
    """
    merged: list[Evidence] = []
    for record in records:
        kinds = {entry.kind for entry in record.evidence}
        hashes = {entry.sha256 for entry in record.evidence if entry.sha256}
        merged = [
            entry
            for entry in merged
            if entry.sha256 not in hashes and not (entry.sha256 is None and entry.kind in kinds)
        ]
        merged.extend(record.evidence)
    return tuple(merged)


def merge_records(records: Sequence[RecordView], complete: Collection[str]) -> ViolationDetail:
    """A violation of its records.

    Args:
        records: Of one violation, at least one, by sequence number.
        complete: The sha256 of evidence whose bytes are here.
    """
    events = [view.record for view in records]
    newest = events[-1]
    end = next((event for event in reversed(events) if event.state is EventState.END), None)
    # People of the first record that names any: those in the picture that triggered the event.
    about = next((event for event in events if event.subjects), newest)
    evidence = tuple(_view(entry, complete) for entry in merge_evidence(events))
    violation = ViolationView(
        event_id=newest.event_id,
        site=newest.site,
        camera=newest.camera,
        rule=newest.rule,
        zone=newest.zone,
        items=newest.items or about.items,
        severity=newest.severity,
        state=_state(end),
        reason=newest.reason,
        start_at=newest.start_at,
        end_at=_end(end),
        received_at=min(view.received_at for view in records),
        subjects=about.subjects,
        detail=_detail(events),
        evidence=evidence,
        records=len(events),
        revision=_revision(newest, evidence),
    )
    return ViolationDetail(violation=violation, records=tuple(records))


def _view(entry: Evidence, complete: Collection[str]) -> EvidenceView:
    # Also where the device has let go of it since: what arrived is here.
    available = entry.sha256 in complete
    return EvidenceView(
        evidence=entry, available=available, url=f"/api/v1/media/{entry.sha256}" if available else None
    )


def _state(end: Event | None) -> ViolationState:
    return "open" if end is None else "ended"


def _end(end: Event | None) -> datetime | None:
    return None if end is None else end.end_at or end.said_at


def _detail(events: Sequence[Event]) -> dict[str, str | float | int | bool]:
    merged: dict[str, str | float | int | bool] = {}
    for event in events:
        merged.update(event.detail)
    return merged


def _revision(newest: Event, evidence: Sequence[EvidenceView]) -> str:
    shown = "".join("1" if view.available else "0" for view in evidence)
    return hashlib.sha256(f"{newest.hash}{shown}".encode()).hexdigest()[:16]
