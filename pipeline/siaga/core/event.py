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
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class VotesRecord(_Frozen):
    """Looks counted in the voting window."""

    worn: int = 0
    """Looks that saw it worn."""
    missing: int = 0
    """Looks that saw it missing."""
    unknown: int = 0
    """Looks that could not tell."""


class VerdictRecord(_Frozen):
    """A verdict as stored."""

    item: Item
    """What was asked for."""
    state: State
    """What holds after voting; `unknown` never raises an alarm."""
    confidence: float
    """Mean confidence of the looks that agree with the state, 0..1; 0 for unknown."""
    votes: VotesRecord
    """The looks behind it."""
    reason: Reason | None = None
    """Why it cannot be told; set exactly when the state is unknown."""


class SubjectRecord(_Frozen):
    """A person in an event: track number (one camera, one run), normalised box, verdicts. No identity."""

    track_id: int
    """Number of the track: unique per camera and run, never an identity."""
    xyxyn: tuple[float, float, float, float]
    """Left, top, right, bottom of the person, 0..1 of the picture."""
    verdicts: tuple[VerdictRecord, ...] = ()
    """What was judged of the person."""


class Privacy(_Frozen):
    """What was done to the picture before its first byte was written."""

    heads: Literal["pixelated", "none"]
    """Whether heads were covered."""
    masks: int = 0
    """Privacy masks that were blacked out."""
    heads_covered: int = 0
    """Head regions that were covered."""


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
    """One piece of evidence, addressed by its sha256."""

    kind: EvidenceKind
    """What it is: the still, the still with boxes drawn on, or the video."""
    status: EvidenceStatus = EvidenceStatus.STORED
    """`stored`: it is there. `pending`: being made. `shed`: given up for space. `missed`: never made."""
    media_type: str = ""
    """For example image/jpeg or video/mp4."""
    sha256: Sha256 | None = None
    """Of its bytes, in lower-case hex."""
    bytes: int = 0
    """Its size."""
    width: int = 0
    """In pixels."""
    height: int = 0
    """In pixels."""
    t0: AwareDatetime | None = None
    """UTC of the first picture in it."""
    t1: AwareDatetime | None = None
    """UTC of the last picture in it."""
    trigger_s: float | None = None
    """Seconds from `t0` to the picture that triggered the event."""
    privacy: Privacy | None = None
    """What was covered."""
    reason: str | None = None
    """Why it is pending, shed or missed; None when stored."""


class ModelRef(_Frozen):
    """Which model file said it."""

    name: str
    """As in its manifest."""
    sha256: Sha256
    """Of the model file."""


class EventDraft(_Frozen):
    """What the edge has to say about a violation, before it is numbered, chained and signed.

    A violation is one ``event_id``; each record about it has its own ``id`` (UUIDv7), so that delivering
    a record is idempotent: same id, same body. The ``new`` record has ``id == event_id``.
    """

    schema_version: Literal[1] = 1
    """Of this form."""
    id: UUID
    """This record's own (UUIDv7)."""
    event_id: UUID
    """The violation's, the same in all its records."""
    site: Name
    """`site.name` of the configuration."""
    camera: Name
    """The camera's name in the configuration."""
    rule: RuleKind
    """What was violated, or why nothing could be said."""
    zone: Name | None = None
    """The zone's name; None: the whole picture."""
    items: tuple[Item, ...] = ()
    """Missing equipment."""
    severity: Severity
    """How soon somebody should look."""
    state: EventState
    """What this record says: it began, it changed, or it ended."""
    reason: str | None = None
    """Why it changed or ended."""
    start_at: AwareDatetime
    """When the violation began."""
    end_at: AwareDatetime | None = None
    """When it ended; set on `end` only."""
    said_at: AwareDatetime
    """When the rule said so."""
    subjects: tuple[SubjectRecord, ...] = ()
    """The people that it is about, at that moment."""
    detail: dict[str, str | float | int | bool] = Field(default_factory=dict)
    """Numbers or short words for a person to read."""
    model: ModelRef | None = None
    """The model that said it; None when no model did."""
    classifiers: tuple[ModelRef, ...] = Field(default=(), exclude_if=lambda refs: not refs)
    """The crop classifiers that judged `items`; the key is left out when there are none."""
    config_hash: Sha256
    """sha256 of the configuration, secrets masked."""
    evidence: tuple[Evidence, ...] = ()
    """What shows it."""


class Event(EventDraft):
    """One record about a violation: its beginning, a change, or its end, as stored and delivered.

    ``(device_id, seq)`` is gap-free over the device's life; ``boot_id`` names the start of the edge that
    wrote it. ``prev_hash``, ``hash`` and ``signature`` chain and sign the records: ``hash`` is the sha256
    of the canonical JSON (RFC 8785) of the record without ``hash`` and ``signature``; ``signature`` is
    Ed25519 over the 32 bytes of ``hash``, in hex.
    """

    device_id: Name
    """Made from the device's public key."""
    boot_id: UUID
    """Names the start of the edge that wrote it."""
    seq: int = Field(ge=1)
    """Counts the device's records without a gap, from 1."""
    recorded_at: AwareDatetime
    """When it was written to the device's disk."""
    prev_hash: Sha256
    """`hash` of the device's record before this one; zeros for the first."""
    hash: Sha256
    """Of this record."""
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]
    """By the device's Ed25519 key, in hex."""
