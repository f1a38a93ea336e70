"""Who is found, and what is judged of people whom a careful person could judge."""

import pytest

from siaga.bench.people import TALL, Found, bucket, judging, tracks_found
from siaga.bench.sightings import person_of_track, sightings
from siaga.core.geometry import Box
from siaga.core.person import Judged
from siaga.core.scene import Scene
from siaga.core.verdict import Item, Reason, State
from tests.bench.made import LEFT, RIGHT, judged, person, scene, truth

HELMET = Item.HELMET


def run(*pictures: tuple[Judged, ...]) -> list[Scene]:
    return [scene(0.2 * number, *people) for number, people in enumerate(pictures)]


@pytest.mark.parametrize(
    ("height", "name"),
    [(0.0, "<40"), (39.9, "<40"), (40.0, "40-80"), (80.0, "80-160"), (159.9, "80-160"), (160.0, ">160")],
)
def test_buckets(height: float, name: str) -> None:
    assert bucket(height) == name


def test_tracks_go_to_people_one_to_one() -> None:
    near: Box = (105.0, 400.0, 155.0, 500.0)
    seen = sightings(truth(), run((judged(near, None, track_id=1), judged(LEFT, None, track_id=2))))
    assert [(entry.person.id, entry.judged and entry.judged.person.track_id) for entry in seen] == [
        ("A", 2),
        ("B", None),
    ]


def test_whom_a_track_was_on_around_a_moment() -> None:
    pictures = [(judged(LEFT, None, track_id=4),)] * 3 + [(judged(RIGHT, None, track_id=4),)] * 12
    seen = sightings(truth(), run(*pictures))
    times = [entry.t for entry in seen]
    assert person_of_track(seen, 4, times[0]) == "A"
    assert person_of_track(seen, 4, times[-1]) == "B"
    assert person_of_track(seen, 5, times[0]) is None
    assert person_of_track(seen, 4, times[-1] + 2.0) is None


def test_half_of_a_box_is_not_enough() -> None:
    shifted: Box = (117.0, 400.0, 167.0, 500.0)
    assert sightings(truth(), run((judged(shifted, None),)))[0].judged is None
    visible = [person("A", LEFT) | {"visible_xyxy": (117.0, 400.0, 150.0, 500.0)}]
    assert sightings(truth(people=visible), run((judged(shifted, None),)))[0].judged is not None


def test_a_step_counts_at_most_a_second() -> None:
    scenes = [scene(0.0), scene(0.2), scene(3.0)]
    assert [entry.step for entry in sightings(truth(people=[person("A", LEFT)]), scenes)] == [
        0.0,
        pytest.approx(0.2),
        1.0,
    ]


@pytest.mark.parametrize(("hits", "found"), [(3, 1), (2, 0)])
def test_a_person_is_found_when_half_of_the_pictures_show_it(hits: int, found: int) -> None:
    pictures = [(judged(LEFT, None),)] * hits + [()] * (5 - hits)
    result = tracks_found(sightings(truth(people=[person("A", LEFT)]), run(*pictures)))
    assert result["80-160"] == result[TALL] == Found(1, found)
    assert result["<40"] == result["40-80"] == result[">160"] == Found()


def test_four_pictures_cut_off_or_hidden_people_say_nothing() -> None:
    short = tracks_found(sightings(truth(people=[person("A", LEFT)]), run(*[()] * 4)))
    assert short[TALL] == Found()
    for unclear in ({"truncated": True}, {"visibility": 0.59}):
        people = [person("A", LEFT, **unclear)]
        assert tracks_found(sightings(truth(people=people), run(*[()] * 9)))[TALL] == Found()


def test_the_small_ones_are_asked_for_too_in_their_own_bucket() -> None:
    small: Box = (500.0, 500.0, 515.0, 535.0)
    people = [person("A", LEFT), person("S", small, tell="too small"), person("T", RIGHT)]
    result = tracks_found(sightings(truth(people=people), run(*[(judged(RIGHT, None),)] * 6)))
    assert result["<40"] == Found(1, 0)
    assert result["80-160"] == Found(1, 0)
    assert result[">160"] == Found(1, 1)
    assert result[TALL] == Found(2, 1)
    assert result[TALL].recall == 0.5
    assert Found().recall is None


def test_seconds_are_right_wrong_unknown_or_not_found() -> None:
    people = [person("A", LEFT), person("B", RIGHT, helmet="worn")]
    pictures = run(
        (),
        (judged(LEFT, State.MISSING), judged(RIGHT, State.WORN)),
        (judged(LEFT, State.WORN), judged(RIGHT, State.MISSING)),
        (judged(LEFT, State.UNKNOWN, Reason.NOT_SEEN), judged(RIGHT, None)),
        (judged(LEFT, State.UNKNOWN, Reason.TOO_SMALL),),
    )
    result = judging(sightings(truth(people=people), pictures), HELMET)
    left, right = result["80-160"], result[">160"]
    assert (left.right, left.wrong, left.not_found) == pytest.approx((0.2, 0.2, 0.0))
    assert left.unknown == pytest.approx({"helmet.not_seen": 0.2, "helmet.too_small": 0.2})
    assert (right.right, right.wrong, right.not_found) == pytest.approx((0.2, 0.2, 0.2))
    assert right.unknown == pytest.approx({"helmet.unsaid": 0.2})
    assert (left + right).tellable == pytest.approx(1.6)
    assert (left + right).unknown == pytest.approx(
        {"helmet.not_seen": 0.2, "helmet.too_small": 0.2, "helmet.unsaid": 0.2}
    )


def test_what_nobody_could_tell_does_not_count() -> None:
    hidden = truth(people=[person("A", LEFT, tell="occluded")])
    pictures = run((), (judged(LEFT, State.UNKNOWN, Reason.OCCLUDED),))
    assert sum(part.tellable for part in judging(sightings(hidden, pictures), HELMET).values()) == 0.0
    assert sum(part.tellable for part in judging(sightings(truth(), pictures), Item.VEST).values()) == 0.0
    assert sum(part.tellable for part in judging(sightings(truth(), pictures), HELMET).values()) > 0.0


def test_what_is_worn_goes_by_the_item() -> None:
    (dressed,) = truth(people=[person("A", LEFT, helmet="hip", harness="worn", vest_xyxy=LEFT)]).at(0.0)
    assert not dressed.wears(Item.HELMET)
    assert dressed.wears(Item.HARNESS)
    assert dressed.wears(Item.VEST)
    (bare,) = truth(people=[person("A", LEFT, helmet="worn")]).at(0.0)
    assert bare.wears(Item.HELMET)
    assert not bare.wears(Item.HARNESS)
    assert not bare.wears(Item.VEST)
