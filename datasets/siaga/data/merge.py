"""One set of several sources, in the project's classes and box conventions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import yaml

from siaga.core.errors import ConfigError

from .audit import Audit, audit
from .boxes import Image, clip, harmonise, read_image, true_rows, write_yolo
from .cards import Card
from .formats.writers import copy_yolo, new_folder
from .overlap import Pair, Progress
from .records import WHOLE, Boxes, DataSet, Picture
from .sources import Origin, Sources

_RANK = {"train": 0, "val": 1, "test": 2}


@dataclass(frozen=True, slots=True)
class Merged:
    """What went in: pictures by split and source, boxes by split and class, and what stayed out."""

    pictures: dict[str, dict[str, int]]
    boxes: dict[str, dict[str, int]]
    dropped: dict[str, int]
    missing: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """For each source the classes that it does not annotate: to autolabel, or to leave out."""
    unreadable: int = 0
    """Boxes that a source marks as unreadable; their objects look like background in the merged set."""


def merge(
    sources: Sequence[tuple[DataSet, Card]],
    out: Path,
    classes: tuple[str, ...],
    head_height_per_width: float = 1.15,
    progress: Progress | None = None,
) -> Merged:
    """Write one YOLO set of several, with ``sources.json`` beside it.

    Boxes are mapped and harmonised by the cards; mirrored padding is cut off. Of pictures that are alike the
    one in the split that counts more stays (test over val over train), in one split that of the first source
    named. File names are ``SOURCE__NAME``.

    Args:
        progress: Called for each picture twice: when it is looked at, and when it is written.

    Raises:
        ConfigError: ``out`` holds something, a source has a fault (the first is named), or two sources have
            one name.
    """
    _refuse(sources)
    audited = audit([data for data, _ in sources], (), progress)
    if faults := [f for f in audited.findings if f.error and f.code not in {"leak", "no-boxes"}]:
        raise ConfigError(
            f"{faults[0].what} ({len(faults)} faults in all)",
            where=faults[0].where,
            fix="Repair it, or let siaga data audit --fix leave it out.",
        )
    new_folder(out)
    out_of = _to_drop(audited)
    known: dict[str, str] = {}
    made = Merged({}, {}, dict(Counter(out_of.values())), _missing(sources, classes), _unreadable(sources))
    number = 0
    for data, card in sources:
        for picture in data.pictures:
            if number not in out_of:
                boxes = _write(picture, card, out, classes, head_height_per_width, known)
                _count(made, picture, boxes, classes)
            number += 1
            if progress is not None:
                progress(number, len(audited.pictures))
    origins = {data.name: Origin(card.licence, card.annotates) for data, card in sources}
    Sources(origins, known).write(out)
    facts: dict[str, object] = {split: f"{split}/images" for split in made.pictures}
    facts["names"] = dict(enumerate(classes))
    (out / "dataset.yaml").write_text(yaml.safe_dump(facts, sort_keys=False), encoding="utf-8")
    return made


def _refuse(sources: Sequence[tuple[DataSet, Card]]) -> None:
    names = Counter(data.name for data, _ in sources)
    if twice := [name for name, count in names.items() if count > 1]:
        raise ConfigError(f"Two sources are called {twice[0]!r}.", fix="Give each a card with its own name.")


def _to_drop(audited: Audit) -> dict[int, str]:
    """Picture number to why it stays out."""
    drop: dict[int, str] = {}
    for pair in sorted(audited.pairs, key=lambda pair: (pair.a, pair.b)):
        a, b = audited.pictures[pair.a], audited.pictures[pair.b]
        if a.split != b.split:
            weaker = pair.a if _RANK.get(a.split, 0) < _RANK.get(b.split, 0) else pair.b
            drop[weaker] = "also in a split that counts more"
        elif a.source != b.source and not {pair.a, pair.b} & drop.keys():
            drop[_later(pair)] = "also in an earlier source"
    return drop


def _later(pair: Pair) -> int:
    return max(pair.a, pair.b)


def _write(
    picture: Picture,
    card: Card,
    out: Path,
    classes: tuple[str, ...],
    height_per_width: float,
    known: dict[str, str],
) -> Boxes:
    split = "train" if picture.split == WHOLE else picture.split
    stem = f"{picture.source}__{picture.path.stem}"
    boxes = harmonise(picture.boxes, card, classes, height_per_width)
    folder = out / split
    target = folder / "images" / f"{stem}{picture.path.suffix}"
    if card.mirrored_padding and (cut := _without_padding(picture)) is not None:
        image, first = cut
        target = target.with_suffix(".jpg")
        (folder / "images").mkdir(parents=True, exist_ok=True)
        (folder / "labels").mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(target), image, [cv2.IMWRITE_JPEG_QUALITY, 95])
        boxes = clip(boxes - np.array([0, 0, first, 0, first]), picture.width, len(image))
        height = len(image)
    else:
        boxes, height = clip(boxes, picture.width, picture.height), picture.height
        copy_yolo(picture, folder, stem, [])
    write_yolo(folder / "labels" / f"{stem}.txt", boxes, picture.width, height)
    known[target.relative_to(out).as_posix()] = picture.source
    return boxes


def _without_padding(picture: Picture) -> tuple[Image, int] | None:
    image = read_image(picture.path)
    first, last = true_rows(image)
    return None if last - first == len(image) else (np.ascontiguousarray(image[first:last]), first)


def _count(made: Merged, picture: Picture, boxes: Boxes, classes: tuple[str, ...]) -> None:
    split = "train" if picture.split == WHOLE else picture.split
    per_source = made.pictures.setdefault(split, {})
    per_source[picture.source] = per_source.get(picture.source, 0) + 1
    per_class = made.boxes.setdefault(split, dict.fromkeys(classes, 0))
    for class_id, name in enumerate(classes):
        per_class[name] += int((boxes[:, 0] == class_id).sum())


def _missing(sources: Sequence[tuple[DataSet, Card]], classes: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    found = {data.name: tuple(c for c in classes if c not in card.annotates) for data, card in sources}
    return {name: lacking for name, lacking in found.items() if lacking}


def _unreadable(sources: Sequence[tuple[DataSet, Card]]) -> int:
    return sum(data.box_counts().get(name, 0) for data, card in sources for name in card.ignore)
