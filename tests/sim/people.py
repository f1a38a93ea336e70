"""Measuring people of the simulated site from outside: joints, soles, knees."""

import numpy as np
import numpy.typing as npt

from siaga.sim.motion import Performance, State
from siaga.sim.scenario import Actor
from siaga.sim.sites import SITES
from siaga.sim.skeleton import BONE_INDEX, BONES, JOINTS

Array = npt.NDArray[np.float64]
SITE = SITES["scaffold"]
FRAME_S = 0.04
_SOLES = {"ball": np.array([0.0, -0.145, -0.095]), "heel": np.array([0.0, 0.055, -0.095])}


def flat(x: float, y: float) -> float:
    """Level ground."""
    return 0.0 * (x + y)


def play(script: list[dict[str, object]], *, seed: int = 1, **actor: object) -> Performance:
    """A script on level ground, beside the scaffold's ladders and lines."""
    fields = {"start": (0, 0), "look": {"height_m": 1.75}, **actor, "script": script}
    return Performance(Actor.model_validate(fields), flat, seed=seed, site=SITE)


def states(performance: Performance, start: float = 0.0, step: float = FRAME_S) -> list[State]:
    """Every frame from ``start`` to the end of the script."""
    found = [performance.at(float(time)) for time in np.arange(start, performance.end_s, step)]
    return [state for state in found if state is not None]


def point(state: State, bone: str, rest: Array) -> Array:
    """(3,) world: a point of the rest pose that hangs on a bone."""
    matrix = state.bones[BONE_INDEX[bone]]
    moved: Array = matrix[:3, :3] @ rest + matrix[:3, 3]
    return moved


def joint(state: State, name: str) -> Array:
    """(3,) world: a joint, as the bone that turns about it, or ends in it, has it."""
    bone = next((bone for bone in BONES if bone.head == name), None)
    bone = bone or next(bone for bone in BONES if bone.tail == name)
    return point(state, bone.name, JOINTS[name])


def sole(state: State, side: str, part: str) -> Array:
    """(3,) world: ball or heel under a foot."""
    return point(state, f"foot{side}", JOINTS[f"an{side}"] + _SOLES[part])


def slides(frames: list[State], ground: float = 0.0) -> float:
    """The farthest that a ball or heel moved while it was on the ground, metres."""
    worst = 0.0
    for side in "LR":
        for part in ("ball", "heel"):
            began: Array | None = None
            for state in frames:
                place = sole(state, side, part)
                if place[2] - ground > 0.001:
                    began = None
                    continue
                began = place if began is None else began
                worst = max(worst, float(np.linalg.norm(place[:2] - began[:2])))
    return worst


def knee_degrees(state: State, side: str) -> float:
    """Bend of a knee about the thigh's own axis; positive: the shin goes back."""
    hip, knee, ankle = (joint(state, f"{name}{side}") for name in ("hip", "kn", "an"))
    axis = state.bones[BONE_INDEX[f"thigh{side}"]][:3, 0]
    thigh, shin = knee - hip, ankle - knee
    return float(np.degrees(np.arctan2(np.cross(thigh, shin) @ axis, thigh @ shin)))


def gaps(state: State) -> float:
    """The widest gap between a bone and its parent at their joint, metres."""
    return max(
        float(
            np.linalg.norm(
                point(state, bone.name, JOINTS[bone.head]) - point(state, bone.parent, JOINTS[bone.head])
            )
        )
        for bone in BONES
        if bone.parent
    )
