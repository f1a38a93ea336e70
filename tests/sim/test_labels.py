"""Labels of the paper site in YOLO and COCO form."""

import json
from pathlib import Path

import numpy as np
import pytest

from siaga.sim.labels import CLASSES, Label, labels_of, write_coco, write_yolo

from .paper import PaperPerson, camera, records, scenario

WORLD = scenario()
CAMERA = camera(WORLD)


def labels(*people: PaperPerson, least_visible: float = 0.15) -> list[Label]:
    return labels_of(next(records(WORLD, list(people))), CAMERA, least_visible)


def named(found: list[Label], name: str) -> list[Label]:
    return [label for label in found if label.name == name]


def test_a_worn_helmet_is_the_whole_head() -> None:
    found = labels(PaperPerson("A", lambda _t: (0, -5)))
    assert [label.name for label in found] == ["person", "helmet", "vest"]
    # 5 m away, 1 m is 64 px: chin at 1.5 m, top of the helmet at 1.8 m.
    (helmet,) = named(found, "helmet")
    np.testing.assert_allclose(helmet.amodal_xyxy, (320 - 8.96, 192.8, 320 + 8.96, 212), atol=0.01)
    np.testing.assert_allclose(helmet.xyxy, helmet.amodal_xyxy, atol=1)
    assert (helmet.visibility, helmet.track_id) == (1.0, "A")


def test_a_helmet_in_the_hand_is_loose_and_the_head_is_bare() -> None:
    found = labels(PaperPerson("A", lambda _t: (0, -5), lambda _t: "hand", harness=True))
    assert [label.name for label in found] == ["person", "head", "vest", "harness", "loose_helmet"]
    assert found[0].attributes == {"helmet": "hand", "harness": "worn", "lanyard": "none"}
    assert named(found, "head")[0].xyxy[3] == pytest.approx(212)


def test_what_hardly_shows_is_not_labelled() -> None:
    hidden = PaperPerson("A", lambda _t: (0.45, -5), lambda _t: "none")
    near = PaperPerson("B", lambda _t: (0, -6))
    found = [label for label in labels(hidden, near) if label.track_id == "A"]
    assert 0.15 <= named(found, "person")[0].visibility < 1
    assert named(found, "head")[0].visibility == 1
    strict = [label for label in labels(hidden, near, least_visible=0.9) if label.track_id == "A"]
    assert [label.name for label in strict] == ["head"]
    cut = [label for label in labels(PaperPerson("A", lambda _t: (5.1, -5))) if label.name == "person"]
    assert cut[0].xyxy[2] == 640
    assert cut[0].amodal_xyxy[2] > 640
    assert cut[0].visibility < 0.5


def test_yolo_lines_are_fractions(tmp_path: Path) -> None:
    label = Label("vest", (64, 36, 128, 72), (64, 36, 128, 72), 1.0, "A")
    write_yolo(tmp_path / "a.txt", [label], 640, 360)
    assert (tmp_path / "a.txt").read_text() == "3 0.150000 0.150000 0.100000 0.100000\n"
    write_yolo(tmp_path / "b.txt", [], 640, 360)
    assert (tmp_path / "b.txt").read_text() == ""


def test_coco_says_more_than_boxes(tmp_path: Path) -> None:
    found = labels(PaperPerson("A", lambda _t: (0, -5), lambda _t: "hip"))
    write_coco(tmp_path / "coco.json", [("a.jpg", found), ("b.jpg", [])], 640, 360)
    document = json.loads((tmp_path / "coco.json").read_text())
    assert [entry["name"] for entry in document["categories"]] == list(CLASSES)
    assert [entry["file_name"] for entry in document["images"]] == ["a.jpg", "b.jpg"]
    person, *_, helmet = document["annotations"]
    assert (person["id"], person["image_id"], person["category_id"]) == (1, 1, 1)
    # 0.5 m wide and 1.75 m high at 64 px a metre, feet 2 m below the camera.
    assert person["amodal_bbox"] == [304, 196, 32, 112]
    assert person["bbox"] == [304, 196, 32, 112]
    assert (person["area"], person["track_id"], person["visibility"]) == (32 * 112, "A", 1.0)
    assert helmet["category_id"] == CLASSES.index("loose_helmet") + 1
    assert helmet["attributes"]["helmet"] == "hip"
