"""Makes a violation durable: evidence first, then the signed record, in that order.

What cannot be kept is never dropped in silence: the record names the piece and why it is not there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

import structlog

from siaga.core.clock import Clock, IdFactory
from siaga.core.errors import StorageError, StorageFull
from siaga.core.event import (
    Event,
    EventDraft,
    EventState,
    Evidence,
    EvidenceKind,
    EvidenceStatus,
    ModelRef,
    Privacy,
    RuleKind,
    Transition,
)
from siaga.core.frame import Frame, Rgb
from siaga.core.geometry import Polygon
from siaga.core.settings import Settings
from siaga.core.verdict import Item
from siaga.core.video import HeadSample
from siaga.edge.clips import WantedClip
from siaga.edge.drafts import draft
from siaga.edge.link import ClipAnswer
from siaga.evidence.blur import HeadTimeline
from siaga.evidence.snapshot import snapshot

log = structlog.get_logger(__name__)


class Blobs(Protocol):
    """Where evidence goes."""

    def put(self, data: bytes, ext: str) -> str:
        """Store and return the sha256; raises StorageError."""


class Journal(Protocol):
    """Where records go."""

    def commit(self, draft: EventDraft) -> Event:
        """Number, chain, sign and store; raises StorageError."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A transition with the picture it was said on. ``full`` is None for a transition without one."""

    transition: Transition
    size: tuple[int, int]
    pts: float = 0.0
    full: Rgb | None = None
    samples: tuple[HeadSample, ...] = ()
    zone: Polygon | None = None
    clip_wanted: bool = False


def occurrence_on(
    transition: Transition,
    frame: Frame,
    samples: tuple[HeadSample, ...],
    zone: Polygon | None,
    *,
    clip_wanted: bool,
) -> Occurrence:
    """Take the full picture now: the slot may be overwritten by the time it is encoded."""
    is_new = transition.state is EventState.NEW
    return Occurrence(
        transition,
        frame.size,
        frame.pts,
        frame.full() if is_new else None,
        samples,
        zone,
        clip_wanted=clip_wanted and is_new,
    )


class Recorder:
    """Writes evidence and records for one engine.

    Args:
        settings: The site's.
        classifiers: The second stage's, by the item that they judge.
        has_room: Whether evidence may be written: on a full disk what room there is belongs to records.
    """

    def __init__(
        self,
        settings: Settings,
        config_hash: str,
        model: ModelRef,
        *,
        blobs: Blobs,
        journal: Journal,
        clock: Clock,
        new_id: IdFactory,
        has_room: Callable[[], bool] = lambda: True,
        classifiers: Mapping[Item, ModelRef] | None = None,
    ) -> None:
        self._settings = settings
        self._config_hash = config_hash
        self._model = model
        self._blobs = blobs
        self._journal = journal
        self._clock = clock
        self._new_id = new_id
        self._has_room = has_room
        self._classifiers = dict(classifiers or {})
        self._awaiting_clip: dict[UUID, EventDraft] = {}

    def record(self, said: Occurrence) -> Event:
        """Store one transition with the evidence that can be had now.

        Raises:
            StorageError: Not even the record could be written.
        """
        transition = said.transition
        is_new = transition.state is EventState.NEW
        written = draft(
            transition,
            record_id=transition.event_id if is_new else self._new_id(),
            site=self._settings.site.name,
            size=said.size,
            model=self._model if transition.rule is not RuleKind.CAMERA_UNMONITORED else None,
            classifiers=[ref for item, ref in self._classifiers.items() if item in transition.items],
            config_hash=self._config_hash,
            evidence=self._stills(said) if is_new else (),
        )
        if said.clip_wanted:
            self._awaiting_clip[transition.event_id] = written
        return self._journal.commit(written)

    def _stills(self, said: Occurrence) -> tuple[Evidence, ...]:
        transition, settings = said.transition, self._settings.evidence
        if transition.rule is RuleKind.CAMERA_UNMONITORED:
            return ()
        clip = (Evidence(kind=EvidenceKind.CLIP, status=EvidenceStatus.PENDING, reason="post_roll"),)
        after = clip if said.clip_wanted else ()
        if not settings.snapshot.enabled:
            return after
        if said.full is None:
            return (_missed(EvidenceKind.SNAPSHOT, "picture_overwritten"), *after)
        return (*self._shoot(said, said.full), *after)

    def _shoot(self, said: Occurrence, full: Rgb) -> tuple[Evidence, ...]:
        transition = said.transition
        heads = HeadTimeline(said.samples).regions(said.pts) if self._blurs else []
        shot = snapshot(
            full,
            heads,
            transition.subjects,
            said.zone,
            (_title(transition), f"{transition.camera}  {transition.utc:%Y-%m-%d %H:%M:%S} UTC"),
            self._settings.evidence.snapshot,
            blur=self._blurs,
        )
        common = Evidence(
            kind=EvidenceKind.SNAPSHOT,
            media_type="image/jpeg",
            width=shot.width,
            height=shot.height,
            t0=transition.utc,
            t1=transition.utc,
            trigger_s=0.0,
            privacy=self._privacy(len(heads)),
        )
        return (
            self._stored(common, shot.clean, "jpg"),
            self._stored(common.model_copy(update={"kind": EvidenceKind.ANNOTATED}), shot.annotated, "jpg"),
        )

    @property
    def _blurs(self) -> bool:
        return self._settings.privacy.blur == "heads"

    def _privacy(self, heads_covered: int, masks: int = 0) -> Privacy:
        heads: Literal["pixelated", "none"] = "pixelated" if self._blurs else "none"
        return Privacy(heads=heads, heads_covered=heads_covered, masks=masks)

    def _stored(self, evidence: Evidence, data: bytes, ext: str) -> Evidence:
        if not self._has_room():
            return _without(evidence, EvidenceStatus.SHED, "disk_full")
        try:
            sha256 = self._blobs.put(data, ext)
        except StorageFull:
            return _without(evidence, EvidenceStatus.SHED, "disk_full")
        except StorageError as error:
            log.error("evidence not stored", kind=evidence.kind.value, error=str(error))
            return _without(evidence, EvidenceStatus.MISSED, "storage_error")
        return evidence.model_copy(update={"sha256": sha256, "bytes": len(data)})

    def attach_clip(self, wanted: WantedClip, answer: ClipAnswer) -> list[Event]:
        """Say what became of a clip, in one ``update`` record per event that shares it.

        Raises:
            StorageError: Not even a record could be written.
        """
        result = answer.result
        if result is None:
            return self._tell_all(wanted, lambda _: _missed(EvidenceKind.CLIP, answer.reason))
        common = self._stored(
            Evidence(
                kind=EvidenceKind.CLIP,
                media_type="video/mp4",
                width=result.width,
                height=result.height,
                t0=result.t0,
                t1=result.t1,
                trigger_s=result.trigger_s,
                privacy=self._privacy(result.heads_covered, result.masks),
            ),
            result.data,
            "mp4",
        )
        return self._tell_all(wanted, lambda pts: _triggered_at(common, pts - wanted.trigger_pts))

    def _tell_all(self, wanted: WantedClip, evidence_at: Callable[[float], Evidence]) -> list[Event]:
        events = []
        for event_id, pts in wanted.triggers.items():
            first = self._awaiting_clip.get(event_id)
            if first is not None:
                events.append(self._journal.commit(self._evidence_update(first, evidence_at(pts))))
                # Only now: a full disk makes the caller try again.
                del self._awaiting_clip[event_id]
        return events

    def _evidence_update(self, first: EventDraft, evidence: Evidence) -> EventDraft:
        return first.model_copy(
            update={
                "id": self._new_id(),
                "state": EventState.UPDATE,
                "reason": "evidence",
                "said_at": self._clock.utc(),
                "evidence": (evidence,),
            }
        )

    def abandon_clips(self, reason: str) -> list[Event]:
        """Say that the clips still waited for will not come."""
        missed = _missed(EvidenceKind.CLIP, reason)
        events = []
        for event_id, first in list(self._awaiting_clip.items()):
            events.append(self._journal.commit(self._evidence_update(first, missed)))
            del self._awaiting_clip[event_id]
        return events


def _missed(kind: EvidenceKind, reason: str) -> Evidence:
    return Evidence(kind=kind, status=EvidenceStatus.MISSED, reason=reason)


def _without(evidence: Evidence, status: EvidenceStatus, reason: str) -> Evidence:
    return evidence.model_copy(update={"status": status, "reason": reason})


def _triggered_at(clip: Evidence, later_s: float) -> Evidence:
    if clip.trigger_s is None:
        return clip
    return clip.model_copy(update={"trigger_s": round(clip.trigger_s + later_s, 3)})


def _title(transition: Transition) -> str:
    items = ", ".join(item.value for item in transition.items)
    if transition.rule is RuleKind.MISSING_PPE:
        return f"No {items}" + (f" in {transition.zone}" if transition.zone else "")
    return f"Person in {transition.zone}"
