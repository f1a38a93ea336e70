"""Named poses and gestures: what the upper body does while it stands, works, points, carries.

Tables are in degrees, as one thinks of joints; what leaves this module is radians. ``lower`` and ``forward``
move the pelvis, metres of the rest skeleton.
"""

import math
from collections.abc import Mapping

import numpy as np

from siaga.sim.skeleton import Array

from .timeline import Angles, Frame, Movement

_METRES = ("lower", "forward")
_Waves = Mapping[str, tuple[float, float, float]]
"""Angle to (amplitude in degrees, frequency in Hz, phase in radians)."""

_STEADY: dict[str, dict[str, float]] = {
    "look": {"head_pitch": 2},
    "work": {
        "arm_L": 44, "arm_R": 50, "elbow_L": 62, "elbow_R": 55, "elbow_in_L": 15, "elbow_in_R": 15,
        "lean": 13, "head_pitch": 20,
    },
    "point": {"arm_R": 74, "elbow_R": 10, "arm_out_R": 6, "head_yaw": -10, "head_pitch": 0},
    "phone": {"head_pitch": 6, "side_lean": 2},
    "bend": {
        "pelvis_lean": 34, "lean": 42, "head_pitch": -8, "arm_L": 72, "arm_R": 68, "elbow_L": 18,
        "elbow_R": 22, "lower": 0.13, "forward": -0.10,
    },
    "talk": {"arm_R": 28, "elbow_R": 70, "elbow_in_R": 12, "arm_L": 10, "elbow_L": 30, "head_pitch": 2},
    "rest": {"head_pitch": 2, "lean": -1},
    "kneel": {
        "pelvis_lean": 6, "lean": 26, "head_pitch": 18, "arm_L": 46, "arm_R": 52, "elbow_L": 42,
        "elbow_R": 40, "elbow_in_L": 10, "elbow_in_R": 10, "lower": 0.44,
    },
    "squat": {
        "pelvis_lean": 22, "lean": 26, "head_pitch": 4, "arm_L": 56, "arm_R": 60, "elbow_L": 36,
        "elbow_R": 34, "lower": 0.46, "forward": 0.02,
    },
    "climb": {"lean": 4, "head_pitch": -12},
    "hold brim": {"wrist_R": 50, "head_pitch": 12, "head_yaw": 0},
    "helmet in hand": {"arm_R": 4, "elbow_R": 26, "abduct_R": 17, "elbow_in_R": -6},
    "bucket": {"arm_L": 2, "elbow_L": 6, "abduct_L": 11, "side_lean": 5},
    "toolbox": {"arm_L": 2, "elbow_L": 6, "abduct_L": 11, "side_lean": 6},
    "box": {
        "arm_L": 22, "arm_R": 22, "elbow_L": 82, "elbow_R": 82, "elbow_in_L": 6, "elbow_in_R": 6, "lean": -4,
        "abduct_L": 8, "abduct_R": 8,
    },
    "plank": {"arm_R": 48, "elbow_R": 128, "abduct_R": 22, "side_lean": 4},
}  # fmt: skip

_MOVING: dict[str, _Waves] = {
    "look": {"head_yaw": (24, 0.13, 0.0), "twist": (5, 0.13, -0.4), "head_pitch": (4, 0.21, 1.0)},
    "work": {
        "arm_L": (9, 0.7, 0.0), "arm_R": (12, 0.7, 1.0), "elbow_L": (9, 0.9, 1.0), "elbow_R": (14, 0.9, 2.0),
        "lean": (4, 0.23, 0.0), "head_yaw": (9, 0.17, 0.6), "twist": (5, 0.2, 0.0),
    },
    "point": {"arm_R": (4, 0.5, 0.0), "head_yaw": (14, 0.2, 0.0)},
    "phone": {"head_yaw": (12, 0.15, 0.3), "twist": (4, 0.11, 0.0)},
    "bend": {"arm_L": (7, 0.6, 0.0), "arm_R": (8, 0.6, 1.1), "elbow_L": (8, 0.7, 0.4),
             "head_yaw": (8, 0.2, 0.0)},
    "talk": {"arm_R": (10, 0.45, 0.0), "elbow_R": (16, 0.6, 0.8), "elbow_in_R": (10, 0.35, 0.0),
             "head_pitch": (5, 0.4, 0.0), "head_yaw": (7, 0.16, 0.0)},
    "rest": {"head_yaw": (20, 0.1, 0.0), "twist": (4, 0.1, -0.3)},
    "kneel": {
        "arm_L": (8, 0.8, 0.0), "arm_R": (12, 0.8, 0.7), "elbow_L": (10, 0.8, 1.0), "elbow_R": (14, 0.8, 2.0),
        "lean": (4, 0.25, 0.0), "head_yaw": (9, 0.18, 0.0), "head_pitch": (6, 0.12, 1.0),
    },
    "squat": {"arm_L": (8, 0.7, 0.0), "arm_R": (10, 0.7, 0.9), "elbow_R": (12, 0.8, 0.3),
              "head_yaw": (8, 0.2, 0.0)},
    "climb": {"head_yaw": (6, 0.3, 0.0)},
}  # fmt: skip

HAND_ON: dict[str, dict[str, tuple[Frame, Array]]] = {
    "phone": {"L": ("headb", np.array([0.13, -0.085, 1.585]))},
    "rest": {
        "L": ("pelvis", np.array([0.235, -0.02, 1.045])),
        "R": ("pelvis", np.array([-0.235, -0.02, 1.045])),
    },
}
"""Doing to the hands that rest somewhere: side to (bone, wrist's point in the rest pose)."""


def steady(name: str) -> Angles:
    """The named pose, still. Radians and metres.

    Raises:
        KeyError: No such pose.
    """
    return {key: value if key in _METRES else math.radians(value) for key, value in _STEADY[name].items()}


def gesture(name: str, phase: float) -> Movement:
    """The named pose with its small movements; ``phase`` (radians) keeps people from moving alike.

    Raises:
        KeyError: No such pose.
    """
    still = steady(name)
    waves = _MOVING.get(name, {})

    def movement(time: float) -> Angles:
        angles = dict(still)
        for key, (amplitude, frequency, shift) in waves.items():
            wave = math.sin(2 * math.pi * frequency * time + shift + phase)
            angles[key] = angles.get(key, 0.0) + math.radians(amplitude) * wave
        return angles

    return movement
