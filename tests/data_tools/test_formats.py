"""Sets as YOLO, COCO and Pascal VOC: read as supervision reads them, faults named by file and line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import supervision as sv

from siaga.core.errors import ConfigError
from siaga.data.formats import Format, convert, read_set
from siaga.data.records import DataSet

from .made import add, tree, yolo_set

LABEL = "0 0.25 0.4 0.3 0.2\n1 0.7 0.5 0.2 0.4\n"


@pytest.fixture
def hats(tmp_path: Path) -> Path:
    """Three training pictures (the last without anything in it) and one for validation."""
    root = yolo_set(tmp_path / "hats", train=2, valid=1)
    (root / "train/labels/train0.txt").write_text(LABEL)
    add(root / "train", "train2.png", 9, "")
    return root


def boxes_by_name(data: DataSet) -> dict[tuple[str, str], list[list[float]]]:
    return {(p.split, p.path.stem): p.boxes.tolist() for p in data.pictures}


def codes(data: DataSet) -> list[tuple[str, str]]:
    return [(finding.code, Path(finding.where).name) for finding in data.findings]


@pytest.mark.parametrize(("form", "most_px"), [("yolo", 0.002), ("coco", 1e-4), ("voc", 0.502)])
def test_there_and_back(hats: Path, tmp_path: Path, form: Format, most_px: float) -> None:
    before = read_set(hats)
    convert(hats, tmp_path / "there", "yolo", form)
    convert(tmp_path / "there", tmp_path / "back", form, "yolo")
    after = read_set(tmp_path / "back")
    assert after.classes == (("head", "helmet") if form == "voc" else ("helmet", "head"))
    assert after.findings == ()
    told, said = boxes_by_name(before), boxes_by_name(after)
    assert told.keys() == said.keys() == {
        ("train", "train0"), ("train", "train1"), ("train", "train2"), ("val", "valid0"),
    }  # fmt: skip
    for key, rows in told.items():
        here = [[after.classes.index(before.classes[int(row[0])]), *row[1:]] for row in rows]
        np.testing.assert_allclose(said[key], here, atol=most_px)
    original = (hats / "train/images/train0.png").read_bytes()
    assert (tmp_path / "back/train/images/train0.png").read_bytes() == original


def test_a_box_in_pixels(hats: Path) -> None:
    picture = read_set(hats).of("train")[0]
    assert (picture.width, picture.height) == (120, 90)
    np.testing.assert_allclose(picture.boxes, [[0, 12, 27, 48, 45], [1, 72, 27, 96, 63]])
    assert [place.rpartition("/")[2] for place in picture.places] == ["train0.txt:1", "train0.txt:2"]


@pytest.mark.parametrize("form", ["yolo", "coco", "voc"])
def test_a_sound_set_is_read_as_supervision_reads_it(hats: Path, tmp_path: Path, form: Format) -> None:
    there = tmp_path / "there"
    convert(hats, there, "yolo", form)
    theirs = {
        "yolo": lambda: sv.DetectionDataset.from_yolo(
            str(there / "train/images"), str(there / "train/labels"), str(there / "dataset.yaml")
        ),
        "coco": lambda: sv.DetectionDataset.from_coco(
            str(there / "images/train"), str(there / "annotations/train.json")
        ),
        "voc": lambda: sv.DetectionDataset.from_pascal_voc(
            str(there / "JPEGImages"), str(there / "Annotations")
        ),
    }[form]()
    mine = read_set(there, form)
    pictures = mine.pictures if form == "voc" else mine.of("train")
    assert len(pictures) == len(theirs.annotations)
    assert set(theirs.classes) == set(mine.classes)
    for picture in pictures:
        seen = theirs.annotations[str(picture.path)]
        names = [theirs.classes[int(number)] for number in seen.class_id if len(seen)]
        assert names == [mine.classes[int(number)] for number in picture.boxes[:, 0]]
        np.testing.assert_allclose(seen.xyxy, picture.boxes[:, 1:], atol=1e-3)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("2 0.5 0.5 0.2 0.3", "class-out-of-range"),
        ("0.5 0.5 0.5 0.2 0.3", "class-out-of-range"),
        ("-1 0.5 0.5 0.2 0.3", "class-out-of-range"),
        ("0 0.5 0.5 0.2", "broken-box"),
        ("0 0.5 0.5 0.2 nan", "broken-box"),
        ("helmet 0.5 0.5 0.2 0.3", "broken-box"),
        ("0 0.5 0.5 0 0.3", "broken-box"),
        ("0 0.5 0.5 -0.2 0.3", "broken-box"),
        ("0 1.5 0.5 0.2 0.3", "broken-box"),
        ("0 0.95 0.5 0.2 0.3", "box-over-edge"),
        ("0 0.1 0.1 0.4 0.1 0.4 0.3", "polygon"),
    ],
)
def test_a_wrong_line_is_named(hats: Path, line: str, code: str) -> None:
    (hats / "train/labels/train1.txt").write_text(f"1 0.5 0.5 0.2 0.3\n\n{line}\n")
    data = read_set(hats)
    assert codes(data) == [(code, "train1.txt:3")]
    assert len(data.of("train")[1].boxes) == (2 if code in {"box-over-edge", "polygon"} else 1)


def test_a_polygon_is_the_box_round_it(hats: Path) -> None:
    (hats / "train/labels/train1.txt").write_text("0 0.1 0.1 0.4 0.2 0.2 0.3\n")
    np.testing.assert_allclose(read_set(hats).of("train")[1].boxes, [[0, 12, 9, 48, 27]])


def test_what_is_missing_is_named(hats: Path) -> None:
    (hats / "train/labels/train0.txt").unlink()
    (hats / "valid/labels/nobody.txt").write_text(LABEL)
    (hats / "train/images/train1.png").write_bytes(b"")
    assert codes(read_set(hats)) == [
        ("missing-label", "train0.txt"),
        ("broken-picture", "train1.png"),
        ("label-without-picture", "nobody.txt"),
    ]


def test_a_split_without_pictures_is_named(hats: Path) -> None:
    (hats / "data.yaml").write_text("train: ../train/images\nval: ../nowhere\nnames: [helmet, head]\n")
    assert codes(read_set(hats)) == [("empty-split", "nowhere")]


def test_a_list_of_pictures_may_name_one_twice(hats: Path) -> None:
    (hats / "train.txt").write_text("./train/images/train0.png\n" * 3 + "./train/images/none.png\n")
    (hats / "data.yaml").write_text("train: train.txt\nnames: {1: head, 0: helmet}\n")
    data = read_set(hats)
    assert [p.path.name for p in data.pictures] == ["train0.png"]
    assert data.classes == ("helmet", "head")
    assert codes(data)[0] == ("missing-picture", "none.png")


def test_a_flat_folder_with_a_list_of_classes(tmp_path: Path) -> None:
    add(tmp_path, "a.png", 1, "1 0.5 0.5 0.2 0.3\n")
    (tmp_path / "classes.txt").write_text("helmet\nhead\n")
    data = read_set(tmp_path)
    assert data.splits == ("all",)
    assert data.box_counts() == {"helmet": 0, "head": 1}


def test_no_set_no_classes_no_pictures(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such set"):
        read_set(tmp_path / "none")
    add(tmp_path / "a", "a.png", 1)
    with pytest.raises(ConfigError, match="what its class ids mean"):
        read_set(tmp_path / "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b/classes.txt").write_text("helmet\n")
    with pytest.raises(ConfigError, match="no pictures"):
        read_set(tmp_path / "b")


def coco(hats: Path, tmp_path: Path) -> tuple[Path, dict[str, list[dict[str, object]]]]:
    convert(hats, tmp_path / "coco", "yolo", "coco")
    file = tmp_path / "coco/annotations/train.json"
    return file, json.loads(file.read_text())


def test_coco_faults_are_named(hats: Path, tmp_path: Path) -> None:
    file, content = coco(hats, tmp_path)
    boxes = content["annotations"]
    boxes[0]["category_id"] = 7
    boxes[1]["bbox"] = [1, 2, "x", 4]
    boxes[2]["image_id"] = 99
    boxes.append({**boxes[2], "id": 50, "image_id": 1, "iscrowd": 1})
    content["images"].append({"id": 77, "file_name": "gone.png"})
    file.write_text(json.dumps(content))
    assert [(f.code, f.where.partition(": ")[2]) for f in read_set(file.parents[1], "coco").findings] == [
        ("class-out-of-range", "annotations[0] (id 1)"),
        ("broken-box", "annotations[1] (id 2)"),
        ("crowd", "annotations[3] (id 50)"),
        ("missing-picture", ""),
        ("box-without-picture", "annotations[2]"),
    ]


@pytest.mark.parametrize(
    ("text", "said"), [("{\n\n[", "train.json:3: This is not JSON"), ("[]", "not COCO"), ("{}", "not COCO")]
)
def test_a_broken_coco_file_is_named(hats: Path, tmp_path: Path, text: str, said: str) -> None:
    file, _ = coco(hats, tmp_path)
    file.write_text(text)
    with pytest.raises(ConfigError, match=said):
        read_set(file.parents[1], "coco")


def test_voc_faults_are_named(hats: Path, tmp_path: Path) -> None:
    convert(hats, tmp_path / "voc", "yolo", "voc")
    folder = tmp_path / "voc/Annotations"
    text = (folder / "train0.xml").read_text()
    (folder / "train0.xml").write_text(text.replace("<xmin>13<", "<xmin>thirteen<"))
    line = text[: text.index("<object>")].count("\n") + 1
    (folder / "train1.xml").write_text("<annotation>\n<object>\n</annotation>")
    (folder / "valid0.xml").unlink()
    assert codes(read_set(tmp_path / "voc", "voc")) == [
        ("broken-label", "train1.xml:3"),
        ("broken-box", f"train0.xml:{line}"),
        ("missing-label", "train1.png"),
        ("missing-label", "valid0.png"),
    ]


def test_an_xml_bomb_is_refused(hats: Path, tmp_path: Path) -> None:
    convert(hats, tmp_path / "voc", "yolo", "voc")
    bomb = '<!DOCTYPE a [<!ENTITY b "bbbb">]><annotation><object><name>&b;</name></object></annotation>'
    (tmp_path / "voc/Annotations/train0.xml").write_text(bomb)
    assert codes(read_set(tmp_path / "voc", "voc"))[0] == ("broken-label", "train0.xml")


def test_a_faulty_set_is_not_converted(hats: Path, tmp_path: Path) -> None:
    (hats / "train/labels/train1.txt").write_text("5 0.5 0.5 0.2 0.3\n")
    with pytest.raises(ConfigError, match=r"train1.txt:1: class id 5 is out of range 0\.\.1"):
        convert(hats, tmp_path / "out", "yolo", "coco")
    assert not (tmp_path / "out").exists()


def test_nothing_is_overwritten(hats: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("keep")
    with pytest.raises(ConfigError, match="not empty"):
        convert(hats, tmp_path / "out", "yolo", "voc")
    assert tree(tmp_path / "out") == {"mine.txt": b"keep"}


def test_pictures_of_one_name_are_not_mixed_up(hats: Path, tmp_path: Path) -> None:
    add(hats / "valid", "train0.png", 77)
    with pytest.raises(ConfigError, match="'train0'"):
        convert(hats, tmp_path / "voc", "yolo", "voc")
    convert(hats, tmp_path / "coco", "yolo", "coco")
    assert len(read_set(tmp_path / "coco", "coco").pictures) == 5


@pytest.mark.parametrize("form", ["yolo", "coco", "voc"])
def test_a_set_without_splits_stays_one(tmp_path: Path, form: Format) -> None:
    for number in range(3):
        add(tmp_path / "flat", f"{number}.png", number)
    (tmp_path / "flat/classes.txt").write_text("helmet\n")
    convert(tmp_path / "flat", tmp_path / "there", "yolo", form)
    convert(tmp_path / "there", tmp_path / "back", form, "yolo")
    for path, written in ((tmp_path / "there", form), (tmp_path / "back", "yolo")):
        data = read_set(path, written)
        assert data.splits == ("all",)
        assert data.box_counts() == {"helmet": 3}
