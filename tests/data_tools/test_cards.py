"""The shipped cards, the page of them, and a card for a set of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from siaga.core.errors import ConfigError
from siaga.data.audit import audit
from siaga.data.cards import Card, all_cards, cards_dir, find_card
from siaga.data.formats import read_set
from siaga.data.listing import page, skeleton, write_skeleton

from .made import CARD, add, card, yolo_set

ROOT = Path(__file__).resolve().parents[2]
RESEARCH = ROOT.parent / "shared/data/images"
CARDS = all_cards(cards_dir())
BOXES = [one for one in CARDS if one.kind == "boxes"]


def test_every_source_has_a_card() -> None:
    assert len(BOXES) == 7
    assert [one.name for one in CARDS if one.kind != "boxes"] == [
        "harness_rf100_persons", "harness_stock_crops", "intel_sample_videos",
    ]  # fmt: skip
    for one in CARDS:
        assert (cards_dir() / f"{one.name}.yaml").is_file()
        assert one.pictures, one.name
        assert one.fetch is not None, one.name
        assert one.fetch.files or one.fetch.git or one.fetch.by_hand, one.name
        assert set(one.boxes) <= set(one.classes), one.name


def test_the_page_is_what_the_cards_say() -> None:
    said = (ROOT / "docs/datasets.md").read_text(encoding="utf-8")
    assert said == page(CARDS), "write it anew: siaga data page"


@pytest.mark.data
@pytest.mark.skipif(not RESEARCH.is_dir(), reason="needs ../shared/data")
@pytest.mark.parametrize("one", BOXES, ids=lambda one: one.name)
def test_the_cards_count_right(one: Card) -> None:
    data = read_set(RESEARCH / one.name, card=one)
    assert data.findings == ()
    assert {split: len(data.of(split)) for split in data.splits} == dict(one.pictures)
    assert {name: count for name, count in data.box_counts().items() if count} == dict(one.boxes)


def test_a_licence_that_is_not_stated_may_not_ship() -> None:
    ship = {one.name for one in CARDS if one.may_ship}
    assert {"rf100_construction_safety", "safety_vest_v4", "arpit_helmet"} <= ship
    assert not ship & {"cctv_plant", "elbeih_helmet", "panly_shwd_bareheads", "syook_ppe"}


def test_a_card_for_a_set_of_ones_own(tmp_path: Path) -> None:
    root = yolo_set(tmp_path / "our yard", train=2, valid=1)
    (root / "data.yaml").write_text("train: train/images\nval: valid/images\nnames: ['Casque', no-helmet]\n")
    made = skeleton(root)
    assert made.name == "our_yard"
    assert made.mapping == {"no-helmet": "head"}
    assert made.splits == {"train": "train", "val": "valid"}
    assert made.pictures == {"train": 2, "val": 1}
    assert made.boxes == {"Casque": 2, "no-helmet": 1}
    assert not made.may_ship
    path = root / "card.yaml"
    write_skeleton(made, path)
    assert Card.load(path) == made
    assert "# camera_prefix:" in path.read_text()
    assert find_card(None, tmp_path, root) == made
    assert audit([read_set(root, card=made)]).errors == ()
    with pytest.raises(ConfigError, match="card already"):
        write_skeleton(made, path)


def test_a_flat_set_gets_a_card(tmp_path: Path) -> None:
    add(tmp_path / "flat", "a.png", 1)
    (tmp_path / "flat/classes.txt").write_text("helmet\nhead\n")
    made = skeleton(tmp_path / "flat")
    assert made.splits == {"test": "."}
    assert read_set(tmp_path / "flat", card=made).splits == ("test",)


def test_which_card_is_a_sets_own(tmp_path: Path) -> None:
    folder = tmp_path / "cards"
    card(folder)
    other = card(folder, name="other")
    hats = yolo_set(tmp_path / "hats", train=1)
    assert find_card(None, folder, hats).name == "hats"
    assert find_card(None, folder, hats / "data.yaml").name == "hats"
    assert find_card("other", folder, hats).name == "other"
    assert find_card(other, folder, hats).name == "other"
    (tmp_path / "strange").mkdir()
    assert find_card(None, folder, tmp_path / "strange") is None
    with pytest.raises(ConfigError, match=r"none\.yaml"):
        find_card("none", folder, hats)


def test_a_card_of_other_classes_is_refused(tmp_path: Path) -> None:
    hats = yolo_set(tmp_path / "hats", train=1)
    wrong = Card.model_validate({**CARD, "classes": ["head", "helmet"]})
    with pytest.raises(ConfigError, match=r"\['helmet', 'head'\].*\['head', 'helmet'\]"):
        read_set(hats, card=wrong)


def test_a_wrong_card_names_its_file(tmp_path: Path) -> None:
    path = card(tmp_path, mapping={"hat": "helmet"})
    with pytest.raises(ConfigError, match=r"(?s)hats\.yaml.*does not have"):
        Card.load(path)
    path.write_text(yaml.safe_dump({**CARD, "licens": "x"}))
    with pytest.raises(ConfigError, match="licens"):
        Card.load(path)
