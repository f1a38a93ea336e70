"""What goes on a contact sheet: pictures, folders of them, clips, moments of clips, people in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

import av
import numpy as np

from siaga.core.errors import BadRequest, StorageError

from .raw import Box
from .sheet import Rgb, read_picture
from .truth import Truth, read_truth

Item = TypeVar("Item")
PICTURES = (".png", ".jpg", ".jpeg", ".webp")
CLIPS = (".mp4", ".mkv")
_MOMENT = re.compile(r"(?P<path>.+)@(?P<seconds>\d+(\.\d+)?)(:(?P<who>[\w-]+))?")
_PERSON_SHAPE = 0.62
"""Width of a person's cut for its height."""
_PERSON_MARGIN = 1.16


@dataclass(frozen=True, slots=True)
class Source:
    """What is asked for: a file or a folder; of a clip perhaps one moment, and of that perhaps one person."""

    path: Path
    seconds: float | None = None
    who: str | None = None

    @classmethod
    def of(cls, text: str) -> Source:
        """``PATH``, ``CLIP@SECONDS`` or ``CLIP@SECONDS:WHO``; a path that exists is always a path."""
        found = _MOMENT.fullmatch(text)
        if found is None or Path(text).exists():
            return cls(Path(text))
        return cls(Path(found["path"]), float(found["seconds"]), found["who"])


def gather(sources: Sequence[Source], count: int, labels: Sequence[str] = ()) -> list[tuple[str, Rgb]]:
    """Pictures with captions: files and moments as named, ``count`` evenly spaced ones of a folder or clip.

    Args:
        labels: One per source, instead of names of files; none: those.

    Raises:
        BadRequest: Another number of labels than of sources; a person or moment that is not there.
        StorageError: A source is missing or cannot be read.
    """
    if labels and len(labels) != len(sources):
        raise BadRequest(
            f"{len(labels)} labels for {len(sources)} sources",
            fix="Give --label once for each source, in their order, or not at all.",
        )
    found: list[tuple[str, Rgb]] = []
    for index, source in enumerate(sources):
        pictures = _pictures(source, count)
        found += [(labels[index], picture) for _, picture in pictures] if labels else pictures
    return found


def _pictures(source: Source, count: int) -> list[tuple[str, Rgb]]:
    path = source.path
    if source.seconds is not None:
        return [_moment(path, source.seconds, source.who)]
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() in PICTURES)
        return [(file.stem, read_picture(file)) for file in _spread(files, count)]
    if path.suffix.lower() in CLIPS:
        return _decoded(path, lambda total, _: _spread(range(total), count))
    return [(path.stem, read_picture(path))]


def _moment(clip: Path, seconds: float, who: str | None) -> tuple[str, Rgb]:
    pictures = _decoded(
        clip, lambda total, fps: [number for number in (round(seconds * fps),) if number < total]
    )
    if not pictures:
        raise BadRequest(
            f"the clip is shorter than {seconds:g} s", where=str(clip), fix="Name an earlier moment."
        )
    caption, picture = pictures[0]
    if who is None:
        return caption, picture
    truth = read_truth(clip.with_suffix(".truth.json"))
    return who, _cut(picture, _box_of(truth, clip, seconds, who))


def _box_of(truth: Truth, clip: Path, seconds: float, who: str) -> Box:
    people = truth.people[min(round(seconds * truth.fps), truth.frames - 1)]
    for person in people:
        if person.id == who:
            return person.xyxy
    raise BadRequest(
        f"{who!r} is not in the picture at {seconds:g} s",
        where=str(clip),
        fix=f"There: {', '.join(person.id for person in people) or 'nobody'}.",
    )


def _cut(picture: Rgb, xyxy: Box) -> Rgb:
    """A person with some room, always of the same shape, as far as the picture reaches."""
    left, top, right, bottom = xyxy
    height = max(bottom - top, (right - left) / _PERSON_SHAPE) * _PERSON_MARGIN
    width = height * _PERSON_SHAPE
    x, y = (left + right - width) / 2, (top + bottom - height) / 2
    x = min(max(x, 0.0), max(0.0, picture.shape[1] - width))
    y = min(max(y, 0.0), max(0.0, picture.shape[0] - height))
    return picture[round(y) : round(y + height), round(x) : round(x + width)]


def _decoded(clip: Path, choose: Callable[[int, float], Sequence[int]]) -> list[tuple[str, Rgb]]:
    """The pictures of a clip whose numbers ``choose`` gives for their total and their rate."""
    try:
        with av.open(str(clip), "r") as container:
            rate = container.streams.video[0].average_rate
            total = sum(1 for packet in container.demux(video=0) if packet.pts is not None)
            chosen = set(choose(total, float(rate or 1)))
            container.seek(0)
            frames = islice(container.decode(video=0), max(chosen, default=-1) + 1)
            return [
                (f"{clip.stem} {number}", frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False))
                for number, frame in enumerate(frames)
                if number in chosen
            ]
    except (av.FFmpegError, OSError) as error:
        raise StorageError(f"the clip cannot be read ({error.strerror})", where=str(clip)) from error


def _spread(items: Sequence[Item], count: int) -> list[Item]:
    if len(items) <= count:
        return list(items)
    return [items[round(place)] for place in np.linspace(0, len(items) - 1, count)]
