"""Two-bone inverse kinematics: legs that reach their foothold, arms that reach for something.

The law of cosines gives the bend, a pole says which way the middle joint points; so a knee cannot invert.
"""

from dataclasses import dataclass

import numpy as np

from siaga.sim.skeleton import BONES, JOINTS, Array, about

Matrices = dict[str, Array]
"""Bone name to (4, 4): rest pose to world, in units of the rest skeleton."""

STRETCH = 0.998
"""A limb is never quite straight: at full stretch the bend's plane would be lost."""
_JOINT_OF = {bone.name: (bone.head, bone.tail) for bone in BONES}


@dataclass(frozen=True, slots=True)
class Limb:
    """Two bones and what hangs on them.

    Attributes:
        bend: 1 where the limb bends forwards in the middle (knee), -1 backwards (elbow).
        hinge: (3,) the axis of the middle joint in the rest pose.
    """

    parent: str
    upper: str
    lower: str
    bend: int
    hinge: Array

    @property
    def joints(self) -> tuple[Array, Array, Array]:
        """Rest places of the joints at the root, the middle and the end."""
        root, middle = _JOINT_OF[self.upper]
        return JOINTS[root], JOINTS[middle], JOINTS[_JOINT_OF[self.lower][1]]

    @property
    def length(self) -> float:
        """Stretched length, metres of the rest skeleton."""
        root, middle, end = self.joints
        return float(np.linalg.norm(middle - root) + np.linalg.norm(end - middle))


def leg(side: str) -> Limb:
    """The leg of side L or R."""
    return Limb("pelvis", f"thigh{side}", f"shin{side}", 1, np.array([1.0, 0.0, 0.0]))


def arm(side: str) -> Limb:
    """The arm of side L or R; the rest pose holds it 43 degrees out, and the hinge with it."""
    sign = 1 if side == "L" else -1
    angle = np.radians(43.0)
    return Limb(
        "chest", f"uarm{side}", f"farm{side}", -1, np.array([np.cos(angle), 0.0, sign * np.sin(angle)])
    )


def point_of(matrix: Array, rest_point: Array) -> Array:
    """(3,): where a point of the rest pose is under a bone's matrix."""
    moved: Array = matrix[:3, :3] @ rest_point + matrix[:3, 3]
    return moved


def reach(matrices: Matrices, limb: Limb, target: Array, pole: Array) -> Array:
    """Turn a limb so that its end joint comes to ``target``, or as near as its length allows.

    Args:
        matrices: The parent bone's must be there; the limb's two are set.
        target: (3,) where the end joint should be.
        pole: (3,) direction in which the middle joint should point.

    Returns:
        (3,) where the end joint is.
    """
    root, middle, end = limb.joints
    upper_length = float(np.linalg.norm(middle - root))
    lower_length = float(np.linalg.norm(end - middle))
    start = point_of(matrices[limb.parent], root)
    offset = target - start
    whole = (upper_length + lower_length) * STRETCH
    distance = float(np.clip(np.linalg.norm(offset), abs(upper_length - lower_length) + 0.02, whole))
    direction = offset / max(1e-9, float(np.linalg.norm(offset)))
    sideways = pole - direction * float(pole @ direction)
    sideways /= max(1e-9, float(np.linalg.norm(sideways)))
    along = (upper_length**2 + distance**2 - lower_length**2) / (2 * distance)
    out = np.sqrt(max(0.0, upper_length**2 - along**2))
    knee = start + direction * along + sideways * out
    foot: Array = start + direction * distance
    hinge = limb.bend * _cross(sideways, direction)
    for bone, head, tail, new_head, new_tail in (
        (limb.upper, root, middle, start, knee),
        (limb.lower, middle, end, knee, foot),
    ):
        rotation = _frame(new_tail - new_head, hinge) @ _frame(tail - head, limb.hinge).T
        matrix = about(head, rotation)
        matrix[:3, 3] += new_head - head
        matrices[bone] = matrix
    return foot


def _frame(direction: Array, hinge: Array) -> Array:
    """(3, 3) orthonormal columns: hinge, direction, and what stands on both."""
    along = direction / np.linalg.norm(direction)
    across = hinge - along * float(hinge @ along)
    across /= np.linalg.norm(across)
    return np.stack([across, along, _cross(across, along)], axis=1)


def _cross(a: Array, b: Array) -> Array:
    """(3,): numpy's own takes several times as long for one pair of vectors."""
    ax, ay, az = a.tolist()
    bx, by, bz = b.tolist()
    return np.array([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])
