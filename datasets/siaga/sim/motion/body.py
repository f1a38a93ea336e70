"""From a timeline to bones: the pelvis as high as both feet allow, legs and reaching arms by IK."""

import math
from dataclasses import dataclass

import numpy as np

from siaga.sim.skeleton import BONE_INDEX, BONES, JOINTS, Array, about, pose, rotate_y, rotate_z

from .footsteps import FootPose, foot_at, smooth
from .gait import facing
from .ik import Matrices, arm, leg, point_of, reach
from .timeline import BodyPath, HandKey, HandPath, Timeline

_STANDING = 0.962
_FULL_REACH = 0.995
_SOFTNESS = 150.0


@dataclass(frozen=True, slots=True)
class Manner:
    """How this person moves: small differences between people.

    Attributes:
        phase: Radians; shifts everything that sways.
        swing: Factor of the arms' swing.
        bow: Radians that the trunk leans forward when walking.
        spread: Radians that the arms hang off the body.
    """

    phase: float
    swing: float
    bow: float
    spread: float


@dataclass(frozen=True, slots=True)
class Posed:
    """Bones (B, 4, 4) in world metres, the feet's ground points (2, 3), position (3,), yaw."""

    bones: Array
    feet: Array
    position: Array
    yaw: float


def pose_at(timeline: Timeline, path: BodyPath, time: float, *, scale: float, manner: Manner) -> Posed:
    """The whole body at ``time``."""
    x, y, z, yaw = (float(value) for value in path.at(time))
    feet = {side: foot_at(timeline.holds[side], time, scale) for side in "LR"}
    ahead = facing(yaw)
    apart = float((feet["L"].ankle - feet["R"].ankle)[:2] @ ahead) / scale
    going = min(1.0, path.speed(time) / 1.1)
    angles = _upper_body(apart, going, time, manner)
    for gesture in timeline.gestures:
        weight = gesture.weight(time)
        if weight > 0:
            for name, value in gesture.movement(time - gesture.start).items():
                angles[name] = angles.get(name, 0.0) * (1 - weight) + value * weight
    lower, forward = angles.pop("lower", 0.0), angles.pop("forward", 0.0)
    model = pose(**angles)
    matrices = {bone.name: model[BONE_INDEX[bone.name]] for bone in BONES}
    sideways = _sway(feet, going, time, manner)
    turned = rotate_z(yaw - math.radians(13) * apart) @ rotate_y(_drop(feet, going))
    left = np.array([math.cos(yaw), math.sin(yaw)])
    root = np.array([x, y, z]) / scale
    root[:2] += ahead * forward + left * sideways
    root[2] += _STANDING - 0.006 * going - lower
    _place(matrices, turned, root, {side: foot.ankle / scale for side, foot in feet.items()})
    for side, foot in feet.items():
        _leg(matrices, side, foot, scale)
    for hand in timeline.hands:
        _hand(matrices, hand, time, scale)
    bones = np.stack([matrices[bone.name] for bone in BONES])
    bones[:, :3] *= scale
    return Posed(bones, np.stack([feet[side].ground for side in "LR"]), np.array([x, y, z]), yaw)


def _upper_body(apart: float, going: float, time: float, manner: Manner) -> dict[str, float]:
    swing = 52 * apart * manner.swing
    wave = manner.phase
    degrees = {
        "arm_L": 1 - swing / 2,
        "arm_R": 1 + swing / 2,
        "elbow_L": 15 + 10 * going + max(0.0, -swing) * 0.55,
        "elbow_R": 16 + 10 * going + max(0.0, swing) * 0.55,
        "twist": 14 * apart,
        "pelvis_lean": 2 * going,
        "lean": 1.2 * math.sin(0.9 * time + wave),
        "head_yaw": 5 * math.sin(0.8 * time + wave) - 4 * apart,
        "head_pitch": 4 + 2 * math.sin(0.6 * time + 2 * wave),
    }
    angles = {name: math.radians(value) for name, value in degrees.items()}
    angles["lean"] += manner.bow * going
    return angles | {"abduct_L": manner.spread, "abduct_R": manner.spread}


def _sway(feet: dict[str, FootPose], going: float, time: float, manner: Manner) -> float:
    """Metres to the left: over the standing foot in walking, slowly to and fro in standing."""
    walking = 0.022 * (feet["R"].lifted - feet["L"].lifted)
    standing = 0.016 * math.sin(0.42 * time + manner.phase)
    return walking * min(1.0, going * 2) + standing * (1 - going)


def _drop(feet: dict[str, FootPose], going: float) -> float:
    return math.radians(2.0) * going * (feet["L"].lifted - feet["R"].lifted)


def _place(matrices: Matrices, rotation: Array, root: Array, ankles: dict[str, Array]) -> None:
    """Put the trunk at ``root``, lower where a leg would not reach its ankle."""
    base = matrices["pelvis"]
    whole = rotation @ base[:3, :3]
    highest = [float(root[2])]
    for side, ankle in ankles.items():
        limb = leg(side)
        offset = whole @ (limb.joints[0] - JOINTS["root"])
        across = float(np.linalg.norm((root + offset - ankle)[:2]))
        left_over = max(0.02, (limb.length * _FULL_REACH) ** 2 - across**2)
        highest.append(float(ankle[2]) + math.sqrt(left_over) - float(offset[2]))
    lowest = min(highest)
    spread = sum(math.exp(-_SOFTNESS * (value - lowest)) for value in highest)
    held = np.array([root[0], root[1], lowest - math.log(spread) / _SOFTNESS])
    target = about(JOINTS["root"], whole)
    target[:3, 3] += held - JOINTS["root"]
    change = target @ np.linalg.inv(base)
    for name in matrices:
        matrices[name] = change @ matrices[name]


def _leg(matrices: Matrices, side: str, foot: FootPose, scale: float) -> None:
    across = foot.rotation[:, 0]
    ahead = np.array([across[1], -across[0], 0.0])
    sign = 1 if side == "L" else -1
    pelvis_ahead = -matrices["pelvis"][:3, 1] * np.array([1.0, 1.0, 0.0])
    ankle = reach(matrices, leg(side), foot.ankle / scale, ahead + 0.6 * pelvis_ahead + 0.12 * sign * across)
    matrix = about(JOINTS[f"an{side}"], foot.rotation)
    matrix[:3, 3] += ankle - JOINTS[f"an{side}"]
    matrices[f"foot{side}"] = matrix


def _hand(matrices: Matrices, hand: HandPath, time: float, scale: float) -> None:
    """Let an arm follow the hand's way, from hanging freely and back to it."""
    keys = hand.keys
    if not keys[0].time < time < keys[-1].time:
        return
    index = next(number for number, key in enumerate(keys) if key.time > time)
    before, after = keys[index - 1], keys[index]
    share = smooth((time - before.time) / max(1e-6, after.time - before.time))
    side = hand.side
    limb = arm(side)
    free = point_of(matrices[f"farm{side}"], JOINTS[f"wr{side}"])
    target = _key_point(matrices, before, free, scale) * (1 - share)
    target = target + _key_point(matrices, after, free, scale) * share
    held = (1 - share) * (before.frame is not None) + share * (after.frame is not None)
    shoulder = point_of(matrices["chest"], limb.joints[0])
    elbow = point_of(matrices[f"uarm{side}"], limb.joints[1])
    sign = 1 if side == "L" else -1
    pole = matrices["chest"][:3, :3] @ np.array([0.5 * sign, 0.2, -0.85])
    hand_turn = np.linalg.inv(matrices[f"farm{side}"]) @ matrices[f"hand{side}"]
    reach(matrices, limb, target, pole * held + (elbow - (shoulder + free) / 2) * 4 * (1 - held))
    matrices[f"hand{side}"] = matrices[f"farm{side}"] @ hand_turn


def _key_point(matrices: Matrices, key: HandKey, free: Array, scale: float) -> Array:
    if key.frame is None:
        return free
    return key.point / scale if key.frame == "world" else point_of(matrices[key.frame], key.point)
