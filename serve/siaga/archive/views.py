"""What the archive answers with: frozen, and the same for the API and the page."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from siaga.core.event import Event, Evidence, EvidenceKind, RuleKind, Severity, SubjectRecord
from siaga.core.ledger import LedgerRow
from siaga.core.verdict import Item

ViolationState = Literal["open", "ended"]
Chain = Literal["first", "follows", "gap", "out_of_order", "broken"]


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class EvidenceView(_View):
    """One piece of evidence as its newest record tells it.

    Attributes:
        available: All bytes are here and their sha256 was verified.
        url: Where the bytes are read; None until they are available.
    """

    evidence: Evidence
    available: bool = False
    url: str | None = None


class RecordView(_View):
    """One record as received.

    Attributes:
        chain: How it fitted when it came: ``follows`` the device's last record, left a ``gap`` before it,
            came ``out_of_order``, or names another predecessor (``broken``).
        received_at: UTC receipt time of the service.
    """

    record: Event
    chain: Chain
    received_at: datetime


class ViolationView(_View):
    """A violation: everything that its records say together. ``revision`` changes with what is shown."""

    event_id: UUID
    site: str
    camera: str
    rule: RuleKind
    zone: str | None
    items: tuple[Item, ...]
    severity: Severity
    state: ViolationState
    reason: str | None
    start_at: datetime
    end_at: datetime | None
    received_at: datetime
    subjects: tuple[SubjectRecord, ...]
    detail: dict[str, str | float | int | bool]
    evidence: tuple[EvidenceView, ...]
    records: int
    revision: str

    def first(self, kind: EvidenceKind) -> EvidenceView | None:
        """The first evidence of a kind, or None."""
        return next((view for view in self.evidence if view.evidence.kind == kind), None)

    @property
    def still(self) -> EvidenceView | None:
        """The picture to show: with the verdict drawn on it if there is one, else the clean one."""
        found = [self.first(EvidenceKind.ANNOTATED), self.first(EvidenceKind.SNAPSHOT)]
        return next((view for view in found if view and view.available), None)


class ViolationDetail(_View):
    """A violation and the records that it consists of, oldest first."""

    violation: ViolationView
    records: tuple[RecordView, ...]


class ViolationPage(_View):
    """Newest first. ``next_cursor`` leads to the older ones; None at the end."""

    items: tuple[ViolationView, ...]
    next_cursor: str | None


class RecordPage(_View):
    """Records in order of receipt, newest first."""

    items: tuple[RecordView, ...]
    next_cursor: str | None


class LedgerEntry(_View):
    """One ledger row and who sent it."""

    device_id: str
    row: LedgerRow


class LedgerPage(_View):
    """Ledger rows by hour, camera and zone."""

    items: tuple[LedgerEntry, ...]


class CameraView(_View):
    """Whether a camera watches.

    Attributes:
        monitored: False while a ``camera_unmonitored`` violation of it is open.
        since: UTC start of that violation; None while monitored.
        condition: Why it does not watch (``offline``, ``frozen`` ...), if the edge said.
        last_heard_at: UTC receipt of the last record or ledger row about it.
    """

    camera: str
    site: str
    monitored: bool
    since: datetime | None = None
    condition: str | None = None
    last_heard_at: datetime


class CameraPage(_View):
    """All cameras that were ever heard of, by site and name."""

    items: tuple[CameraView, ...]


class DeviceView(_View):
    """What came from a device. ``missing`` counts sequence numbers below ``highest_seq`` that never came."""

    device_id: str
    first_seen_at: datetime
    last_seen_at: datetime
    highest_seq: int
    missing: int


class CameraHours(_View):
    """Seconds that a camera watched and did not, and of which conditions the latter consist."""

    site: str
    camera: str
    watched_s: float
    down_s: dict[str, float]


class Summary(_View):
    """Numbers of a span, with what was not seen beside them.

    Attributes:
        violations: Begun in the span, by rule.
        unknown_share: Part of the person-time asked about that could not be told, 0..1; None when nobody
            was asked about.
    """

    since: datetime
    until: datetime
    violations: dict[RuleKind, int]
    open: int
    cameras: tuple[CameraHours, ...]
    watched_s: float
    down_s: float
    person_s: float
    unknown_share: float | None
    devices: tuple[DeviceView, ...]
