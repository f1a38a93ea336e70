"""The second look: where the classifier is sent, what its answer is worth, and when nothing is said."""

from collections.abc import Mapping

import numpy as np
import pytest

from siaga.core.geometry import Box
from siaga.core.person import Part, Person
from siaga.core.verdict import Item, Look, Reason, State
from siaga.judge import Gates, Judge, VoteRules, associate
from siaga.judge.associate import head_region
from siaga.judge.closer import Place, answer, confirmed, gate, head_places, torso_place
from tests.detect.classifiers import described
from tests.judge.scenes import SIZE, Found, found, head_of, track, upright

MAN, OTHER = upright(800, 300), upright(1200, 320)
FOUND = Place(head_of(MAN))


def places(
    *people: Box, sure: tuple[Found, ...] = (), weak: tuple[Found, ...] = (), sure_from: float = 0.9
) -> list[Place | Reason]:
    """Where each of ``people``, found with .9, is looked at."""
    tracks = [track(number, box) for number, box in enumerate(people, 1)]
    return head_places(associate(tracks, found(*sure)), found(*weak), SIZE, sure_from)


def near(box: Box, *, guess: bool = False) -> Place:
    """Where a head was found, or is guessed to be."""
    about: Box = pytest.approx(box, abs=0.01)  # type: ignore[assignment]
    return Place(about, guess)


def guessed(box: Box) -> Place:
    return near(box, guess=True)


def test_the_detectors_head_is_looked_at_whichever_kind_it_is() -> None:
    parts = (("helmet", head_of(MAN), 0.9), ("head", head_of(OTHER), 0.9))
    assert places(MAN, OTHER, sure=parts) == [near(head_of(MAN)), near(head_of(OTHER))]


def test_nobody_is_nowhere_to_look() -> None:
    assert places(weak=(("head", head_of(MAN), 0.2),)) == []


def test_of_one_head_of_both_kinds_the_classifier_is_asked() -> None:
    both = (("helmet", head_of(MAN), 0.7), ("head", head_of(MAN), 0.65))
    assert places(MAN, sure=both) == [near(head_of(MAN))]


def test_of_two_heads_on_one_person_nobody_knows_which() -> None:
    two = (("helmet", head_of(MAN, across=0.2), 0.8), ("head", head_of(MAN, across=0.8), 0.8))
    assert places(MAN, sure=two) == [Reason.AMBIGUOUS]


def test_a_weak_head_is_a_place_to_look_and_a_sure_one_goes_before_it() -> None:
    weak = (("head", head_of(MAN), 0.12), ("head", head_of(OTHER, across=0.45), 0.12))
    got = places(MAN, OTHER, sure=(("helmet", head_of(OTHER), 0.8),), weak=weak)
    assert got == [near(head_of(MAN)), near(head_of(OTHER))]


def test_of_a_weak_head_on_a_weak_person_nothing_is_sure() -> None:
    weak = (("head", head_of(MAN), 0.12),)
    sure = (("head", head_of(OTHER), 0.8),)
    got = places(MAN, OTHER, sure=sure, weak=weak, sure_from=0.91)
    assert got == [near(head_of(MAN), guess=True), near(head_of(OTHER))]


def test_a_weak_box_on_somebody_elses_sure_head_is_not_given_away() -> None:
    close = (MAN[0] + 60, MAN[1], MAN[2] + 60, MAN[3])
    theirs = head_of(MAN, across=0.7)
    got = places(MAN, close, sure=(("head", theirs, 0.8),), weak=(("helmet", theirs, 0.12),))
    assert sum(place == near(theirs) for place in got) == 1


def test_a_weak_helmet_in_the_hand_is_no_place_to_look() -> None:
    held = (MAN[0], MAN[1] + 200, MAN[0] + 45, MAN[1] + 250)
    assert places(MAN, weak=(("helmet", held, 0.2),)) == [guessed(head_region(MAN))]


def test_without_a_candidate_the_upper_end_of_somebody_upright_is_looked_at() -> None:
    assert places(MAN) == [guessed(head_region(MAN))]


@pytest.mark.parametrize(
    ("people", "reason"),
    [
        pytest.param((upright(800, 0),), Reason.CUT_OFF, id="cut off"),
        pytest.param(((800, 300, 1000, 580),), Reason.NOT_SEEN, id="not upright"),
        pytest.param(((800, 300, 1100, 450),), Reason.OCCLUDED, id="flat"),
        pytest.param((MAN, (MAN[0] - 20, MAN[1] - 30, MAN[2] + 20, 740)), Reason.OCCLUDED, id="covered"),
    ],
)
def test_without_a_candidate_and_not_clear_nothing_is_looked_at(
    people: tuple[Box, ...], reason: Reason
) -> None:
    assert places(*people)[0] == reason


def test_where_another_ones_head_is_nobody_elses_is_guessed() -> None:
    before = (MAN[0] + 30, MAN[1] - 15, MAN[2] + 30, MAN[3] + 40)
    assert places(MAN, before, sure=(("head", head_of(MAN), 0.9),))[1] is Reason.NOT_SEEN
    assert places(before) == [guessed(head_region(before))]


def test_a_torso_needs_to_be_in_the_picture_and_free() -> None:
    def place(box: Box, covered: bool = False) -> Place | Reason:
        return torso_place(Person(1, box, 0.9, covered_by_other=covered), SIZE)

    assert place(MAN) == Place(MAN)
    assert place(upright(800, 700, 380)) == Place(upright(800, 700, 380))
    assert place(upright(0, 300)) is Reason.CUT_OFF
    assert place(MAN, covered=True) is Reason.OCCLUDED
    assert place((800, 300, 1100, 450)) is Reason.OCCLUDED


def test_the_gate_counts_the_boxs_height_in_full_pixels() -> None:
    manifest = described(gates={"min_px": 20})
    tall = Place((0, 0, 9, 20), guessed=True)
    assert gate(tall, manifest) is tall
    assert gate(Place((0, 0, 99, 19.9)), manifest) == Look(Item.HELMET, State.UNKNOWN, 0.0, Reason.TOO_SMALL)
    assert gate(Reason.CUT_OFF, manifest) == Look(Item.HELMET, State.UNKNOWN, 0.0, Reason.CUT_OFF)


@pytest.mark.parametrize(
    ("row", "state", "reason"),
    [
        ((0.85, 0.1, 0.05), State.WORN, None),
        ((0.03, 0.92, 0.05), State.MISSING, None),
        ((0.79, 0.2, 0.01), State.UNKNOWN, Reason.AMBIGUOUS),
        ((0.11, 0.89, 0.0), State.UNKNOWN, Reason.AMBIGUOUS),
        ((0.1, 0.1, 0.8), State.UNKNOWN, Reason.NOT_SEEN),
        ((0.0, 0.0, 0.0), State.UNKNOWN, Reason.AMBIGUOUS),
    ],
)
def test_each_state_has_its_threshold(row: tuple[float, ...], state: State, reason: Reason | None) -> None:
    manifest = described(thresholds={"worn": 0.8, "missing": 0.9})
    said = answer(np.array(row, np.float32), manifest, FOUND)
    assert (said.state, said.reason) == (state, reason)
    assert said.confidence == pytest.approx(max(row[:2]) if reason is None else 0.0)


@pytest.mark.parametrize(
    ("row", "state", "reason"),
    [
        ((0.85, 0.1, 0.05), State.WORN, None),
        ((0.0, 1.0, 0.0), State.UNKNOWN, Reason.NOT_SEEN),
        ((0.2, 0.8, 0.0), State.UNKNOWN, Reason.AMBIGUOUS),
        ((0.1, 0.1, 0.8), State.UNKNOWN, Reason.NOT_SEEN),
    ],
)
def test_where_no_head_was_found_none_is_bare(
    row: tuple[float, ...], state: State, reason: Reason | None
) -> None:
    manifest = described(thresholds={"worn": 0.8, "missing": 0.9})
    said = answer(np.array(row, np.float32), manifest, Place(head_region(MAN), guessed=True))
    assert (said.state, said.reason) == (state, reason)


def test_the_states_are_found_by_their_names() -> None:
    manifest = described(classes=["unclear", "missing", "worn"], item="harness", region="person")
    assert answer(np.array([0, 0, 1], np.float32), manifest, FOUND) == Look(Item.HARNESS, State.WORN, 1.0)
    low = described(thresholds={"worn": 0.0, "missing": 0.0})
    assert answer(np.zeros(3, np.float32), low, FOUND).state is State.UNKNOWN


def helmet(state: State) -> Look:
    return Look(Item.HELMET, state, 0.9)


@pytest.mark.parametrize(
    ("detector", "classifier", "said"),
    [
        ("helmet", State.WORN, State.WORN),
        ("helmet", State.MISSING, State.UNKNOWN),
        ("head", State.MISSING, State.MISSING),
        ("head", State.WORN, State.UNKNOWN),
        (None, State.MISSING, State.MISSING),
        ("both", State.WORN, State.WORN),
        ("small head", State.WORN, State.WORN),
    ],
)
def test_a_contradiction_is_ambiguous(detector: str | None, classifier: State, said: State) -> None:
    part = Part(head_of(MAN), 0.8)
    person = Person(
        1,
        MAN,
        0.9,
        head=part if detector in ("head", "both", "small head") else None,
        helmet=part if detector in ("helmet", "both") else None,
        head_px=None if detector is None else 10.0 if detector == "small head" else 57.0,
    )
    look = confirmed(helmet(classifier), person, Gates(min_head_px=14))
    assert look == (helmet(said) if said is classifier else Look(Item.HELMET, said, 0.0, Reason.AMBIGUOUS))


def test_what_the_classifier_cannot_tell_stays_so_whatever_the_detector_says() -> None:
    unclear = Look(Item.HELMET, State.UNKNOWN, 0.0, Reason.NOT_SEEN)
    person = Person(1, MAN, 0.9, head=Part(head_of(MAN), 0.9), head_px=57.0)
    assert confirmed(unclear, person, Gates()) is unclear


RULES = VoteRules(window_s=2.0, min_looks=3)
CLASSES = ("person", "helmet", "head")


def judged(judge: Judge, t: float, close: Mapping[Item, Look] | None) -> tuple[State, int, Reason | None]:
    """State, looks counted, and reason of the harness verdict at ``t``."""
    person = Person(1, MAN, 0.9)
    (one,) = judge.update((person,), t, SIZE, close=None if close is None else {1: close})
    verdict = one.verdict(Item.HARNESS)
    assert verdict is not None
    votes = verdict.votes
    return verdict.state, votes.worn + votes.missing + votes.unknown, verdict.reason


def test_only_looks_that_were_taken_are_votes() -> None:
    judge = Judge((Item.HARNESS,), CLASSES, closely={Item.HARNESS: RULES})
    missing = {Item.HARNESS: Look(Item.HARNESS, State.MISSING, 0.9)}
    assert judged(judge, 0.0, None) == (State.UNKNOWN, 0, Reason.NOT_ENOUGH_LOOKS)
    assert judged(judge, 0.2, missing) == (State.UNKNOWN, 1, Reason.NOT_ENOUGH_LOOKS)
    assert judged(judge, 0.4, {}) == (State.UNKNOWN, 1, Reason.NOT_ENOUGH_LOOKS)
    assert judged(judge, 0.6, missing)[1] == 2
    assert judged(judge, 1.0, missing) == (State.MISSING, 3, None)
    assert judged(judge, 1.2, {}) == (State.MISSING, 3, None)
    assert judged(judge, 4.0, {}) == (State.UNKNOWN, 0, Reason.NOT_ENOUGH_LOOKS)


def test_without_a_classifier_a_harness_is_judged_by_no_model() -> None:
    judge = Judge((Item.HARNESS,), (*CLASSES, "harness"))
    assert judged(judge, 0.0, None)[2] is Reason.NOT_JUDGED_BY_MODEL


def test_a_helmet_look_is_checked_against_the_detector_and_a_harness_look_is_not() -> None:
    judge = Judge((Item.HELMET, Item.HARNESS), CLASSES, closely={Item.HELMET: RULES, Item.HARNESS: RULES})
    person = Person(1, MAN, 0.9, head=Part(head_of(MAN), 0.9), head_px=57.0)
    close = {1: {Item.HELMET: helmet(State.WORN), Item.HARNESS: Look(Item.HARNESS, State.WORN, 0.8)}}
    (one,) = judge.update((person,), 0.0, SIZE, close=close)
    assert [(look.item, look.state) for look in one.looks] == [
        (Item.HELMET, State.UNKNOWN),
        (Item.HARNESS, State.WORN),
    ]
