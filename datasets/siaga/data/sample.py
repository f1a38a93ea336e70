"""A small labelled set out of the shipped clips, to try commands and notebooks on.

Each clip is cut into a west and an east half, so that there are six views. Two views of a clip share their
light and some of their people, and everything is drawn: a figure on this set says that the commands work,
never how good a model is.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

import av
import numpy as np

from siaga.core.errors import BadRequest
from siaga.sim.raw import Box
from siaga.sim.sheet import Rgb, write_picture
from siaga.sim.truth import Truth, read_truth
from siaga.sim.truth.model import Person

from .boxes import write_yolo
from .formats.writers import new_folder
from .reviews import FILE, REASONS

CLASSES = ("person", "helmet", "head", "vest")
CAMERAS = ("gate-west", "gate-east", "mast-west", "mast-east", "yard-west", "yard-east")
"""Views by day, by day, and at night under lamps."""
_CLIPS = {"gate": "groundworks", "mast": "scaffold", "yard": "score/energy_yard"}
_LEAST_SHOWN = 0.25
_LEAST_PX = 4.0


def write_sample(
    out: Path,
    cameras: Sequence[str] = CAMERAS,
    each: int = 6,
    *,
    without: Sequence[str] = (),
    reviewed: bool = False,
) -> int:
    """Write ``images/CAMERA_FRAME.jpg`` (640 x 720), ``labels/`` (YOLO) and ``classes.txt``.

    Returns how many pictures.

    Args:
        cameras: Of ``CAMERAS``.
        each: Pictures of each camera, spread over the clip; there are 15.
        without: Classes that are left unlabelled, as many sources do.
        reviewed: Also ``reviews.csv``, as reviewed events come with it. Nobody reviewed these: the reasons
            follow from what is in the picture.

    Raises:
        BadRequest: There is no such camera or class.
        ConfigError: ``out`` holds something.
    """
    _refuse(cameras, CAMERAS, "camera")
    _refuse(without, CLASSES, "class")
    new_folder(out)
    for part in ("images", "labels"):
        (out / part).mkdir()
    names = [name for name in CLASSES if name not in without]
    (out / "classes.txt").write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    reasons: list[tuple[str, str, str]] = []
    for clip in dict.fromkeys(camera.partition("-")[0] for camera in cameras):
        views = [camera for camera in cameras if camera.startswith(clip)]
        for number, rgb, people in _frames(clip, each):
            for camera in views:
                stem = f"{camera}_{number:04d}"
                write_picture(
                    out / "images" / f"{stem}.jpg", np.ascontiguousarray(rgb[:, _columns(camera, rgb)])
                )
                shown = _inside(people, camera, rgb)
                write_yolo(out / "labels" / f"{stem}.txt", _boxes(shown, names), rgb.shape[1] // 2, len(rgb))
                reasons.append((f"{stem}.jpg", camera, _reason([person for person, _ in shown])))
    if reviewed:
        with (out / FILE).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows([("image", "camera", "reason"), *reasons])
    return len(reasons)


def _refuse(asked: Sequence[str], known: Sequence[str], what: str) -> None:
    if unknown := [name for name in asked if name not in known]:
        raise BadRequest(f"The sample has no {what} {unknown[0]!r}.", fix=f"It has: {', '.join(known)}.")


def _frames(clip: str, each: int) -> Iterator[tuple[int, Rgb, Sequence[Person]]]:
    """Number, picture and people of ``each`` key frames, spread over the clip."""
    path = Path(str(files("siaga.demo") / "data")) / f"{_CLIPS[clip]}.mp4"
    truth: Truth = read_truth(path.with_suffix(".truth.json"))
    with av.open(str(path), "r") as container:
        stream = container.streams.video[0]
        stream.codec_context.skip_frame = "NONKEY"
        frames = [(round((frame.time or 0.0) * truth.fps), frame) for frame in container.decode(stream)]
    for place in dict.fromkeys(np.linspace(0, len(frames) - 1, each).round().astype(int).tolist()):
        number, frame = frames[place]
        rgb = frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)
        yield number, rgb, truth.people[number]


def _columns(camera: str, rgb: Rgb) -> slice:
    half = rgb.shape[1] // 2
    return slice(0, half) if camera.endswith("west") else slice(half, 2 * half)


Shown = tuple[Person, dict[str, Box]]


def _inside(people: Sequence[Person], camera: str, rgb: Rgb) -> list[Shown]:
    """Everybody in the view, with the boxes of what shows of them in its pixels."""
    columns = _columns(camera, rgb)
    found: list[Shown] = []
    for person in people:
        kind = "helmet" if person.helmet == "worn" else "head"
        head = person.head_xyxy if person.head_visibility >= _LEAST_SHOWN else None
        parts = {"person": person.visible_xyxy, kind: head, "vest": person.vest_xyxy}
        cut = {name: _cut(box, columns, len(rgb)) for name, box in parts.items() if box is not None}
        boxes = {name: box for name, box in cut.items() if box is not None}
        if person.visibility >= _LEAST_SHOWN and "person" in boxes:
            found.append((person, boxes))
    return found


def _cut(box: Box, columns: slice, height: int) -> Box | None:
    """The box in the view's pixels; None where less than a quarter of it is in the view."""
    left, right = max(box[0], columns.start), min(box[2], columns.stop)
    top, bottom = max(box[1], 0.0), min(box[3], float(height))
    whole = (box[2] - box[0]) * (box[3] - box[1])
    if min(right - left, bottom - top) < _LEAST_PX or (right - left) * (bottom - top) < _LEAST_SHOWN * whole:
        return None
    return left - columns.start, top, right - columns.start, bottom


def _boxes(shown: Sequence[Shown], names: Sequence[str]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    rows = [[names.index(name), *box] for _, boxes in shown for name, box in boxes.items() if name in names]
    return np.array(rows, np.float64).reshape(-1, 5)


def _reason(people: Sequence[Person]) -> str:
    """A reason that a reviewer could have had for such a picture; one of ``REASONS``."""
    if any(person.tell.helmet == "occluded" for person in people):
        reason = "inconclusive"
    elif any(person.tell.helmet == "cut off" for person in people):
        reason = "bad_bbox"
    elif any(person.helmet in ("hand", "hip", "table") for person in people):
        reason = "wrong_class"
    elif any(person.helmet == "none" for person in people):
        reason = "false_negative"
    else:
        reason = "false_positive"
    if reason not in REASONS:
        raise ValueError(reason)
    return reason
