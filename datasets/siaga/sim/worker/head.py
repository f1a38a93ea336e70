"""The head: skull, face, ears and neck, with eyes, lids and the colours of a face."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from . import fields as f
from . import skinning
from .fields import Array, Field, Vec
from .noise import gradient_noise
from .piece import Piece, mix, soft
from .surface import Surface, clip, mesh, sheet

SKINS: dict[int, tuple[float, float, float]] = {
    1: (0.66, 0.43, 0.34),
    2: (0.56, 0.34, 0.24),
    3: (0.44, 0.25, 0.155),
    4: (0.30, 0.155, 0.088),
    5: (0.165, 0.080, 0.045),
    6: (0.070, 0.035, 0.022),
}
"""Fitzpatrick type to linear RGB."""
_EYE = np.array([0.0315, -0.0680, 1.6500])
_EYE_RADIUS = 0.0122
NECK_BOTTOM = 1.40


@dataclass(frozen=True, slots=True)
class Face:
    """What tells one face from another; all around 0 (mean) within about one (far from it), but the beard.

    ``beard``: 0 none, 0.5 stubble, 1 full. ``soft`` faces have a smaller jaw and brow.
    """

    width: float
    jaw: float
    nose: float
    lips: float
    brow: float
    beard: float
    moustache: float
    soft: bool

    @classmethod
    def sample(cls, rng: np.random.Generator, *, soft: bool) -> Face:
        """A face by chance."""
        width, jaw, nose, lips, brow = np.round(rng.uniform(-1, 1, 5), 1)
        bearded = not soft and rng.random() < 0.45
        beard = float(rng.choice([0.4, 0.6, 1.0])) if bearded else 0.0
        moustache = 1.0 if not soft and rng.random() < 0.25 else 0.0
        return cls(float(width), float(jaw), float(nose), float(lips), float(brow), beard, moustache, soft)


def skull(face: Face) -> Field:
    """The bare head and neck without ears or features, for hair and headgear to lie on."""
    wide = 1 + 0.03 * face.width
    jaw = 0.003 * face.jaw - (0.004 if face.soft else 0.0)
    return f.blend(
        0.03,
        f.ellipsoid((0, 0.020, 1.664), (0.0745 * wide, 0.094, 0.090)),
        f.ellipsoid((0, -0.022, 1.622), (0.0600 * wide, 0.061, 0.084)),
        f.symmetric(f.ellipsoid((0.040 + jaw, -0.012, 1.583), (0.020, 0.036, 0.030))),
        f.ellipsoid((0, -0.040, 1.570), (0.046 + jaw, 0.046, 0.034)),
        f.cone((0, 0.028, 1.41), (0, 0.022, 1.58), 0.058 + 0.4 * jaw, 0.053 + 0.4 * jaw),
    )


def _features(face: Face) -> Field:
    nose, brow = 0.003 * face.nose, (0.002 if face.soft else 0.005) + 0.002 * face.brow
    lip = 1 + 0.25 * face.lips
    return f.blend(
        0.010,
        f.symmetric(f.cone((0.008, -0.081, 1.668), (0.046, -0.064, 1.668), brow + 0.005, brow + 0.003)),
        f.symmetric(f.ellipsoid((0.045, -0.055, 1.618), (0.021, 0.021, 0.016))),
        f.cone((0, -0.078, 1.662), (0, -0.100 - nose, 1.618), 0.0075, 0.0105),
        f.ellipsoid((0, -0.1005 - nose, 1.6125), (0.0115 + 0.3 * nose, 0.011, 0.010)),
        f.symmetric(f.ellipsoid((0.0115 + 0.5 * nose, -0.0900, 1.6105), (0.0080, 0.0105, 0.0078))),
        f.ellipsoid((0, -0.0820, 1.5905), (0.0215, 0.0120, 0.0062 * lip)),
        f.ellipsoid((0, -0.0805, 1.5785), (0.0190, 0.0125, 0.0072 * lip)),
        f.ellipsoid((0, -0.0750, 1.5480 - 0.002 * face.jaw), (0.0200, 0.0155, 0.0150)),
    )


def _ear() -> Field:
    tilt = np.array([[0.90, -0.42, 0.0], [0.42, 0.90, 0.0], [0, 0, 1.0]])
    rim = f.ellipsoid((0.0775, 0.022, 1.634), (0.0085, 0.0190, 0.0310), tilt)
    hollow = f.ellipsoid((0.0870, 0.016, 1.637), (0.0070, 0.0105, 0.0180), tilt)
    return f.carve(0.006, rim, hollow)


def head_field(face: Face, *, ears: bool) -> Field:
    """The whole head with its features, sockets carved."""
    sockets = f.symmetric(f.ellipsoid(f.shift(_EYE, 0.001, -0.014, 0.0), (0.0185, 0.0150, 0.0105)))
    mouth = f.symmetric(f.cone((0, -0.0965, 1.5842), (0.0225, -0.0835, 1.5850), 0.0026, 0.0018))
    nostril = f.symmetric(f.ellipsoid((0.0072, -0.0960, 1.6035), (0.0036, 0.0050, 0.0040)))
    solid = f.blend(0.014, skull(face), _features(face))
    shoulders = f.symmetric(f.cone((0.02, 0.024, 1.445), (0.13, 0.018, 1.415), 0.050, 0.040))
    whole = f.carve(0.006, solid, sockets, mouth, nostril)
    if ears:
        whole = f.blend(0.006, whole, f.symmetric(_ear()))
    return f.blend(0.05, whole, shoulders)


@lru_cache(maxsize=8)
def _surface(face: Face, ears: bool) -> Surface:
    whole = mesh(head_field(face, ears=ears), (-0.13, -0.14, NECK_BOTTOM - 0.02), (0.13, 0.14, 1.79), 0.0042)
    return clip(whole, np.minimum(whole.vertices[:, 2] - NECK_BOTTOM, 0.115 - np.abs(whole.vertices[:, 0])))


def jaw_line(points: Array) -> Array:
    """Positive (N,) on the head, negative on the neck; metres."""
    return np.asarray(points[:, 2] - np.interp(points[:, 1], [-0.09, -0.03, 0.10], [1.523, 1.545, 1.560]))


def build_head(face: Face, skin: int, hair_colour: Vec, seed: int, *, ears: bool = True) -> list[Piece]:
    """Head, neck and eyes; without ``ears`` for what lies tight over them."""
    surface = _surface(face, ears)
    side = jaw_line(surface.vertices)
    pieces = []
    for name, keep in (("head", side), ("neck", -side)):
        part = clip(surface, keep)
        colour = _complexion(part.vertices, face, skin, np.asarray(hair_colour, float), seed)
        pieces.append(soft(name, "head" if name == "head" else "other", part, colour, "skin"))
    for sign in (1.0, -1.0):
        pieces += _eye(sign, np.asarray(SKINS[skin]))
    return pieces


def _spot(points: Array, centre: Vec, radii: Vec) -> Array:
    """1 at the centre, falling to 0 at the ellipsoid and beyond (N,); mirrored."""
    folded = np.column_stack((np.abs(points[:, 0]), points[:, 1:]))
    gap = np.linalg.norm((folded - np.asarray(centre)) / np.asarray(radii), axis=1)
    return np.asarray(np.clip(1.6 * (1.0 - gap), 0.0, 1.0))


def _complexion(points: Array, face: Face, skin: int, hair: Array, seed: int) -> Array:
    """Skin with red lips and cheeks, shaded eyes, brows and beard (N, 3)."""
    base = np.asarray(SKINS[skin])
    colour = np.repeat(base[None], len(points), axis=0)
    colour *= (1 + 0.10 * gradient_noise(points * 40, seed) + 0.10 * gradient_noise(points * 12, seed + 1))[
        :, None
    ]
    red = base * (1.10, 0.72, 0.70)
    for centre, radii, share in (
        ((0.043, -0.060, 1.612), (0.03, 0.04, 0.025), 0.45),
        ((0, -0.105, 1.612), (0.02, 0.03, 0.02), 0.45),
        ((0.078, 0.02, 1.634), (0.03, 0.03, 0.04), 0.40),
    ):
        colour = mix(colour, red, share * _spot(points, centre, radii))
    dark = base * (0.52, 0.44, 0.42)
    colour = mix(colour, dark, 0.65 * _spot(points, f.shift(_EYE, 0, -0.01, -0.004), (0.024, 0.03, 0.019)))
    lip_red = base * ((1.02, 0.52, 0.52) if not face.soft else (1.05, 0.38, 0.40))
    for z in (1.5895, 1.5785):
        colour = mix(colour, lip_red, 1.3 * _spot(points, (0, -0.09, z), (0.027, 0.018, 0.0082)))
    colour = mix(colour, base * 0.25, 0.9 * _spot(points, (0, -0.09, 1.5845), (0.026, 0.016, 0.0026)))
    colour = mix(colour, base * 0.2, 0.9 * _spot(points, (0.007, -0.096, 1.603), (0.006, 0.008, 0.006)))
    return _face_hair(points, colour, face, hair, seed)


def _face_hair(points: Array, colour: Array, face: Face, hair: Array, seed: int) -> Array:
    x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    front = y < -0.045
    arch = 1.6725 + 0.0025 * face.brow + 0.0035 * np.sin(np.clip((x - 0.012) / 0.040, 0, 1) * np.pi)
    thick = np.interp(x, [0.008, 0.013, 0.035, 0.052, 0.056], [0, 1, 1, 0.5, 0]) * (
        0.0042 if face.soft else 0.0062
    )
    brow = (
        np.clip(1.5 * (1 - np.abs(z - arch) / np.maximum(thick, 1e-6)), 0, 1)
        * front
        * (x < 0.056)
        * (x > 0.008)
    )
    colour = mix(colour, hair * 0.9, 0.9 * brow)
    line = np.interp(np.abs(y + 0.09), [0.0, 0.06, 0.10, 0.13], [1.574, 1.582, 1.600, 1.640])
    chin = np.clip((line - z) / 0.008, 0, 1) * np.clip((z - 1.520) / 0.012, 0, 1) * (y < 0.02)
    lips = _spot(points, (0, -0.088, 1.582), (0.026, 0.02, 0.010))
    spots = 0.8 + 0.5 * gradient_noise(points * 120, seed + 2)
    colour = mix(colour, hair, face.beard * 0.85 * chin * (1 - lips) * spots)
    upper = _spot(points, (0.010, -0.088, 1.5985), (0.024, 0.02, 0.0085))
    return mix(colour, hair, max(face.moustache, 0.75 * face.beard) * upper * (1 - lips) * spots)


def _eye(sign: float, skin: Array) -> list[Piece]:
    """Eyeball with iris, and the upper and lower lid around it."""
    middle = _EYE * (sign, 1, 1)
    ball = _sphere(_EYE_RADIUS)
    gaze = np.hypot(ball.vertices[:, 0], ball.vertices[:, 2]) / _EYE_RADIUS
    front = ball.vertices[:, 1] < 0
    white = np.repeat([[0.55, 0.50, 0.46]], len(ball.vertices), axis=0)
    colour = mix(white, (0.020, 0.011, 0.007), np.clip((0.58 - gaze) / 0.08, 0, 1) * front)
    pieces = [_rigid_head(ball.moved(ball.vertices + middle), colour, "eye")]
    for slope, level, tint in ((0.25, 0.0046, 0.78), (-0.12, -0.0058, 0.86)):
        lid = _sphere(_EYE_RADIUS + 0.0013)
        above = lid.vertices[:, 2] - level - slope * lid.vertices[:, 1] * 0.4
        part = clip(lid, above if slope > 0 else -above)
        pieces.append(
            _rigid_head(
                part.moved(part.vertices + middle),
                np.repeat(skin[None] * tint, len(part.vertices), 0),
                "skin",
            )
        )
        edge = 0.0012 - np.abs(lid.vertices[:, 2] - level - slope * lid.vertices[:, 1] * 0.4)
        lash = clip(lid, edge) if slope > 0 else None
        if lash is not None:
            pieces.append(
                _rigid_head(
                    lash.moved(lash.vertices * 1.01 + middle), np.full((len(lash.vertices), 3), 0.012), "skin"
                )
            )
    return pieces


def _rigid_head(surface: Surface, colour: Array, material: str) -> Piece:
    weights = skinning.rigid(len(surface.vertices), "headb")
    return Piece("head", "head", surface, colour, weights, "eye" if material == "eye" else "skin")


def _sphere(radius: float) -> Surface:
    tilt, turn = np.linspace(0, np.pi, 20), np.arange(28) * 2 * np.pi / 28
    ring = np.stack([np.sin(tilt)[:, None] * np.cos(turn), np.sin(tilt)[:, None] * np.sin(turn)], -1)
    height = np.broadcast_to(np.cos(tilt)[:, None, None], (*ring.shape[:2], 1))
    # The poles lie along y, so that the iris is round.
    points = np.concatenate([ring[..., :1], -height, ring[..., 1:]], -1) * radius
    return sheet(points, closed=True)
