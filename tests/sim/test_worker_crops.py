"""What crops of people are made of: chance from a seed, labels from geometry, work shared by processes."""

import json
from pathlib import Path

import numpy as np
import pytest

from siaga.sim.look import Look
from siaga.sim.render.rectangles import Rect
from siaga.sim.worker.crop_labels import COVER_CODE, PART_CODES, crop_rect, label, part_boxes
from siaga.sim.worker.share import finish, is_finished, merge, unfinished
from siaga.sim.worker.variation import (
    Shot,
    Stance,
    place,
    sample_helmet,
    sample_look,
    sample_shot,
    sample_stance,
)


def looks(count: int = 600) -> list[Look]:
    return [sample_look(np.random.default_rng([5, i])) for i in range(count)]


def shot(**changes: object) -> Shot:
    given: dict[str, object] = {
        "height_px": 100, "around_deg": 0.0, "above_deg": 10.0, "distance_m": 10.0, "sun_height_deg": 40.0,
        "sun_from_deg": 0.0, "overcast": False, "exposure": 0.0, "cover": "none", "margin": 0.1,
        "shift": (0.0, 0.0), "blur_px": 0.0, "noise": 0.0, "jpeg": 90, "grey": False,
    }  # fmt: skip
    return Shot(**{**given, **changes})  # type: ignore[arg-type]


def test_a_seed_settles_look_stance_and_shot() -> None:
    def all_of(seed: int) -> tuple[Look, Stance, Shot]:
        rng = np.random.default_rng(seed)
        look = sample_look(rng)
        return look, sample_stance(rng, look), sample_shot(rng)

    assert all_of(3) == all_of(3)
    assert all_of(3) != all_of(4)


def test_harness_and_helmet_are_balanced_and_every_look_alike_occurs() -> None:
    many = looks()
    assert 0.42 < np.mean([look.harness is not None for look in many]) < 0.58
    heads = [sample_helmet(np.random.default_rng(i), look) for i, look in enumerate(many)]
    assert 0.4 < heads.count("worn") / len(heads) < 0.65
    assert min(heads.count(where) for where in ("hand", "hip")) > 10
    bare = [look for look in many if look.harness is None]
    assert np.mean([look.backpack or look.tool_belt for look in bare]) > 0.3
    for hair in ("headscarf", "cap", "beanie", "long", "bald", "short"):
        assert sum(look.hair == hair for look in many) > 15
    bright = {look.hair_colour for look in many if look.hair in ("cap", "beanie", "headscarf")}
    assert {"yellow", "white", "orange", "red"} <= bright


def test_a_helmet_that_nobody_owns_is_nowhere() -> None:
    look = Look(helmet=None)
    assert {sample_helmet(np.random.default_rng(i), look) for i in range(50)} == {"none"}


def test_the_lowest_joint_stands_on_the_ground_in_every_pose() -> None:
    for seed in range(60):
        rng = np.random.default_rng(seed)
        look = sample_look(rng)
        stance = sample_stance(rng, look)
        state = place(stance, look)
        assert state.helmet == stance.helmet
        assert (state.lanyard_anchor is not None) == (stance.lanyard == "clipped")
        assert (stance.lanyard == "none") or look.harness is not None
        scale = np.cbrt(np.linalg.det(state.bones[0, :3, :3]))
        assert scale == pytest.approx(look.height_m / 1.75)


def wall(x0: float, y0: float, x1: float, y1: float, depth: float) -> np.ndarray:
    corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    return np.array([(x, y, depth) for x, y in corners])


QUAD = np.array([[0, 1, 2], [0, 2, 3]])


def scene(*walls: tuple[np.ndarray, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    points = np.concatenate([points for points, _ in walls])
    triangles = np.concatenate([QUAD + 4 * i for i in range(len(walls))])
    return points, triangles, np.repeat([code for _, code in walls], 2)


BODY = (wall(100, 100, 140, 200, 10.0), PART_CODES["other"])
HEAD = (wall(110, 80, 130, 100, 10.0), PART_CODES["head"])
CARRIED = (wall(140, 150, 160, 170, 9.9), PART_CODES["helmet"])
RECT = Rect(90, 70, 170, 210)


def test_boxes_are_in_pixels_of_the_crop() -> None:
    parts = part_boxes(*scene(BODY, HEAD), RECT, helmet_worn=False)
    assert parts["person"]["xyxy"] == [10, 10, 50, 130]
    assert parts["head"]["xyxy"] == [20, 10, 40, 30]
    assert parts["head"]["visibility"] == pytest.approx(1.0)
    assert parts["head"]["full_px"] == pytest.approx(400, abs=45)
    assert "harness" not in parts


def test_a_helmet_counts_to_the_person_only_on_the_head() -> None:
    carried = part_boxes(*scene(BODY, HEAD, CARRIED), RECT, helmet_worn=False)
    worn = part_boxes(*scene(BODY, HEAD, CARRIED), RECT, helmet_worn=True)
    assert carried["person"]["xyxy"][2] == 50
    assert worn["person"]["xyxy"][2] == 70
    assert carried["helmet"]["xyxy"] == worn["helmet"]["xyxy"] == [50, 80, 70, 100]


def test_what_stands_in_front_and_what_is_cut_off_is_not_visible() -> None:
    boards = (wall(90, 150, 150, 210, 8.0), COVER_CODE)
    covered = part_boxes(*scene(BODY, HEAD, boards), RECT, helmet_worn=False)
    assert covered["person"]["visibility"] == pytest.approx(7 / 12, abs=0.05)
    assert covered["head"]["visibility"] == pytest.approx(1.0)
    assert covered["person"]["visible_xyxy"][3] == pytest.approx(80, abs=1)
    half = part_boxes(*scene(BODY, HEAD), Rect(120, 70, 170, 210), helmet_worn=False)
    assert half["head"]["visibility"] == pytest.approx(0.5, abs=0.05)
    behind = (wall(90, 60, 170, 105, 8.0), COVER_CODE)
    gone = part_boxes(*scene(BODY, HEAD, behind), RECT, helmet_worn=False)["head"]
    assert gone["visible_xyxy"] is None
    assert gone["visibility"] == 0


def test_the_crop_is_the_persons_box_with_margin_inside_the_render() -> None:
    pixels = np.array([[100.0, 80.0], [140.0, 180.0]])
    assert crop_rect(pixels, shot(margin=0.1), (400, 400)) == Rect(90, 70, 150, 190)
    assert crop_rect(pixels, shot(margin=0.1, shift=(-0.5, 0.0)), (400, 400)).left == 70
    assert crop_rect(pixels, shot(margin=2.0), (400, 300)) == Rect(0, 0, 340, 300)


def test_a_label_says_what_is_true_and_is_json() -> None:
    rng = np.random.default_rng(1)
    look = Look.model_validate({"hair": "cap", "vest": "yellow", "harness": {"colour": "red"}})
    stance = sample_stance(rng, look)
    parts = part_boxes(*scene(BODY, HEAD), Rect(120, 70, 170, 210), helmet_worn=False)
    made = json.loads(json.dumps(label(look, stance, shot(), Rect(120, 70, 170, 210), parts)))
    assert (made["helmet"], made["harness"], made["vest"], made["head_cover"]) == (
        "none",
        "worn",
        "yellow",
        "cap",
    )
    assert made["truncated"] is True
    assert made["head_px"] == 20
    whole = part_boxes(*scene(BODY, HEAD), RECT, helmet_worn=False)
    assert label(look, stance, shot(), RECT, whole)["truncated"] is False


def test_a_folder_of_crops_goes_on_where_it_stopped(tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    finish(tmp_path, 1, ['{"number": 8}', '{"number": 9}'])
    assert list(unfinished(tmp_path, 3)) == [0, 2]
    assert is_finished(tmp_path, 1)
    finish(tmp_path, 0, ['{"number": 0}'])
    assert merge(tmp_path) == 3
    lines = (tmp_path / "crops.jsonl").read_text().splitlines()
    assert [json.loads(line)["number"] for line in lines] == [0, 8, 9]
    assert not list(tmp_path.rglob("*.part"))
