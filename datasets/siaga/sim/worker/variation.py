"""People by chance: looks, poses and the way a camera sees them, from a seed. numpy only."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np

from siaga.sim.look import COLOURS, Look
from siaga.sim.motion.state import HelmetState, LanyardState, State
from siaga.sim.skeleton import BONE_INDEX, JOINTS, REST_HEIGHT_M, pose, rotate_z

from .fields import Array

_T = TypeVar("_T")
Cover = Literal["none", "pole", "rail", "boards"]
"""What stands in front of a person."""

HELMET_COLOURS = ("yellow", "yellow", "white", "white", "orange", "red", "blue", "green", "grey")
_TOP_COLOURS = (
    "navy", "navy", "grey", "charcoal", "blue", "olive", "khaki", "denim", "red", "maroon", "green", "white",
    "sky",
    "black", "orange", "yellow", "brown", "cream",
)  # fmt: skip
_TROUSERS = ("charcoal", "navy", "denim", "black", "khaki", "grey", "olive", "brown")
_HAIR = ("black", "black", "black", "brown", "charcoal", "grey", "white", "khaki", "maroon")
_HARNESS = ("yellow", "black", "red", "blue", "orange", "green", "charcoal")
_ANY = tuple(COLOURS)


def choose(rng: np.random.Generator, odds: Mapping[_T, float]) -> _T:
    """One of the keys, by their relative odds."""
    keys, weights = list(odds), np.array(list(odds.values()), float)
    return keys[int(rng.choice(len(keys), p=weights / weights.sum()))]


def one_of(rng: np.random.Generator, items: Sequence[_T]) -> _T:
    """One of the items, all alike."""
    return items[int(rng.integers(len(items)))]


def sample_look(rng: np.random.Generator) -> Look:
    """Body and clothing by chance, rich in what is easily taken for a helmet or a harness.

    Hair, scarves and caps come in the colours of helmets; backpacks and tool belts in those of harnesses.
    """
    hair = choose(rng, {"short": 5.0, "bald": 0.8, "long": 1.0, "headscarf": 1.0, "cap": 1.3, "beanie": 0.9})
    own = hair in ("short", "bald", "long")
    harness = rng.random() < 0.5
    place = choose(rng, {"head": 5.0, "hand": 0.7, "hip": 0.7, "none": 3.2})
    lanyard = choose(rng, {"hanging": 3.0, "clipped": 3.0, "none": 2.0})
    return Look.model_validate(
        {
            "build": choose(rng, {"slim": 1.0, "medium": 1.6, "heavy": 0.9}),
            "height_m": round(float(np.clip(rng.normal(1.72, 0.075), 1.5, 1.95)), 2),
            "skin": int(rng.integers(1, 7)),
            "hair": hair,
            "hair_colour": one_of(rng, _HAIR) if own else one_of(rng, HELMET_COLOURS + _ANY),
            "top": choose(rng, {"jacket": 3.0, "shirt": 3.5, "overalls": 1.5, "dungarees": 1.0, "rain": 1.0}),
            "colour": one_of(rng, _TOP_COLOURS),
            "trousers": one_of(rng, _TROUSERS),
            "vest": choose(rng, {"none": 1.0, "yellow": 0.75, "orange": 0.6}),
            "backpack": bool(rng.random() < (0.06 if harness else 0.24)),
            "tool_belt": bool(rng.random() < 0.25),
            "gloves": bool(rng.random() < 0.4),
            "helmet": None if place == "none" else {"colour": one_of(rng, HELMET_COLOURS), "at": place},
            "harness": {"colour": one_of(rng, _HARNESS), "lanyard": lanyard} if harness else None,
        }
    )


_POSES: dict[str, dict[str, float]] = {
    "stand": {"hip_L": 2, "hip_R": -1, "elbow_L": 15, "elbow_R": 20, "hip_abduct_L": 4, "hip_abduct_R": 5},
    "walk": {
        "hip_L": 27, "knee_L": 8, "hip_R": -14, "knee_R": 22, "ankle_R": 12, "arm_L": -22, "arm_R": 24,
        "elbow_L": 18, "elbow_R": 30, "pelvis_yaw": 4, "twist": -8, "lean": 3,
    },
    "work": {
        "arm_L": 48, "arm_R": 55, "elbow_L": 60, "elbow_R": 50, "elbow_in_L": 15, "elbow_in_R": 15,
        "lean": 14,
        "head_pitch": 14, "hip_L": 10, "hip_R": 4, "knee_L": 10, "knee_R": 6,
    },
    "reach up": {"arm_L": 150, "arm_R": 125, "elbow_L": 20, "elbow_R": 45, "head_pitch": -18, "lean": -4},
    "point": {"arm_R": 75, "elbow_R": 10, "elbow_L": 25, "head_yaw": -12},
    "bend": {
        "pelvis_lean": 45, "lean": 32, "hip_L": 14, "hip_R": 6, "knee_L": 22, "knee_R": 15, "arm_L": 78,
        "arm_R": 70, "elbow_L": 18, "elbow_R": 25, "head_pitch": -8,
    },
    "kneel": {
        "pelvis_lean": 8, "lean": 22, "hip_L": 86, "knee_L": 86, "hip_R": -2, "knee_R": 88, "ankle_R": 50,
        "arm_L": 45, "arm_R": 50, "elbow_L": 45, "elbow_R": 45, "head_pitch": 14,
    },
    "climb": {
        "arm_L": 140, "arm_R": 105, "elbow_L": 30, "elbow_R": 60, "hip_L": 65, "knee_L": 78, "hip_R": 6,
        "knee_R": 12, "lean": 4,
    },
    "carry": {
        "arm_L": 24, "arm_R": 24, "elbow_L": 82, "elbow_R": 82, "elbow_in_L": 6, "elbow_in_R": 6, "lean": -4,
        "hip_L": 20, "knee_L": 8, "hip_R": -10, "knee_R": 18,
    },
    "squat": {
        "pelvis_lean": 24, "lean": 22, "hip_L": 98, "hip_R": 96, "knee_L": 122, "knee_R": 122,
        "hip_out_L": 12, "hip_out_R": 12, "ankle_L": -18, "ankle_R": -18, "arm_L": 60, "arm_R": 60,
        "elbow_L": 35, "elbow_R": 35,
    },
}  # fmt: skip
_POSE_ODDS = {
    "stand": 3.0, "walk": 3.0, "work": 2.0, "reach up": 1.0, "point": 0.6, "bend": 1.0, "kneel": 1.0,
    "climb": 0.8,
    "carry": 0.7, "squat": 0.6,
}  # fmt: skip
_TURNS = ("head_yaw", "head_pitch", "twist", "side_lean", "lean")


@dataclass(frozen=True, slots=True)
class Stance:
    """How a person stands: ``angles`` in radians as :func:`siaga.sim.skeleton.pose` takes them."""

    name: str
    angles: Mapping[str, float]
    yaw: float
    helmet: HelmetState
    lanyard: LanyardState
    anchor: tuple[float, float, float]


def sample_stance(rng: np.random.Generator, look: Look) -> Stance:
    """A pose by chance, every joint a little off, sometimes in the mirror."""
    name = choose(rng, _POSE_ODDS)
    degrees = dict(_POSES[name])
    if rng.random() < 0.5:
        degrees = {_mirrored(key): value for key, value in degrees.items()}
    degrees = {key: value * rng.uniform(0.75, 1.25) + rng.normal(0, 3) for key, value in degrees.items()}
    for key in _TURNS:
        degrees[key] = degrees.get(key, 0.0) + rng.normal(0, 16 if key == "head_yaw" else 5)
    helmet = sample_helmet(rng, look)
    if helmet == "hand" and name in ("stand", "walk"):
        degrees |= {"arm_R": 4, "elbow_R": 26, "abduct_R": 17, "elbow_in_R": -6}
    angle, reach = rng.uniform(0, 2 * math.pi), rng.uniform(0.4, 1.4)
    anchor = (reach * math.cos(angle), reach * math.sin(angle), float(rng.uniform(0.9, 2.6)))
    return Stance(
        name,
        {key: math.radians(value) for key, value in degrees.items()},
        float(rng.uniform(-math.pi, math.pi)),
        helmet,
        look.harness.lanyard if look.harness else "none",
        anchor,
    )


def sample_helmet(rng: np.random.Generator, look: Look) -> HelmetState:
    """Where the helmet is in this picture; mostly where the look says."""
    if look.helmet is None:
        return "none"
    usual: HelmetState = "hand" if look.helmet.at == "hand" else "hip" if look.helmet.at == "hip" else "worn"
    odds: dict[HelmetState, float] = {"worn": 1.0, "hand": 1.0, "hip": 1.0}
    return choose(rng, odds | {usual: 8.0})


def _mirrored(name: str) -> str:
    return {"L": name[:-1] + "R", "R": name[:-1] + "L"}.get(name[-1], name)


def place(stance: Stance, look: Look) -> State:
    """The person in that stance at (0, 0), the lowest joint on the ground."""
    bones = pose(**stance.angles)
    low = min(
        (bones[BONE_INDEX[bone + side]] @ np.append(JOINTS[joint + side], 1))[2] - sole
        for bone, joint, sole in (("foot", "an", 0.095), ("foot", "to", 0.035), ("shin", "kn", 0.06))
        for side in "LR"
    )
    world = np.eye(4)
    world[:3, :3] = rotate_z(stance.yaw) * look.height_m / REST_HEIGHT_M
    world[:3, 3] = world[:3, :3] @ np.array([0, 0, -low])
    bones = world @ bones
    feet = np.stack([_foot(bones, side) for side in "LR"])
    anchor = np.array(stance.anchor) if stance.lanyard == "clipped" else None
    carrying = "box" if stance.name == "carry" and stance.helmet != "hand" else None
    return State(bones, np.zeros(3), stance.yaw, feet, stance.helmet, stance.lanyard, anchor, carrying)


def _foot(bones: Array, side: str) -> Array:
    ankle = bones[BONE_INDEX[f"foot{side}"]] @ np.append(JOINTS[f"an{side}"], 1)
    return np.array([ankle[0], ankle[1], 0.0])


@dataclass(frozen=True, slots=True)
class Shot:
    """How a camera sees a person.

    Attributes:
        height_px: Of the person in the picture.
        around_deg: From where, around the person; only the light and the ground know the difference.
        above_deg: How steeply the camera looks down.
        distance_m: From the camera to the person.
        sun_height_deg, sun_from_deg: Where the sun stands.
        overcast: No sun, grey sky.
        exposure: Stops.
        margin: Of the crop around the person's box, as a share of its longer side.
        shift: (x, y) of the crop, as shares of its sides: what leaves it is cut off.
        blur_px, noise, jpeg: Of the finished crop: sigma in pixels, sigma in grey levels, quality.
        grey: Infrared look: no colour.
    """

    height_px: int
    around_deg: float
    above_deg: float
    distance_m: float
    sun_height_deg: float
    sun_from_deg: float
    overcast: bool
    exposure: float
    cover: Cover
    margin: float
    shift: tuple[float, float]
    blur_px: float
    noise: float
    jpeg: int
    grey: bool


def sample_shot(rng: np.random.Generator) -> Shot:
    """A camera, its light and its faults by chance."""
    cut_off = rng.random() < 0.18
    shift = rng.uniform(-0.42, 0.42, 2) if cut_off else rng.uniform(-0.04, 0.04, 2)
    return Shot(
        height_px=int(np.exp(rng.uniform(math.log(70), math.log(300)))),
        around_deg=float(rng.uniform(0, 360)),
        above_deg=float(np.clip(rng.gamma(2.2, 9.0), 2, 55)),
        distance_m=float(rng.uniform(5, 30)),
        sun_height_deg=float(rng.uniform(12, 70)),
        sun_from_deg=float(rng.uniform(0, 360)),
        overcast=bool(rng.random() < 0.35),
        exposure=float(rng.normal(0.0, 0.35)),
        cover=choose(rng, {"none": 7.0, "pole": 1.2, "rail": 1.0, "boards": 0.8}),
        margin=float(rng.uniform(0.04, 0.16)),
        shift=(float(shift[0]), float(shift[1])),
        blur_px=float(rng.choice([0.0, rng.uniform(0.3, 1.3)])),
        noise=float(rng.gamma(1.6, 2.2)),
        jpeg=int(rng.integers(38, 95)),
        grey=bool(rng.random() < 0.06),
    )
