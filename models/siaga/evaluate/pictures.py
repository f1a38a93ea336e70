"""One labelled picture: its pixels, and its boxes in the project's convention."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as PilImage

from siaga.core.errors import ConfigError
from siaga.data.boxes import clip, harmonise, ignore_regions, read_yolo, true_rows
from siaga.data.cards import Card

from .metrics import Floats
from .samples import Sample

Rgb = npt.NDArray[np.uint8]
Size = tuple[int, int]

HEAD_HEIGHT_PER_WIDTH = 1.15
"""As in training: shell-only boxes of a source grow downwards to this height, in widths."""


@dataclass(frozen=True, slots=True)
class Area:
    """What of a picture file is evaluated.

    Attributes:
        file_size: (width, height) of the file; labels are fractions of it.
        rows: First and last row (exclusive) that are no padding.
    """

    file_size: Size
    rows: tuple[int, int]

    @property
    def size(self) -> Size:
        """(width, height) of what is evaluated."""
        return self.file_size[0], self.rows[1] - self.rows[0]


@dataclass(frozen=True, slots=True)
class Truth:
    """Boxes of one picture, in pixels of what is evaluated, by the project's class name, (N, 4) xyxy.

    ``ignored``: regions in which a detection of that class is neither right nor wrong.
    """

    boxes: Mapping[str, Floats]
    ignored: Mapping[str, Floats]


def read_bytes(path: Path) -> tuple[bytes, str]:
    """A picture file's bytes and their sha256.

    Raises:
        ConfigError: It cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError("The picture cannot be read.", where=str(path)) from error
    return data, hashlib.sha256(data).hexdigest()


def decode(data: bytes, path: Path, card: Card) -> tuple[Rgb, Area]:
    """The pixels that are evaluated, (H, W, 3) uint8 RGB, without the padding that the card tells of.

    Raises:
        ConfigError: The file is truncated or no picture. OpenCV 4 alone would fill a truncated one with grey.
    """
    try:
        with PilImage.open(BytesIO(data)) as picture:
            picture.load()
    except (OSError, SyntaxError, ValueError) as error:
        raise ConfigError(
            f"The picture is truncated or broken ({error}).", where=str(path), fix="Replace or remove it."
        ) from error
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise ConfigError("The picture cannot be decoded.", where=str(path), fix="Replace or remove it.")
    height, width = bgr.shape[:2]
    image = np.asarray(bgr, np.uint8)
    rows = true_rows(image) if card.mirrored_padding else (0, height)
    rgb = cv2.cvtColor(image[rows[0] : rows[1]], cv2.COLOR_BGR2RGB)
    return np.asarray(rgb, np.uint8), Area((width, height), rows)


def read_truth(sample: Sample, card: Card, area: Area) -> Truth:
    """The label file's boxes, harmonised to the project's convention and cut at the picture's edge.

    Raises:
        ConfigError: A line is no box, or its class id is out of range; the text names file and line.
    """
    width, height = area.file_size
    targets = sorted({*card.mapping.values(), *(one for many in card.ignore.values() for one in many)})
    classes = tuple(targets)
    raw = read_yolo(sample.label, len(card.classes), width, height)
    boxes = harmonise(raw, card, classes, HEAD_HEIGHT_PER_WIDTH)
    ignored = ignore_regions(raw, card, classes)
    return Truth(_by_name(boxes, classes, area), _by_name(ignored, classes, area))


def _by_name(boxes: Floats, classes: tuple[str, ...], area: Area) -> dict[str, Floats]:
    shifted = boxes - np.array([0, 0, area.rows[0], 0, area.rows[0]])
    inside = clip(shifted, *area.size)
    return {name: inside[inside[:, 0] == index, 1:] for index, name in enumerate(classes)}
