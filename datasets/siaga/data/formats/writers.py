"""Writing sets, through supervision."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import supervision as sv
import yaml

from siaga.core.errors import ConfigError
from siaga.data.records import DataSet, Picture


def new_folder(out: Path) -> Path:
    """``out``, made.

    Raises:
        ConfigError: Something is in it already.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError("The output folder is not empty.", where=str(out), fix="Name a new folder.")
    out.mkdir(parents=True, exist_ok=True)
    return out


def write_yolo_set(data: DataSet, out: Path) -> None:
    """``SPLIT/images``, ``SPLIT/labels`` and ``dataset.yaml``. Coordinates have five decimals."""
    for split in data.splits:
        folder = out / split
        _supervision(data, split).as_yolo(str(folder / "images"), str(folder / "labels"))
    # A split that Siaga's own tools do not know stands under its own name.
    facts: dict[str, object] = {split: f"{split}/images" for split in data.splits}
    facts["names"] = dict(enumerate(data.classes))
    text = yaml.safe_dump(facts, sort_keys=False, allow_unicode=True)
    (out / "dataset.yaml").write_text(text, encoding="utf-8")


def write_coco_set(data: DataSet, out: Path) -> None:
    """``images/SPLIT`` and ``annotations/SPLIT.json``, ids counted on from split to split."""
    image_id = annotation_id = 1
    for split in data.splits:
        (out / "annotations").mkdir(exist_ok=True)
        image_id, annotation_id = _supervision(data, split).as_coco(
            str(out / "images" / split),
            str(out / "annotations" / f"{split}.json"),
            starting_image_id=image_id,
            starting_annotation_id=annotation_id,
        )


def write_voc_set(data: DataSet, out: Path) -> None:
    """``JPEGImages``, ``Annotations`` and ``ImageSets/Main/SPLIT.txt``. Coordinates are whole pixels."""
    lists = out / "ImageSets" / "Main"
    lists.mkdir(parents=True)
    for split in data.splits:
        _supervision(data, split).as_pascal_voc(str(out / "JPEGImages"), str(out / "Annotations"))
        names = "".join(f"{picture.path.stem}\n" for picture in data.of(split))
        (lists / f"{split}.txt").write_text(names, encoding="utf-8")


def same_names(data: DataSet, *, across_splits: bool) -> list[str]:
    """File names (without suffix) that more than one picture of a split, or of the set, has."""
    counts = Counter(("" if across_splits else p.split, p.path.stem.lower()) for p in data.pictures)
    return sorted(name for (_, name), count in counts.items() if count > 1)


def copy_yolo(picture: Picture, folder: Path, stem: str, lines: list[str]) -> None:
    """One picture, its bytes as they are, and its label file, under another name."""
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    shutil.copyfile(picture.path, folder / "images" / f"{stem}{picture.path.suffix}")
    (folder / "labels" / f"{stem}.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _supervision(data: DataSet, split: str) -> sv.DetectionDataset:
    pictures = data.of(split)
    return sv.DetectionDataset(
        classes=list(data.classes),
        images=[str(picture.path) for picture in pictures],
        annotations={str(picture.path): _detections(picture) for picture in pictures},
    )


def _detections(picture: Picture) -> sv.Detections:
    return sv.Detections(
        xyxy=picture.boxes[:, 1:].astype(np.float32), class_id=picture.boxes[:, 0].astype(int)
    )
