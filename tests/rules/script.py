"""A scripted camera: people with verdicts, frame by frame, and the story that the rules tell of it."""

import itertools
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from siaga.core.event import EventState, Transition
from siaga.core.geometry import Box
from siaga.core.health import Condition, HealthChange
from siaga.core.person import Judged, Person
from siaga.core.scene import Scene
from siaga.core.settings import Settings
from siaga.core.verdict import Item, Reason, State, Verdict, Votes
from siaga.rules import RuleBook

CAMERA = "gate"
SIZE = (1000, 1000)
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
STEP = 0.2
STATES = {"m": State.MISSING, "w": State.WORN, "u": State.UNKNOWN}
PIT = {"coordinates": "0.5,0,1,0,1,1,0.5,1", "exclusion": True, "inertia": 3}


def settings(ppe: dict[str, Any] | None = None, **zones: dict[str, Any]) -> Settings:
    """One camera with ``zones``; helmets are asked for in the whole picture unless ``ppe`` says otherwise."""
    camera = {"ffmpeg": {"inputs": [{"path": "rtsp://camera.invalid/1"}]}, "zones": zones}
    schedules = {"day": {"start": "07:00", "end": "19:00"}}
    return Settings.model_validate(
        {"cameras": {CAMERA: camera}, "ppe": {"grouping": "10s", **(ppe or {})}, "schedules": schedules}
    )


def at(x: float, y: float = 300.0, height: float = 200.0) -> Box:
    """A standing person whose feet are at (x, y + height) pixels."""
    return (x - 40, y, x + 40, y + height)


def judged(track_id: int, box: Box, helmet: str = "", **others: str) -> Judged:
    """A person whose helmet (and other items) are m(issing), w(orn), u(nknown) or not judged at all."""
    letters = {Item.HELMET.value: helmet} | others
    verdicts = tuple(
        Verdict(
            Item(name),
            STATES[letter],
            0.0 if letter == "u" else 0.8,
            Votes(),
            Reason.NOT_SEEN if letter == "u" else None,
        )
        for name, letter in letters.items()
        if letter
    )
    return Judged(Person(track_id, box, 0.9), (), verdicts)


@dataclass(frozen=True)
class Line:
    """One transition, told shortly. ``event`` counts violations from 1 in order of their beginning."""

    t: float
    state: str
    event: int
    reason: str | None = None


class Story:
    """Runs frames through a rule book and keeps what it says."""

    def __init__(self, configuration: Settings) -> None:
        numbers = itertools.count(1)
        camera = configuration.cameras[CAMERA]
        self.book = RuleBook(CAMERA, camera, configuration, lambda: uuid.UUID(int=next(numbers)))
        self.said: list[Transition] = []
        self.t = 0.0

    def utc(self) -> datetime:
        return START + timedelta(seconds=self.t)

    def frame(self, *people: Judged) -> tuple[Transition, ...]:
        """One analysed frame; the clock then moves on by one step."""
        said = self.book.update(Scene(CAMERA, self.t, self.utc(), SIZE, people))
        self.said += said
        self.t = round(self.t + STEP, 6)
        return said

    def frames(self, seconds: float, *people: Judged) -> None:
        for _ in range(round(seconds / STEP)):
            self.frame(*people)

    def health(self, condition: Condition, active: bool, **detail: str | float) -> None:
        change = HealthChange(CAMERA, condition, active, self.t, self.utc(), dict(detail))
        self.said += self.book.health(change)

    def close(self) -> None:
        self.said += self.book.close(self.t, self.utc())

    def lines(self) -> list[Line]:
        return [Line(said.t, said.state.value, said.event_id.int, said.reason) for said in self.said]

    def begun(self) -> list[Transition]:
        return [said for said in self.said if said.state is EventState.NEW]

    def ended(self) -> list[Transition]:
        return [said for said in self.said if said.state is EventState.END]


def check_grammar(said: Sequence[Transition] | Iterable[Transition]) -> None:
    """Every violation: one new, then updates at least 5 s apart, then one end; nothing of it after that."""
    told: dict[uuid.UUID, list[Transition]] = {}
    for entry in said:
        told.setdefault(entry.event_id, []).append(entry)
    for entries in told.values():
        states = [entry.state for entry in entries]
        middle = [EventState.UPDATE] * (len(states) - 2)
        assert states == [EventState.NEW, *middle, EventState.END]
        spoken = [entry.t for entry in entries[:-1]]
        assert all(b - a >= 5.0 - 1e-9 for a, b in itertools.pairwise(spoken))
        end = entries[-1]
        assert end.utc_end is not None
        assert end.utc_start <= end.utc_end <= end.utc
        assert all(entry.utc_end is None for entry in entries[:-1])
        assert len({(entry.t_start, entry.utc_start, entry.rule, entry.zone) for entry in entries}) == 1
