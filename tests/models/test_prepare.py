"""The whole preparation on a source of eight small pictures."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from siaga.core.errors import ConfigError
from siaga.data.boxes import Boxes, Image, Labelled
from siaga.data.dedupe import dhash
from siaga.data.overlap import near_pairs, print_of
from siaga.data.prepare import drop_duplicates, prepare
from siaga.data.recipe import Recipe

RECIPE = {
    "name": "tiny",
    "seed": 3,
    "classes": ["person", "helmet", "head", "vest"],
    "data": {
        "sources": ["hats"],
        "head_height_per_width": 1.15,
        "teacher": {"image_size": 64, "confidence": 0.4},
        "duplicate_bits": 2,
        "bare_head_repeats": 3,
        "grids": {
            "count": 2,
            "size": 160,
            "head_px": [8, 12],
            "bare_head_share": 0.5,
            "jpeg_quality": [40, 60],
        },
    },
    "train": {},
}
CARD = {
    "name": "hats",
    "title": "t",
    "origin": "o",
    "licence": "CC-BY-4.0",
    "attribution": "a",
    "annotates": ["helmet", "head"],
    "classes": ["hat", "no-hat"],
    "mapping": {"hat": "helmet", "no-hat": "head"},
    "helmet_extends": "head",
    "head_extends": "head",
    "splits": {"train": "train", "val": "valid"},
}


def draw(seed: int) -> Image:
    rough = np.random.default_rng(seed).integers(0, 255, (12, 12, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(rough, (120, 90), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def one_person(image: Image) -> Boxes:
    return np.array([[99, 10, 10, 60, 200]], float)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Training pictures 1..6, picture 2 with a bare head; validation pictures 6 and 7."""
    for split, seeds in (("train", range(1, 7)), ("valid", (6, 7))):
        for kind in ("images", "labels"):
            (tmp_path / "hats" / split / kind).mkdir(parents=True)
        for seed in seeds:
            cv2.imwrite(str(tmp_path / "hats" / split / "images" / f"{seed}.png"), draw(seed))
            label = tmp_path / "hats" / split / "labels" / f"{seed}.txt"
            label.write_text(f"{int(seed == 2)} 0.5 0.5 0.2 0.3\n")
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "hats.yaml").write_text(yaml.safe_dump(CARD))
    return tmp_path


def run(root: Path, out: str = "out") -> Path:
    prepare(Recipe.model_validate(RECIPE), root / "cards", root, root / out, one_person)
    return root / out


def test_what_is_in_the_set(root: Path) -> None:
    out = run(root)
    report = json.loads((out / "report.json").read_text())
    assert report["dropped_as_duplicates"] == {"train_in_val": 1, "train_in_train": 0}
    assert report["images"] == {"train": {"hats": 5}, "grid": {"grid": 2}, "val": {"hats": 2}}
    assert report["boxes"]["train"] == {"person": 5, "helmet": 4, "head": 1, "vest": 0}
    entries = (out / "train.txt").read_text().split()
    assert len(entries) == report["train_entries"] == 5 + 2 + 2
    assert entries.count("./images/train_00001_hats.jpg") == 3
    assert len((out / "val.txt").read_text().split()) == 2


def slopes(down: float, shade: float = 0.0) -> Labelled:
    """Brighter from left to right in every row, and ``down`` brighter from top to bottom."""
    across, below = np.meshgrid(np.arange(120.0), np.arange(90.0))
    grey = (110 + shade + 0.3 * across + down * (below - 45)).astype(np.uint8)
    return Labelled("hats", Path("a.png"), np.dstack([grey] * 3), np.empty((0, 5)))


def test_the_same_hash_is_not_yet_the_same_picture() -> None:
    seen, other, brighter = slopes(1.0), slopes(-1.0), slopes(1.0, shade=20)
    assert dhash(seen.image) == dhash(other.image) == dhash(brighter.image)
    kept, counts = drop_duplicates([other, brighter], [seen], 5)
    assert [picture is other for picture in kept] == [True]
    assert counts == {"train_in_val": 1, "train_in_train": 0}


def test_of_copies_within_training_one_stays() -> None:
    once, again, other = slopes(1.0), slopes(1.0, shade=20), slopes(-1.0)
    kept, counts = drop_duplicates([once, other, again], [], 5)
    assert [picture is same for picture, same in zip(kept, (once, other), strict=True)] == [True, True]
    assert counts == {"train_in_val": 0, "train_in_train": 1}


def test_within_training_nearly_the_same_is_welcome() -> None:
    first = draw(1)
    later = cv2.GaussianBlur(first, (0, 0), 4)
    (pair,) = near_pairs([print_of(first), print_of(later)])
    assert (pair.kind, dhash(first) == dhash(later)) == ("near", False)
    both = [Labelled("hats", Path("a.png"), image, np.empty((0, 5))) for image in (first, later)]
    assert len(drop_duplicates(both, [], 5)[0]) == 2
    assert drop_duplicates(both[1:], both[:1], 5)[0] == []


def test_the_teachers_people_are_cut_at_the_edge_and_marked(root: Path) -> None:
    out = run(root)
    lines = (out / "labels" / "train_00000_hats.txt").read_text().splitlines()
    assert lines == ["1 0.500000 0.500000 0.200000 0.300000", "0 0.291667 0.555556 0.416667 0.888889"]
    assert json.loads((out / "report.json").read_text())["autolabelled"]["train_00000_hats"] == [1]


def test_composites_show_heads_of_the_wanted_size(root: Path) -> None:
    out = run(root)
    for name in ("grid_00000_grid", "grid_00001_grid"):
        assert cv2.imread(str(out / "images" / f"{name}.jpg")).shape == (160, 160, 3)
        rows = np.loadtxt(out / "labels" / f"{name}.txt", ndmin=2)
        heads = rows[rows[:, 0] > 0]
        assert len(heads) >= 4
        assert set(heads[:, 0]) == {1, 2}
        assert heads[:, 4].max() * 160 <= 13.5


def test_the_same_seed_gives_the_same_bytes(root: Path) -> None:
    first, second = run(root, "a"), run(root, "b")
    for path in sorted(first.rglob("*.*")):
        if path.name != "dataset.yaml":
            assert path.read_bytes() == (second / path.relative_to(first)).read_bytes(), path.name


def test_an_output_folder_with_something_in_it_is_left_alone(root: Path) -> None:
    (root / "out").mkdir()
    (root / "out" / "mine.txt").write_text("keep")
    with pytest.raises(ConfigError, match="not empty"):
        run(root)
    assert [path.name for path in (root / "out").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("broken", ["labels/1.txt", "images/1.png"])
def test_a_missing_label_and_a_broken_picture_are_named(root: Path, broken: str) -> None:
    path = root / "hats" / "train" / broken
    if path.suffix == ".txt":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(ConfigError, match=r"1\.(png|txt)"):
        run(root)


def test_an_empty_source_is_named(root: Path) -> None:
    for path in (root / "hats" / "train" / "images").iterdir():
        path.unlink()
    with pytest.raises(ConfigError, match="hats/train/images"):
        run(root)
