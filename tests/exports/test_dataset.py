"""Data sets of corrections: read by the project's own readers, by camera apart."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import true

from siaga.core.errors import NotFound
from siaga.data.formats.yolo import read_yolo_set
from siaga.exports.dataset import Labelled, dataset_bytes, labelled_pictures, splits
from siaga.exports.rows import Selection
from tests.exports.conftest import Pictures

ALL = Selection(true(), 0)


def _zip(filled: Pictures) -> zipfile.ZipFile:
    pictures = labelled_pictures(filled.database, ALL)
    return zipfile.ZipFile(io.BytesIO(b"".join(dataset_bytes(pictures, filled))))


def test_a_set_is_read_back_with_its_boxes(filled: Pictures, tmp_path: Path) -> None:
    for number in range(6):
        event = filled.event(number, camera=f"camera {number % 3}")
        boxes = [("helmet", (8, 12, 24, 36)), ("bare head", (0, 0, 64, 48))][: number % 3]
        filled.correct(event, filled.picture(number * 40), boxes)
    _zip(filled).extractall(tmp_path)
    found = read_yolo_set(tmp_path)
    assert [f for f in found.findings if f.error] == []
    assert found.classes == ("bare head", "helmet")
    assert sorted(len(picture.boxes) for picture in found.pictures) == [0, 0, 1, 1, 2, 2]
    one = next(picture for picture in found.pictures if len(picture.boxes) == 1)
    assert one.boxes[0].tolist() == pytest.approx([1, 8, 12, 24, 36], abs=1e-3)
    assert {picture.split for picture in found.pictures} == {"train", "val"}


def test_coco_and_reasons_say_the_same(filled: Pictures) -> None:
    event = filled.event(1, camera="=gate")
    sha256 = filled.picture(9)
    filled.correct(event, sha256, [("helmet", (8, 12, 24, 36))])
    archive = _zip(filled)
    coco = json.loads(archive.read("annotations/train.json"))
    assert coco["annotations"] == [
        {"id": 1, "image_id": 1, "category_id": 1, "bbox": [8, 12, 16, 24], "area": 384, "iscrowd": 0}
    ]
    (image,) = coco["images"]
    assert archive.read(f"images/train/{image['file_name']}") == filled.bytes[sha256]
    _, row = csv.reader(io.StringIO(archive.read("reasons.csv").decode()))
    assert row[1:] == ["train", "north", "'=gate", str(event), sha256, "wrong_class", "1"]


def test_the_newest_correction_of_a_picture_holds(filled: Pictures) -> None:
    event, sha256 = filled.event(1), filled.picture(1)
    filled.correct(event, sha256, [("helmet", (0, 0, 9, 9))])
    filled.correct(event, sha256, [], version=2)
    (picture,) = labelled_pictures(filled.database, ALL)
    assert picture.boxes == ()


def test_only_selected_events_with_bytes_count(filled: Pictures) -> None:
    event = filled.event(1)
    filled.correct(event, "f" * 64, [])
    with pytest.raises(NotFound, match="corrected picture"):
        labelled_pictures(filled.database, ALL)


def _of(camera: str) -> Labelled:
    return Labelled(camera, "", 0, "s", camera, "", "", "", 1, 1, ())


def test_a_camera_is_in_one_split_and_stays_there() -> None:
    cameras = [_of(f"c{number}") for number in range(50)]
    all_of_them = splits(cameras)
    assert 3 < list(all_of_them.values()).count("val") < 20
    assert splits(cameras[:40]) == {name: all_of_them[name] for name in splits(cameras[:40])}
    for number in range(2, 12):
        assert set(splits(cameras[:number]).values()) == {"train", "val"}
    assert splits(cameras[:1]) == {"c0": "train"}
