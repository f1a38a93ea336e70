"""A crop set: pictures of people or heads with some room around, and what each shows.

A folder holds ``images/000000.jpg`` ... and ``crops.jsonl`` with one :class:`Crop` a line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from siaga.core.errors import ConfigError
from siaga.core.geometry import Box
from siaga.manifest import Region, crop_region

Rgb = npt.NDArray[np.uint8]
"""(H, W, 3), RGB."""
State = Literal["worn", "missing", "unclear"]
Split = Literal["train", "val", "test"]

ROOM = 0.6
"""Share of the box's longer side that a stored crop shows on every side: shifts and margins need it."""
MOST_PX = 320
"""Longer side of a stored crop; larger ones are shrunk."""
INDEX = "crops.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a crop shows.

    Attributes:
        xyxy: The head's or the person's box in pixels of the crop.
        group: What must not be torn apart between splits: the picture it comes from, or the camera.
        height_px: The box's height in pixels of the picture it comes from.
        source: Name of the source's card, or ``rendered``.
    """

    xyxy: Box
    state: State
    split: Split
    source: str
    group: str
    height_px: float
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop(Shown):
    """One crop of a set. ``file``: path of the picture below the set's folder."""

    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Loose(Shown):
    """A crop that is not written yet. ``picture``: RGB with the box ``xyxy`` in its pixels."""

    picture: Rgb

    def kept_as(self, file: str) -> Crop:
        """The crop once its picture is in ``file``; numbers to a tenth of a pixel."""
        left, top, right, bottom = (round(float(side), 1) for side in self.xyxy)
        return Crop(
            file=file,
            xyxy=(left, top, right, bottom),
            state=self.state,
            split=self.split,
            source=self.source,
            group=self.group,
            height_px=round(self.height_px, 1),
            kind=self.kind,
        )


def cut_out(rgb: Rgb, xyxy: Box, region: Region) -> tuple[Rgb, Box]:
    """The box with :data:`ROOM` around, and the box in its pixels; cut at the picture's edge."""
    height, width = rgb.shape[:2]
    x1, y1, x2, y2 = crop_region(xyxy, region, ROOM)
    left, top = max(int(x1), 0), max(int(y1), 0)
    right, bottom = min(int(np.ceil(x2)), width), min(int(np.ceil(y2)), height)
    part = rgb[top:bottom, left:right]
    gain = min(1.0, MOST_PX / max(part.shape[:2]))
    if gain < 1:
        size = max(1, round(part.shape[1] * gain)), max(1, round(part.shape[0] * gain))
        part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
    moved = ((xyxy[0] - left) * gain, (xyxy[1] - top) * gain, (xyxy[2] - left) * gain, (xyxy[3] - top) * gain)
    return np.ascontiguousarray(part), moved


def write(out: Path, crops: Iterable[Loose]) -> Iterator[Crop]:
    """Write a set into the new folder ``out``, and give each crop once it is there.

    Raises:
        ConfigError: ``out`` holds something.
    """
    if out.exists() and any(out.iterdir()):
        raise ConfigError("The output folder is not empty.", where=str(out), fix="Name a new folder.")
    (out / "images").mkdir(parents=True)
    with (out / INDEX).open("w", encoding="utf-8") as index:
        for number, loose in enumerate(crops):
            name = f"images/{number:06d}.jpg"
            bgr = cv2.cvtColor(loose.picture, cv2.COLOR_RGB2BGR)
            cv2.imwrite(str(out / name), bgr, [cv2.IMWRITE_JPEG_QUALITY, 95])
            crop = loose.kept_as(name)
            index.write(json.dumps(asdict(crop)) + "\n")
            yield crop


def read(folder: Path) -> list[Crop]:
    """The index of a set.

    Raises:
        ConfigError: There is none, it is empty, or a line is no crop; the text names file and line.
    """
    path = folder / INDEX
    if not path.is_file():
        raise ConfigError("No crop set here.", where=str(folder), fix="Make one with siaga data crops.")
    crops: list[Crop] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            fields = json.loads(line)
            fields["xyxy"] = tuple(float(value) for value in fields["xyxy"])
            crops.append(Crop(**fields))
        except (ValueError, TypeError, KeyError) as error:
            raise ConfigError("This line is no crop.", where=f"{path}:{number}") from error
    if not crops:
        raise ConfigError("The crop set is empty.", where=str(path))
    return crops


def read_pictures(folder: Path, crops: Sequence[Crop]) -> list[Rgb]:
    """The pictures of ``crops``, RGB.

    Raises:
        ConfigError: One is missing or broken.
    """
    pictures: list[Rgb] = []
    for crop in crops:
        bgr = cv2.imread(str(folder / crop.file), cv2.IMREAD_COLOR)
        if bgr is None:
            raise ConfigError("The picture cannot be decoded.", where=str(folder / crop.file))
        pictures.append(np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8))
    return pictures
