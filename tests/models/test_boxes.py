"""Rules that bring a source's boxes to the project's convention, with numbers worked out by hand."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from siaga.core.errors import ConfigError
from siaga.data.boxes import (
    clip,
    extend_shell,
    harmonise,
    ignore_regions,
    read_yolo,
    true_rows,
    write_yolo,
)
from siaga.data.cards import Card
from siaga.data.dedupe import dhash

CLASSES = ("person", "helmet", "head", "vest")
CARDS = Path(__file__).resolve().parents[2] / "datasets" / "cards"
SHELL = {
    "name": "shells",
    "title": "t",
    "origin": "o",
    "licence": "CC-BY-4.0",
    "attribution": "a",
    "annotates": ["helmet", "head"],
    "classes": ["blurred", "no-hat", "boots", "hat"],
    "mapping": {"no-hat": "head", "hat": "helmet"},
    "ignore": {"blurred": ["helmet", "head"]},
    "helmet_extends": "shell",
    "head_extends": "head",
    "splits": {"test": "."},
}


def card(**changes: object) -> Card:
    return Card.model_validate(SHELL | changes)


def test_shell_grows_down_to_the_chin_and_a_whole_head_stays() -> None:
    boxes = np.array([[1, 10, 20, 50, 45], [1, 0, 0, 10, 30]], float)
    np.testing.assert_allclose(extend_shell(boxes, 1.15), [[1, 10, 20, 50, 66], [1, 0, 0, 10, 30]])


def test_classes_are_mapped_unmapped_dropped_and_only_shells_grow() -> None:
    raw = np.array([[3, 0, 0, 40, 20], [1, 50, 0, 90, 20], [2, 0, 0, 9, 9], [0, 5, 5, 9, 9]], float)
    np.testing.assert_allclose(harmonise(raw, card(), CLASSES, 1.15), [[2, 50, 0, 90, 20], [1, 0, 0, 40, 46]])


def test_an_unreadable_box_may_be_either() -> None:
    raw = np.array([[0, 5, 5, 9, 9], [3, 0, 0, 40, 20]], float)
    assert ignore_regions(raw, card(), CLASSES).tolist() == [[1, 5, 5, 9, 9], [2, 5, 5, 9, 9]]


def test_boxes_are_cut_at_the_edge_and_slivers_go() -> None:
    boxes = np.array([[0, -5, -5, 20, 200], [0, 99, 0, 150, 50]], float)
    assert clip(boxes, 100, 100).tolist() == [[0, 0, 0, 20, 100]]


def test_yolo_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("1 0.5 0.5 0.2 0.4\n\n0 0.25 0.25 0.5 0.5\n")
    boxes = read_yolo(path, 2, 200, 100)
    np.testing.assert_allclose(boxes, [[1, 80, 30, 120, 70], [0, 0, 0, 100, 50]])
    write_yolo(path, boxes, 200, 100)
    assert path.read_text().splitlines()[0] == "1 0.500000 0.500000 0.200000 0.400000"


@pytest.mark.parametrize(
    "line", ["4 .5 .5 .1 .1", "-1 .5 .5 .1 .1", "0 .5 .5 .1", "0 .5 nan .1 .1", "0 a b c d"]
)
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "bad.txt"
    path.write_text(f"0 .5 .5 .1 .1\n{line}\n")
    with pytest.raises(ConfigError, match=r"bad\.txt:2"):
        read_yolo(path, 4, 100, 100)


def picture(seed: int = 0, height: int = 120) -> np.ndarray:
    rough = np.random.default_rng(seed).integers(0, 255, (height // 8, 20, 3), dtype=np.uint8)
    return cv2.resize(rough, (160, height), interpolation=cv2.INTER_CUBIC)


def test_mirrored_padding_is_found_on_both_sides() -> None:
    inner = picture()
    padded = np.vstack([inner[:40][::-1], inner, inner[-40:][::-1]])
    assert true_rows(padded) == (40, 160)


def test_an_ordinary_picture_and_a_plain_wall_keep_their_rows() -> None:
    assert true_rows(picture()) == (0, 120)
    assert true_rows(np.full((120, 160, 3), 90, np.uint8)) == (0, 120)


def test_a_recompressed_copy_is_near_and_another_picture_is_not() -> None:
    first, other = picture(1), picture(2)
    copy = cv2.imdecode(cv2.imencode(".jpg", first, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_COLOR)
    assert [(dhash(one) ^ dhash(first)).bit_count() <= 5 for one in (copy, other)] == [True, False]


def test_every_card_is_valid_and_training_sources_have_a_licence() -> None:
    for path in sorted(CARDS.glob("*.yaml")):
        assert Card.load(path).name == path.stem
    recipe = yaml.safe_load((CARDS.parents[1] / "configs/train/ppe-n.yaml").read_text())
    for name in recipe["data"]["sources"]:
        assert Card.load(CARDS / f"{name}.yaml").licence == "CC-BY-4.0"


@pytest.mark.parametrize(
    "changes",
    [
        {"mapping": {"cap": "head"}},
        {"annotates": ["vest"]},
        {"helmet_extends": "chin"},
        {"ignore": {"x": ["head"]}},
    ],
)
def test_a_card_that_contradicts_itself_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(yaml.safe_dump(SHELL | changes))
    with pytest.raises(ConfigError, match=r"bad\.yaml"):
        Card.load(path)


def test_an_unknown_split_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="test"):
        card().folder("train")
