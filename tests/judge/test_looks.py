"""What one frame says, and above all what it refuses to say."""

import pytest

from siaga.core.geometry import Box
from siaga.core.person import Part, Person
from siaga.core.verdict import Item, Look, Reason, State
from siaga.judge import Gates, Judge
from siaga.judge.looks import look_at
from tests.judge.scenes import SIZE, head_of, upright

CLASSES = {"person", "helmet", "head", "vest"}
GATES = Gates(min_head_px=14.0, min_person_px=60.0)
MAN = upright(800, 300)


def person(
    box: Box = MAN, helmet: float | None = None, head: float | None = None, covered: bool = False
) -> Person:
    place = head_of(box)
    return Person(
        1,
        box,
        0.9,
        head=Part(place, head) if head else None,
        helmet=Part(place, helmet) if helmet else None,
        head_px=place[3] - place[1] if helmet or head else None,
        covered_by_other=covered,
    )


def helmet(who: Person, classes: set[str] = CLASSES) -> Look:
    return look_at(who, Item.HELMET, SIZE, GATES, classes)


def unknown(reason: Reason) -> Look:
    return Look(Item.HELMET, State.UNKNOWN, 0.0, reason)


def test_a_helmet_on_the_head_is_worn() -> None:
    assert helmet(person(helmet=0.8)) == Look(Item.HELMET, State.WORN, 0.8)


def test_a_bare_head_is_a_missing_helmet() -> None:
    assert helmet(person(head=0.7)) == Look(Item.HELMET, State.MISSING, 0.7)


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        pytest.param(person(), Reason.NOT_SEEN, id="no head found"),
        pytest.param(person(helmet=0.7, head=0.65), Reason.AMBIGUOUS, id="both"),
        pytest.param(person(upright(800, 300, 90), head=0.9), Reason.TOO_SMALL, id="head under the gate"),
        pytest.param(person(upright(800, 300, 90)), Reason.TOO_SMALL, id="would be under the gate"),
        pytest.param(person(upright(800, 300, 50), head=0.9), Reason.TOO_SMALL, id="person under the gate"),
        pytest.param(person(upright(800, 0), head=0.9), Reason.CUT_OFF, id="head at the top edge"),
        pytest.param(person(upright(800, 1)), Reason.CUT_OFF, id="body at the top edge"),
        pytest.param(person(upright(1770, 300)), Reason.CUT_OFF, id="body at the right edge"),
        pytest.param(person(head=0.9, covered=True), Reason.OCCLUDED, id="covered"),
        pytest.param(person((800, 300, 1100, 450), head=0.9), Reason.OCCLUDED, id="flat"),
    ],
)
def test_it_cannot_be_told(who: Person, reason: Reason) -> None:
    assert helmet(who) == unknown(reason)


def test_feet_outside_the_picture_do_not_matter() -> None:
    assert helmet(person(upright(800, 700, 380), head=0.9)).state is State.MISSING


@pytest.mark.parametrize("item", list(Item))
def test_an_item_without_a_class_is_never_judged(item: Item) -> None:
    look = look_at(person(head=0.9), item, SIZE, GATES, {"person", "head"})
    assert look == Look(item, State.UNKNOWN, 0.0, Reason.NOT_JUDGED_BY_MODEL)


def test_a_harness_is_not_judged_until_a_part_of_a_person_stands_for_it() -> None:
    look = look_at(person(head=0.9), Item.HARNESS, SIZE, GATES, CLASSES | {"harness"})
    assert look.reason is Reason.NOT_JUDGED_BY_MODEL


def vest(who: Person) -> Look:
    return look_at(who, Item.VEST, SIZE, GATES, CLASSES)


def test_a_vest_is_seen_or_not_seen_but_never_missing() -> None:
    dressed = Person(1, MAN, 0.9, vest=Part((820, 380, 940, 520), 0.6))
    assert vest(dressed) == Look(Item.VEST, State.WORN, 0.6)
    assert vest(person()) == Look(Item.VEST, State.UNKNOWN, 0.0, Reason.NOT_SEEN)
    assert vest(person(covered=True)).reason is Reason.OCCLUDED
    assert vest(person(upright(800, 700, 380))).reason is Reason.CUT_OFF
    assert vest(person(upright(800, 300, 50))).reason is Reason.TOO_SMALL


def test_the_gates_count_in_pixels_of_the_analysed_picture() -> None:
    judge = Judge((Item.HELMET,), CLASSES, gates=Gates(min_head_px=14.0))
    head = Part((90.0, 20.0, 110.0, 44.0), 0.9)
    person = Person(1, (60.0, 20.0, 140.0, 220.0), 0.9, head=head, head_px=24.0)
    near = judge.update((person,), 0.0, (1280, 720), scale=1.0)[0].looks[0]
    far = judge.update((person,), 0.2, (1280, 720), scale=2.0)[0].looks[0]
    assert near.state is State.MISSING
    assert far.reason is Reason.TOO_SMALL
