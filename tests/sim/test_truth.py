"""The ground truth of a site of paper, against numbers worked out by hand (see ``paper``)."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from siaga.core.errors import StorageError
from siaga.sim.motion.state import HelmetState
from siaga.sim.raw import RawFrame
from siaga.sim.scenario import Zone
from siaga.sim.truth import Truth, Views, build_truth, in_this_light, people_of, read_truth, write_truth
from siaga.sim.truth.model import Person, Tells
from siaga.sim.truth.zones import zone_in_picture, zones_of

from .paper import PaperPerson, camera, records, scenario

WORLD = scenario()


def truth(*people: PaperPerson) -> Truth:
    return build_truth(WORLD, "gate", _found(records(WORLD, list(people))), "paper.mp4")


def _found(frames: Iterable[RawFrame]) -> list[tuple[Person, ...]]:
    return [people_of(frame, camera(WORLD), WORLD.zones) for frame in frames]


def first(*people: PaperPerson) -> tuple[Person, ...]:
    """Who is in the first frame."""
    record = next(records(WORLD, list(people)))
    return _found([record])[0]


def still(
    x: float, y: float, helmet: HelmetState = "worn", name: str = "A", harness: bool = False
) -> PaperPerson:
    return PaperPerson(name, lambda _t: (x, y), lambda _t: helmet, harness)


def test_boxes_are_where_the_cards_are() -> None:
    person = first(still(0, 0))[0]
    # 10 m away, 1 m is 32 px; the ground is 2 m below the camera: row 180 + 64.
    assert person.xyxy == (312.0, 186.4, 328.0, 244.0)
    assert person.head_xyxy == (315.5, 186.4, 324.5, 196.0), "chin to the top of the helmet"
    assert person.helmet_xyxy == (315.5, 186.4, 324.5, 190.9)
    assert person.vest_xyxy == (312.0, 196.0, 328.0, 215.2)
    assert person.feet == ((316.8, 244.0), (323.2, 244.0))
    assert (person.visibility, person.head_visibility, person.truncated) == (1.0, 1.0, False)
    assert (person.harness, person.harness_xyxy) == ("none", None)


def test_a_helmet_that_is_not_worn_is_no_part_of_the_head() -> None:
    person = first(still(0, 0, "hand"))[0]
    assert person.xyxy == (312.0, 188.0, 328.0, 244.0)
    assert person.head_xyxy == (316.2, 188.0, 323.8, 196.0)
    assert person.helmet_xyxy == (315.5, 217.1, 324.5, 221.6)
    assert person.helmet == "hand"


def test_what_is_covered_is_not_visible() -> None:
    # The nearer one, 8 m away, covers rows from 188 and 20 columns; then only those from 326.
    behind, front = first(still(0, 0, "none"), still(0, -2, name="B"))
    assert front.visibility == 1.0
    assert behind.visible_xyxy is None
    assert behind.visibility == 0.0
    half = first(still(0, 0, "none"), still(0.4, -2, name="B"))[0]
    assert 0.1 < half.visibility < 0.9
    assert half.visible_xyxy is not None
    assert half.visible_xyxy[0] == 312.0
    assert half.visible_xyxy[2] < 328.0


def test_outside_the_picture_is_not_visible_and_far_outside_is_not_there() -> None:
    # 10 m away the picture ends at x = 10 m: half of the card is in.
    person = first(still(10, 0))[0]
    assert person.truncated
    assert person.visibility == pytest.approx(0.5)
    assert person.xyxy[2] == 648.0, "amodal boxes are not cut"
    assert person.visible_xyxy == (632.0, 186.0, 640.0, 244.0)
    assert first(still(11, 0)) == ()


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (still(0, -4, "none"), "yes"),
        (still(0, 3, "none"), "too small"),
        (still(4, -6, "none"), "cut off"),
    ],
)
def test_what_a_careful_person_could_tell(who: PaperPerson, expected: str) -> None:
    # A head of 0.25 m has 10 px within 8 m, so 13 px at 6 m and 6 px at 13 m; at 4 m, x = 4 is the edge.
    assert first(who)[0].tell.helmet == expected


def test_a_covered_head_cannot_be_told() -> None:
    people = first(still(0, -4, "none"), still(0, -5, name="B"))
    assert people[0].tell.helmet == "occluded"
    assert people[1].tell.helmet == "yes"


HEAD, COAT = (120, 60, 60), (90, 90, 90)


@pytest.mark.parametrize(
    ("behind", "head", "coat", "helmet", "harness", "zone"),
    [
        (200, HEAD, COAT, "yes", "yes", "yes"),
        # A black shape before the light is seen to stand there; what it wears is not.
        (200, (8, 8, 8), (8, 8, 8), "indistinct", "indistinct", "yes"),
        (200, (8, 8, 8), COAT, "indistinct", "yes", "yes"),
        # Dark red is not black, though its luma is 11.
        (0, (30, 3, 3), COAT, "yes", "yes", "yes"),
        (92, (92, 92, 92), (92, 92, 92), "indistinct", "indistinct", "indistinct"),
        (0, (6, 6, 6), (6, 6, 6), "indistinct", "indistinct", "indistinct"),
    ],
)
def test_who_does_not_stand_out_cannot_be_told(
    behind: int,
    head: tuple[int, int, int],
    coat: tuple[int, int, int],
    helmet: str,
    harness: str,
    zone: str,
) -> None:
    told = replace(first(still(0, -4, "none"))[0], tell=Tells("yes", "yes"), tell_zone="yes")
    empty = np.full((WORLD.height, WORLD.width, 3), behind, np.uint8)
    picture = empty.copy()
    for box, colour in ((told.xyxy, coat), (told.head_xyxy, head)):
        assert box is not None
        left, top, right, bottom = (round(value) for value in box)
        picture[top:bottom, left:right] = colour
    (seen,) = in_this_light([told], Views(picture, empty, picture))
    assert (seen.tell.helmet, seen.tell.harness, seen.tell_zone) == (helmet, harness, zone)


def test_mist_lends_no_light_to_who_stands_in_the_dark() -> None:
    told = replace(first(still(0, -4, "none"))[0], tell=Tells("yes", "yes"))
    misty = np.full((WORLD.height, WORLD.width, 3), 40, np.uint8)
    bright = np.full_like(misty, 200)
    (seen,) = in_this_light([told], Views(misty, bright, np.full_like(misty, 5)))
    assert seen.tell == Tells("indistinct", "indistinct")
    (seen,) = in_this_light([told], Views(misty, bright, misty))
    assert seen.tell == Tells("yes", "yes")


def test_a_reason_that_was_there_before_the_light_stays() -> None:
    small = first(still(0, 3, "none"))[0]
    black = np.zeros((WORLD.height, WORLD.width, 3), np.uint8)
    (seen,) = in_this_light([small], Views(black, black, black))
    assert seen.tell.helmet == "too small"


@pytest.mark.parametrize(("shows", "told"), [(2, ()), (3, ((0.5, 0.8),))])
def test_a_glimpse_is_no_chance_to_tell(shows: int, told: tuple[tuple[float, float], ...]) -> None:
    seen = replace(first(still(0, -4, "none"))[0], tell=Tells("yes", "yes"))
    hidden = replace(seen, tell=Tells("occluded", "yes"))
    people = [(seen,) if 5 <= frame < 5 + shows else (hidden,) for frame in range(20)]
    (event,) = build_truth(WORLD, "gate", people, "paper.mp4").events
    assert event.could_tell_s == told


def test_missing_helmets_follow_the_world_not_the_view() -> None:
    # Without a helmet from 1.0 s to 2.5 s; hidden behind B the whole time.
    def helmet(t: float) -> HelmetState:
        return "hand" if 1.0 <= t < 2.5 else "worn"

    hidden = PaperPerson("A", lambda _t: (0, -4), helmet)
    (event,) = truth(hidden, still(0, -5, name="B")).events
    assert (event.rule, event.item, event.zone, event.who) == ("missing_ppe", "helmet", None, "A")
    assert (event.start_s, event.end_s) == (1.0, 2.5)
    assert event.could_tell_s == ()
    (seen,) = truth(hidden).events
    assert seen.could_tell_s == ((1.0, 2.5),)


def test_a_short_pause_does_not_end_an_event_but_is_not_told() -> None:
    def helmet(t: float) -> HelmetState:
        return "worn" if 1.0 <= t < 2.0 else "none"

    (event,) = truth(PaperPerson("A", lambda _t: (0, -4), helmet)).events
    assert (event.start_s, event.end_s) == (0.0, 4.0)
    assert event.could_tell_s == ((0.0, 1.0), (2.0, 4.0))

    def longer(t: float) -> HelmetState:
        return "worn" if 1.0 <= t < 2.2 else "none"

    assert len(truth(PaperPerson("A", lambda _t: (0, -4), longer)).events) == 2


def test_an_event_lasts_while_the_person_is_in_the_picture() -> None:
    # 6 m away the picture ends at x = 6; the card is 0.5 m wide; a quarter is in until x = 6.125.
    walker = PaperPerson("A", lambda t: (5.0 + t, -4), lambda _t: "none")
    (event,) = truth(walker).events
    assert (event.start_s, event.end_s) == (0.0, 1.2)
    assert event.could_tell_s[-1][1] <= 1.0


def test_an_exclusion_zone_is_entered_with_the_feet() -> None:
    walker = PaperPerson("A", lambda t: (t, 0))
    found = truth(walker)
    (event,) = found.events
    assert (event.rule, event.item, event.zone) == ("zone_intrusion", None, "pit")
    assert (event.start_s, event.end_s) == (1.0, 4.0)
    assert event.could_tell_s == ((1.0, 4.0),)
    assert found.people[9][0].zones == ()
    assert found.people[11][0].zones == ("pit",)


def test_a_harness_is_asked_for_only_in_its_zone() -> None:
    (event,) = truth(still(-3, -5, name="A")).events
    assert (event.rule, event.item, event.zone) == ("missing_ppe", "harness", "edge")
    assert truth(still(-3, -5, harness=True)).events == ()
    assert truth(still(-1, -5)).events == ()


def test_height_decides_who_is_on_a_deck() -> None:
    actor = next(records(WORLD, [still(2, 0)])).actors[0]
    deck = {"deck": replace_zone(z=2.0)}
    assert zones_of(actor, deck) == ()
    up = replace(actor, feet=((1.9, 0, 1.7), (2.1, 0, 1.7)))
    assert zones_of(up, deck) == ("deck",)


def replace_zone(z: float) -> Zone:
    return WORLD.zones["pit"].model_copy(update={"z": z})


def test_zones_are_cut_at_the_pictures_edge() -> None:
    lens = camera(WORLD)
    # Corners at 8 and 12 m: x 320 + 40 and 320 + 26.7 to 106.7, and 160; rows 180 + 80 and 180 + 53.3.
    outline = zone_in_picture(WORLD.zones["pit"], lens)
    found = {(round(x * 640, 1), round(y * 360, 1)) for x, y in outline}
    assert found == {(360.0, 260.0), (480.0, 260.0), (426.7, 233.3), (346.7, 233.3)}
    around = Zone(polygon=((-50, -30), (50, -30), (50, 30), (-50, 30)))
    ys = [y for _, y in zone_in_picture(around, lens)]
    assert max(ys) == 1.0
    assert min(ys) == pytest.approx((180 + 640 / 40) / 360, abs=1e-3)
    behind = Zone(polygon=((-5, -30), (5, -30), (5, -20), (-5, -20)))
    assert zone_in_picture(behind, lens) == ()


def test_a_zone_that_begins_behind_the_camera_is_cut_before_it() -> None:
    # A strip 5 cm below the camera, cut 0.3 m before it: there 0.1 m is 106.7 px, and 5 cm 53.3.
    strip = Zone(polygon=((-0.1, -20), (0.1, -20), (0.1, -5), (-0.1, -5)), z=1.95)
    outline = [(x * 640, y * 360) for x, y in zone_in_picture(strip, camera(WORLD))]
    lowest = sorted(point for point in outline if point[1] == max(y for _, y in outline))
    assert [round(x) for x, _ in lowest] == [213, 427]
    assert lowest[0][1] == pytest.approx(233.3, abs=0.1)


def test_the_file_comes_back_as_it_was(tmp_path: Path) -> None:
    made = truth(still(0, -4, "none"), still(2, 0, name="B"))
    write_truth(tmp_path / "paper.truth.json", made)
    assert read_truth(tmp_path / "paper.truth.json") == made
    assert (made.schema_version, made.frames, made.fps, made.seed) == (2, 40, 10, 4)
    text = (tmp_path / "paper.truth.json").read_text()
    (tmp_path / "paper.truth.json").write_text(text.replace('"schema_version":2', '"schema_version":1'))
    with pytest.raises(StorageError, match=r"paper\.truth\.json"):
        read_truth(tmp_path / "paper.truth.json")
