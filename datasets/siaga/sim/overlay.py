"""Draws the ground truth on its clip, to check it by eye."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from siaga.core.errors import StorageError

from .encode import encode_clip
from .raw import Box
from .truth.model import Person, Truth

Rgb = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]
_FINE: Colour = (60, 220, 90)
_WRONG: Colour = (255, 60, 50)
_UNTOLD: Colour = (255, 190, 40)
_FAINT: Colour = (150, 200, 255)
_ZONE: dict[bool, Colour] = {True: (255, 80, 60), False: (80, 160, 255)}
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_TEXT = 0.4
_KBPS = 4000


def overlay_clip(clip: Path, truth: Truth, out: Path) -> int:
    """Write a copy of a clip with its ground truth drawn on it; returns the number of frames.

    Raises:
        StorageError: The clip cannot be read, or has another number of frames than its ground truth.
    """
    count = encode_clip(out, _drawn(clip, truth), fps=truth.fps, kbps=_KBPS)
    if count != truth.frames:
        raise StorageError(
            f"the clip has {count} frames and its ground truth {truth.frames}",
            where=str(clip),
            fix="They do not belong together; render the clip again.",
        )
    return count


def _drawn(clip: Path, truth: Truth) -> Iterator[Rgb]:
    try:
        with av.open(str(clip), "r") as container:
            for index, frame in enumerate(container.decode(video=0)):
                picture = frame.to_ndarray(format="rgb24").astype(np.uint8)
                if index < truth.frames:
                    draw_truth(picture, truth, index)
                yield picture
    except av.FFmpegError as error:
        raise StorageError(f"the clip cannot be read ({error.strerror})", where=str(clip)) from error


def draw_truth(picture: Rgb, truth: Truth, frame: int) -> None:
    """Draw one frame's truth on an (H, W, 3) RGB uint8 picture, in place.

    Green: wears a helmet. Red: does not. Amber: a careful person could not tell. Blue: what can be seen of
    the person, clothing, feet. Below: the events that are under way.
    """
    for name, zone in truth.zones.items():
        points = np.array(zone.coordinates).reshape(-1, 2) * (truth.width, truth.height)
        if len(points):
            cv2.polylines(
                picture, [points.round().astype(np.int32)], True, _ZONE[zone.exclusion], 1, cv2.LINE_AA
            )
            x, y = points.min(axis=0).clip(4, None)
            _write(picture, name, (int(x), int(y) + 12), _ZONE[zone.exclusion])
    for person in truth.people[frame]:
        _draw_person(picture, person)
    now = frame / truth.fps
    under_way = [event for event in truth.events if event.start_s <= now < event.end_s]
    for line, event in enumerate(under_way):
        told = any(start <= now < end for start, end in event.could_tell_s)
        what = f"{event.who}: no {event.item}" if event.item else f"{event.who}: in {event.zone}"
        text = f"{what}  {event.start_s:.1f}-{event.end_s:.1f} s{'' if told else '  (cannot tell)'}"
        _write(picture, text, (12, truth.height - 14 - 18 * line), _WRONG if told else _UNTOLD)


def _draw_person(picture: Rgb, person: Person) -> None:
    wears = _FINE if person.helmet == "worn" else _WRONG
    colour = wears if person.tell.helmet == "yes" else _UNTOLD
    _box(picture, person.xyxy, colour, 1)
    if person.visible_xyxy and person.visible_xyxy != person.xyxy:
        _box(picture, person.visible_xyxy, _FAINT, 1)
    if person.head_xyxy:
        _box(picture, person.head_xyxy, wears, 2 if person.tell.helmet == "yes" else 1)
    for part in (person.helmet_xyxy, person.vest_xyxy, person.harness_xyxy):
        if part:
            _box(picture, part, _FAINT, 1)
    for x, y in person.feet:
        cv2.circle(picture, (round(x), round(y)), 2, _FAINT, -1, cv2.LINE_AA)
    words = [person.id, f"{person.visibility:.0%}"]
    words += [] if person.helmet == "worn" else [f"helmet {person.helmet}"]
    words += [f"lanyard {person.lanyard}"] if person.harness == "worn" else []
    words += [] if person.tell.helmet == "yes" else [person.tell.helmet]
    _write(picture, " ".join([*words, *person.zones]), (int(person.xyxy[0]), int(person.xyxy[1]) - 4), colour)


def _box(picture: Rgb, xyxy: Box, colour: Colour, thickness: int) -> None:
    left, top, right, bottom = (round(value) for value in xyxy)
    cv2.rectangle(picture, (left, top), (right - 1, bottom - 1), colour, thickness)


def _write(picture: Rgb, text: str, origin: tuple[int, int], colour: Colour) -> None:
    x, y = max(2, origin[0]), max(12, origin[1])
    (width, height), below = cv2.getTextSize(text, _FONT, _TEXT, 1)
    under = picture[max(0, y - height - 1) : y + below, x : x + width]
    under[:] = under // 3
    cv2.putText(picture, text, (x, y), _FONT, _TEXT, colour, 1, cv2.LINE_AA)
