"""Footwork: feet that stand do not slide, knees bend one way, nothing jumps."""

import math

import numpy as np
import pytest

from siaga.sim.motion import State
from siaga.sim.skeleton import JOINTS, LIMITS, pose

from .people import FRAME_S, gaps, joint, knee_degrees, play, slides, sole, states

SCRIPTS: dict[str, list[dict[str, object]]] = {
    "walk": [{"walk": {"to": [[4, 0], [5, 3], [2, 5]]}}],
    "slow": [{"walk": {"to": [[0.5, -2]], "speed": 0.5}}],
    "turn": [{"face": 170}, {"face": -60}, {"face": -50}],
    "kneel": [{"kneel": {"seconds": 6}}],
    "squat": [{"squat": {"seconds": 5}}],
    "stand": [{"stand": {"seconds": 4, "doing": "bend"}}, {"stand": {"seconds": 3, "doing": "phone"}}],
    "carry": [{"carry": {"what": "box", "to": [[3, 1]]}}],
    "chain": [
        {"kneel": {"seconds": 4}},
        {"walk": {"to": [[-3, 0]]}},
        {"squat": {"seconds": 4}},
        {"face": 90},
    ],
}


@pytest.fixture(params=SCRIPTS)
def frames(request: pytest.FixtureRequest) -> list[State]:
    return states(play(SCRIPTS[request.param]))


def test_a_foot_that_stands_does_not_slide(frames: list[State]) -> None:
    assert slides(frames) < 0.003


def test_somebody_always_stands_on_a_foot(frames: list[State]) -> None:
    for state in frames:
        lowest = min(sole(state, side, part)[2] for side in "LR" for part in ("ball", "heel"))
        assert -0.005 < lowest < 0.012


def test_a_knee_bends_one_way_and_never_far(frames: list[State]) -> None:
    for state in frames:
        for side in "LR":
            assert 2 < knee_degrees(state, side) < 155


def test_legs_reach_their_feet_and_joints_hold(frames: list[State]) -> None:
    assert max(gaps(state) for state in frames) < 0.002


def test_nothing_jumps(frames: list[State]) -> None:
    for name in ("top", "root", "wrL", "wrR", "knL", "knR", "anL", "anR"):
        way = np.array([joint(state, name) for state in frames])
        assert np.linalg.norm(np.diff(way, axis=0), axis=1).max() / FRAME_S < 5.5, name


def test_walking_goes_where_it_is_sent_at_the_speed_it_is_told() -> None:
    performance = play([{"walk": {"to": [[6, 0]], "speed": 1.3}}], facing_deg=90)
    end = performance.at(performance.end_s)
    assert end is not None
    assert end.position == pytest.approx([6, 0, 0], abs=0.12)
    assert performance.end_s == pytest.approx(6 / 1.3, rel=0.15)
    middle = performance.at(3.0), performance.at(2.0)
    assert middle[0] is not None
    assert middle[1] is not None
    assert middle[0].position[0] - middle[1].position[0] == pytest.approx(1.3, abs=0.06)
    assert middle[0].yaw == pytest.approx(math.pi / 2, abs=0.02)
    assert joint(middle[0], "toL")[0] > joint(middle[0], "anL")[0]


def test_steps_alternate_and_the_arms_swing_against_them() -> None:
    frames = states(play([{"walk": {"to": [[8, 0]]}}], facing_deg=90), start=2.0)[:75]
    legs = np.array([joint(state, "anL")[0] - joint(state, "anR")[0] for state in frames])
    arms = np.array([joint(state, "wrL")[0] - joint(state, "wrR")[0] for state in frames])
    assert legs.max() > 0.45
    assert legs.min() < -0.45
    assert np.corrcoef(legs, arms)[0, 1] < -0.9


def test_turning_is_done_in_steps_of_the_feet() -> None:
    performance = play([{"face": 170}])
    assert performance.end_s > 1.9
    headings = [np.unwrap([state.yaw for state in states(performance)])]
    assert np.abs(np.diff(headings)).max() / FRAME_S < math.radians(130)
    end = performance.at(performance.end_s)
    assert end is not None
    toes = joint(end, "toR") - joint(end, "anR")
    assert math.degrees(math.atan2(toes[0], -toes[1])) == pytest.approx(170, abs=8)


def test_who_must_go_back_turns_first() -> None:
    frames = states(play([{"walk": {"to": [[0, 4]]}}], facing_deg=0))
    gone = [float(np.linalg.norm(state.position[:2])) for state in frames]
    turned = next(index for index, state in enumerate(frames) if abs(state.yaw) > math.radians(165))
    assert gone[turned] < 0.1


def test_kneeling_puts_one_knee_on_the_ground_and_comes_up_again() -> None:
    frames = states(play([{"kneel": {"seconds": 7}}]))
    knees = np.array([joint(state, "knR")[2] for state in frames])
    assert 0.03 < knees.min() < 0.11
    assert np.mean(knees < 0.12) > 0.4
    assert joint(frames[-1], "top")[2] == pytest.approx(joint(frames[0], "top")[2], abs=0.03)
    assert frames[-1].position == pytest.approx(frames[0].position, abs=0.02)


@pytest.mark.parametrize("height", [1.5, 1.75, 1.95])
def test_people_are_as_tall_as_they_are_said_to_be(height: float) -> None:
    performance = play([{"stand": {"seconds": 2}}], look={"height_m": height})
    state = performance.at(1.0)
    assert state is not None
    crown = joint(state, "top")[2] + 0.01 * height / 1.75
    assert crown == pytest.approx(height, abs=0.035)
    assert slides(states(play([{"walk": {"to": [[3, 0]]}}], look={"height_m": height}))) < 0.003


def test_angles_rest_at_zero_and_stay_in_their_limits() -> None:
    rest = {f"{name}_{side}": 0.0 for name in ("elbow", "hip_abduct", "knee") for side in "LR"}
    still = pose(**rest, abduct_L=math.radians(43), abduct_R=math.radians(43))
    assert np.allclose(still, np.eye(4), atol=1e-9)
    assert np.array_equal(pose(knee_L=9.0), pose(knee_L=LIMITS["knee_L"][1]))
    raised = pose(arm_R=math.radians(90), elbow_R=0.0)
    wrist = raised[next(i for i, m in enumerate(_names()) if m == "farmR")] @ np.append(JOINTS["wrR"], 1)
    assert wrist[1] < -0.4
    with pytest.raises(KeyError, match="no such joint angle: tail"):
        pose(tail=1.0)


def _names() -> list[str]:
    from siaga.sim.skeleton import BONES

    return [bone.name for bone in BONES]
