"""Dividing by camera, scene and source."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from siaga.core.errors import BadRequest, ConfigError
from siaga.data.audit import audit
from siaga.data.cards import Card
from siaga.data.formats import read_set, write_set
from siaga.data.overlap import fingerprints
from siaga.data.records import DataSet
from siaga.data.split import Division, divide, write_groups

from .made import CARD, add

SHARES = {"train": 0.6, "val": 0.2, "test": 0.2}


@pytest.fixture
def yard(tmp_path: Path) -> DataSet:
    """Ten cameras, camera ``n`` with ``1 + n % 3`` pictures; cameras 3 and 8 see bare heads."""
    root = tmp_path / "yard"
    seed = 0
    for camera in range(10):
        for number in range(1 + camera % 3):
            label = f"{int(camera in (3, 8))} 0.5 0.5 0.2 0.3\n"
            add(root, f"cam{camera}_{number}.png", seed, label)
            seed += 1
    (root / "classes.txt").write_text("helmet\nhead\n")
    return read_set(root)


def run(data: DataSet, **more: object) -> Division:
    prints = fingerprints([picture.path for picture in data.pictures])
    settings = {"camera": r"^cam\d+", "seed": 1, **more}
    return divide(data, prints, settings.pop("shares", SHARES), **settings)


def cameras(division: Division) -> dict[str, set[str]]:
    data = division.data
    return {split: {picture.path.name[:4] for picture in data.of(split)} for split in data.splits}


def test_no_camera_is_in_two_splits(yard: DataSet) -> None:
    division = run(yard)
    sides = cameras(division)
    assert sorted(name for names in sides.values() for name in names) == [f"cam{n}" for n in range(10)]
    assert {split: len(division.data.of(split)) for split in sides} == {"train": 12, "val": 4, "test": 3}
    assert len(division.names) == 10
    assert division.groups_of("train") == len(sides["train"])


def test_a_rare_class_is_on_two_sides(yard: DataSet) -> None:
    for seed in range(5):
        sides = cameras(run(yard, seed=seed, shares={"train": 0.5, "test": 0.5}))
        assert len(sides["train"] & {"cam3", "cam8"}) == 1, seed


def test_the_same_seed_gives_the_same_split(yard: DataSet) -> None:
    assert cameras(run(yard)) == cameras(run(yard))
    assert any(cameras(run(yard, seed=seed)) != cameras(run(yard)) for seed in range(2, 6))


def test_near_duplicates_stay_together(yard: DataSet) -> None:
    # Camera 11 shows what camera 2 showed.
    add(yard.root, "cam11_0.png", [p.path.name for p in yard.pictures].index("cam2_1.png"))
    for seed in range(4):
        division = run(read_set(yard.root), seed=seed)
        splits = {p.path.name: p.split for p in division.data.pictures}
        assert splits["cam11_0.png"] == splits["cam2_0.png"], seed
        assert "yard/cam11 + yard/cam2" in division.names


def test_a_camera_that_is_held_out(yard: DataSet) -> None:
    for seed in range(4):
        assert "cam5" in cameras(run(yard, seed=seed, hold_out=["cam5"]))["test"]
    with pytest.raises(BadRequest, match="cam77"):
        run(yard, hold_out=["cam77"])


def test_by_source(yard: DataSet, tmp_path: Path) -> None:
    content = {
        "sources": {name: {"licence": "CC0-1.0", "annotates": ["helmet"]} for name in "abc"},
        "pictures": {f"images/{p.path.name}": "abc"[n % 3] for n, p in enumerate(yard.pictures)},
    }
    (yard.root / "sources.json").write_text(json.dumps(content))
    division = run(read_set(yard.root), by_source=True)
    assert sorted(division.names) == ["a", "b", "c"]
    for split in division.data.splits:
        assert len({picture.source for picture in division.data.of(split)}) == 1


def test_photographs_stand_alone(yard: DataSet) -> None:
    assert len(run(yard, camera=None).names) == len(yard.pictures)


def test_too_few_cameras(yard: DataSet) -> None:
    with pytest.raises(ConfigError, match="1 cameras or scenes, too few for train, val, test"):
        run(yard, camera="^cam")


def test_a_name_without_a_camera(yard: DataSet) -> None:
    with pytest.raises(ConfigError, match=r"cam0_0.png: .*'\^lens'"):
        run(yard, camera="^lens")
    with pytest.raises(BadRequest, match="regular expression"):
        run(yard, camera="(")


def test_what_is_written_has_no_leak(yard: DataSet, tmp_path: Path) -> None:
    division = run(yard)
    write_set(division.data, tmp_path / "out")
    card = Card.model_validate({**CARD, "splits": {"train": "."}})
    write_groups(division, tmp_path / "out", card)
    again = read_set(tmp_path / "out")
    assert audit([again], [r"^cam\d+"]).errors == ()
    assert {p.path.name: p.split for p in again.pictures} == {
        p.path.name: p.split for p in division.data.pictures
    }
    groups = json.loads((tmp_path / "out/split.json").read_text())
    assert sum(len(group["pictures"]) for group in groups) == len(yard.pictures)
    for group in groups:
        assert {name.split("/")[0] for name in group["pictures"]} == {group["split"]}
    told = Card.load(tmp_path / "out/card.yaml")
    assert told.splits == {"train": "train", "val": "val", "test": "test"}
    np.testing.assert_allclose(again.of("train")[0].boxes, division.data.of("train")[0].boxes, atol=0.01)
