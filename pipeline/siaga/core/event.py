"""An event as it is stored, signed and delivered, and the transition it is made from."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from siaga.core.geometry import Box
from siaga.core.verdict import Item, Reason, State, Verdict

SCHEMA_VERSION = 1
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Field(min_length=1, max_length=128)]


class EventState(StrEnum):
    """The life of a violation: one ``new``, any number of ``update``, one ``end``."""

    NEW = "new"
    UPDATE = "update"
    END = "end"


class RuleKind(StrEnum):
    """What was violated, or why nothing could be said."""

    MISSING_PPE = "missing_ppe"
    ZONE_INTRUSION = "zone_intrusion"
    CAMERA_UNMONITORED = "camera_unmonitored"


class Severity(StrEnum):
    """How soon somebody should look."""

    INFO = "info"
    WARNING = "warning"
    ALERT = "alert"


@dataclass(frozen=True, slots=True)
class Subject:
    """A person that a transition is about, at the moment of the transition. Box in full-frame pixels."""

    track_id: int
    xyxy: Box
    head: Box | None = None
    verdicts: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Transition:
    """What a rule says has changed; the edge makes a stored event of it.

    Attributes:
        event_id: The violation's id, the same for its new, update and end.
        t: Seconds on the rule clock at which it was said.
        t_start: Seconds on the rule clock at which the violation began.
        utc_start: The same moment as aware UTC.
        utc_end: Set on ``end`` only.
        items: Missing equipment (``missing_ppe``, ``requires``); empty for others.
        reason: Why it was updated or ended: ``resolved``, ``left``, ``camera_down`` ...
        detail: Numbers or short words for a person to read.
    """

    state: EventState
    event_id: UUID
    rule: RuleKind
    camera: str
    zone: str | None
    severity: Severity
    t: float
    utc: datetime
    t_start: float
    utc_start: datetime
    utc_end: datetime | None = None
    subjects: tuple[Subject, ...] = ()
    items: tuple[Item, ...] = ()
    reason: str | None = None
    detail: tuple[tuple[str, str | float | int | bool], ...] = ()


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class VotesRecord(_Frozen):
    """Looks counted in the voting window."""

    worn: int = 0
    missing: int = 0
    unknown: int = 0


class VerdictRecord(_Frozen):
    """A verdict as stored."""

    item: Item
    state: State
    confidence: float
    votes: VotesRecord
    reason: Reason | None = None


class SubjectRecord(_Frozen):
    """A person in an event: track number (one camera, one run), normalised box, verdicts. No identity."""

    track_id: int
    xyxyn: tuple[float, float, float, float]
    verdicts: tuple[VerdictRecord, ...] = ()


class Privacy(_Frozen):
    """What was done to the picture before its first byte was written."""

    heads: Literal["pixelated", "none"]
    masks: int = 0
    heads_covered: int = 0


class EvidenceKind(StrEnum):
    """What the evidence is."""

    SNAPSHOT = "snapshot"
    ANNOTATED = "annotated"
    CLIP = "clip"


class EvidenceStatus(StrEnum):
    """Never silent: what is not there says why."""

    STORED = "stored"
    PENDING = "pending"
    SHED = "shed"
    MISSED = "missed"


class Evidence(_Frozen):
    """One piece of evidence, addressed by its sha256.

    Attributes:
        t0: UTC of the first picture in it.
        t1: UTC of the last picture in it.
        trigger_s: Seconds from ``t0`` to the picture that triggered the event.
        reason: Why it is pending, shed or missed; None when stored.
    """

    kind: EvidenceKind
    status: EvidenceStatus = EvidenceStatus.STORED
    media_type: str = ""
    sha256: Sha256 | None = None
    bytes: int = 0
    width: int = 0
    height: int = 0
    t0: AwareDatetime | None = None
    t1: AwareDatetime | None = None
    trigger_s: float | None = None
    privacy: Privacy | None = None
    reason: str | None = None


class ModelRef(_Frozen):
    """Which model file said it."""

    name: str
    sha256: Sha256


class EventDraft(_Frozen):
    """What the edge has to say about a violation, before it is numbered, chained and signed.

    A violation is one ``event_id``; each record about it has its own ``id`` (UUIDv7), so that delivering
    a record is idempotent: same id, same body. The ``new`` record has ``id == event_id``.
    """

    schema_version: Literal[1] = 1
    id: UUID
    event_id: UUID
    site: Name
    camera: Name
    rule: RuleKind
    zone: Name | None = None
    items: tuple[Item, ...] = ()
    severity: Severity
    state: EventState
    reason: str | None = None
    start_at: AwareDatetime
    end_at: AwareDatetime | None = None
    said_at: AwareDatetime
    subjects: tuple[SubjectRecord, ...] = ()
    detail: dict[str, str | float | int | bool] = Field(default_factory=dict)
    model: ModelRef | None = None
    config_hash: Sha256
    evidence: tuple[Evidence, ...] = ()


class Event(EventDraft):
    """One record about a violation: its beginning, a change, or its end, as stored and delivered.

    ``(device_id, seq)`` is gap-free over the device's life; ``boot_id`` names the start of the edge that
    wrote it. ``prev_hash``, ``hash`` and ``signature`` chain and sign the records: ``hash`` is the sha256
    of the canonical JSON (RFC 8785) of the record without ``hash`` and ``signature``; ``signature`` is
    Ed25519 over the 32 bytes of ``hash``, in hex.
    """

    device_id: Name
    boot_id: UUID
    seq: int = Field(ge=1)
    recorded_at: AwareDatetime
    prev_hash: Sha256
    hash: Sha256
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]
