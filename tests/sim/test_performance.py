"""Scripts played out: helmets and lanyards change at the touch, ladders, loads, and the shipped casts."""

import itertools

import numpy as np
import pytest

from siaga.sim.motion import Performance, State, perform
from siaga.sim.scenario import Actor, load_scenario
from siaga.sim.sites import SITES, inside

from .people import SITE, gaps, joint, knee_degrees, play, slides, states

SAMPLE_S = 0.25
SHIPPED = ["energy_yard", "groundworks", "scaffold"]
HELMET = {"height_m": 1.75, "helmet": {"colour": "yellow"}}
HARNESS = {"height_m": 1.75, "harness": {"colour": "red", "lanyard": "hanging"}}


def flips(frames: list[State], what: str) -> list[tuple[int, str]]:
    """(frame, new value) wherever a state changes; the first frame counts."""
    values = [getattr(state, what) for state in frames]
    return [(index, value) for index, value in enumerate(values) if index == 0 or value != values[index - 1]]


def test_a_helmet_goes_from_the_head_through_the_hand_to_the_hip_and_back() -> None:
    frames = states(play([{"helmet": "hip"}, {"stand": {"seconds": 2}}, {"helmet": "head"}], look=HELMET))
    changes = flips(frames, "helmet")
    assert [value for _, value in changes] == ["worn", "hand", "hip", "hand", "worn"]
    for index, _ in (changes[1], changes[4]):
        wrist = joint(frames[index], "wrR")
        assert np.linalg.norm(wrist - joint(frames[index], "top")) < 0.36
        assert wrist[2] > joint(frames[index], "shR")[2]
    for index, _ in (changes[2], changes[3]):
        assert np.linalg.norm(joint(frames[index], "wrR") - joint(frames[index], "hipR")) < 0.22
    for index, _ in changes[1:]:
        before, after = joint(frames[index - 1], "wrR"), joint(frames[index], "wrR")
        assert np.linalg.norm(after - before) < 0.03
    assert slides(frames) < 0.003


def test_the_other_hand_stays_down_while_one_takes_the_helmet() -> None:
    frames = states(play([{"helmet": "hand"}], look=HELMET))
    assert max(joint(state, "wrL")[2] for state in frames) < 1.0
    assert frames[-1].helmet == "hand"
    assert joint(frames[-1], "wrR")[2] < 1.1


def test_asking_for_what_is_so_already_takes_no_time() -> None:
    assert play([{"helmet": "head"}], look=HELMET).end_s == play([], look=HELMET).end_s


@pytest.mark.parametrize(
    ("at", "state"), [("head", "worn"), ("hand", "hand"), ("hip", "hip"), ("none", "none")]
)
def test_a_helmet_is_where_the_look_puts_it(at: str, state: str) -> None:
    found = play([], look={"helmet": {"at": at}}).at(0.0)
    assert found is not None
    assert found.helmet == state
    bare = play([]).at(0.0)
    assert bare is not None
    assert (bare.helmet, bare.lanyard, bare.carrying) == ("none", "none", None)


def test_a_helmet_on_a_table_is_taken_from_there() -> None:
    place = (-0.2, -0.45, 0.95)
    look = {"height_m": 1.75, "helmet": {"at": "table", "place": place}}
    frames = states(play([{"helmet": "head"}], look=look))
    changes = flips(frames, "helmet")
    assert [value for _, value in changes] == ["table", "hand", "worn"]
    assert np.linalg.norm(joint(frames[changes[1][0]], "wrR") - place) < 0.16


def test_a_lanyard_is_clipped_to_the_nearest_line_and_slides_along_it() -> None:
    script = [{"lanyard": "clipped"}, {"walk": {"to": [[4, 7.5]]}}, {"lanyard": "hanging"}]
    frames = states(play(script, look=HARNESS, start=(2, 7.5), level="slab", facing_deg=180))
    changes = flips(frames, "lanyard")
    assert [value for _, value in changes] == ["hanging", "clipped", "hanging"]
    line = SITE.anchors["slab"]
    for state in frames:
        assert (state.lanyard_anchor is None) == (state.lanyard == "hanging")
        if state.lanyard_anchor is not None:
            x, y, z = (float(value) for value in state.lanyard_anchor)
            assert line.nearest((x, y, z)) == pytest.approx((x, y, z), abs=1e-9)
            assert abs(x - state.position[0]) < 0.01
    first = frames[changes[1][0]]
    assert first.lanyard_anchor is not None
    assert np.linalg.norm(joint(first, "haR") - first.lanyard_anchor) < 0.45


def test_a_load_is_taken_up_and_left_bent_down() -> None:
    frames = states(play([{"carry": {"what": "bucket", "to": [[3, 0]]}}], facing_deg=90))
    changes = flips(frames, "carrying")
    assert [value for _, value in changes] == [None, "bucket", None]
    for index, _ in changes[1:]:
        assert joint(frames[index], "wrL")[2] < 0.62
    assert frames[changes[1][0]].position[0] < 0.2
    assert frames[changes[2][0]].position[0] > 2.8
    held = play([{"carry": {"what": "plank", "to": [[3, 0]], "pick_up": False, "put_down": False}}])
    assert {state.carrying for state in states(held)} == {"plank"}


@pytest.mark.parametrize(
    ("ladder", "start", "level"), [("slab", (1.3, 4.0), None), ("high", (-2, 5.2), "low")]
)
def test_a_ladder_is_climbed_rung_by_rung_up_and_down(ladder: str, start: object, level: str | None) -> None:
    way = SITE.ladders[ladder]
    both = [{"climb": {"ladder": ladder, "to": to}} for to in ("top", "base")]
    frames = states(play(both, start=start, level=level, facing_deg=way.heading_deg))
    heights = np.array([state.position[2] for state in frames])
    top = int(heights.argmax())
    assert heights[top] == pytest.approx(way.top[2], abs=0.01)
    assert heights[-1] == pytest.approx(way.base[2], abs=0.01)
    count = round(
        (way.top[2] - way.base[2]) / (np.subtract(way.top, way.base)[2]) * _rungs(way.base, way.top)
    )
    for half in (frames[:top], frames[top:]):
        for side in (0, 1):
            feet = np.array([state.feet[side] for state in half])
            rests = _rests(feet) - way.base[2]
            rung = (way.top[2] - way.base[2]) / count
            assert np.abs(rests / rung - np.round(rests / rung)).max() < 0.02
            assert len(set(np.round(rests / rung))) >= count // 2
            assert np.abs(np.diff(np.round(rests / rung))).max() <= 2
    assert max(gaps(state) for state in frames) < 0.002
    assert min(knee_degrees(state, side) for state in frames for side in "LR") > 2


def _rungs(base: tuple[float, ...], top: tuple[float, ...]) -> int:
    return round(float(np.linalg.norm(np.subtract(top, base))) / 0.28)


def _rests(
    feet: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """(N,) heights at which a foot stood still for a tenth of a second."""
    still = np.linalg.norm(feet[3:] - feet[:-3], axis=1) < 1e-4
    return feet[3:][still][:, 2]


def test_hands_hold_rungs_while_climbing() -> None:
    way = SITE.ladders["slab"]
    performance = play([{"climb": {"ladder": "slab", "to": "top"}}], start=(1.3, 4.0), facing_deg=180)
    frames = [state for state in states(performance) if 0.6 < state.position[2] < 2.2]
    assert len(frames) > 50
    along = np.subtract(way.top, way.base) / np.linalg.norm(np.subtract(way.top, way.base))
    for state in frames:
        off = []
        for side in "LR":
            offset = joint(state, f"wr{side}") - np.array(way.base)
            off.append(float(np.linalg.norm((offset - along * (offset @ along))[1:])))
        assert min(off) < 0.16


def test_nobody_before_they_come_nor_after_they_left() -> None:
    performance = play([{"walk": {"to": [[2, 0]]}}], enters_s=3.0, leaves=True)
    assert performance.at(2.99) is None
    assert performance.at(3.0) is not None
    assert performance.at(performance.end_s) is not None
    assert performance.at(performance.end_s + 0.01) is None
    stays = play([{"walk": {"to": [[2, 0]]}}])
    end, later = stays.at(stays.end_s + 1), stays.at(stays.end_s + 600)
    assert end is not None
    assert later is not None
    assert np.allclose(end.feet, later.feet, atol=1e-9)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_same_scenario_moves_to_the_bit_alike(name: str) -> None:
    scenario = load_scenario(name)
    first, second = perform(scenario), perform(scenario)
    other = perform(scenario.model_copy(update={"seed": scenario.seed + 1}))
    for who in scenario.cast:
        a, b, c = (cast[who].at(12.3) for cast in (first, second, other))
        if a is None or b is None or c is None:
            assert a is b is c is None
            continue
        assert np.array_equal(a.bones, b.bones)
        assert np.array_equal(a.feet, b.feet)
        assert not np.array_equal(a.bones, c.bones)


@pytest.fixture(scope="module")
def casts() -> dict[str, dict[str, list[State | None]]]:
    played: dict[str, dict[str, list[State | None]]] = {}
    for name in SHIPPED:
        scenario = load_scenario(name)
        times = np.arange(0, scenario.duration_s, SAMPLE_S)
        cast = perform(scenario)
        played[name] = {who: [one.at(float(time)) for time in times] for who, one in cast.items()}
    return played


@pytest.mark.parametrize("name", SHIPPED)
def test_people_keep_apart(casts: dict[str, dict[str, list[State | None]]], name: str) -> None:
    for (one, first), (two, second) in itertools.combinations(casts[name].items(), 2):
        for a, b in zip(first, second, strict=True):
            if a is not None and b is not None:
                assert np.linalg.norm(a.position - b.position) > 0.4, (one, two)


@pytest.mark.parametrize("name", SHIPPED)
def test_people_stay_out_of_what_stands_there(
    casts: dict[str, dict[str, list[State | None]]], name: str
) -> None:
    site = SITES[name]
    for who, frames in casts[name].items():
        for state in (state for state in frames if state is not None):
            x, y, z = (float(value) for value in state.position)
            if abs(z - site.ground(x, y)) < 0.02:
                near_ladder = any(
                    np.hypot(x - way.base[0], y - way.base[1]) < 0.6 for way in site.ladders.values()
                )
                assert site.clearance(x, y) > (0.0 if near_ladder else 0.2), (who, x, y)


@pytest.mark.parametrize("name", SHIPPED)
def test_people_stand_on_the_ground_or_on_a_deck(
    casts: dict[str, dict[str, list[State | None]]], name: str
) -> None:
    site = SITES[name]
    for who, frames in casts[name].items():
        for state in (state for state in frames if state is not None):
            x, y, z = (float(value) for value in state.position)
            levels = [
                site.ground(x, y),
                *(deck.z for deck in site.decks.values() if inside(deck.polygon, x, y)),
            ]
            on_ladder = any(np.hypot(x - way.base[0], y - way.base[1]) < 1.8 for way in site.ladders.values())
            assert on_ladder or min(abs(z - level) for level in levels) < 0.02, (who, x, y, z)


def test_the_demo_casts_show_what_they_are_for(casts: dict[str, dict[str, list[State | None]]]) -> None:
    def seen(name: str, who: str, what: str) -> list[str]:
        values = [getattr(state, what) for state in casts[name][who] if state is not None]
        return [value for value, _ in itertools.groupby(values)]

    assert seen("groundworks", "bareheaded", "helmet") == ["none"]
    assert seen("groundworks", "sweating", "helmet") == ["worn", "hand", "worn"]
    assert seen("groundworks", "visitor", "helmet") == ["hand"]
    assert seen("scaffold", "deck_break", "helmet") == ["worn", "hand", "hip", "hand", "worn"]
    assert seen("scaffold", "climber", "lanyard") == ["hanging", "clipped"]
    assert seen("scaffold", "edge_hand", "lanyard") == ["clipped"]
    assert seen("scaffold", "deck_high", "lanyard") == ["hanging"]
    heights = [state.position[2] for state in casts["scaffold"]["climber"] if state is not None]
    assert heights[0] < 0.1
    assert heights[-1] == pytest.approx(SITES["scaffold"].decks["slab"].z, abs=0.02)
    for site, who, zone in (
        ("groundworks", "surveyor", "excavator"),
        ("scaffold", "trespasser", "drop_zone"),
        ("energy_yard", "intruder", "bay_a"),
    ):
        polygon = load_scenario(site).zones[zone].polygon
        feet = [state.feet.mean(0) for state in casts[site][who] if state is not None]
        stay = sum(inside(polygon, float(x), float(y)) for x, y, _ in feet) * SAMPLE_S
        assert 8 < stay < 15


def test_a_performance_without_a_site_walks_on_its_ground() -> None:
    actor = Actor.model_validate({"start": (0, 0), "script": [{"walk": {"to": [[0, -3]]}}]})
    performance = Performance(actor, lambda x, y: 0.1 * x - 0.2 * y, seed=3)
    end = performance.at(performance.end_s)
    assert end is not None
    assert end.position[2] == pytest.approx(0.6, abs=0.03)
    assert end.feet[:, 2] == pytest.approx(-0.2 * end.feet[:, 1] + 0.1 * end.feet[:, 0], abs=0.01)
