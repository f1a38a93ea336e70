"""Labelled pictures, and the rules that bring a source's boxes to the project's convention."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from siaga.core.errors import ConfigError

from .cards import Card
from .formats.yolo import parse_yolo
from .records import Boxes as Boxes

Image = npt.NDArray[np.uint8]
"""(H, W, 3), BGR."""

IMAGE_SUFFIXES = (".webp", ".jpg", ".jpeg", ".png")


@dataclass(frozen=True, slots=True)
class Labelled:
    """One picture with boxes of the project's classes.

    ``autolabelled``: rows that a teacher model filled in. ``ignored``: regions that nobody can read.
    """

    source: str
    origin: Path
    image: Image
    boxes: Boxes
    autolabelled: tuple[int, ...] = ()
    ignored: Boxes = field(default_factory=lambda: np.empty((0, 5)))

    def count(self, class_id: int) -> int:
        return int((self.boxes[:, 0] == class_id).sum())


def read_image(path: Path) -> Image:
    """Decode a picture.

    Raises:
        ConfigError: It is missing or broken.
    """
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ConfigError("The picture cannot be decoded.", where=str(path), fix="Replace or remove it.")
    return np.asarray(image, dtype=np.uint8)


def read_yolo(path: Path, classes: int, width: int, height: int) -> Boxes:
    """Rows of a YOLO label file (class, centre x, centre y, width, height, as fractions), in pixels.

    Raises:
        ConfigError: A line is no box, or its class id is out of range; the text names file and line.
    """
    boxes, _, findings = parse_yolo(path, classes, width, height)
    for finding in findings:
        if finding.error:
            raise ConfigError(f"{finding.what[:1].upper()}{finding.what[1:]}.", where=finding.where)
    return boxes


def yolo_lines(boxes: Boxes, width: int, height: int) -> list[str]:
    """Boxes as fractions of the picture, six digits."""
    return [
        f"{int(c)} {(x1 + x2) / 2 / width:.6f} {(y1 + y2) / 2 / height:.6f} "
        f"{(x2 - x1) / width:.6f} {(y2 - y1) / height:.6f}"
        for c, x1, y1, x2, y2 in boxes
    ]


def write_yolo(path: Path, boxes: Boxes, width: int, height: int) -> None:
    """Write a label file, see ``yolo_lines``."""
    path.write_text("".join(f"{line}\n" for line in yolo_lines(boxes, width, height)), encoding="utf-8")


def extend_shell(boxes: Boxes, height_per_width: float) -> Boxes:
    """Grow boxes downwards to at least ``height_per_width`` times their width: from the shell to the chin."""
    grown = boxes.copy()
    least = (boxes[:, 3] - boxes[:, 1]) * height_per_width
    grown[:, 4] = np.maximum(boxes[:, 4], boxes[:, 2] + least)
    return grown


def clip(boxes: Boxes, width: int, height: int, least_px: float = 2.0) -> Boxes:
    """Cut boxes at the picture's edge; drop those left with less than ``least_px`` on a side."""
    cut = boxes.copy()
    cut[:, [1, 3]] = boxes[:, [1, 3]].clip(0, width)
    cut[:, [2, 4]] = boxes[:, [2, 4]].clip(0, height)
    stays = ((cut[:, 3] - cut[:, 1]) >= least_px) & ((cut[:, 4] - cut[:, 2]) >= least_px)
    return cut[stays]


def harmonise(raw: Boxes, card: Card, classes: tuple[str, ...], height_per_width: float) -> Boxes:
    """A source's boxes as the project's: mapped, unmapped ones dropped, shell-only ones extended."""
    parts = [np.empty((0, 5))]
    for source_id, source_class in enumerate(card.classes):
        target = card.mapping.get(source_class)
        if target not in classes:
            continue
        part = raw[raw[:, 0] == source_id].copy()
        part[:, 0] = classes.index(target)
        parts.append(extend_shell(part, height_per_width) if card.covers_shell_only(target) else part)
    return np.concatenate(parts)


def ignore_regions(raw: Boxes, card: Card, classes: tuple[str, ...]) -> Boxes:
    """A source's unreadable boxes, once for each of the project's classes that they may be."""
    parts = [np.empty((0, 5))]
    for source_class, targets in card.ignore.items():
        for target in targets:
            if target not in classes:
                continue
            part = raw[raw[:, 0] == card.classes.index(source_class)].copy()
            part[:, 0] = classes.index(target)
            parts.append(part)
    return np.concatenate(parts)


def true_rows(image: Image, tolerance: float = 6.0, least_px: int = 24) -> tuple[int, int]:
    """First and last row (exclusive) of a picture without its padding by reflection at top and bottom.

    The padding mirrors the rows next to the seam; a seam is believed when everything beyond it equals the
    rows before it, mean absolute difference at most ``tolerance`` grey levels.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    last = _seam(grey, tolerance, least_px)
    first = len(grey) - _seam(grey[::-1], tolerance, least_px)
    return (first, last) if first < last else (0, len(grey))


def _seam(grey: npt.NDArray[np.float32], tolerance: float, least_px: int) -> int:
    rows = len(grey)
    best, best_difference = rows, tolerance
    for seam in range(rows // 2, rows - least_px):
        beyond = grey[seam:]
        before = grey[seam - len(beyond) : seam][::-1]
        # A plain wall or sky equals its own mirror image everywhere: only structure is proof.
        if beyond.std() < 3 * tolerance:
            continue
        difference = float(np.abs(beyond - before).mean())
        if difference < best_difference:
            best, best_difference = seam, difference
    return best
