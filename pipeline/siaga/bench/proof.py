"""Whether every event has what shows it: its still, its clip, and in that the picture that triggered it."""

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

import av

from siaga.core.event import Event, EventState, Evidence, EvidenceKind, EvidenceStatus, RuleKind
from siaga.evidence.store import BlobStore

_TOLERANCE_S = 0.05
"""Half the time between two pictures at 10 a second."""


def missing_proof(events: Iterable[Event], store: BlobStore, kinds: frozenset[EvidenceKind]) -> list[str]:
    """One line per piece that an event lacks; empty when everything is there.

    Args:
        events: All records of a run.
        kinds: What the settings ask for.
    """
    by_event = groupby(sorted(events, key=lambda event: (event.event_id, event.seq)), lambda e: e.event_id)
    return [line for _, records in by_event for line in _missing(list(records), store, kinds)]


def _missing(records: list[Event], store: BlobStore, kinds: frozenset[EvidenceKind]) -> Iterable[str]:
    first = next((record for record in records if record.state is EventState.NEW), None)
    if first is None or first.rule is RuleKind.CAMERA_UNMONITORED:
        return
    pieces = [piece for record in records for piece in record.evidence]
    for kind in sorted(kinds):
        stored = [p for p in pieces if p.kind is kind and p.status is EvidenceStatus.STORED]
        if not stored:
            said = [piece.reason or piece.status.value for piece in pieces if piece.kind is kind]
            yield f"{first.rule.value} {first.event_id}: no {kind.value} ({said[-1] if said else 'unsaid'})"
        elif kind is EvidenceKind.CLIP and not _shows_trigger(stored[-1], first, store):
            yield f"{first.rule.value} {first.event_id}: its clip lacks the picture that triggered it"
        elif _file(stored[-1], store) is None:
            yield f"{first.rule.value} {first.event_id}: the file of its {kind.value} is gone"


def _file(piece: Evidence, store: BlobStore) -> Path | None:
    return store.path(piece.sha256) if piece.sha256 else None


def _shows_trigger(clip: Evidence, first: Event, store: BlobStore) -> bool:
    path = _file(clip, store)
    if path is None or clip.t0 is None or clip.trigger_s is None:
        return False
    # The moment that the record names must be the one at which the rule spoke, and the file must have it.
    off = abs((first.said_at - clip.t0).total_seconds() - clip.trigger_s)
    return off <= _TOLERANCE_S and any(
        abs(shown - clip.trigger_s) <= _TOLERANCE_S for shown in picture_times(path)
    )


def picture_times(path: Path) -> list[float]:
    """Seconds of every picture of a video file from its first; empty when it is no video."""
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            times = sorted(
                float(packet.pts * (packet.time_base or 0))
                for packet in container.demux(stream)
                if packet.pts is not None
            )
    except (av.FFmpegError, IndexError):
        return []
    return [moment - times[0] for moment in times]
