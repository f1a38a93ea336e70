"""Whose head is whose."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siaga.core.geometry import Box
from siaga.core.person import Person
from siaga.judge import associate
from tests.judge.scenes import Found, found, head_of, track, upright


def shifted(box: Box, dx: float, dy: float) -> Box:
    return (box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy)


def one(person: Box, *parts: Found) -> Person:
    (matched,) = associate([track(1, person)], found(*parts))
    return matched


def worn(person: Person) -> tuple[bool, bool]:
    return (person.helmet is not None, person.head is not None)


HELMETED, BARE, NOTHING, EITHER = (True, False), (False, True), (False, False), (True, True)
MAN = upright(800, 300)


def test_nobody_gives_nothing() -> None:
    assert associate([], found(("helmet", head_of(MAN), 0.9))) == ()


def test_a_person_with_nothing_found() -> None:
    person = one(MAN)
    assert worn(person) == NOTHING
    assert (person.head_px, person.head_box, person.covered_by_other) == (None, None, False)


@pytest.mark.parametrize(("kind", "expected"), [("helmet", HELMETED), ("head", BARE)])
@pytest.mark.parametrize("heads_down", [-0.5, -0.2, 0.0, 0.4, 0.7])
@pytest.mark.parametrize("across", [0.25, 0.5, 0.8])
def test_a_head_on_the_shoulders(
    kind: str, expected: tuple[bool, bool], heads_down: float, across: float
) -> None:
    box = head_of(MAN, heads_down, across)
    person = one(MAN, (kind, box, 0.8))
    assert worn(person) == expected
    assert person.head_px == pytest.approx(400 / 7, abs=0.01)
    assert person.head_box == pytest.approx(box, abs=0.01)


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(head_of(MAN, heads_down=3.5, across=0.1), id="on the hip"),
        pytest.param(head_of(MAN, heads_down=1.8, across=0.9), id="before the chest"),
        pytest.param(head_of(MAN, heads_down=4.5, across=1.0), id="in the hand"),
        pytest.param(head_of(MAN, heads_down=6.0), id="on the ground"),
        pytest.param(head_of(MAN, heads_down=0.5, across=1.6), id="on a table beside"),
        pytest.param(head_of(MAN, heads_down=-2.0), id="on a shelf above"),
        pytest.param(head_of(MAN, scale=0.35), id="on somebody far behind"),
        pytest.param(head_of(MAN, scale=3.0), id="on somebody near in front"),
    ],
)
def test_a_helmet_that_is_not_on_the_head_is_not_worn(place: Box) -> None:
    assert worn(one(MAN, ("helmet", place, 0.95))) == NOTHING
    assert worn(one(MAN, ("helmet", place, 0.95), ("head", head_of(MAN), 0.5))) == BARE


@pytest.mark.parametrize(("heads_down", "across"), [(0.0, 0.5), (0.9, 0.3), (1.4, 0.15), (1.3, 0.9)])
def test_a_kneeling_or_bending_person(heads_down: float, across: float) -> None:
    kneeling = (800.0, 500.0, 1000.0, 700.0)
    head = head_of(kneeling, heads_down, across, scale=1.75)
    assert worn(one(kneeling, ("helmet", head, 0.8))) == HELMETED


def test_an_upright_person_wears_nothing_as_low_as_a_kneeling_one() -> None:
    assert worn(one(MAN, ("helmet", head_of(MAN, 1.3), 0.9))) == NOTHING


@pytest.mark.parametrize(
    ("helmet", "head", "expected"),
    [(0.9, 0.5, HELMETED), (0.5, 0.9, BARE), (0.7, 0.65, EITHER), (0.65, 0.7, EITHER)],
)
def test_two_kinds_on_one_spot_are_one_head(helmet: float, head: float, expected: tuple[bool, bool]) -> None:
    box = head_of(MAN)
    inner = (box[0] + 3, box[1] + 12, box[2] - 3, box[3])
    assert worn(one(MAN, ("helmet", box, helmet), ("head", inner, head))) == expected


def test_one_head_of_two_kinds_is_not_shared_by_two_people() -> None:
    behind = shifted(MAN, 20, -10)
    box = head_of(MAN)
    people = associate([track(1, MAN), track(2, behind)], found(("helmet", box, 0.9), ("head", box, 0.4)))
    assert sorted(worn(person) for person in people) == [NOTHING, HELMETED]


def test_a_bare_head_beside_a_helmeted_one() -> None:
    other = shifted(MAN, 90, 12)
    people = associate(
        [track(1, MAN), track(2, other)],
        found(("helmet", head_of(other), 0.6), ("head", head_of(MAN), 0.95)),
    )
    assert [worn(person) for person in people] == [BARE, HELMETED]
    assert not any(person.covered_by_other for person in people)


@pytest.mark.parametrize(("first", "second"), [("head", "helmet"), ("helmet", "head")])
def test_a_second_head_of_the_other_kind_makes_it_ambiguous(first: str, second: str) -> None:
    person = one(MAN, (first, head_of(MAN, 0.0, 0.4), 0.8), (second, head_of(MAN, 0.1, 0.9), 0.8))
    assert worn(person) == EITHER
    assert (
        worn(one(MAN, (first, head_of(MAN, 0.0, 0.4), 0.8), (first, head_of(MAN, 0.1, 0.9), 0.8))) != EITHER
    )


def test_a_neighbours_head_does_not_make_it_ambiguous() -> None:
    other = shifted(MAN, 40, 30)
    people = associate(
        [track(1, MAN), track(2, other)],
        found(("helmet", head_of(other), 0.9), ("head", head_of(MAN, across=0.4), 0.9)),
    )
    assert [worn(person) for person in people] == [BARE, HELMETED]


def test_the_one_in_front_covers_the_one_behind() -> None:
    near = upright(760, 250, 600)
    behind = upright(840, 290, 380)
    people = associate([track(1, near), track(2, behind)], found(("head", head_of(near), 0.9)))
    assert [person.covered_by_other for person in people] == [False, True]


def test_two_heads_that_were_told_apart_do_not_cover_each_other() -> None:
    near = upright(760, 250, 600)
    behind = upright(840, 290, 380)
    people = associate(
        [track(1, near), track(2, behind)],
        found(("head", head_of(near, across=0.3), 0.9), ("helmet", head_of(behind), 0.9)),
    )
    assert [worn(person) for person in people] == [BARE, HELMETED]
    assert not any(person.covered_by_other for person in people)


def test_a_vest_belongs_on_one_torso() -> None:
    other = shifted(MAN, 90, 12)
    x1, y1, x2, y2 = MAN
    vest = (x1 + 10, y1 + 0.2 * (y2 - y1), x2 - 10, y1 + 0.55 * (y2 - y1))
    people = associate([track(1, MAN), track(2, other)], found(("vest", vest, 0.7)))
    assert [person.vest is not None for person in people] == [True, False]


@pytest.mark.parametrize("low", [-0.3, 0.72])
def test_a_vest_off_the_torso_is_not_worn(low: float) -> None:
    x1, y1, x2, y2 = MAN
    top = y1 + low * (y2 - y1)
    assert one(MAN, ("vest", (x1 + 10, top, x2 - 10, top + 100), 0.9)).vest is None


boxes = st.builds(
    lambda x, y, w, h: (x, y, x + w, y + h),
    st.floats(0, 1500),
    st.floats(0, 800),
    st.floats(5, 400),
    st.floats(5, 600),
)
parts = st.tuples(st.sampled_from(["helmet", "head", "vest"]), boxes, st.floats(0.1, 1.0))


@settings(max_examples=150, deadline=None)
@given(st.lists(boxes, max_size=6), st.lists(parts, max_size=10))
def test_nothing_goes_to_two_people(people: list[Box], things: list[Found]) -> None:
    tracks = [track(index, box) for index, box in enumerate(people)]
    matched = associate(tracks, found(*things))
    assert [person.track_id for person in matched] == list(range(len(people)))
    for kind in ("helmet", "head", "vest"):
        given_out = [getattr(person, kind) for person in matched if getattr(person, kind) is not None]
        for a, b in itertools.combinations(given_out, 2):
            assert a is not b
            copies = sum(np.allclose(box, a.xyxy, atol=0.01) for name, box, _ in things if name == kind)
            assert a.xyxy != b.xyxy or copies > 1


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(4)))
def test_the_order_of_boxes_does_not_matter(order: list[int]) -> None:
    other = shifted(MAN, 90, 12)
    things: list[Found] = [
        ("helmet", head_of(other), 0.6),
        ("head", head_of(MAN), 0.95),
        ("helmet", head_of(MAN, 4.0), 0.9),
        ("head", head_of(other, 0.1), 0.3),
    ]
    people = associate([track(1, MAN), track(2, other)], found(*(things[index] for index in order)))
    assert [worn(person) for person in people] == [BARE, HELMETED]
