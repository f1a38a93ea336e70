"""Boxes that a source does not annotate, from a teacher model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from .boxes import Boxes, Image, Labelled, clip
from .recipe import Teacher as TeacherSettings

PersonFinder = Callable[[Image], Boxes]
"""A BGR picture in, boxes out; the class column is ignored."""

_COCO_PERSON = 0


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
