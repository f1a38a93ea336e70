"""Contact sheets: many pictures on one, to look at them critically."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import av
import cv2
import numpy as np
import numpy.typing as npt

from siaga.core.errors import BadRequest, StorageError

Rgb = npt.NDArray[np.uint8]
Item = TypeVar("Item")
PICTURES = (".png", ".jpg", ".jpeg", ".webp")
CLIPS = (".mp4", ".mkv")
_EDGE = 4
_PAPER = 245
_CAPTION_PX = 18


def sheet(pictures: Sequence[tuple[str, Rgb]], columns: int, width: int) -> Rgb:
    """Lay pictures out in rows with captions: (H, W, 3) RGB uint8, of about ``width`` pixels.

    Each keeps its shape within a cell; cells have the shape of the first picture.

    Raises:
        BadRequest: There is no picture.
    """
    if not pictures:
        raise BadRequest("there is nothing to lay out", fix="Name pictures or clips that exist.")
    columns = min(columns, len(pictures))
    cell_width = width // columns - _EDGE
    first = pictures[0][1]
    cell_height = round(cell_width * first.shape[0] / first.shape[1])
    step_x, step_y = cell_width + _EDGE, cell_height + _CAPTION_PX + _EDGE
    rows = math.ceil(len(pictures) / columns)
    paper = np.full((rows * step_y + _EDGE, columns * step_x + _EDGE, 3), _PAPER, np.uint8)
    for index, (caption, picture) in enumerate(pictures):
        row, column = divmod(index, columns)
        x, y = _EDGE + column * step_x, _EDGE + row * step_y
        small = _fit(picture, cell_width, cell_height)
        top, left = y + (cell_height - small.shape[0]) // 2, x + (cell_width - small.shape[1]) // 2
        paper[top : top + small.shape[0], left : left + small.shape[1]] = small
        foot = (x + 2, y + cell_height + _CAPTION_PX - 5)
        cv2.putText(paper, caption, foot, cv2.FONT_HERSHEY_SIMPLEX, 0.42, (40, 40, 40), 1, cv2.LINE_AA)
    return paper


def gather(sources: Sequence[Path], count: int) -> list[tuple[str, Rgb]]:
    """Pictures with captions: the files named, ``count`` evenly spaced ones of each folder and clip.

    Raises:
        StorageError: A source is missing or cannot be read.
    """
    found: list[tuple[str, Rgb]] = []
    for source in sources:
        if source.is_dir():
            files = sorted(file for file in source.iterdir() if file.suffix.lower() in PICTURES)
            found += [(file.stem, read_picture(file)) for file in _spread(files, count)]
        elif source.suffix.lower() in CLIPS:
            found += _of_clip(source, count)
        else:
            found.append((source.stem, read_picture(source)))
    return found


def read_picture(path: Path) -> Rgb:
    """An image file as (H, W, 3) RGB uint8.

    Raises:
        StorageError: It is missing or broken.
    """
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise StorageError("the picture cannot be read", where=str(path), fix="Name a PNG, JPEG or WebP.")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def write_picture(path: Path, picture: Rgb, jpeg_quality: int = 92) -> None:
    """Write (H, W, 3) RGB uint8 in the form of the file's suffix.

    Raises:
        StorageError: It cannot be written.
    """
    try:
        done = cv2.imwrite(
            str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality]
        )
    except cv2.error:
        done = False
    if not done:
        raise StorageError(
            "the picture cannot be written",
            where=str(path),
            fix="Name a .png, .jpg or .webp in a folder that exists.",
        )


def _of_clip(clip: Path, count: int) -> list[tuple[str, Rgb]]:
    try:
        with av.open(str(clip), "r") as container:
            total = sum(1 for packet in container.demux(video=0) if packet.pts is not None)
            chosen = set(_spread(range(total), count))
            container.seek(0)
            return [
                (f"{clip.stem} {number}", frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False))
                for number, frame in enumerate(container.decode(video=0))
                if number in chosen
            ]
    except (av.FFmpegError, OSError) as error:
        raise StorageError(f"the clip cannot be read ({error.strerror})", where=str(clip)) from error


def _spread(items: Sequence[Item], count: int) -> list[Item]:
    if len(items) <= count:
        return list(items)
    return [items[round(place)] for place in np.linspace(0, len(items) - 1, count)]


def _fit(picture: Rgb, width: int, height: int) -> Rgb:
    scale = min(width / picture.shape[1], height / picture.shape[0])
    size = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, size, interpolation=way), np.uint8)
