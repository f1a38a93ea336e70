"""Which bone moves which point, and the moving of points by bones (linear blend skinning)."""

from __future__ import annotations

import numpy as np

from siaga.sim.skeleton import BONE_INDEX, BONES, JOINTS

from .fields import Array, Vec, lengths

_TRUNK = ("pelvis", "spine", "chest", "neckb")
_REACH = {"pelvis": 0.15, "spine": 0.15, "chest": 0.16, "neckb": 0.07, "headb": 0.10}


def arm_side(points: Array) -> Array:
    """Positive (N,) where a rest-pose point belongs to an arm, negative on the trunk; metres, roughly."""
    return np.abs(points[:, 0]) - (0.20 + 0.45 * np.clip(1.30 - points[:, 2], 0.0, 0.5))


def weights(points: Array) -> Array:
    """Bone weights (N, B) of rest-pose points; every row sums to one."""
    columns = [_bone_weight(points, index) for index in range(len(BONES))]
    raw = np.stack(columns, axis=1)
    raw[raw < raw.max(1, keepdims=True) * 0.03] = 0.0
    return np.asarray(raw / raw.sum(1, keepdims=True))


def _bone_weight(points: Array, index: int) -> Array:
    bone = BONES[index]
    x, z = points[:, 0], points[:, 2]
    reach = _REACH.get(bone.name, 0.055 if bone.name[1:4] == "arm" or "hand" in bone.name else 0.075)
    distance = _segment_distance(points, JOINTS[bone.head], JOINTS[bone.tail])
    value = 1.0 / np.maximum(distance / reach, 0.15) ** 5
    if bone.name[-1] in "LR":
        value = value * np.clip(((x if bone.name[-1] == "L" else -x) + 0.03) / 0.06, 0.0, 1.0)
    return value * _region(bone.name, np.abs(x), z, arm_side(points))


def _region(name: str, x: Array, z: Array, arm: Array) -> Array:
    """Where a bone may act at all (N,), 0 to 1."""
    if name.startswith(("thigh", "shin")):
        return np.clip((1.02 - z) / 0.14, 0.0, 1.0)
    if name.startswith("hand"):
        return np.clip((x - 0.50) / 0.04, 0.0, 1.0)
    if name[1:4] == "arm":
        return np.clip((x - 0.11) / 0.07, 0.0, 1.0) * np.clip((arm + 0.10) / 0.08, 0.0, 1.0)
    if name == "headb":
        return np.clip((z - 1.50) / 0.05, 0.0, 1.0)
    if name in _TRUNK:
        off_arm = np.where(arm > 0.06, 0.0, 1.0)
        return off_arm * (np.clip((z - 0.74) / 0.12, 0.0, 1.0) if name == "pelvis" else 1.0)
    return np.ones_like(x)


def _segment_distance(points: Array, a: Array, b: Array) -> Array:
    axis = b - a
    along = np.clip((points - a) @ axis / (axis @ axis), 0.0, 1.0)
    return np.asarray(lengths(points - a - along[:, None] * axis))


def rigid(count: int, bone: str) -> Array:
    """Weights (N, B) of points that move with one bone only."""
    result = np.zeros((count, len(BONES)))
    result[:, BONE_INDEX[bone]] = 1.0
    return result


def at_point(count: int, place: Vec) -> Array:
    """Weights (N, B) that move a stiff thing as the surface at ``place`` moves."""
    return np.repeat(weights(np.asarray(place, float)[None]), count, axis=0)


def skin(points: Array, bone_weights: Array, bones: Array) -> Array:
    """Rest-pose points (N, 3) posed by ``bones`` (B, 4, 4)."""
    matrices = (bone_weights @ bones[:, :3].reshape(len(bones), 12)).reshape(-1, 3, 4)
    return np.asarray(np.einsum("nij,nj->ni", matrices[:, :, :3], points) + matrices[:, :, 3])
