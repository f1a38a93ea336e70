"""What the edge said, as claims that can be held against the truth."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from siaga.bench.truth import Span
from siaga.core.event import Event, EventState
from siaga.core.geometry import Box
from siaga.core.verdict import Item


@dataclass(frozen=True, slots=True)
class Report:
    """One claim: this person broke this rule from then to then. Seconds from the first picture.

    An event about two missing items makes two claims; one about none (a zone) makes one.

    Attributes:
        said_s: When it was said; the edge needs its votes before it speaks.
        xyxy: The person's box when it was said, in pixels of the picture; None: about nobody.
        track_id: The person's track in that run; None: about nobody.
    """

    event_id: UUID
    rule: str
    item: Item | None
    zone: str | None
    start_s: float
    said_s: float
    end_s: float
    xyxy: Box | None
    track_id: int | None = None

    @property
    def span(self) -> Span:
        """From its start to its end."""
        return self.start_s, self.end_s


def reports_of(
    events: Iterable[Event], start: datetime, size: tuple[int, int], seconds: float
) -> tuple[Report, ...]:
    """The claims in ``events`` (all records of one run), in the order in which they were said.

    Args:
        start: Wall time of the first picture.
        size: (width, height) of the picture in pixels.
        seconds: Length of the clip: what never ended lasts until then.
    """
    by_event = groupby(sorted(events, key=lambda event: (event.event_id, event.seq)), lambda e: e.event_id)
    found = [report for _, records in by_event for report in _claims(list(records), start, size, seconds)]
    return tuple(sorted(found, key=lambda report: (report.said_s, report.event_id, report.item or "")))


def _claims(records: list[Event], start: datetime, size: tuple[int, int], seconds: float) -> Iterator[Report]:
    ended = next((record.end_at for record in records if record.state is EventState.END), None)
    named: set[Item | None] = set()
    for record in records:
        items: tuple[Item | None, ...] = record.items or ((None,) if record.state is EventState.NEW else ())
        for item in items:
            if item in named:
                continue
            named.add(item)
            # What an update adds began then, not with the event.
            begun = record.start_at if record.state is EventState.NEW else record.said_at
            yield Report(
                event_id=record.event_id,
                rule=record.rule.value,
                item=item,
                zone=record.zone,
                start_s=(begun - start).total_seconds(),
                said_s=(record.said_at - start).total_seconds(),
                end_s=(ended - start).total_seconds() if ended else seconds,
                xyxy=_box(record, size),
                track_id=record.subjects[0].track_id if record.subjects else None,
            )


def _box(record: Event, size: tuple[int, int]) -> Box | None:
    if not record.subjects:
        return None
    x1, y1, x2, y2 = record.subjects[0].xyxyn
    width, height = size
    return (x1 * width, y1 * height, x2 * width, y2 * height)
