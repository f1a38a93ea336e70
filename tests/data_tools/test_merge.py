"""One set of several sources, and the boxes that a source does not have."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from siaga.core.errors import BadRequest, ConfigError
from siaga.data.autolabel import Teacher, fill_in, open_teacher
from siaga.data.boxes import Boxes, Image
from siaga.data.cards import Card
from siaga.data.formats import read_set
from siaga.data.merge import merge
from siaga.data.records import DataSet
from tests.detect.models import constant, write

from .made import CARD, add, paint, tree

CLASSES = ("person", "helmet", "head", "vest")
Source = tuple[DataSet, Card]


def source(root: Path, name: str, splits: dict[str, str], **card: object) -> Source:
    made = Card.model_validate({**CARD, "name": name, "splits": splits, **card})
    return read_set(root / name, card=made), made


@pytest.fixture
def two(tmp_path: Path) -> list[Source]:
    """``hats`` labels helmets (shells) and heads; ``people`` labels people, in other words and ids."""
    for seed in (1, 2, 3):
        add(tmp_path / "hats/train", f"h{seed}.png", seed, f"{seed % 2} 0.5 0.4 0.2 0.1\n")
    add(tmp_path / "hats/valid", "h9.png", 9)
    add(tmp_path / "people/train", "p1.png", 11, "1 0.5 0.5 0.4 0.8\n0 0.2 0.2 0.1 0.1\n")
    add(tmp_path / "people/train", "p2.png", 2, "1 0.5 0.5 0.4 0.8\n")
    add(tmp_path / "people/train", "p3.png", 9, "1 0.5 0.5 0.4 0.8\n")
    hats = source(tmp_path, "hats", {"train": "train", "val": "valid"}, helmet_extends="shell")
    people = source(
        tmp_path,
        "people",
        {"train": "train"},
        classes=["dog", "worker"],
        mapping={"worker": "person"},
        annotates=["person"],
        licence="LicenseRef-none-stated",
    )
    return [hats, people]


def test_classes_and_conventions_become_the_projects_own(two: list[Source], tmp_path: Path) -> None:
    made = merge(two, tmp_path / "out", CLASSES, head_height_per_width=1.0)
    data = read_set(tmp_path / "out")
    assert data.classes == CLASSES
    boxes = {p.path.name: p.boxes for p in data.pictures}
    # Seed 2 is a helmet: 24 px wide, 9 px high, extended to 24 px. Seed 1 is a head and stays.
    np.testing.assert_allclose(boxes["hats__h2.png"], [[1, 48, 31.5, 72, 55.5]], atol=1e-3)
    np.testing.assert_allclose(boxes["hats__h1.png"], [[2, 48, 31.5, 72, 40.5]], atol=1e-3)
    np.testing.assert_allclose(boxes["people__p1.png"], [[0, 36, 9, 84, 81]], atol=1e-3)
    assert made.missing == {"hats": ("person", "vest"), "people": ("helmet", "head", "vest")}
    assert (tmp_path / "out/train/images/hats__h1.png").read_bytes() == two[0][0].pictures[
        0
    ].path.read_bytes()


def test_pictures_that_two_sources_share_are_there_once(two: list[Source], tmp_path: Path) -> None:
    made = merge(two, tmp_path / "out", CLASSES)
    assert made.pictures == {"train": {"hats": 3, "people": 1}, "val": {"hats": 1}}
    assert made.dropped == {"also in an earlier source": 1, "also in a split that counts more": 1}
    names = {p.path.name for p in read_set(tmp_path / "out").pictures}
    assert {"people__p2.png", "people__p3.png"} & names == set()
    assert made.boxes["train"] == {"person": 1, "helmet": 1, "head": 2, "vest": 0}


def test_where_each_picture_comes_from_is_kept(two: list[Source], tmp_path: Path) -> None:
    merge(two, tmp_path / "out", CLASSES)
    data = read_set(tmp_path / "out")
    assert {p.path.name: p.source for p in data.pictures}["people__p1.png"] == "people"
    told = json.loads((tmp_path / "out/sources.json").read_text())["sources"]
    assert told["people"] == {"licence": "LicenseRef-none-stated", "annotates": ["person"]}


def test_mirrored_padding_is_cut_off(tmp_path: Path) -> None:
    path = add(tmp_path / "hats/train", "m.png", 1, "0 0.5 0.4 0.2 0.2\n")
    picture = paint(1, 120, 90)
    cv2.imwrite(str(path), np.concatenate([picture, picture[::-1][:60]]))
    hats = source(tmp_path, "hats", {"train": "train"}, mirrored_padding=True)
    merge([hats], tmp_path / "out", CLASSES)
    kept = read_set(tmp_path / "out").pictures[0]
    assert (kept.width, kept.height) == (120, 90)
    np.testing.assert_allclose(kept.boxes, [[1, 48, 45, 72, 75]], atol=1e-3)


def test_a_faulty_source_is_not_merged(two: list[Source], tmp_path: Path) -> None:
    (tmp_path / "people/train/labels/p1.txt").write_text("1 0.5 0.5 0.4 0.8\n4 0.5 0.5 0.4 0.8\n")
    people = read_set(tmp_path / "people", card=two[1][1])
    with pytest.raises(ConfigError, match=r"p1.txt:2: class id 4"):
        merge([two[0], (people, two[1][1])], tmp_path / "out", CLASSES)
    with pytest.raises(ConfigError, match="Two sources are called 'hats'"):
        merge([two[0], two[0]], tmp_path / "out", CLASSES)
    assert not (tmp_path / "out").exists()


def two_people(image: Image) -> Boxes:
    """One that is cut by the left edge, one where ``people__p1`` has a box."""
    return np.array([[0, -10, 10, 40, 60], [0, 37, 9, 84, 80]], float)


def teacher(*classes: str) -> Teacher:
    return Teacher("fake", "0" * 64, classes or ("person",), 0.4, two_people)


def test_people_are_filled_in_where_they_are_not_labelled(two: list[Source], tmp_path: Path) -> None:
    merge(two, tmp_path / "in", CLASSES)
    before = tree(tmp_path / "in")
    data = read_set(tmp_path / "in")
    assert fill_in(data, tmp_path / "out", teacher()) == {"person": 8}
    assert tree(tmp_path / "in") == before
    label = (tmp_path / "out/train/labels/hats__h1.txt").read_text().splitlines()
    assert label == [
        (tmp_path / "in/train/labels/hats__h1.txt").read_text().strip(),
        "0 0.166667 0.388889 0.333333 0.555556",
        "0 0.504167 0.494444 0.391667 0.788889",
    ]
    told = json.loads((tmp_path / "out/autolabelled.json").read_text())
    assert told["lines"]["train/labels/hats__h1.txt"] == [2, 3]
    assert told["model"] == {"name": "fake", "sha256": "0" * 64, "confidence": 0.4}
    assert "train/labels/people__p1.txt" not in told["lines"]
    again = json.loads((tmp_path / "out/sources.json").read_text())["sources"]
    assert again["hats"]["annotates"] == ["helmet", "head", "person"]
    assert fill_in(read_set(tmp_path / "out"), tmp_path / "third", teacher()) == {"person": 0}


def test_a_box_that_is_there_is_not_put_there_twice(two: list[Source], tmp_path: Path) -> None:
    merge([two[1]], tmp_path / "in", CLASSES)
    (tmp_path / "in/sources.json").unlink()
    data = read_set(tmp_path / "in")
    with pytest.raises(ConfigError, match=r"sources\.json"):
        fill_in(data, tmp_path / "out", teacher())
    assert not (tmp_path / "out").exists()
    added = fill_in(data, tmp_path / "out", teacher(), everywhere=True)
    assert added == {"person": 3}
    lines = json.loads((tmp_path / "out/autolabelled.json").read_text())["lines"]
    assert {len(rows) for rows in lines.values()} == {1}


def test_a_class_that_the_set_does_not_have(two: list[Source], tmp_path: Path) -> None:
    merge(two, tmp_path / "in", ("helmet",))
    with pytest.raises(ConfigError, match="no class 'person'"):
        fill_in(read_set(tmp_path / "in"), tmp_path / "out", teacher())


def test_a_detector_of_siagas_labels(tmp_path: Path) -> None:
    # Rows: centre x, y, width, height in the model's 640 x 384 pixels, then the three classes' scores.
    output = np.array([[320, 192, 100, 80, 0.1, 0.9, 0.1], [100, 100, 50, 60, 0.5, 0.1, 0.2]], np.float32).T
    write(tmp_path, constant(output))
    helper = open_teacher(str(tmp_path / "tiny.yaml"), ("helmet",), 0.3)
    assert helper.sha256 == hashlib.sha256((tmp_path / "tiny.onnx").read_bytes()).hexdigest()
    found = helper.find(np.zeros((384, 640, 3), np.uint8))
    np.testing.assert_allclose(found, [[0, 270, 152, 370, 232]], atol=0.5)
    with pytest.raises(BadRequest, match="does not know vest"):
        open_teacher(str(tmp_path / "tiny.yaml"), ("vest",), 0.3)
    with pytest.raises(BadRequest, match="people only"):
        open_teacher("coco.pt", ("helmet",), 0.3)
