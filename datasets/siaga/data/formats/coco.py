"""Reading COCO sets, every fault with its file and annotation.

supervision's reader is not used here: its errors name no file, and an annotation of an unknown picture is
lost in silence. What it reads of a sound set, this reads alike (tested).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from siaga.core.errors import ConfigError
from siaga.data.cards import Card
from siaga.data.records import WHOLE, DataSet, Finding, Picture

from .image_size import image_size
from .layout import split_name
from .yolo import box_fault

_ROBOFLOW = "_annotations.coco.json"


def read_coco_set(path: Path, card: Card | None = None) -> DataSet:
    """Read a COCO set: an annotation file, or a folder that holds them.

    In a folder: ``annotations/*.json`` with the split in the name (``instances_train2017.json``), or
    ``SPLIT/_annotations.coco.json``. A crowd annotation is left out.

    Raises:
        ConfigError: There is no annotation file, or one is not JSON or not COCO, or their classes differ.
    """
    name = card.name if card else path.resolve().stem
    files = [(path, WHOLE)] if path.is_file() else list(_annotation_files(path))
    if not files:
        raise ConfigError(
            "No COCO annotations found.",
            where=str(path),
            fix=f"Expected annotations/*.json or */{_ROBOFLOW}.",
        )
    classes: tuple[str, ...] | None = None
    pictures: list[Picture] = []
    findings: list[Finding] = []
    for file, split in files:
        content = _load(file)
        ids = _categories(content, file)
        if classes not in (None, tuple(ids.values())):
            raise ConfigError(f"Its categories differ from those of {files[0][0].name}.", where=str(file))
        classes = tuple(ids.values())
        found, faults = _pictures(content, file, split, list(ids), name)
        pictures += found
        findings += faults
    if not pictures:
        raise ConfigError("The set has no readable pictures.", where=str(path))
    return DataSet(name, path, classes or (), tuple(pictures), tuple(findings))


def _annotation_files(folder: Path) -> Iterator[tuple[Path, str]]:
    found = [*sorted(folder.glob("annotations/*.json")), *sorted(folder.glob(f"*/{_ROBOFLOW}"))]
    for file in found or sorted(folder.glob("*.json")):
        beside = split_name(file.parent.name)
        named = next((n for n in ("train", "test", "val") if n in file.stem.lower()), WHOLE)
        yield file, beside or named


def _load(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ConfigError(f"This is not JSON: {error.msg}.", where=f"{file}:{error.lineno}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The annotations cannot be read: {error}", where=str(file)) from error
    parts = ("images", "annotations", "categories")
    if not isinstance(content, dict) or not all(isinstance(content.get(part), list) for part in parts):
        raise ConfigError(f"This is not COCO: it needs the lists {', '.join(parts)}.", where=str(file))
    return content


def _categories(content: dict[str, Any], file: Path) -> dict[int, str]:
    try:
        pairs = sorted((int(entry["id"]), str(entry["name"])) for entry in content["categories"])
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError("A category has no id or no name.", where=f"{file}: categories") from error
    return dict(pairs)


def _pictures(
    content: dict[str, Any], file: Path, split: str, ids: list[int], source: str
) -> tuple[list[Picture], list[Finding]]:
    by_image: dict[object, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    for index, annotation in enumerate(content["annotations"]):
        by_image[annotation.get("image_id")].append((index, annotation))
    pictures: list[Picture] = []
    findings: list[Finding] = []
    for entry in content["images"]:
        path = _picture_path(file, split, str(entry.get("file_name", "")))
        own = by_image.pop(entry.get("id"), [])
        size = image_size(path)
        if isinstance(size, Finding):
            findings.append(size)
            continue
        rows, places, faults = _boxes(own, file, ids, size)
        findings += faults
        boxes = np.array(rows, dtype=np.float64).reshape(-1, 5)
        pictures.append(Picture(path, split, *size, boxes, tuple(places), source))
    for image_id, lost in by_image.items():
        where = f"{file}: annotations[{lost[0][0]}]"
        findings.append(Finding("box-without-picture", True, where, f"no picture has the id {image_id}"))
    return pictures, findings


def _boxes(
    annotations: list[tuple[int, dict[str, Any]]], file: Path, ids: list[int], size: tuple[int, int]
) -> tuple[list[list[float]], list[str], list[Finding]]:
    rows: list[list[float]] = []
    places: list[str] = []
    findings: list[Finding] = []
    for index, annotation in annotations:
        where = f"{file}: annotations[{index}] (id {annotation.get('id')})"
        if annotation.get("iscrowd"):
            findings.append(Finding("crowd", False, where, "a crowd: left out"))
            continue
        row, fault = _row(annotation, ids, size, where)
        findings += [fault] if fault else []
        if row is not None:
            rows.append(row)
            places.append(where)
    return rows, places, findings


def _row(
    annotation: dict[str, Any], ids: list[int], size: tuple[int, int], where: str
) -> tuple[list[float] | None, Finding | None]:
    if annotation.get("category_id") not in ids:
        what = f"category id {annotation.get('category_id')} is not one of {ids}"
        return None, Finding("class-out-of-range", True, where, what)
    try:
        x, y, w, h = (float(number) for number in annotation["bbox"])
    except (KeyError, TypeError, ValueError):
        return None, Finding("broken-box", True, where, "bbox is not four numbers")
    if not np.isfinite([x, y, w, h]).all():
        return None, Finding("broken-box", True, where, "bbox is not finite")
    fault = box_fault((x / size[0], y / size[1], (x + w) / size[0], (y + h) / size[1]), where)
    if fault and fault.error:
        return None, fault
    return [float(ids.index(annotation["category_id"])), x, y, x + w, y + h], fault


def _picture_path(file: Path, split: str, name: str) -> Path:
    root = file.parent
    stems = (split, file.stem, file.stem.removeprefix("instances_"))
    places = [root, root / "images", root.parent / "images"]
    places += [folder / stem for stem in stems for folder in (root.parent / "images", root.parent)]
    return next((place / name for place in places if (place / name).is_file()), root / name)
