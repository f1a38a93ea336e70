"""Predictions: once per picture, and what is told of broken pictures and labels."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from siaga.core.errors import ConfigError
from siaga.evaluate.predict import Predictions
from siaga.evaluate.yolo_set import of_yaml
from tests.evaluate.sets import HEAD, PERSON, model, picture, yolo_line, yolo_set


def test_boxes_and_truth_are_in_pixels_of_the_picture(tmp_path: Path) -> None:
    (one, *rest) = Predictions(model(tmp_path / "m")).over(of_yaml(yolo_set(tmp_path / "set"), None, "test"))
    assert len(rest) == 2
    assert one.truth.boxes["person"].round(3).tolist() == [list(PERSON)]
    assert one.detections.of("head").xyxy.round(3).tolist() == [list(HEAD)]
    assert (one.size, one.scale) == ((320, 192), 1.0)


def test_a_picture_is_shown_to_the_model_once(tmp_path: Path) -> None:
    part = of_yaml(yolo_set(tmp_path / "set"), None, "test")
    manifest, cache = model(tmp_path / "m"), tmp_path / "cache"
    first = Predictions(manifest, cache)
    found = first.over(part)
    assert first.reused == 0
    manifest.path.unlink()
    again = Predictions(manifest, cache)
    assert [one.detections.xyxy.tolist() for one in again.over(part)] == [
        one.detections.xyxy.tolist() for one in found
    ]
    assert again.reused == 3
    assert [(one.size, one.scale, one.sha256) for one in again.over(part)] == [
        (one.size, one.scale, one.sha256) for one in found
    ]


def test_thresholds_play_no_part_in_what_is_kept_and_the_way_of_driving_does(tmp_path: Path) -> None:
    part = of_yaml(yolo_set(tmp_path / "set"), None, "test")
    manifest, cache = model(tmp_path / "m"), tmp_path / "cache"
    Predictions(manifest, cache).over(part)
    stricter = manifest.thresholds.model_copy(update={"confidence": dict.fromkeys(manifest.classes, 0.7)})
    same = Predictions(manifest.model_copy(update={"thresholds": stricter}), cache)
    same.over(part)
    assert same.reused == 3
    nms = manifest.thresholds.model_copy(update={"nms_iou": 0.3})
    other = Predictions(manifest.model_copy(update={"thresholds": nms}), cache)
    other.over(part)
    assert other.reused == 0


def test_a_broken_entry_is_made_anew(tmp_path: Path) -> None:
    part = of_yaml(yolo_set(tmp_path / "set"), None, "test")
    manifest, cache = model(tmp_path / "m"), tmp_path / "cache"
    Predictions(manifest, cache).over(part)
    entries = sorted(cache.rglob("*.npz"))
    assert len(entries) == 3
    entries[0].write_bytes(entries[0].read_bytes()[:100])
    entries[1].write_bytes(b"")
    again = Predictions(manifest, cache)
    assert len(again.over(part)) == 3
    assert again.reused == 1
    assert sorted(cache.rglob("*")) == sorted({*entries, *(p for e in entries for p in e.parents[:2])})


def test_a_truncated_picture_is_named(tmp_path: Path) -> None:
    path = yolo_set(tmp_path / "set", suffix=".jpg")
    broken = tmp_path / "set/images/test/p1.jpg"
    broken.write_bytes(broken.read_bytes()[:-200])
    with pytest.raises(ConfigError, match="truncated or broken") as caught:
        Predictions(model(tmp_path / "m")).over(of_yaml(path, None, "test"))
    assert Path(caught.value.where or "").name == "p1.jpg"


@pytest.mark.parametrize(
    ("line", "said"),
    [("7 0.5 0.5 0.1 0.1", "7"), ("0 0.5 0.5 0.1", "."), ("0 0.5 nan 0.1 0.1", "."), ("x 0 0 1 1", ".")],
)
def test_a_wrong_label_is_told_with_file_and_line(tmp_path: Path, line: str, said: str) -> None:
    path = yolo_set(tmp_path / "set", lines=["", yolo_line(0, PERSON) + line + "\n"])
    with pytest.raises(ConfigError, match=said) as caught:
        Predictions(model(tmp_path / "m")).over(of_yaml(path, None, "test"))
    assert str(caught.value.where).endswith("labels/test/p1.txt:2")


def test_padding_by_reflection_is_cut_off_labels_and_all(tmp_path: Path) -> None:
    path = yolo_set(tmp_path / "set", lines=[yolo_line(0, (10, 60, 50, 180), (320, 192))])
    rng = np.random.default_rng(0)
    true = cv2.resize(rng.integers(0, 255, (16, 40, 3), dtype=np.uint8), (320, 144))
    cv2.imwrite(str(tmp_path / "set/images/test/p0.png"), np.concatenate([true[48::-1][:48], true]))
    mapping = tmp_path / "map.yaml"
    mapping.write_text("mapping: {person: person}\nmirrored_padding: true\n")
    part = of_yaml(path, mapping, "test")
    cache = tmp_path / "cache"
    for _ in range(2):
        (one,) = Predictions(model(tmp_path / "m"), cache).over(part)
        assert one.area.rows[0] == pytest.approx(48, abs=2)
        assert one.truth.boxes["person"][0, 1] == pytest.approx(60 - one.area.rows[0])
        assert one.size[1] == 192 - one.area.rows[0]


def test_a_lonely_picture_is_a_set_too(tmp_path: Path) -> None:
    picture(tmp_path / "images/a.png")
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels/a.txt").write_text("")
    (tmp_path / "d.yaml").write_text("test: images\nnames: [person]\n")
    (one,) = Predictions(model(tmp_path / "m")).over(of_yaml(tmp_path / "d.yaml", None, "test"))
    assert len(one.truth.boxes["person"]) == 0
