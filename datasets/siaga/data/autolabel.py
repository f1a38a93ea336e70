"""Boxes that a source does not annotate, from a teacher model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import yaml

from siaga.core.errors import BadRequest, ConfigError, ModelMissing
from siaga.core.frame import Frame

from .audit import iou
from .boxes import Boxes, Image, Labelled, clip, read_image, yolo_lines
from .formats.layout import label_of
from .formats.writers import copy_yolo, new_folder
from .overlap import Progress
from .recipe import Teacher as TeacherSettings
from .records import DataSet, Picture
from .sources import Sources, read_sources

PersonFinder = Callable[[Image], Boxes]
"""A BGR picture in, boxes out; the class column is ignored."""

_COCO_PERSON = 0
_SAME = 0.5


def coco_person_finder(weights: Path, settings: TeacherSettings) -> PersonFinder:
    """People as a COCO-trained ultralytics model sees them."""
    from ultralytics import YOLO

    model = YOLO(str(weights))

    def find(image: Image) -> Boxes:
        result = model.predict(
            image, imgsz=settings.image_size, conf=settings.confidence, classes=[_COCO_PERSON], verbose=False
        )[0]
        xyxy = result.boxes.xyxy.cpu().numpy().astype(np.float64)
        return np.column_stack([np.zeros(len(xyxy)), xyxy]).reshape(-1, 5)

    return find


def add_people(picture: Labelled, find: PersonFinder, person_id: int) -> Labelled:
    """The picture with the teacher's people appended, and marked as such."""
    found = find(picture.image)
    found[:, 0] = person_id
    height, width = picture.image.shape[:2]
    found = clip(found, width, height)
    first = len(picture.boxes)
    marks = tuple(range(first, first + len(found)))
    return replace(picture, boxes=np.concatenate([picture.boxes, found]), autolabelled=marks)


@dataclass(frozen=True, slots=True)
class Teacher:
    """A model that labels. ``find``: a BGR picture in; out boxes whose class column indexes ``classes``."""

    name: str
    sha256: str
    classes: tuple[str, ...]
    confidence: float
    find: PersonFinder


def open_teacher(model: str, classes: tuple[str, ...], confidence: float) -> Teacher:
    """COCO weights (``.pt``, people only), or one of Siaga's detectors by its name or manifest.

    Raises:
        BadRequest: The model does not know one of ``classes``.
        ModelError: The detector cannot be used.
    """
    if model.endswith(".pt"):
        path = Path(model)
        if classes != ("person",):
            raise BadRequest("COCO weights label people only", where=model, fix="Give --class person.")
        if not path.is_file():
            raise ModelMissing("There is no such file.", where=model)
        settings = TeacherSettings(image_size=640, confidence=confidence)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        return Teacher(path.name, sha256, classes, confidence, coco_person_finder(path, settings))
    return _detector(model, classes, confidence)


def _detector(model: str, classes: tuple[str, ...], confidence: float) -> Teacher:
    from siaga.detect import open_detector
    from siaga.manifest import Manifest, manifest_path

    manifest = Manifest.load(manifest_path(model))
    if unknown := set(classes) - set(manifest.classes):
        raise BadRequest(
            f"{manifest.name} does not know {', '.join(sorted(unknown))}",
            fix=f"It knows {', '.join(manifest.classes)}.",
        )
    least = {name: min(confidence, manifest.thresholds.confidence[name]) for name in manifest.classes}
    thresholds = manifest.thresholds.model_copy(update={"confidence": least})
    detector = open_detector(manifest.model_copy(update={"thresholds": thresholds}), provider="cpu")

    def find(image: Image) -> Boxes:
        seen = detector.detect([_frame(image)])[0]
        rows = [
            [classes.index(seen.class_names[number]), *map(float, xyxy)]
            for number, xyxy, score in zip(seen.class_id, seen.xyxy, seen.confidence, strict=True)
            if seen.class_names[number] in classes and score >= confidence
        ]
        return np.array(rows, dtype=np.float64).reshape(-1, 5)

    return Teacher(manifest.name, manifest.sha256, classes, confidence, find)


def _frame(image: Image) -> Frame:
    rgb = np.ascontiguousarray(image[:, :, ::-1])
    height, width = rgb.shape[:2]
    return Frame(
        camera="picture",
        seq=0,
        epoch=0,
        t=0.0,
        pts=0.0,
        utc=datetime.fromtimestamp(0, UTC),
        rgb=rgb,
        size=(width, height),
    )


def fill_in(
    data: DataSet,
    out: Path,
    teacher: Teacher,
    *,
    everywhere: bool = False,
    progress: Progress | None = None,
) -> dict[str, int]:
    """Copy a YOLO set with the teacher's boxes added; returns how many of each class.

    A class is filled in on pictures whose source does not annotate it (``sources.json``, see
    ``siaga data merge``). A box that covers one of its class that is there already (IoU above .5) is left
    out. Which lines of which label file are the teacher's is in ``autolabelled.json``.

    Raises:
        ConfigError: ``out`` holds something, the set does not know a class of the teacher's, or nothing says
            what its sources annotate.
    """
    known = read_sources(data.root)
    if known is None and not everywhere:
        raise ConfigError(
            "Nothing says which classes the set's sources annotate.",
            where=str(data.root / "sources.json"),
            fix="Make the set with siaga data merge, or label every picture with --everywhere.",
        )
    if unknown := set(teacher.classes) - set(data.classes):
        raise ConfigError(f"The set has no class {sorted(unknown)[0]!r}.", where=str(data.root))
    new_folder(out)
    marks: dict[str, list[int]] = {}
    counts = dict.fromkeys(teacher.classes, 0)
    for number, picture in enumerate(data.pictures, 1):
        wanted = set(teacher.classes)
        if known is not None and not everywhere:
            wanted -= set(known.origins[picture.source].annotates)
        new = _new_boxes(picture, data.classes, teacher, wanted) if wanted else np.empty((0, 5))
        _write(picture, out, new, marks)
        for class_id in new[:, 0]:
            counts[data.classes[int(class_id)]] += 1
        if progress is not None:
            progress(number, len(data.pictures))
    _write_side_files(data, out, teacher, marks, known)
    return counts


def _new_boxes(picture: Picture, classes: tuple[str, ...], teacher: Teacher, wanted: set[str]) -> Boxes:
    found = teacher.find(read_image(picture.path))
    found = found[[teacher.classes[int(number)] in wanted for number in found[:, 0]]]
    found[:, 0] = [classes.index(teacher.classes[int(number)]) for number in found[:, 0]]
    found = clip(found, picture.width, picture.height)
    there = picture.boxes
    same = (iou(found, there) > _SAME) & (found[:, None, 0] == there[None, :, 0])
    return np.asarray(found[~same.any(axis=1)], dtype=np.float64)


def _write(picture: Picture, out: Path, new: Boxes, marks: dict[str, list[int]]) -> None:
    label = label_of(picture.path)
    lines = [line for line in label.read_text(encoding="utf-8").splitlines() if line.strip()]
    folder = out / picture.split
    copy_yolo(picture, folder, picture.path.stem, [*lines, *yolo_lines(new, picture.width, picture.height)])
    if len(new):
        path = f"{picture.split}/labels/{picture.path.stem}.txt"
        marks[path] = list(range(len(lines) + 1, len(lines) + 1 + len(new)))


def _write_side_files(
    data: DataSet, out: Path, teacher: Teacher, marks: dict[str, list[int]], known: Sources | None
) -> None:
    model = {"name": teacher.name, "sha256": teacher.sha256, "confidence": teacher.confidence}
    content = {"model": model, "classes": list(teacher.classes), "lines": marks}
    (out / "autolabelled.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    facts: dict[str, object] = {split: f"{split}/images" for split in data.splits}
    facts["names"] = dict(enumerate(data.classes))
    (out / "dataset.yaml").write_text(yaml.safe_dump(facts, sort_keys=False), encoding="utf-8")
    if known is not None:
        origins = {
            name: replace(one, annotates=tuple(dict.fromkeys([*one.annotates, *teacher.classes])))
            for name, one in known.origins.items()
        }
        Sources(origins, known.pictures).write(out)
