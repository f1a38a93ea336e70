"""What the review answers with, and what it takes: frozen, and the same for every caller."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from siaga.core.event import RuleKind, Severity, Sha256
from siaga.core.verdict import Item
from siaga.review.machine import DecisionKind, ReviewReason, ReviewState

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
"""One line of text."""
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
"""A text of several lines."""
ZoneName = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Pixels = Annotated[int, Field(ge=1, le=100_000)]


class View(BaseModel):
    """Frozen; attribute docstrings go into the API's schema."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class AssigneeView(View):
    """Who is to act."""

    name: Line
    """To show: a person, a crew or a company."""
    user_id: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    """The user's id; none for somebody without an account."""


class ReviewView(View):
    """What holds for an event."""

    state: ReviewState = ReviewState.UNREVIEWED
    """How far people are with it."""
    verdict: ReviewState | None = None
    """`confirmed`, `false_alarm` or `unclear`; stays when the event goes on to `assigned` and further."""
    reason: ReviewReason | None = None
    """Why the verdict."""
    assignee: AssigneeView | None = None
    """Who is to act, from `assigned` on."""
    version: int = 0
    """Number of the last decision: what If-Match asks for."""
    by: str | None = None
    """Who decided last."""
    at: datetime | None = None
    """When that was, UTC."""


class DecisionView(View):
    """One decision, or the undoing of one."""

    version: int
    """Its number, from 1 without a gap."""
    kind: DecisionKind
    """`decide` or `undo`."""
    state: ReviewState
    """What holds after it."""
    reason: ReviewReason | None
    """Why the verdict."""
    assignee: AssigneeView | None
    """Who is to act."""
    undoes: int | None
    """The number of the decision that it takes back."""
    bulk_id: UUID | None
    """The same for events that were decided together."""
    by: str
    """Who decided."""
    at: datetime
    """When, UTC."""


class CommentView(View):
    """What somebody wrote to an event."""

    id: UUID
    text: str
    by: str
    at: datetime


class LabelledBox(View):
    """A box in pixels of the evidence picture."""

    class_name: Annotated[
        str, StringConstraints(strip_whitespace=True, pattern=r"^[a-z0-9][a-z0-9_ -]{0,63}$")
    ]
    """What it is, as the model names it (`helmet`, `no_helmet`, `person` ...)."""
    xyxy: tuple[float, float, float, float]
    """Left, top, right, bottom."""


class CorrectionWanted(View):
    """Everything that is to be seen in a picture, as a person says it is: all boxes, not only the changed."""

    reason: ReviewReason
    """What was wrong before."""
    width: Pixels
    """Of the picture, in pixels."""
    height: Pixels
    """Of the picture, in pixels."""
    boxes: Annotated[tuple[LabelledBox, ...], Field(max_length=500)]
    """Empty: there is nothing in it."""

    @model_validator(mode="after")
    def _inside(self) -> Self:
        for box in self.boxes:
            left, top, right, bottom = box.xyxy
            if not (0 <= left < right <= self.width and 0 <= top < bottom <= self.height):
                raise ValueError("a box lies outside the picture or has no area")
        return self


class CorrectionView(CorrectionWanted):
    """A correction that was kept."""

    sha256: Sha256
    """Of the picture."""
    version: int
    """Counts the corrections of this picture; the highest holds."""
    by: str
    """Who corrected."""
    at: datetime
    """When, UTC."""


class QueueItem(View):
    """An event in the queue: what is needed to decide whether to look."""

    event_id: UUID
    site: str
    camera: str
    rule: RuleKind
    zone: str | None
    items: tuple[Item, ...]
    severity: Severity
    open: bool
    start_at: datetime
    end_at: datetime | None
    received_at: datetime
    review: ReviewView
    comments: int
    """How many there are."""
    picture: Sha256 | None
    """Of a still that has arrived, for its thumbnail."""


class QueuePage(View):
    """Newest first. ``next_cursor`` leads to the older ones; none at the end."""

    items: tuple[QueueItem, ...]
    next_cursor: str | None


class ReviewDetail(View):
    """Everything that people made of one event."""

    event_id: UUID
    site: str
    review: ReviewView
    history: tuple[DecisionView, ...]
    """Oldest first."""
    comments: tuple[CommentView, ...]
    """Oldest first."""
    corrections: tuple[CorrectionView, ...]
    """The one that holds, per picture."""


class ActionState(StrEnum):
    """How far a corrective action is."""

    OPEN = "open"
    DONE = "done"
    VERIFIED = "verified"
    CANCELLED = "cancelled"


class ActionView(View):
    """A corrective action."""

    id: UUID
    site: str
    event_id: UUID | None
    report_id: UUID | None
    zone: str | None
    title: str
    description: str
    owner: AssigneeView
    due_on: date
    overdue: bool
    """It is open and its day has passed at the site."""
    state: ActionState
    photo_id: UUID | None
    version: int
    created_by: str
    created_at: datetime
    changed_by: str
    changed_at: datetime


class ReportKind(StrEnum):
    """What is told."""

    NEAR_MISS = "near_miss"
    HAZARD = "hazard"


class ReportState(StrEnum):
    """What became of a report."""

    NEW = "new"
    IN_WORK = "in_work"
    CLOSED = "closed"


class ReportView(View):
    """A near miss or a hazard that a person told."""

    id: UUID
    reference: str
    """What its sender was given."""
    site: str
    kind: ReportKind
    zone: str | None
    text: str
    happened_at: datetime
    received_at: datetime
    anonymous: bool
    by: str | None
    photo_id: UUID | None
    state: ReportState
    answer: str
    version: int
    changed_by: str | None
    changed_at: datetime | None


class LinkView(View):
    """A link for anonymous reports."""

    id: UUID
    site: str
    zone: str | None
    """Filled in for the sender."""
    label: str
    """Where it hangs."""
    code: str
    """The end of its address; whoever has it may report."""
    created_by: str
    created_at: datetime
    ended_at: datetime | None
    """From then on its code is refused."""
