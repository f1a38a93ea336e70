"""Clothes: tops, trousers, boots, in the rest pose."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from siaga.sim.skeleton import JOINTS

from . import body as b
from . import fields as f
from .fields import Array, Field, Vec
from .noise import folds, gradient_noise
from .piece import Material, Piece, mix, paint, shade, soft, soil
from .ribbon import lay, ribbon
from .skinning import arm_side
from .surface import Surface, clip, mesh, sheet

_CELL = 0.0105
_JOINTS = np.stack([JOINTS[n + s] for n in ("el", "kn", "hip", "an", "sh") for s in "LR"] + [JOINTS["spine"]])


@dataclass(frozen=True, slots=True)
class Cut:
    """How a top is cut: ``thick`` metres over the trunk, ``loose`` metres of sleeve, ``hem`` its height."""

    thick: float
    loose: float
    hem: float
    material: Material
    short_sleeves: bool = False
    crease: float = 0.0065


CUTS = {
    "tucked": Cut(0.006, 0.009, 0.985, "cloth"),
    "shirt": Cut(0.007, 0.010, 0.885, "cloth"),
    "t-shirt": Cut(0.007, 0.014, 0.880, "cloth", short_sleeves=True),
    "jacket": Cut(0.012, 0.014, 0.865, "cloth", crease=0.0080),
    "overalls": Cut(0.010, 0.013, 0.960, "cloth", crease=0.0080),
    "rain": Cut(0.020, 0.022, 0.700, "coated", crease=0.0090),
}


def crease(surface: Surface, field: Field, amount: float, seed: int, scale: float = 6.0) -> Surface:
    """The surface with cloth folds, deepest around the joints."""
    points = surface.vertices
    gap = np.linalg.norm(points[:, None] - _JOINTS[None], axis=2).min(1)
    depth = 0.55 + 1.1 * np.exp(-((gap / 0.12) ** 2))
    height = folds(points * (1.15, 1.15, 1.05), seed, scale) + 0.45 * folds(points, seed + 8, 2.4 * scale)
    height = height * depth * amount
    return surface.moved(points + f.gradient(field, points) * height[:, None])


def trunk_field(p: b.Physique, cut: Cut) -> Field:
    """The outside of a top without its sleeves."""
    trunk = f.grow(b.trunk(p), cut.thick)
    if cut.hem < 0.95:
        hips = f.blend(
            0.05, b.seat(p), f.symmetric(f.cone((0.09, 0.005, 0.93), (0.10, 0.0, 0.84), 0.092, 0.094))
        )
        trunk = f.blend(0.05, trunk, f.grow(hips, cut.thick + 0.014 + 0.3 * p.fat))
    if cut.hem < 0.8:
        wide = 0.165 + p.fat
        trunk = f.blend(
            0.06, trunk, f.chain([(0.045, 0.0, 0.95), (0.060, 0.0, 0.66)], [wide - 0.05, wide - 0.02])
        )
        trunk = f.blend(
            0.06, trunk, f.chain([(-0.045, 0.0, 0.95), (-0.060, 0.0, 0.66)], [wide - 0.05, wide - 0.02])
        )
    return trunk


def top_field(p: b.Physique, cut: Cut) -> Field:
    """The outside of a top, arms and trunk."""
    return f.blend(0.035, trunk_field(p, cut), b.arm(p, cut.loose))


def _top_keep(points: Array, cut: Cut) -> Array:
    """Positive inside the seams of a top (N,)."""
    neck = 1.487 + 0.36 * (points[:, 1] - 0.02) - points[:, 2]
    neck = np.maximum(neck, np.hypot(points[:, 0], points[:, 1] - 0.022) - 0.077)
    hem = points[:, 2] - cut.hem
    folded = np.column_stack((np.abs(points[:, 0]), points[:, 1:]))
    start, end = (JOINTS["shL"], JOINTS["elL"]) if cut.short_sleeves else (JOINTS["elL"], JOINTS["wrL"])
    along = (end - start) / np.linalg.norm(end - start)
    length = np.linalg.norm(end - start) * (0.78 if cut.short_sleeves else 1.0) + 0.004
    cuff = np.where(arm_side(points) > 0, length - (folded - start) @ along, 1.0)
    return np.minimum(np.minimum(neck, cuff), np.where(arm_side(points) > 0, 1.0, hem))


def build_top(
    p: b.Physique, cut: Cut, colour: Vec, seed: int, *, zip_colour: Vec | None, dirt: float
) -> list[Piece]:
    """A top with collar; a zip or button line where ``zip_colour`` is given."""
    field = top_field(p, cut)
    whole = mesh(field, (-0.64, -0.26, cut.hem - 0.05), (0.64, 0.26, 1.56), _CELL)
    whole = clip(whole, _top_keep(whole.vertices, cut))
    surface = crease(whole, field, cut.crease, seed)
    painted = soil(shade(paint(whole, colour), whole.vertices, seed), whole.vertices, seed, dirt)
    painted = _seams(painted, whole.vertices, cut, np.asarray(colour, float))
    pieces = [soft("top", "other", surface, painted, cut.material)]
    pieces.append(_collar(p, cut, colour))
    if zip_colour is not None:
        guide = [(0, -0.3, z) for z in np.linspace(1.435, cut.hem + 0.01, 9)]
        line = lay(field, guide, 0.004)
        pieces.append(soft("top", "other", ribbon(field, line, 0.014), zip_colour, "plastic"))
        pieces += [_pocket(field, sign, colour, cut) for sign in (1.0, -1.0)]
    return pieces


def _seams(painted: Array, points: Array, cut: Cut, colour: Array) -> Array:
    """Darker hems, cuffs and shoulder seams."""
    edge = np.clip(1 - np.abs(_top_keep(points, cut) - 0.020) / 0.006, 0, 1)
    return mix(painted, colour * 0.6, 0.6 * edge)


def _collar(p: b.Physique, cut: Cut, colour: Vec) -> Piece:
    stand = (cut.short_sleeves and 0.012) or (0.055 if cut.thick > 0.01 else 0.034)
    neck = f.chain(
        [(0, 0.026, 1.44), (0, 0.021, 1.49), (0, 0.016, 1.56)], [0.074, 0.071 + p.fat * 0.2, 0.082]
    )
    whole = mesh(neck, (-0.1, -0.1, 1.42), (0.1, 0.13, 1.58), 0.006)
    x, y, z = whole.vertices.T
    base = 1.470 + 0.36 * (y - 0.02)
    opening = np.abs(x) - np.clip((z - base - 0.010) * 0.8, 0.0015, 1) * (y < 0)
    part = clip(whole, np.minimum(np.minimum(z - base, base + stand + 0.01 - z), opening))
    return soft("top", "other", part, np.asarray(colour, float) * 0.88, cut.material)


def _pocket(field: Field, sign: float, colour: Vec, cut: Cut) -> Piece:
    """A breast pocket's flap."""
    rows = [
        f.project(field, np.stack([[sign * x, -0.3, z] for x in np.linspace(0.045, 0.135, 9)]), 0.006)
        for z in np.linspace(1.325, 1.285, 4)
    ]
    return soft("top", "other", sheet(np.stack(rows)), np.asarray(colour, float) * 0.72, cut.material)


def waist_width(p: b.Physique, cut: Cut) -> float:
    """Half width of the clothes at the belt, metres."""
    return float(f.project(top_field(p, cut), np.array([[0.3, 0.01, 0.99]]))[0, 0])


def build_trousers(
    p: b.Physique, colour: Vec, seed: int, *, loose: float, dirt: float, kind: Material, waist: float
) -> list[Piece]:
    """Trousers, from ``waist`` (metres) to the ankles."""
    field = f.grow(b.legs(p, loose), 0.004)
    whole = mesh(field, (-0.32, -0.24, 0.03), (0.32, 0.26, 1.08), _CELL)
    whole = clip(whole, np.minimum(whole.vertices[:, 2] - 0.062, waist - whole.vertices[:, 2]))
    points = whole.vertices
    surface = crease(whole, field, 0.0085 + 0.12 * loose, seed + 5)
    ankle = np.clip((0.20 - points[:, 2]) / 0.12, 0, 1)
    rings = np.sin(points[:, 2] * 130 + 4 * gradient_noise(points * 9, seed))
    surface = surface.moved(surface.vertices + f.gradient(field, points) * (0.006 * ankle * rings)[:, None])
    painted = soil(shade(paint(whole, colour), points, seed + 9), points, seed + 6, dirt)
    side = np.clip(1 - np.abs(points[:, 1] - 0.004) / 0.006, 0, 1) * (np.abs(points[:, 0]) > 0.13)
    painted = mix(painted, np.asarray(colour, float) * 0.6, 0.6 * side)
    return [soft("trousers", "other", surface, painted, kind)]


def build_bib(p: b.Physique, colour: Vec, seed: int, dirt: float) -> list[Piece]:
    """The upper part of dungarees: bib, high waist, and straps that cross on the back."""
    field = f.grow(b.trunk(p), 0.017)
    whole = mesh(field, (-0.3, -0.26, 0.95), (0.3, 0.24, 1.50), _CELL)
    x, y, z = np.abs(whole.vertices[:, 0]), whole.vertices[:, 1], whole.vertices[:, 2]
    top = np.where(
        y < 0, np.interp(x, [0.105, 0.125, 0.17], [1.345, 1.22, 1.10]), np.interp(x, [0, 0.17], [1.18, 1.10])
    )
    part = clip(whole, np.minimum(top - z, z - 0.985))
    painted = soil(shade(paint(part, colour), part.vertices, seed), part.vertices, seed, dirt)
    pieces = [soft("bib", "other", crease(part, field, 0.005, seed), painted, "cloth")]
    for sign in (1.0, -1.0):
        guide = [(sign * 0.085, -0.3, 1.33), (sign * 0.085, -0.2, 1.42), (sign * 0.088, 0.02, 1.60)]
        guide += [(sign * 0.06, 0.25, 1.40), (0.0, 0.3, 1.29), (-sign * 0.06, 0.3, 1.17)]
        strap = ribbon(field, lay(field, guide, 0.004), 0.034)
        pieces.append(soft("bib", "other", strap, np.asarray(colour, float) * 0.85, "cloth"))
    return pieces


def build_boots(colour: Vec, seed: int, dirt: float) -> list[Piece]:
    """Safety boots with a sole."""
    ankle, toe = JOINTS["anL"], JOINTS["toL"]
    upper = f.blend(
        0.03,
        f.cone(f.shift(ankle, 0, 0.006, 0.085), f.shift(ankle, 0, 0.012, -0.03), 0.053, 0.047),
        f.cone(f.shift(ankle, 0, 0.020, -0.045), f.shift(toe, 0.000, 0.035, 0.020), 0.046, 0.044),
        f.ellipsoid(f.shift(toe, 0.001, 0.012, 0.012), (0.044, 0.058, 0.036)),
    )
    flat = f.carve(0.012, upper, f.half_space((0, 0, 0.004), (0, 0, 1)))
    whole = mesh(f.symmetric(flat), (-0.24, -0.26, -0.03), (0.24, 0.15, 0.22), 0.0085)
    z = whole.vertices[:, 2]
    laces = (np.abs(np.sin(z * 200)) > 0.8) * (z > 0.07) * (whole.vertices[:, 1] < -0.01)
    painted = mix(
        paint(whole, colour), (0.012, 0.011, 0.010), np.clip((0.030 - z) / 0.004, 0, 1) + 0.7 * laces
    )
    painted = soil(painted, whole.vertices, seed, dirt)
    return [soft("boots", "other", whole, painted, "leather")]


def build_hands(skin: Vec, glove: Vec | None) -> list[Piece]:
    """Hands or gloves, once half open and once gripping."""
    pieces = []
    tint, kind = (skin, "skin") if glove is None else (glove, "knit")
    for grip in (False, True):
        surface = b.hands(grip=grip, glove=glove is not None)
        mottled = 1 + 0.25 * gradient_noise(surface.vertices * 70, 3)
        made = soft(
            "hands",
            "other",
            surface,
            paint(surface, tint) * mottled[:, None],
            "skin" if kind == "skin" else "knit",
        )
        pieces.append(replace(made, shown="gripping" if grip else "not gripping"))
    return pieces


def build_bare_arms(p: b.Physique, skin: Vec) -> list[Piece]:
    """Skin from the sleeves of a T-shirt to the wrists."""
    field = b.arm(p)
    whole = mesh(field, (-0.64, -0.1, 0.98), (0.64, 0.14, 1.44), 0.0085)
    part = clip(whole, np.abs(whole.vertices[:, 0]) - 0.24)
    return [soft("arms", "other", part, skin, "skin")]
