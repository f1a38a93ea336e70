"""The body under the clothes: how it is built, its trunk, limbs and hands, in the rest pose."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from siaga.sim.skeleton import JOINTS

from . import fields as f
from .fields import Array, Field
from .surface import Surface, join, mesh


@dataclass(frozen=True, slots=True)
class Physique:
    """How a body is built.

    Attributes:
        fat: Metres added around the waist.
        shoulder: Metres added to each shoulder.
        limb: Factor on the thickness of arms and legs.
    """

    fat: float
    shoulder: float
    limb: float


PHYSIQUES = {
    "slim": Physique(-0.008, -0.006, 0.90),
    "medium": Physique(0.006, 0.0, 1.0),
    "heavy": Physique(0.034, 0.006, 1.13),
}


def trunk(p: Physique) -> Field:
    """From the hips to the base of the neck, without arms."""
    fat = p.fat
    return f.blend(
        0.06,
        f.ellipsoid((0, 0.014, 1.335), (0.158 + p.shoulder + 0.3 * fat, 0.108 + 0.5 * fat, 0.150)),
        f.ellipsoid((0, 0.002, 1.13), (0.138 + fat, 0.098 + 0.9 * fat, 0.16)),
        f.ellipsoid((0, -0.030 - 0.4 * fat, 1.09), (0.098 + fat, 0.078 + 1.2 * fat, 0.10)),
        f.ellipsoid((0, 0.012, 0.95), (0.158 + 0.7 * fat, 0.113 + 0.7 * fat, 0.11)),
        f.symmetric(
            f.cone((0.04, 0.024, 1.450), (0.160 + p.shoulder, 0.016, 1.420), 0.052, 0.060 + 0.1 * fat)
        ),
        f.cone((0, 0.026, 1.43), (0, 0.020, 1.49), 0.068, 0.058),
    )


def arm(p: Physique, loose: float = 0.0) -> Field:
    """Both arms down to the wrists; ``loose`` metres of sleeve around them."""
    radii = [0.056 * p.limb + loose, 0.046 * p.limb + loose, 0.044 * p.limb + loose, 0.031 + loose]
    elbow, wrist = JOINTS["elL"], JOINTS["wrL"]
    muscle = elbow + 0.28 * (wrist - elbow)
    return f.symmetric(f.chain([JOINTS["shL"] - (0.010, 0, 0.012), elbow, muscle, wrist], radii))


def leg(p: Physique, loose: float = 0.0) -> Field:
    """The left leg down to the ankle; ``loose`` metres of cloth around it."""
    hip, knee, ankle = JOINTS["hipL"], JOINTS["knL"], JOINTS["anL"]
    calf = knee + 0.30 * (ankle - knee) + (0, 0.022, 0)
    thigh = 0.088 * p.limb + 0.3 * p.fat + loose * 0.6
    radii = [thigh, 0.056 * p.limb + loose, 0.056 * p.limb + loose, 0.036 + loose * 1.9]
    return f.chain([hip - (0, -0.010, 0.025), knee, calf, ankle], radii, 0.03)


def seat(p: Physique) -> Field:
    """Hips and buttocks."""
    hips = f.ellipsoid((0, 0.012, 0.95), (0.156 + 0.7 * p.fat, 0.112 + 0.7 * p.fat, 0.10))
    buttock = f.ellipsoid((0.075, 0.050, 0.885), (0.080 + 0.3 * p.fat, 0.078 + 0.4 * p.fat, 0.085))
    return f.blend(0.045, hips, f.symmetric(buttock))


def legs(p: Physique, loose: float = 0.0) -> Field:
    """Both legs and the seat."""
    return f.blend(0.045, seat(p), f.symmetric(leg(p, loose)))


_FINGERS = ((0.030, 0.088, 1.0), (0.010, 0.092, 1.08), (-0.010, 0.088, 1.0), (-0.028, 0.080, 0.80))
"""Of each finger: place across the palm, of its knuckle along it (metres), and length against the first."""
_SEGMENTS = (0.040, 0.026, 0.022)


def _finger(across: float, along: float, size: float, curl: tuple[float, float, float], fat: float) -> Field:
    joints, angle = [np.array([along, across, 0.002])], 0.0
    for length, bend in zip(_SEGMENTS, curl, strict=True):
        angle += bend
        joints.append(joints[-1] + np.array([np.cos(angle), 0, np.sin(angle)]) * length * size)
    return f.chain(joints, [0.0100 + fat, 0.0092 + fat, 0.0085 + fat, 0.0075 + fat], 0.006)


@cache
def hands(*, grip: bool, glove: bool) -> Surface:
    """Both hands, half open or closed around something 3 cm thick."""
    curl = (1.15, 1.45, 0.95) if grip else (0.42, 0.62, 0.42)
    fat = 0.0018 if glove else 0.0
    palm = f.box((0.044, 0.001, 0.0), (0.048, 0.041 + fat, 0.0145 + fat), 0.013)
    thumb_tip = (0.082, 0.030, 0.052) if grip else (0.090, 0.052, 0.034)
    thumb = f.chain(
        [(0.018, 0.030, 0.008), (0.052, 0.054, 0.024), thumb_tip], [0.0150, 0.0115 + fat, 0.009 + fat], 0.008
    )
    mound = f.ellipsoid((0.032, 0.024, 0.010), (0.028, 0.018, 0.015))
    wrist = f.cone((-0.05, 0, 0), (0.005, 0, 0), 0.027 + 2 * fat, 0.025 + fat)
    fingers = [_finger(*place, curl, fat) for place in _FINGERS]
    whole = f.blend(0.012, f.blend(0.004, palm, *fingers), mound, thumb, wrist)
    shape = mesh(whole, (-0.04, -0.06, -0.04), (0.20, 0.09, 0.10), 0.0046)
    left = from_hand(shape.vertices)
    right = Surface(left * (-1, 1, 1), shape.faces[:, ::-1])
    return join([shape.moved(left), right])


def hand_axes() -> Array:
    """The left hand's rows in the rest pose: along the fingers, towards the thumb, out of the palm."""
    along = JOINTS["haL"] - JOINTS["wrL"]
    along = along / np.linalg.norm(along)
    palm = np.array([-0.707, 0.0, -0.707])
    palm = palm - along * (palm @ along)
    palm /= np.linalg.norm(palm)
    return np.stack([along, np.cross(palm, along), palm])


def from_hand(points: Array) -> Array:
    """Points in the left hand's own frame, brought into the rest pose."""
    return np.asarray(JOINTS["wrL"] + points @ hand_axes())
