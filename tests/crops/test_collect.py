"""Crops out of every kind of source."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from siaga.core.errors import ConfigError
from siaga.crops.collect import collect, held_out
from siaga.crops.recipe import CropRecipe
from siaga.crops.sets import cut_out, read, read_pictures, write
from tests.crops.site import RECIPE, write_rendered, write_verdicts, write_yard


def _recipe(**changed: Any) -> CropRecipe:
    return CropRecipe.model_validate(yaml.safe_load(RECIPE) | changed)


def test_heads_of_a_source_with_a_card(tmp_path: Path) -> None:
    data, cards = write_yard(tmp_path)
    crops = list(write(tmp_path / "set", collect(_recipe(), data, cards, None)))
    counts = Counter((crop.split, crop.state) for crop in crops if crop.state != "unclear")
    assert counts == {(split, state): 3 for split in ("train", "val") for state in ("worn", "missing")}
    assert {crop.height_px for crop in crops} == {28.0}
    assert {crop.group for crop in crops} == {f"yard/cam{number}" for number in (0, 1, 2, 10, 11, 12)}
    assert read(tmp_path / "set") == crops
    for crop, picture in zip(crops, read_pictures(tmp_path / "set", crops), strict=True):
        x1, y1, x2, y2 = (int(value) for value in crop.xyxy)
        skin = picture[(y1 + y2) // 2 + 6, (x1 + x2) // 2].astype(int)
        if crop.state != "unclear":
            assert np.abs(skin - (190, 140, 110)).max() < 30


def test_what_lies_below_a_head_is_no_head(tmp_path: Path) -> None:
    data, cards = write_yard(tmp_path)
    found = list(collect(_recipe(unclear_per_head=1.0), data, cards, None))
    unclear = [crop for crop in found if crop.state == "unclear"]
    assert len(unclear) >= len(found) / 4
    assert {crop.kind for crop in unclear} == {"below the head"}


def test_verdicts_keep_scenes_together_and_leave_out_the_uncertain(tmp_path: Path) -> None:
    data, cards = write_yard(tmp_path, 12)
    write_verdicts(data)
    source = {
        "kind": "verdicts", "name": "yard_harness", "table": "verdicts.csv", "images": "images/yard",
        "verdicts": {"harness": "worn", "none": "missing"}, "together": [["cam0_train_0", "cam5_train_10"]],
        "split": "train", "held_out": 0.5, "licence": "CC-BY-4.0", "url": "https://example.com",
    }  # fmt: skip
    crops = list(collect(_recipe(region="person", item="harness", sources=[source]), data, cards, None))
    assert Counter(crop.state for crop in crops) == {"worn": 4, "missing": 4}
    assert {crop.split for crop in crops} == {"train", "val"}
    scene = [crop for crop in crops if crop.group == "yard_harness/cam0_train_0"]
    assert len(scene) == 2
    assert all((crop.split == "val") == held_out(crop.group, 0.5) for crop in crops)


def test_rendered_people(tmp_path: Path) -> None:
    hidden = {"xyxy": [36, 20, 60, 48], "visibility": 0.1}
    person = {"xyxy": [26, 20, 70, 150], "visibility": 1.0}
    write_rendered(tmp_path / "r", parts={"person": person, "head": hidden, "harness": hidden})
    source = {"kind": "rendered", "split": "train", "share": 0.5}
    heads = list(collect(_recipe(sources=[source]), tmp_path, tmp_path, tmp_path / "r"))
    assert [(crop.state, crop.kind) for crop in heads] == [
        ("missing", "helmet none, cap"),
        ("unclear", "hidden, helmet none, cap"),
    ]
    bodies = list(
        collect(
            _recipe(item="harness", region="person", sources=[source]), tmp_path, tmp_path, tmp_path / "r"
        )
    )
    assert [(crop.state, crop.group) for crop in bodies] == [("worn", "rendered/1-0")]


def test_a_stored_crop_has_room_and_its_box_stays_in_place() -> None:
    rgb = np.zeros((400, 400, 3), np.uint8)
    rgb[100:140, 200:220] = 255
    picture, (x1, y1, x2, y2) = cut_out(rgb, (200.0, 100.0, 220.0, 140.0), "person")
    assert picture.shape == (40 + 2 * 24, 20 + 2 * 24, 3)
    assert (x1, y1, x2, y2) == (24.0, 24.0, 44.0, 64.0)
    assert picture[int(y1) : int(y2), int(x1) : int(x2)].min() == 255
    assert int(picture.sum()) == 255 * 3 * 40 * 20


@pytest.mark.parametrize("missing", ["rendered", "folder", "table"])
def test_a_source_that_is_not_there_is_named(tmp_path: Path, missing: str) -> None:
    sources = {
        "rendered": {"kind": "rendered", "split": "train", "share": 0.5},
        "folder": {
            "kind": "folders", "name": "x", "folder": "gone", "verdicts": {"a": "worn"}, "split": "train",
        },
        "table": {
            "kind": "verdicts", "name": "x", "table": "gone.csv", "images": "i", "verdicts": {"a": "worn"},
            "split": "train", "licence": "CC-BY-4.0", "url": "https://example.com",
        },
    }  # fmt: skip
    with pytest.raises(ConfigError, match=r"gone|rendered"):
        list(collect(_recipe(sources=[sources[missing]]), tmp_path, tmp_path, None))


def test_a_used_folder_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("x")
    with pytest.raises(ConfigError, match="not empty"):
        list(write(tmp_path, []))


@pytest.mark.parametrize("line", ["{}", "nonsense", '{"file": 1}'])
def test_a_broken_index_is_named_with_its_line(tmp_path: Path, line: str) -> None:
    (tmp_path / "crops.jsonl").write_text(line + "\n")
    with pytest.raises(ConfigError) as caught:
        read(tmp_path)
    assert str(tmp_path / "crops.jsonl") + ":1" in str(caught.value)
