"""People pasted into photographs: their boxes, what they hide, and the committed cut-outs."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from siaga.core.errors import ConfigError
from siaga.data.boxes import Labelled
from siaga.data.cutouts import PasteSpec, load_cutouts, pasted

CLASSES = ("person", "helmet", "head", "vest")
SHIPPED = Path(__file__).resolve().parents[2] / "datasets" / "cutouts" / "workers"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One person, 40 x 100, red and opaque, the head its upper 20 rows."""
    rgba = np.zeros((100, 40, 4), np.uint8)
    rgba[:, :, 2:] = 200
    rgba[1:, :, 3] = 255  # wholly opaque, the file would come back without opacity
    cv2.imwrite(str(tmp_path / "a.webp"), rgba, [cv2.IMWRITE_WEBP_QUALITY, 101])
    (tmp_path / "boxes.json").write_text(
        json.dumps([{"file": "a.webp", "person": [0, 0, 40, 100], "head": [10, 0, 30, 20]}])
    )
    return tmp_path


def photo() -> Labelled:
    image = np.full((200, 400, 3), 90, np.uint8)
    hidden_or_not = np.array(
        [[0, x, y, x + 6, y + 6] for x in range(0, 392, 8) for y in range(0, 192, 8)], float
    )
    return Labelled("photos", Path("p.jpg"), image, hidden_or_not)


def spec(count: int = 1) -> PasteSpec:
    return PasteSpec(count, 200, (1, 1), (50.0, 50.0001), (95, 95))


def test_the_pasted_person_is_where_its_boxes_say(folder: Path) -> None:
    (made,) = pasted([photo()], load_cutouts(folder, CLASSES), spec(), np.random.default_rng(0))
    assert made.image.shape == (100, 200, 3)
    person, head = made.boxes[-2], made.boxes[-1]
    assert (person[0], head[0]) == (0, 2)
    np.testing.assert_allclose([person[3] - person[1], person[4] - person[2]], [20, 50], atol=0.01)
    np.testing.assert_allclose([head[3] - head[1], head[4] - head[2]], [10, 10], atol=0.01)
    x1, y1, x2, y2 = person[1:].astype(int)
    inside = made.image[y1 + 3 : y2 - 3, x1 + 3 : x2 - 3].astype(int)
    assert (inside[:, :, 2] - inside[:, :, 0]).min() > 30
    outside = made.image[:, np.r_[0 : max(x1 - 4, 0), x2 + 4 : 200]].astype(int)
    assert np.abs(outside[:, :, 2] - outside[:, :, 0]).max() < 60


def test_boxes_behind_the_person_go_and_the_others_stay(folder: Path) -> None:
    (made,) = pasted([photo()], load_cutouts(folder, CLASSES), spec(), np.random.default_rng(0))
    person = made.boxes[-2]
    kept = made.boxes[:-2]
    centres = np.column_stack([kept[:, [1, 3]].mean(1), kept[:, [2, 4]].mean(1)])
    behind = (
        (centres[:, 0] > person[1] + 2)
        & (centres[:, 0] < person[3] - 2)
        & (centres[:, 1] > person[2] + 2)
        & (centres[:, 1] < person[4] - 2)
    )
    assert not behind.any()
    assert 0.85 * 49 * 24 < len(kept) < 49 * 24


def test_the_same_seed_gives_the_same_pictures(folder: Path) -> None:
    cutouts = load_cutouts(folder, CLASSES)
    first, second = (pasted([photo()], cutouts, spec(3), np.random.default_rng(4)) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.image, b.image)
        np.testing.assert_array_equal(a.boxes, b.boxes)


def test_a_missing_list_and_a_picture_without_transparency_are_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"boxes\.json"):
        load_cutouts(tmp_path / "none", CLASSES)
    cv2.imwrite(str(folder / "a.webp"), np.zeros((10, 10, 3), np.uint8))
    with pytest.raises(ConfigError, match=r"a\.webp"):
        load_cutouts(folder, CLASSES)


def test_the_shipped_cut_outs_are_whole() -> None:
    cutouts = load_cutouts(SHIPPED, CLASSES)
    assert len(cutouts) == 48
    assert sum((cutout.boxes[:, 0] == 2).any() for cutout in cutouts) == 36
    for cutout in cutouts:
        height, width = cutout.rgba.shape[:2]
        assert (cutout.boxes[:, 1:] >= -1).all()
        assert (cutout.boxes[:, [3, 4]] <= [width + 1, height + 1]).all()
        heads = cutout.boxes[np.isin(cutout.boxes[:, 0], [1, 2])]
        assert len(heads) == 1
        assert cutout.rgba[int(heads[0, 2]) + 8, int(heads[0, [1, 3]].mean()), 3] > 200
