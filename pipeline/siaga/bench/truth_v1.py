"""The older form of a clip's truth, turned into schema version 2.

It has no visibility behind other people, no ``could_tell_s`` and one zone at most. What is not known is
taken from what is: a helmet can be told when the head is 10 px high and nobody is cut off.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

_LEAST_HEAD_PX = 10.0
_CUT_OFF_UNDER = 0.98
"""Share of the box inside the picture."""


def from_version_1(old: dict[str, Any]) -> dict[str, Any]:
    """The same truth as a dictionary of schema version 2.

    Raises:
        KeyError, TypeError, ValueError: It is not of the older form.
    """
    zones = {name: {"coordinates": points, "exclusion": True} for name, points in old["zones"].items()}
    people = [[_person(entry, tuple(zones)) for entry in frame] for frame in old["people"]]
    kept = {key: old[key] for key in ("clip", "width", "height", "fps", "frames")}
    events = [_event(entry, tuple(zones), people, old["fps"]) for entry in old["events"]]
    return {**kept, "schema_version": 2, "zones": zones, "events": events, "people": people}


def _person(old: dict[str, Any], zones: tuple[str, ...]) -> dict[str, Any]:
    head = old["head"]
    truncated = head is None or old["in_frame"] < _CUT_OFF_UNDER
    small = head is not None and head[3] - head[1] < _LEAST_HEAD_PX
    return {
        "id": old["id"],
        "xyxy": old["person"],
        "visibility": old["in_frame"],
        "truncated": truncated,
        "helmet": "worn" if old["helmet_on"] else "none",
        "zones": zones[:1] if old["foot_in_zone"] else (),
        "tell": {"helmet": "cut off" if truncated else "too small" if small else "yes"},
    }


def _event(
    old: dict[str, Any], zones: tuple[str, ...], people: list[list[dict[str, Any]]], fps: float
) -> dict[str, Any]:
    helmet = old["rule"] == "missing_ppe"
    event = {
        "rule": old["rule"],
        "item": "helmet" if helmet else None,
        "zone": None if helmet else zones[0],
        "who": old["who"],
        "start_s": old["t0"],
        "end_s": old["t1"],
    }
    told = [
        any(entry["id"] == old["who"] and _told(entry, helmet=helmet) for entry in frame) for frame in people
    ]
    return {**event, "could_tell_s": list(_runs(told, fps))}


def _told(person: dict[str, Any], *, helmet: bool) -> bool:
    return bool(person["tell"]["helmet"] == "yes" if helmet else not person["truncated"])


def _runs(told: list[bool], fps: float) -> Iterator[tuple[float, float]]:
    """Begin and end in seconds of each run of True."""
    for can_tell, run in groupby(enumerate(told), key=lambda pair: pair[1]):
        numbers = [number for number, _ in run]
        if can_tell:
            yield numbers[0] / fps, numbers[-1] / fps
