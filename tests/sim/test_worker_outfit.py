"""From a look to pieces: what is worn is there, where it belongs, and the same for the same seed."""

from functools import cache

import numpy as np
import pytest

from siaga.sim.look import Look
from siaga.sim.skeleton import JOINTS
from siaga.sim.worker import PARTS, gear, helmet
from siaga.sim.worker.body import PHYSIQUES
from siaga.sim.worker.clothing import CUTS
from siaga.sim.worker.outfit import Outfit, build_outfit, seed_of
from siaga.sim.worker.piece import Piece


@cache
def dressed(**look: object) -> Outfit:
    return build_outfit(Look.model_validate(look), 7)


def named(outfit: Outfit, name: str) -> list[Piece]:
    return [piece for piece in outfit.pieces if piece.name == name]


@cache
def full() -> Outfit:
    look = Look.model_validate(
        {
            "top": "jacket",
            "vest": "orange",
            "tool_belt": True,
            "backpack": True,
            "helmet": {"colour": "white"},
            "harness": {"colour": "yellow"},
        }
    )
    return build_outfit(look, 7)


def test_everything_that_the_look_names_is_there_with_its_part() -> None:
    parts = {piece.name: piece.part for piece in full().pieces}
    for name, part in (
        ("helmet", "helmet"), ("vest", "vest"), ("harness", "harness"), ("head", "head"), ("hair", "head"),
        ("backpack", "other"), ("tool belt", "other"), ("top", "other"), ("trousers", "other"),
    ):  # fmt: skip
        assert parts[name] == part
    assert set(parts.values()) <= PARTS.keys()
    plain = {piece.name for piece in dressed().pieces}
    assert not plain & {"helmet", "vest", "harness", "backpack", "tool belt", "headwear"}


def test_pieces_are_whole() -> None:
    for piece in full().pieces:
        count = len(piece.surface.vertices)
        assert piece.colour.shape == (count, 3)
        assert piece.weights.sum(1) == pytest.approx(1.0)
        assert np.isfinite(piece.surface.vertices).all()
        assert 0 <= piece.surface.faces.min() <= piece.surface.faces.max() < count
        assert np.abs(piece.surface.vertices[:, 0]).max() < 0.8
        assert -0.05 < piece.surface.vertices[:, 2].min() < piece.surface.vertices[:, 2].max() < 1.9


@pytest.mark.parametrize("top", ["shirt", "jacket", "overalls", "dungarees", "rain"])
def test_the_top_covers_the_belt_where_it_hangs_over_it(top: str) -> None:
    outfit = dressed(top=top)
    tops = np.concatenate([piece.surface.vertices for piece in named(outfit, "top")])
    trousers = np.concatenate([piece.surface.vertices for piece in named(outfit, "trousers")])
    assert tops[:, 2].min() < trousers[:, 2].max(), "a gap at the waist"
    assert tops[:, 2].max() > 1.48


@pytest.mark.parametrize("hair", ["headscarf", "cap", "beanie", "long", "short", "bald"])
def test_what_is_on_a_head(hair: str) -> None:
    outfit = dressed(hair=hair, hair_colour="orange")
    covers = named(outfit, "headwear")
    assert bool(covers) is (hair in ("headscarf", "cap", "beanie"))
    if covers:
        assert max(piece.surface.vertices[:, 2].max() for piece in covers) > 1.76
        assert covers[0].part == "head"
    assert bool(named(outfit, "hair")) is (hair not in ("bald", "headscarf"))


def test_the_same_name_gives_the_same_person_and_another_another() -> None:
    look = Look()
    first, again, other = (build_outfit(look, seed_of(name)) for name in ("an", "an", "bo"))
    assert all(
        np.array_equal(a.surface.vertices, b.surface.vertices) and np.array_equal(a.colour, b.colour)
        for a, b in zip(first.pieces, again.pieces, strict=True)
    )
    heads = [named(outfit, "head")[0].surface.vertices for outfit in (first, other)]
    assert heads[0].shape != heads[1].shape or not np.allclose(heads[0], heads[1])


@pytest.mark.parametrize("style", [0, 1, 2])
def test_reflective_bands_are_fifty_millimetres_and_stand_clear_of_each_other(style: int) -> None:
    heights = np.stack([0 * np.linspace(0.87, 1.2, 3301)] * 2 + [np.linspace(0.87, 1.2, 3301)], 1)
    on = gear._bands(heights + np.array([0.3, 0, 0]), style) > 0
    runs = np.diff(np.flatnonzero(np.diff(np.concatenate([[0], on.astype(int), [0]]))))[::2] * 1e-4
    assert runs == pytest.approx(0.050, abs=3e-4)
    assert len(runs) == (1 if style == 1 else 2)
    across = np.stack([np.linspace(0, 0.2, 2001), np.zeros(2001), np.full(2001, 1.3)], 1)
    assert (gear._bands(across, style) > 0).mean() * 0.2 == pytest.approx(0.050, abs=5e-4)


def test_a_vest_has_bands_in_front_behind_and_over_the_shoulders() -> None:
    pieces = gear.build_vest(PHYSIQUES["medium"], "yellow", CUTS["jacket"], 1, style=0, gap=0.0)
    silver = next(piece for piece in pieces if piece.material == "reflective").surface.vertices
    for way in (silver[:, 1] < -0.1, silver[:, 1] > 0.1, silver[:, 2] > 1.46):
        assert way.sum() > 20
    cloth = next(piece for piece in pieces if piece.material == "hivis")
    assert cloth.colour[:, 1].mean() > 2 * cloth.colour[:, 2].mean()


def test_the_lanyards_ring_is_behind_the_shoulder_blades_and_outside_everything() -> None:
    ring = full().ring
    assert ring is not None
    assert ring[0] == pytest.approx(0, abs=0.01)
    assert 1.28 < ring[2] < 1.45
    vest = named(full(), "vest")[0].surface.vertices
    assert ring[1] > vest[np.abs(vest[:, 2] - 1.31) < 0.05][:, 1].max()


def test_a_harness_has_straps_on_shoulders_chest_waist_and_both_thighs() -> None:
    webbing = np.concatenate(
        [piece.surface.vertices for piece in named(full(), "harness") if piece.material == "webbing"]
    )
    x, y, z = webbing.T
    for place in (
        z > 1.50, (z > 1.25) & (y < -0.1), (np.abs(z - 0.985) < 0.03) & (np.abs(x) > 0.15),
        (z < 0.85) & (x > 0.05), (z < 0.85) & (x < -0.05), (np.abs(z - 1.315) < 0.05) & (y > 0.12),
    ):  # fmt: skip
        assert place.sum() > 10


@pytest.mark.parametrize(("side", "sign"), [("L", 1), ("R", -1)])
def test_a_helmet_off_the_head_hangs_by_its_peak_in_the_hand_or_at_the_belt(side: str, sign: int) -> None:
    outline = helmet.helmet_outline()
    hand = helmet.in_hand(side)
    moved = outline @ hand.matrix[:3, :3].T + hand.matrix[:3, 3]
    assert np.linalg.det(hand.matrix[:3, :3]) == pytest.approx(1.0)
    assert np.linalg.norm(moved - JOINTS[f"ha{side}"], axis=1).min() < 0.10
    hip = helmet.on_hip(side, 0.19)
    moved = outline @ hip.matrix[:3, :3].T + hip.matrix[:3, 3]
    assert (moved[:, 0] * sign).min() > 0.12
    assert 0.98 < moved[:, 2].max() < 1.06
    assert moved[:, 2].min() > 0.6
    table = helmet.lying((3.0, 4.0, 0.8), 1.0)
    laid = outline @ table[:3, :3].T + table[:3, 3]
    assert laid.mean(0)[:2] == pytest.approx((3, 4), abs=0.05)
    assert laid[:, 2].min() == pytest.approx(0.8, abs=0.03)


def test_pieces_that_are_alike_are_one() -> None:
    kinds = [(piece.name, piece.part, piece.material, piece.shown) for piece in full().pieces]
    assert len(kinds) == len(set(kinds)) < 30
    webbing = next(p for p in full().pieces if p.name == "harness" and p.material == "webbing")
    assert len(np.unique(webbing.colour.round(4), axis=0)) >= 2, "straps and leg loops keep their colours"
