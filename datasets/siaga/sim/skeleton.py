"""The skeleton of a person: joints of the rest pose, bones, and posing by joint angles.

The rest pose is an A-pose, 1.75 m tall, feet on z = 0, facing -y; left is +x.
Skinning weights belong to it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

REST_HEIGHT_M = 1.75
"""Bare height of the rest pose; a person of another height is the same skeleton, scaled."""


@dataclass(frozen=True, slots=True)
class Bone:
    """A bone between two joints; its matrix turns about the head joint."""

    name: str
    head: str
    tail: str
    parent: str | None


def _joints() -> dict[str, Array]:
    middle = {
        "root": (0, 0, 0.96),
        "spine": (0, 0.005, 1.08),
        "chest": (0, 0.015, 1.25),
        "neck": (0, 0.02, 1.48),
        "head": (0, 0.01, 1.57),
        "top": (0, 0, 1.74),
    }
    left = {
        "sh": (0.175, 0.015, 1.43),
        "el": (0.375, 0.03, 1.225),
        "wr": (0.555, 0.015, 1.045),
        "ha": (0.68, -0.005, 0.92),
        "hip": (0.095, 0, 0.93),
        "kn": (0.112, -0.012, 0.51),
        "an": (0.12, 0.025, 0.095),
        "to": (0.135, -0.15, 0.035),
    }
    joints = {name: np.array(place, dtype=np.float64) for name, place in middle.items()}
    for name, (x, y, z) in left.items():
        joints[f"{name}L"] = np.array([x, y, z], dtype=np.float64)
        joints[f"{name}R"] = np.array([-x, y, z], dtype=np.float64)
    return joints


def _bones() -> tuple[Bone, ...]:
    bones = [
        Bone("pelvis", "root", "spine", None),
        Bone("spine", "spine", "chest", "pelvis"),
        Bone("chest", "chest", "neck", "spine"),
        Bone("neckb", "neck", "head", "chest"),
        Bone("headb", "head", "top", "neckb"),
    ]
    for side in "LR":
        bones += [
            Bone(f"uarm{side}", f"sh{side}", f"el{side}", "chest"),
            Bone(f"farm{side}", f"el{side}", f"wr{side}", f"uarm{side}"),
            Bone(f"hand{side}", f"wr{side}", f"ha{side}", f"farm{side}"),
            Bone(f"thigh{side}", f"hip{side}", f"kn{side}", "pelvis"),
            Bone(f"shin{side}", f"kn{side}", f"an{side}", f"thigh{side}"),
            Bone(f"foot{side}", f"an{side}", f"to{side}", f"shin{side}"),
        ]
    return tuple(bones)


JOINTS: Mapping[str, Array] = _joints()
"""Joint name to its place in the rest pose, (3,) metres. Names end in L or R where there are two."""
BONES: tuple[Bone, ...] = _bones()
BONE_INDEX: Mapping[str, int] = {bone.name: index for index, bone in enumerate(BONES)}

_SIDED = {
    "arm": (-60, 175),
    "arm_out": (-80, 80),
    "abduct": (-10, 120),
    "elbow": (0, 150),
    "elbow_in": (-80, 80),
    "wrist": (-70, 70),
    "hip": (-30, 125),
    "hip_out": (-30, 50),
    "hip_abduct": (-20, 50),
    "knee": (0, 150),
    "ankle": (-40, 60),
}
_MIDDLE = {
    "pelvis_yaw": (-60, 60),
    "pelvis_lean": (-30, 90),
    "pelvis_roll": (-30, 30),
    "lean": (-30, 80),
    "twist": (-50, 50),
    "side_lean": (-35, 35),
    "head_yaw": (-80, 80),
    "head_pitch": (-50, 60),
}
LIMITS: Mapping[str, tuple[float, float]] = {
    name: (math.radians(low), math.radians(high))
    for name, (low, high) in {
        **_MIDDLE,
        **{f"{name}_{side}": limits for name, limits in _SIDED.items() for side in "LR"},
    }.items()
}
"""Angle name to (lowest, highest), radians.

``arm`` raises the arm forwards, ``arm_out`` turns the raised arm outwards, ``abduct`` raises it sideways,
``elbow`` and ``knee`` bend, ``elbow_in`` turns the forearm to the middle, ``hip`` raises the thigh forwards,
``lean`` and ``pelvis_lean`` bow, ``twist``, ``pelvis_yaw`` and ``head_yaw`` turn to the left, ``head_pitch``
nods.
"""
_DEFAULTS = {
    f"{name}_{side}": math.radians(value)
    for name, value in {"abduct": 6, "elbow": 12, "hip_abduct": 2, "knee": 3}.items()
    for side in "LR"
}


def rotate_x(angle: float) -> Array:
    """(3, 3) rotation about x, radians."""
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]], dtype=np.float64)


def rotate_y(angle: float) -> Array:
    """(3, 3) rotation about y, radians."""
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]], dtype=np.float64)


def rotate_z(angle: float) -> Array:
    """(3, 3) rotation about z, radians."""
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]], dtype=np.float64)


def about(joint: Array, rotation: Array) -> Array:
    """(4, 4): ``rotation`` about the point ``joint``."""
    matrix = np.eye(4)
    matrix[:3, :3] = rotation
    matrix[:3, 3] = joint - rotation @ joint
    return matrix


def pose(**angles: float) -> Array:
    """Pose the skeleton by joint angles, the pelvis where it rests.

    Args:
        angles: Radians by the names in :data:`LIMITS`; held to those limits; what is not named rests.

    Returns:
        (B, 4, 4) float64 in the order of :data:`BONES`: rest pose to model space.

    Raises:
        KeyError: An angle that does not exist.
    """
    unknown = angles.keys() - LIMITS.keys()
    if unknown:
        raise KeyError(f"no such joint angle: {', '.join(sorted(unknown))}")
    held = {**_DEFAULTS, **angles}
    value = {name: min(high, max(low, held.get(name, 0.0))) for name, (low, high) in LIMITS.items()}
    rotations = _trunk(value) | _limbs(value, "L", 1) | _limbs(value, "R", -1)
    matrices: dict[str, Array] = {}
    for bone in BONES:
        local = about(JOINTS[bone.head], rotations.get(bone.name, np.eye(3)))
        matrices[bone.name] = matrices[bone.parent] @ local if bone.parent else local
    return np.stack([matrices[bone.name] for bone in BONES])


def _trunk(value: Mapping[str, float]) -> dict[str, Array]:
    half_bow = rotate_x(value["lean"] / 2)
    half_twist = rotate_z(value["twist"] / 2)
    return {
        "pelvis": rotate_z(value["pelvis_yaw"])
        @ rotate_x(value["pelvis_lean"])
        @ rotate_y(value["pelvis_roll"]),
        "spine": half_bow @ half_twist,
        "chest": half_bow @ half_twist @ rotate_y(value["side_lean"]),
        "headb": rotate_z(value["head_yaw"]) @ rotate_x(value["head_pitch"]),
    }


def _limbs(value: Mapping[str, float], side: str, sign: int) -> dict[str, Array]:
    # The rest pose holds the arms 43 degrees out, the forearms' own axis is 44 degrees from the vertical.
    hang = rotate_y(sign * (math.radians(43) - value[f"abduct_{side}"]))
    upright = rotate_y(sign * math.radians(44))
    bend = rotate_z(-sign * value[f"elbow_in_{side}"]) @ rotate_x(-value[f"elbow_{side}"])
    return {
        f"uarm{side}": rotate_x(-value[f"arm_{side}"]) @ rotate_z(sign * value[f"arm_out_{side}"]) @ hang,
        f"farm{side}": upright.T @ bend @ upright,
        f"hand{side}": upright.T @ rotate_x(-value[f"wrist_{side}"]) @ upright,
        f"thigh{side}": rotate_z(sign * value[f"hip_out_{side}"])
        @ rotate_y(-sign * value[f"hip_abduct_{side}"])
        @ rotate_x(-value[f"hip_{side}"] - value["pelvis_lean"]),
        f"shin{side}": rotate_x(value[f"knee_{side}"]),
        f"foot{side}": rotate_x(value[f"ankle_{side}"]),
    }
