"""Reading YOLO sets, every fault with its file and line.

supervision's reader is not used here: it takes a missing label file for an empty one, does not look
whether a class id exists, and names no line. What it reads of a sound set, this reads alike (tested).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from siaga.data.cards import Card
from siaga.data.records import Boxes, DataSet, Finding, Picture
from siaga.data.sources import read_sources

from .image_size import image_size
from .layout import label_of, yolo_layout

_OUTSIDE = 0.01
"""A box may reach beyond the picture by this share of it before anybody is told."""


def read_yolo_set(path: Path, card: Card | None = None) -> DataSet:
    """Read a YOLO set: ``path`` is its folder or its YAML file.

    Raises:
        ConfigError: There is no set, or it has no classes or no pictures. Faults of single files are
            in ``findings``.
    """
    layout = yolo_layout(path, card)
    name = card.name if card else layout.root.resolve().name
    known = read_sources(layout.root)
    pictures: list[Picture] = []
    findings = list(layout.findings)
    for split, paths in layout.splits.items():
        for picture in paths:
            size = image_size(picture)
            if isinstance(size, Finding):
                findings.append(size)
                continue
            label = label_of(picture)
            boxes, lines, faults = parse_yolo(label, len(layout.classes), *size)
            findings += faults
            places = tuple(f"{label}:{line}" for line in lines)
            source = known.pictures.get(_below(picture, layout.root), name) if known else name
            pictures.append(Picture(picture, split, *size, boxes, places, source))
    findings += _orphans([path for paths in layout.splits.values() for path in paths])
    return DataSet(name, layout.root, layout.classes, tuple(pictures), tuple(findings))


def _below(path: Path, root: Path) -> str:
    path, root = path.resolve(), root.resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else ""


def parse_yolo(
    path: Path, classes: int, width: int, height: int
) -> tuple[Boxes, tuple[int, ...], list[Finding]]:
    """A label file's boxes in pixels, the line of each, and what is wrong with the others.

    A line is class, centre x, centre y, width, height, as fractions of the picture. A line with three or
    more corners instead (a polygon) gives the box round them.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        what = "the picture has no label file; an empty one would say that nothing is in it"
        return np.empty((0, 5)), (), [Finding("missing-label", True, str(path), what)]
    except (OSError, UnicodeDecodeError) as error:
        return np.empty((0, 5)), (), [Finding("broken-label", True, str(path), f"cannot be read ({error})")]
    rows: list[list[float]] = []
    numbers: list[int] = []
    findings: list[Finding] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        row, faults = _row(line, classes, f"{path}:{number}")
        findings += faults
        if row is not None:
            rows.append(row)
            numbers.append(number)
    boxes = np.array(rows, dtype=np.float64).reshape(-1, 5) * np.array([1, width, height, width, height])
    return boxes, tuple(numbers), findings


def _row(line: str, classes: int, where: str) -> tuple[list[float] | None, list[Finding]]:
    words = line.split()
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        return None, [Finding("broken-box", True, where, "this is not a YOLO box")]
    polygon = len(numbers) >= 7 and len(numbers) % 2 == 1
    if not (len(numbers) == 5 or polygon) or not all(map(math.isfinite, numbers)):
        what = f"this is not a YOLO box: {len(numbers)} numbers, or one that is not finite"
        return None, [Finding("broken-box", True, where, what)]
    if numbers[0] not in range(classes):
        what = f"class id {numbers[0]:g} is out of range 0..{classes - 1}"
        return None, [Finding("class-out-of-range", True, where, what)]
    notes = [Finding("polygon", False, where, "a polygon: the box round it is taken")] if polygon else []
    corners = _round_polygon(numbers[1:]) if polygon else _corners(*numbers[1:])
    if fault := box_fault(corners, where):
        return (None, [*notes, fault]) if fault.error else ([numbers[0], *corners], [*notes, fault])
    return [numbers[0], *corners], notes


def box_fault(corners: Sequence[float], where: str) -> Finding | None:
    """What is wrong with a box (x1, y1, x2, y2, as fractions of the picture)."""
    x1, y1, x2, y2 = corners
    if x2 <= x1 or y2 <= y1:
        return Finding("broken-box", True, where, "the box has no area")
    if x2 <= 0 or y2 <= 0 or x1 >= 1 or y1 >= 1:
        return Finding("broken-box", True, where, "the box is outside the picture")
    beyond = max(-x1, -y1, x2 - 1, y2 - 1)
    if beyond > _OUTSIDE:
        return Finding("box-over-edge", False, where, f"the box reaches {beyond:.0%} beyond the picture")
    return None


def _corners(x: float, y: float, w: float, h: float) -> list[float]:
    return [x - w / 2, y - h / 2, x + w / 2, y + h / 2]


def _round_polygon(numbers: list[float]) -> list[float]:
    xs, ys = numbers[0::2], numbers[1::2]
    return [min(xs), min(ys), max(xs), max(ys)]


def _orphans(pictures: list[Path]) -> list[Finding]:
    known = {label_of(picture) for picture in pictures}
    folders = sorted({label.parent for label in known})
    spare = [label for folder in folders for label in sorted(folder.glob("*.txt")) if label not in known]
    names = {"classes.txt"}
    return [
        Finding("label-without-picture", False, str(label), "no picture has this name")
        for label in spare
        if label.name not in names
    ]
