"""Truths, reports and scenes made by hand: a picture of 1000 x 1000 pixels, 10 pictures a second."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from siaga.bench.reports import Report
from siaga.bench.run import START
from siaga.bench.truth import ClipTruth, parse_truth
from siaga.core.event import Event, EventState, Evidence, RuleKind, Severity, SubjectRecord
from siaga.core.geometry import Box
from siaga.core.person import Judged, Person
from siaga.core.scene import Scene
from siaga.core.verdict import Item, Reason, State, Verdict, Votes

SIZE = (1000, 1000)
FPS = 10
LEFT: Box = (100.0, 400.0, 150.0, 500.0)
RIGHT: Box = (700.0, 400.0, 780.0, 600.0)
PIT = {"coordinates": [[0.5, 0.0], [1.0, 0.0], [1.0, 1.0], [0.5, 1.0]], "exclusion": True}


def person(who: str, box: Box, *, helmet: str = "none", tell: str = "yes", **more: Any) -> dict[str, Any]:
    """Somebody in a picture; clearly to be seen unless ``more`` says otherwise."""
    return {"id": who, "xyxy": box, "visible_xyxy": box, "helmet": helmet, "tell": {"helmet": tell}, **more}


def bare(who: str, start_s: float, end_s: float, *told: tuple[float, float]) -> dict[str, Any]:
    """A missing helmet; it could be told all the time unless ``told`` says when."""
    return {
        "rule": "missing_ppe",
        "item": "helmet",
        "zone": None,
        "who": who,
        "start_s": start_s,
        "end_s": end_s,
        "could_tell_s": list(told) or [[start_s, end_s]],
    }


def entered(who: str, start_s: float, end_s: float, zone: str = "pit") -> dict[str, Any]:
    """Somebody in an exclusion zone, to be told all the time."""
    return {**bare(who, start_s, end_s), "rule": "zone_intrusion", "item": None, "zone": zone}


def truth_data(
    *events: dict[str, Any], people: list[dict[str, Any]] | None = None, frames: int = 300, **more: Any
) -> dict[str, Any]:
    """Truth of a clip in which A (left) and B (right), or ``people``, stand all the time."""
    frame = [person("A", LEFT), person("B", RIGHT)] if people is None else people
    return {
        "schema_version": 2,
        "clip": "made.mp4",
        "width": SIZE[0],
        "height": SIZE[1],
        "fps": FPS,
        "frames": frames,
        "light": "day",
        "zones": {"pit": PIT},
        "events": list(events),
        "people": [frame] * frames,
        **more,
    }


def truth(*events: dict[str, Any], **more: Any) -> ClipTruth:
    """The same, parsed."""
    return parse_truth(truth_data(*events, **more))


def report(
    start_s: float,
    end_s: float,
    box: Box | None = LEFT,
    *,
    said_s: float | None = None,
    rule: str = "missing_ppe",
    item: Item | None = Item.HELMET,
    zone: str | None = None,
    number: int = 1,
) -> Report:
    """A claim about whoever stands at ``box``; said when it began unless ``said_s`` says otherwise."""
    said = start_s if said_s is None else said_s
    return Report(UUID(int=number), rule, item, zone, start_s, said, end_s, box)


def clock(seconds: float) -> datetime:
    """Wall time ``seconds`` after the first picture."""
    return START + timedelta(seconds=seconds)


def event(
    state: EventState,
    said_s: float,
    *,
    start_s: float = 5.0,
    end_s: float | None = None,
    number: int = 1,
    seq: int = 1,
    rule: RuleKind = RuleKind.MISSING_PPE,
    items: tuple[Item, ...] = (Item.HELMET,),
    zone: str | None = None,
    box: Box | None = LEFT,
    evidence: tuple[Evidence, ...] = (),
) -> Event:
    """A record as the edge writes it."""
    x1, y1, x2, y2 = box or (0.0, 0.0, 0.0, 0.0)
    subject = SubjectRecord(track_id=1, xyxyn=(x1 / 1000, y1 / 1000, x2 / 1000, y2 / 1000))
    return Event(
        id=UUID(int=1000 + seq),
        event_id=UUID(int=number),
        site="site",
        camera="made",
        rule=rule,
        zone=zone,
        items=items,
        severity=Severity.WARNING,
        state=state,
        start_at=clock(start_s),
        end_at=None if end_s is None else clock(end_s),
        said_at=clock(said_s),
        subjects=(subject,) if box else (),
        model=None,
        config_hash="0" * 64,
        evidence=evidence,
        device_id="box",
        boot_id=UUID(int=7),
        seq=seq,
        recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
        prev_hash="0" * 64,
        hash="0" * 64,
        signature="0" * 128,
    )


def judged(box: Box, state: State | None, reason: Reason | None = None, track_id: int = 1) -> Judged:
    """A track with a verdict on the helmet, or with none."""
    verdicts = () if state is None else (Verdict(Item.HELMET, state, 0.8, Votes(), reason),)
    return Judged(Person(track_id, box, 0.9), (), verdicts)


def scene(t: float, *people: Judged) -> Scene:
    """An analysed picture."""
    return Scene("made", t, clock(t), SIZE, people)
