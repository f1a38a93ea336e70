"""``siaga data`` as it is called: what it says, how it ends, and that nothing is overwritten."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from siaga.data.formats import read_set
from tests.cli.siaga_command import siaga_here

from .made import add, card, tree, yolo_set


@pytest.fixture
def hats(tmp_path: Path) -> Path:
    return yolo_set(tmp_path / "hats", train=3, valid=2, test=2)


def test_the_audit_of_a_sound_set(hats: Path, tmp_path: Path) -> None:
    said = siaga_here("data", "audit", "hats", "--out", "seen", cwd=tmp_path)
    assert said.code == 0, said.err
    told = json.loads(said.out.splitlines()[-1])
    assert told["sets"]["hats"]["pictures"] == {"train": 3, "val": 2, "test": 2}
    assert told["errors"] == told["warnings"] == 0
    assert sorted(tree(tmp_path / "seen")) == [
        "hats-boxes-head.jpg", "hats-boxes-helmet.jpg", "hats-test.jpg", "hats-train.jpg", "hats-val.jpg",
        "report.json", "report.md",
    ]  # fmt: skip
    assert "![hats-train](hats-train.jpg)" in (tmp_path / "seen/report.md").read_text()


def test_an_audit_that_finds_faults_fails_and_names_a_way_out(hats: Path, tmp_path: Path) -> None:
    add(hats / "train", "leak.png", 5)
    (hats / "train/labels/train1.txt").write_text("4 0.5 0.5 0.2 0.3\n")
    before = tree(hats)
    said = siaga_here("data", "audit", "hats", "--out", "seen", "--fix", "clean", cwd=tmp_path)
    assert said.code == 2
    assert "train1.txt:1: class id 4 is out of range 0..1" in said.out
    assert "2 errors (class-out-of-range, leak)" in said.err
    assert "--fix" in said.err
    assert json.loads(said.out.splitlines()[-1])["findings"]["leak"] == 1
    assert (tmp_path / "seen/pairs-leak.jpg").is_file()
    assert tree(hats) == before
    again = siaga_here("data", "audit", "clean", cwd=tmp_path)
    assert again.code == 0, again.err
    assert json.loads(again.out.splitlines()[-1])["sets"]["clean"]["pictures"]["train"] == 3


def test_a_leak_between_two_sets(hats: Path, tmp_path: Path) -> None:
    add(tmp_path / "other/train", "a.png", 6)
    (tmp_path / "other/data.yaml").write_text("train: train/images\nnames: [helmet, head]\n")
    said = siaga_here("data", "audit", "hats", "other", "--fix", "clean", cwd=tmp_path)
    assert said.code == 2
    assert len(read_set(tmp_path / "clean/hats").pictures) == 7


@pytest.mark.parametrize(
    "words",
    [
        ("audit", "hats", "--out", "full"),
        ("audit", "hats", "--fix", "full"),
        ("convert", "hats", "full", "--to", "coco"),
        ("split", "hats", "full", "--photographs"),
        ("merge", "hats", "--out", "full", "--cards", "cards"),
        ("autolabel", "hats", "full", "--model", "m", "--class", "person"),
    ],
    ids=lambda words: f"{words[0]}-{words[-1]}",
)
def test_a_folder_with_something_in_it_is_left_alone(
    hats: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    card(tmp_path / "cards")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine.txt").write_text("keep")
    said = siaga_here("data", *words, cwd=tmp_path)
    assert said.code == 2
    assert "not empty" in said.err
    assert tree(tmp_path / "full") == {"mine.txt": b"keep"}


def test_an_empty_set(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "none/classes.txt").write_text("helmet\n")
    said = siaga_here("data", "audit", "none", cwd=tmp_path)
    assert said.code == 2
    assert "none: The set has no pictures" in said.err


def test_convert(hats: Path, tmp_path: Path) -> None:
    said = siaga_here("data", "convert", "hats", "voc", "--to", "voc", cwd=tmp_path)
    assert said.code == 0, said.err
    assert "7 pictures, 7 boxes as voc" in said.out
    assert len(read_set(tmp_path / "voc", "voc").pictures) == 7


def test_split_asks_what_a_camera_is(hats: Path, tmp_path: Path) -> None:
    said = siaga_here("data", "split", "hats", "out", cwd=tmp_path)
    assert said.code == 2
    assert "--camera REGEX" in said.err
    assert not (tmp_path / "out").exists()


def test_split_by_the_cards_camera(tmp_path: Path) -> None:
    for camera in range(4):
        for number in range(2):
            add(tmp_path / "yard", f"cam{camera}_{number}.png", 2 * camera + number)
    (tmp_path / "yard/classes.txt").write_text("helmet\nhead\n")
    card(tmp_path / "cards", name="yard", splits={"test": "."}, camera_prefix=r"^cam\d")
    words = ("split", "yard", "out", "--val", "0.25", "--test", "0.25", "--hold-out", "cam3")
    said = siaga_here("data", *words, "--cards", "cards", cwd=tmp_path)
    assert said.code == 0, said.err
    assert "train: 4 pictures of 2 cameras or scenes" in said.out
    assert {p.path.name[:4] for p in read_set(tmp_path / "out").of("test")} == {"cam3"}
    assert siaga_here("data", "audit", "out", cwd=tmp_path).code == 0


def test_merge_warns_of_what_is_not_labelled(hats: Path, tmp_path: Path) -> None:
    card(tmp_path / "cards", licence="LicenseRef-none-stated")
    said = siaga_here("data", "merge", "hats", "--out", "all", "--cards", "cards", cwd=tmp_path)
    assert said.code == 0, said.err
    assert "hats does not annotate person, vest" in said.err
    assert "states no licence" in said.err
    assert "train: hats 3" in said.out
    without = siaga_here("data", "merge", "hats", "--out", "more", "--cards", "none", cwd=tmp_path)
    assert without.code == 2
    assert "siaga data card hats" in without.err


def test_a_card_and_the_list(hats: Path, tmp_path: Path) -> None:
    said = siaga_here("data", "card", "hats", cwd=tmp_path)
    assert said.code == 0, said.err
    assert yaml.safe_load((hats / "card.yaml").read_text())["classes"] == ["helmet", "head"]
    again = siaga_here("data", "card", "hats", cwd=tmp_path)
    assert again.code == 2
    listed = siaga_here("data", "list", cwd=tmp_path)
    assert listed.code == 0
    assert "cctv_plant" in listed.out
    page = siaga_here("data", "page", "--out", "page.md", cwd=tmp_path)
    assert page.code == 0
    assert (tmp_path / "page.md").read_text().startswith("# Datasets")


def test_fetch_by_hand(tmp_path: Path) -> None:
    said = siaga_here("data", "fetch", "cctv_plant", "--data", "here", cwd=tmp_path)
    assert said.code == 7
    assert "Ask its authors" in said.err
    assert list(tmp_path.iterdir()) == []
    unknown = siaga_here("data", "fetch", "nothing", "--data", "here", cwd=tmp_path)
    assert unknown.code == 2
    assert "nothing.yaml" in unknown.err
