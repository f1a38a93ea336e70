"""Contact sheets: many pictures on one, to look at them critically."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from siaga.core.errors import BadRequest, StorageError

Rgb = npt.NDArray[np.uint8]
_EDGE = 4
_PAPER = 245
_CAPTION_PX = 22


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
        foot = (x + 2, y + cell_height + _CAPTION_PX - 6)
        cv2.putText(paper, caption, foot, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (40, 40, 40), 1, cv2.LINE_AA)
    return paper


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
    jpeg = path.suffix.lower() in (".jpg", ".jpeg")
    how = [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality] if jpeg else []
    try:
        done = cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), how)
    except cv2.error:
        done = False
    if not done:
        raise StorageError(
            "the picture cannot be written",
            where=str(path),
            fix="Name a .png, .jpg or .webp in a folder that exists.",
        )


def _fit(picture: Rgb, width: int, height: int) -> Rgb:
    scale = min(width / picture.shape[1], height / picture.shape[0])
    size = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, size, interpolation=way), np.uint8)
