"""Verdicts by person against the truth, on pictures made up by hand."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from siaga.core.verdict import Item, Look, State
from siaga.evaluate.bootstrap import draw
from siaga.evaluate.people import Judged, Outcome, evaluate_people, true_people
from siaga.evaluate.pictures import Rgb
from siaga.evaluate.predict import Found
from siaga.evaluate.tally import Tally
from siaga.manifest import Gates, Manifest
from tests.evaluate.sets import CLASSES, HEAD, PERSON, found, model

FULL = ("person", "helmet", "head")
FAR_PERSON, FAR_HEAD = (20.0, 40.0, 60.0, 160.0), (30.0, 42.0, 50.0, 64.0)
BARE = {"person": [PERSON], "head": [HEAD]}
HELMETED = {"person": [PERSON], "helmet": [HEAD]}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    return model(tmp_path_factory.mktemp("model"))


def calls(picture: Found, manifest: Manifest, annotates: Sequence[str] = FULL) -> list[tuple]:
    return [(one.whose, one.worn, one.call) for one in evaluate_people([picture], manifest, annotates)]


@pytest.mark.parametrize(
    ("truth", "seen", "expected"),
    [
        (BARE, [("person", PERSON, 0.9), ("head", HEAD, 0.8)], (False, "missing")),
        (BARE, [("person", PERSON, 0.9), ("helmet", HEAD, 0.8)], (False, "worn")),
        (BARE, [("person", PERSON, 0.9), ("head", HEAD, 0.2)], (False, "unknown")),
        (BARE, [("head", HEAD, 0.8)], (False, "not_found")),
        (HELMETED, [("person", PERSON, 0.9), ("helmet", HEAD, 0.8)], (True, "worn")),
        (HELMETED, [("person", PERSON, 0.9), ("head", HEAD, 0.8)], (True, "missing")),
        ({"person": [PERSON]}, [("person", PERSON, 0.9), ("head", HEAD, 0.8)], (None, "missing")),
    ],
)
def test_a_person_is_judged_as_at_the_edge(
    truth: dict, seen: list, expected: tuple, manifest: Manifest
) -> None:
    assert calls(found(truth, seen), manifest) == [("person", *expected)]


def test_a_helmet_beside_the_person_is_not_worn(manifest: Manifest) -> None:
    on_the_ground = (185.0, 140.0, 205.0, 158.0)
    picture = found({"person": [PERSON], "helmet": [on_the_ground]}, [("person", PERSON, 0.9)])
    assert [person.worn for person in true_people(picture, FULL)] == [None]


def test_who_is_found_where_nobody_is_can_raise_a_false_alarm(manifest: Manifest) -> None:
    seen = [("person", PERSON, 0.9), ("head", HEAD, 0.8)]
    assert calls(found({}, seen), manifest) == [("nobody", None, "missing")]
    assert calls(found({}, seen, {"head": [HEAD]}), manifest) == []
    assert calls(found({}, seen, {"person": [PERSON]}), manifest) == []


def test_a_second_box_on_a_person_is_no_second_person(manifest: Manifest) -> None:
    wider = (136.0, 38.0, 190.0, 164.0)
    picture = found(HELMETED, [("person", PERSON, 0.9), ("person", wider, 0.8), ("head", HEAD, 0.8)])
    assert sorted(calls(picture, manifest)) == [
        ("person", True, "unknown"),
        ("second", True, "unknown"),
    ]


def test_a_labelled_head_without_a_labelled_body_excuses_the_alarm(manifest: Manifest) -> None:
    seen = [("person", PERSON, 0.9), ("head", HEAD, 0.8)]
    assert calls(found({"head": [HEAD]}, seen), manifest) == [("second", False, "missing")]


def test_where_only_heads_are_labelled_each_is_a_person(manifest: Manifest) -> None:
    truth = {"head": [HEAD], "helmet": [FAR_HEAD]}
    seen = [("person", PERSON, 0.9), ("helmet", HEAD, 0.8)]
    assert calls(found(truth, seen), manifest, ("helmet", "head")) == [
        ("person", True, "not_found"),
        ("person", False, "worn"),
    ]
    without_head = [("person", PERSON, 0.9), ("person", FAR_PERSON, 0.9)]
    assert calls(found(truth, without_head), manifest, ("helmet", "head")) == [
        ("person", True, "unknown"),
        ("person", False, "unknown"),
    ]


def test_heads_under_the_gate_are_unknown_and_told_apart(manifest: Manifest) -> None:
    strict = manifest.model_copy(update={"gates": Gates(min_head_px=30)})
    (one,) = evaluate_people([found(BARE, [("person", PERSON, 0.9), ("head", HEAD, 0.8)])], strict, FULL)
    assert (one.call, one.reason, one.px, one.gated) == ("unknown", "too_small", 22.0, True)


def test_the_gate_counts_in_pixels_of_the_models_input(manifest: Manifest) -> None:
    halved = replace(found(BARE, [("person", PERSON, 0.9), ("head", HEAD, 0.8)]), scale=0.5)
    for gate, call in ((10, "missing"), (12, "unknown")):
        strict = manifest.model_copy(update={"gates": Gates(min_head_px=gate)})
        (one,) = evaluate_people([halved], strict, FULL)
        assert (one.call, one.gated) == (call, call == "unknown")


class SaysWorn:
    """A second stage for which every head wears a helmet."""

    gate_px = 25.0

    def __call__(self, judged: Judged, rgb: Rgb) -> list[Look]:
        assert rgb.shape == (192, 320, 3)
        assert [look.state for look in judged.looks] == [State.MISSING]
        return [Look(Item.HELMET, State.WORN, 0.7) for _ in judged.people]


def test_a_second_stage_has_the_last_word_and_its_own_gate(manifest: Manifest) -> None:
    picture = found(BARE, [("person", PERSON, 0.9), ("head", HEAD, 0.8)])
    black = np.zeros((192, 320, 3), np.uint8)
    (one,) = evaluate_people([picture], manifest, FULL, SaysWorn(), lambda _: black)
    assert (one.call, one.confidence, one.gated) == ("worn", 0.7, True)


def one(worn: bool | None, call: str, picture: int = 0, whose: str = "person", px: float = 22) -> Outcome:
    return Outcome(picture, whose, worn, call, None, 0.5, HEAD, px, px < 16)  # type: ignore[arg-type]


def test_the_rates_that_users_feel() -> None:
    said = [one(False, "missing")] * 6 + [one(False, "worn")] + [one(False, "unknown", px=14)] * 2
    said += [one(False, "not_found", px=14)] + [one(True, "missing")] + [one(True, "worn")] * 8
    said += [one(True, "unknown"), one(None, "missing"), one(None, "worn", whose="nobody")]
    said += [one(None, "missing", whose="nobody"), one(True, "missing", whose="second")]
    said += [one(False, "missing", whose="second")]
    tally = Tally(said, draw(["a"], 10, 0), bare_heads=True)
    # Six right; one person with a helmet, one second box of one, one where nobody is.
    assert (tally.missing_precision().part, tally.missing_precision().whole) == (6, 9)
    assert (tally.missing_recall().part, tally.missing_recall().whole) == (6, 10)
    assert (tally.missing_recall_judged().part, tally.missing_recall_judged().whole) == (6, 7)
    assert (tally.bare_judged_worn().part, tally.bare_judged_worn().whole) == (1, 10)
    assert (tally.worn_judged_missing().part, tally.worn_judged_missing().whole) == (1, 10)
    assert (tally.worn_recall().part, tally.worn_recall().whole) == (8, 10)
    assert (tally.unknown_share().part, tally.unknown_share().whole) == (4, 20)
    assert (tally.not_found_share().part, tally.not_found_share().whole) == (1, 20)
    above = tally.above_gate()
    assert (above.missing_recall().part, above.missing_recall().whole) == (6, 7)
    by_px = {low: part.missing_recall().whole for low, _, part in tally.by_head_px()}
    assert (by_px[12], by_px[20]) == (3, 7)
    assert tally.confusion()["missing"] == {"worn": 1, "missing": 6, "unknown": 2, "not_found": 1}
    assert tally.confusion()["nobody"] == {"worn": 1, "missing": 1, "unknown": 0, "not_found": 0}


def test_without_labels_of_bare_heads_no_verdict_missing_is_held_against_the_truth() -> None:
    said = [one(True, "worn"), one(True, "missing"), one(None, "missing", whose="nobody")]
    tally = Tally(said, draw(["a"], 10, 0), bare_heads=False)
    assert tally.missing_precision().value is None
    assert tally.missing_recall().plain() == {"count": 0, "of": 0, "value": None, "interval": None}
    assert tally.worn_judged_missing().value == 0.5


def test_the_classes_of_the_fake_are_those_of_the_model(manifest: Manifest) -> None:
    assert manifest.classes == CLASSES
