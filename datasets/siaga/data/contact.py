"""Contact sheets of a set: pictures with their boxes, boxes of a class from small to large, and pairs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import supervision as sv

from siaga.sim.sheet import Rgb, read_picture, sheet, write_picture

from .audit import Audit, sizes
from .overlap import Pair
from .records import DataSet, Picture

_COLUMNS = 4
_WIDTH = 1600
_CELL_PX = 640
_CROP_PX = 160
_EACH = 16
_CROPS = 24


def write_sheets(audited: Audit, out: Path, seed: int = 0) -> list[Path]:
    """Write the contact sheets of every set into ``out``; returns their paths.

    ``NAME-SPLIT.jpg``: pictures drawn by lot. ``NAME-boxes-CLASS.jpg``: crops from the smallest box to the
    largest. ``pairs-leak.jpg`` and ``pairs-alike.jpg``: what the audit takes for the same picture.
    """
    rng = np.random.default_rng(seed)
    bad = {place.path for place, one in zip(audited.pictures, audited.prints, strict=True) if one.broken}
    written: list[Path] = []
    for data in audited.sets:
        for split, cells in _by_split(data, bad, rng):
            written += _write(out / f"{data.name}-{split}.jpg", cells, _COLUMNS)
        for name, cells in _by_class(data, bad):
            plain = re.sub(r"[^A-Za-z0-9_.-]+", "_", name)
            written += _write(out / f"{data.name}-boxes-{plain}.jpg", cells, 2 * _COLUMNS)
    leaks = audited.leaks()
    alike = [pair for pair in audited.pairs if pair not in leaks]
    for name, pairs in (("leak", leaks), ("alike", alike)):
        written += _write(out / f"pairs-{name}.jpg", _pairs(audited, pairs), _COLUMNS)
    return written


def drawn(picture: Picture, classes: Sequence[str]) -> Rgb:
    """(H, W, 3) RGB uint8: the picture, at most 640 pixels wide, with its boxes and their classes."""
    image = read_picture(picture.path)
    factor = min(1.0, _CELL_PX / image.shape[1])
    image = sv.resize_image(image, (round(image.shape[1] * factor), round(image.shape[0] * factor)))
    boxes = sv.Detections(
        xyxy=(picture.boxes[:, 1:] * factor).astype(np.float32), class_id=picture.boxes[:, 0].astype(int)
    )
    names = [classes[int(number)] for number in picture.boxes[:, 0]]
    image = sv.BoxAnnotator(thickness=2).annotate(np.ascontiguousarray(image), boxes)
    labels = sv.LabelAnnotator(text_scale=0.35, text_padding=1)
    return np.asarray(labels.annotate(image, boxes, labels=names), dtype=np.uint8)


def _by_split(
    data: DataSet, bad: set[Path], rng: np.random.Generator
) -> Iterator[tuple[str, list[tuple[str, Rgb]]]]:
    for split in data.splits:
        sound = [picture for picture in data.of(split) if picture.path not in bad]
        chosen = sorted(rng.permutation(len(sound))[:_EACH])
        yield split, [(_short(sound[n].path), drawn(sound[n], data.classes)) for n in chosen]


def _by_class(data: DataSet, bad: set[Path]) -> Iterator[tuple[str, list[tuple[str, Rgb]]]]:
    for class_id, name in enumerate(data.classes):
        rows = [
            (size, picture, row)
            for picture in data.pictures
            if picture.path not in bad
            for row, size in enumerate(sizes(picture))
            if picture.boxes[row, 0] == class_id
        ]
        rows.sort(key=lambda found: found[0])
        places: list[int] = []
        if rows:
            places = np.unique(np.linspace(0, len(rows) - 1, _CROPS).round()).astype(int).tolist()
        yield name, [(f"{rows[n][0]:.0f} px", _crop(rows[n][1], rows[n][2])) for n in places]


def _crop(picture: Picture, row: int) -> Rgb:
    image = read_picture(picture.path)
    x1, y1, x2, y2 = picture.boxes[row, 1:]
    side = 1.3 * max(x2 - x1, y2 - y1, 4.0)
    left, top = (x1 + x2 - side) / 2, (y1 + y2 - side) / 2
    area = np.array([left, top, left + side, top + side]).round().astype(int)
    inside = area.clip(0, [image.shape[1], image.shape[0]] * 2)
    cut = image[inside[1] : inside[3], inside[0] : inside[2]]
    pad = [(inside[1] - area[1], area[3] - inside[3]), (inside[0] - area[0], area[2] - inside[2]), (0, 0)]
    return np.asarray(sv.resize_image(np.pad(cut, pad, constant_values=114), (_CROP_PX, _CROP_PX)), np.uint8)


def _pairs(audited: Audit, pairs: Sequence[Pair]) -> list[tuple[str, Rgb]]:
    cells: list[tuple[str, Rgb]] = []
    # The least alike are the ones to doubt.
    doubtful = sorted(pairs, key=lambda pair: pair.likeness)
    for pair in doubtful[: 2 * _EACH]:
        a, b = audited.pictures[pair.a], audited.pictures[pair.b]
        if audited.prints[pair.a].broken or audited.prints[pair.b].broken:
            continue
        halves = [sv.resize_image(read_picture(one.path), (320, 240)) for one in (a, b)]
        names = " ".join(f"{one.source[:14]}/{one.split}" for one in (a, b))
        cells.append((f"{names} {pair.likeness:.2f}", np.hstack(halves)))
    return cells


def _write(path: Path, cells: Sequence[tuple[str, Rgb]], columns: int) -> list[Path]:
    if not cells:
        return []
    write_picture(path, sheet(cells, columns, _WIDTH))
    return [path]


def _short(path: Path) -> str:
    return path.name if len(path.name) <= 40 else f"{path.name[:24]}..{path.name[-14:]}"
