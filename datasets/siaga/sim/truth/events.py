"""The events that should be reported: they follow from the state of the world, not from what can be seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from siaga.sim.camera import Camera
from siaga.sim.scenario import Zone

from .model import Person, Span, TruthEvent
from .people import IN_PICTURE, share_inside

GAP_S = 1.0
"""Shorter pauses do not end an event: a step out of the zone and back is one visit."""
GLIMPSE_S = 0.3
"""What shows for less time is no chance to tell."""


@dataclass(frozen=True, slots=True)
class _Key:
    """What makes two frames belong to the same event."""

    rule: str
    item: str | None
    zone: str | None
    who: str


def expected_events(
    people: Sequence[Sequence[Person]], zones: Mapping[str, Zone], camera: Camera, fps: int
) -> tuple[TruthEvent, ...]:
    """The events of a clip, in order of their start.

    A helmet is required on the whole site, a harness in the zones that require one, and nobody may be in an
    exclusion zone. Somebody is in the picture with at least a quarter of the amodal box.

    Args:
        people: Of each frame.
        fps: Frames a second; frame n lasts from n / fps to (n + 1) / fps.
    """
    wrong: dict[_Key, dict[int, bool]] = {}
    for frame, present in enumerate(people):
        for person in present:
            if share_inside(person.xyxy, camera) < IN_PICTURE:
                continue
            for key, told in _violations(person, zones):
                wrong.setdefault(key, {})[frame] = told
    events = [event for key, frames in wrong.items() for event in _events(key, frames, fps)]
    return tuple(sorted(events, key=lambda event: (event.start_s, event.who, event.rule, event.zone or "")))


def _violations(person: Person, zones: Mapping[str, Zone]) -> Iterator[tuple[_Key, bool]]:
    """What is wrong with one person in one frame, and whether it could be told."""
    if person.helmet != "worn":
        yield _Key("missing_ppe", "helmet", None, person.id), person.tell.helmet == "yes"
    for name in person.zones:
        zone = zones[name]
        in_zone = person.tell_zone == "yes"
        if zone.exclusion:
            yield _Key("zone_intrusion", None, name, person.id), in_zone
        if "harness" in zone.requires and person.harness == "none":
            yield _Key("missing_ppe", "harness", name, person.id), person.tell.harness == "yes"


def _events(key: _Key, frames: Mapping[int, bool], fps: int) -> Iterator[TruthEvent]:
    told = [frame for frame, could in frames.items() if could]
    for first, last in _runs(frames, round(GAP_S * fps)):
        within = [frame for frame in told if first <= frame <= last]
        spans = [_seconds(*run, fps) for run in _runs(within, 0)]
        yield TruthEvent(
            rule="zone_intrusion" if key.rule == "zone_intrusion" else "missing_ppe",
            item="harness" if key.item == "harness" else "helmet" if key.item else None,
            zone=key.zone,
            who=key.who,
            start_s=_seconds(first, last, fps)[0],
            end_s=_seconds(first, last, fps)[1],
            could_tell_s=tuple(span for span in spans if span[1] - span[0] >= GLIMPSE_S),
        )


def _runs(frames: Iterable[int], gap: int) -> list[tuple[int, int]]:
    """First and last frames of the runs in ascending frame numbers; up to ``gap`` frames may be left out."""
    runs: list[tuple[int, int]] = []
    for frame in frames:
        if runs and frame - runs[-1][1] <= gap + 1:
            runs[-1] = runs[-1][0], frame
        else:
            runs.append((frame, frame))
    return runs


def _seconds(first: int, last: int, fps: int) -> Span:
    return round(first / fps, 3), round((last + 1) / fps, 3)
