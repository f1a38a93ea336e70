"""What is worn over the clothes: hi-vis vest, backpack, tool belt, belt."""

from __future__ import annotations

import numpy as np

from . import fields as f
from .body import Physique
from .clothing import Cut, crease, trunk_field
from .fields import Array, Field, Vec
from .piece import Piece, paint, shade, soft, soil, stiff
from .ribbon import lay, ribbon
from .surface import Surface, clip, join, mesh, tube

VEST_COLOURS = {"yellow": (0.62, 0.86, 0.03), "orange": (0.98, 0.15, 0.012)}
"""Fluorescent cloth, linear RGB."""
_SILVER = (0.58, 0.60, 0.62)
_BAND = 0.050
"""Width of reflective bands, metres (EN ISO 20471 asks for at least 50 mm)."""


def vest_field(p: Physique, below: Cut) -> Field:
    """A vest hangs: it bridges the hollows of the trunk. ``below``: the top that it is worn over."""
    hang = f.ellipsoid((0, -0.004, 1.10), (0.150 + p.fat, 0.105 + 1.1 * p.fat, 0.30))
    return f.grow(f.blend(0.08, trunk_field(p, below), f.grow(hang, below.thick)), 0.013)


def _vest_keep(points: Array, gap: float) -> Array:
    """Positive (N,) inside the edges of a vest; ``gap``: half the width by which it stands open, metres."""
    x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    armhole = (
        np.interp(z, [1.19, 1.235, 1.28, 1.34, 1.41, 1.5], [0.36, 0.235, 0.182, 0.160, 0.152, 0.158]) - x
    )
    neck = np.hypot(x / 0.95, y - 0.022) - 0.092
    neck = np.where(z > 1.36, neck, 1.0)
    front = y < -0.02
    vee = np.where(front, x - np.interp(z, [1.26, 1.29, 1.36, 1.46], [-0.1, 0.0, 0.030, 0.085]), 1.0)
    opening = np.where(front, x - gap * np.interp(z, [0.9, 1.28], [1.3, 0.9]), 1.0)
    return np.asarray(np.minimum.reduce([armhole, neck, vee, opening if gap > 0 else vee, z - 0.865]))


def _bands(points: Array, style: int) -> Array:
    """Positive (N,) on reflective bands: one or two around the trunk, and one over each shoulder."""
    x, z = np.abs(points[:, 0]), points[:, 2]
    half = _BAND / 2
    rings = [half - np.abs(z - middle) for middle in ((0.955, 1.085) if style != 1 else (1.02,))]
    over = np.minimum(half - np.abs(x - 0.108), z - (1.085 if style != 1 else 1.02))
    return np.asarray(np.maximum.reduce([*rings, over]))


def build_vest(p: Physique, colour: str, below: Cut, seed: int, *, style: int, gap: float) -> list[Piece]:
    """A vest after EN ISO 20471 with its edges bound.

    Args:
        below: The top that it is worn over.
        style: 0 two rings and braces; 1 one ring and braces; 2 as 0 with dark binding and zip.
        gap: Half the width by which it stands open in front, 0 if closed.
    """
    field = vest_field(p, below)
    whole = mesh(field, (-0.34, -0.30, 0.82), (0.34, 0.28, 1.56), 0.0095)
    vest = clip(whole, _vest_keep(whole.vertices, gap))
    inner = clip(vest, _vest_keep(vest.vertices, gap) - 0.010)
    binding = clip(vest, 0.010 - _vest_keep(vest.vertices, gap))
    cloth, silver = clip(inner, -_bands(inner.vertices, style)), clip(inner, _bands(inner.vertices, style))
    bright = np.asarray(VEST_COLOURS[colour])
    edge = bright * 0.72 if style != 2 else np.array([0.030, 0.032, 0.036])
    pieces = []
    for surface, tint, kind in (
        (cloth, bright, "hivis"),
        (binding, edge, "hivis"),
        (silver, _SILVER, "reflective"),
    ):
        painted = paint(surface, tint)
        if kind == "hivis":
            painted = soil(shade(painted, surface.vertices, seed, 0.06), surface.vertices, seed + 3, 0.30)
        made = crease(surface, field, 0.0060, seed + 7, 5.0)
        pieces.append(soft("vest", "vest", made, painted, "hivis" if kind == "hivis" else "reflective"))
    if gap == 0:
        line = lay(field, [(0, -0.4, z) for z in np.linspace(1.275, 0.875, 9)], 0.003)
        zip_tint = (0.03, 0.03, 0.03) if style == 2 else bright * 0.45
        pieces.append(soft("vest", "vest", ribbon(field, line, 0.012), zip_tint, "plastic"))
    return pieces


def build_backpack(outer: Field, colour: Vec, accent: Vec) -> list[Piece]:
    """A backpack; its straps look like a harness from in front, and are none."""
    back = f.project(outer, np.array([[0.0, 0.4, 1.25]]))[0, 1]
    bag = f.blend(
        0.02,
        f.box((0, back + 0.070, 1.245), (0.135, 0.070, 0.200), 0.055),
        f.box((0, back + 0.145, 1.180), (0.100, 0.030, 0.110), 0.028),
    )
    body = mesh(bag, (-0.2, back - 0.03, 1.0), (0.2, back + 0.22, 1.5), 0.011)
    pieces = [stiff("backpack", "other", body, colour, "cloth", (0, 0.10, 1.30))]
    flap = clip(body, 0.006 - np.abs(body.vertices[:, 2] - 1.375 - 0.1 * (body.vertices[:, 1] - back)))
    pieces.append(
        stiff(
            "backpack",
            "other",
            flap.moved(flap.vertices * (1.01, 1.004, 1)),
            accent,
            "webbing",
            (0, 0.10, 1.30),
        )
    )
    for sign in (1.0, -1.0):
        guide = [(sign * 0.085, back + 0.01, 1.41), (sign * 0.092, 0.05, 1.58), (sign * 0.095, -0.10, 1.52)]
        guide += [(sign * 0.108, -0.3, 1.38), (sign * 0.125, -0.3, 1.26), (sign * 0.165, -0.15, 1.16)]
        guide += [(sign * 0.24, 0.03, 1.10), (sign * 0.12, back + 0.02, 1.09)]
        line = lay(outer, guide, 0.008)
        pieces.append(soft("backpack", "other", ribbon(outer, line, 0.050, thick=0.006), colour, "cloth"))
    return pieces


def build_tool_belt(outer: Field, leather: Vec, seed: int) -> list[Piece]:
    """A belt with pouches and a hammer: webbing around the waist that is no harness."""
    rng = np.random.default_rng(seed)
    turn = np.arange(16) * 2 * np.pi / 16
    guide = np.stack([0.3 * np.sin(turn), -0.3 * np.cos(turn), 0.985 + 0 * turn], -1)
    line = lay(outer, guide, 0.010, closed=True)
    pieces = [
        soft("tool belt", "other", ribbon(outer, line, 0.052, thick=0.004, closed=True), leather, "leather")
    ]
    front = line[line[:, 1].argmin()]
    buckle = mesh(
        f.box(f.shift(front, 0, -0.004, 0), (0.030, 0.006, 0.032), 0.004), front - 0.06, front + 0.06, 0.006
    )
    pieces.append(stiff("tool belt", "other", buckle, (0.5, 0.5, 0.5), "metal", front))
    for at in (1.9, -1.9, 2.6) if rng.random() < 0.6 else (1.75, -2.1):
        pieces += _pouch(outer, at, leather)
    return pieces


def _pouch(outer: Field, at: float, leather: Vec) -> list[Piece]:
    place = f.project(outer, np.array([[0.3 * np.sin(at), -0.3 * np.cos(at), 0.93]]), 0.03)[0]
    out = np.array([np.sin(at), -np.cos(at), 0.0])
    axes = np.stack([np.cross((0, 0, 1), out), out, (0.0, 0.0, 1.0)])
    low, high = place - 0.14, place + 0.22
    bag = mesh(f.box(place, (0.058, 0.028, 0.072), 0.016, axes), low, high, 0.009)
    pieces = [stiff("tool belt", "other", bag, leather, "leather", (*place[:2], 0.97))]
    handle = np.stack([place + out * 0.012 + (0, 0, z) for z in (0.0, 0.07, 0.12)])
    parts: list[tuple[Surface, Vec]] = [(tube(handle, 0.009), (0.35, 0.20, 0.08))]
    parts.append((tube(handle + axes[0] * 0.03 - (0, 0, 0.02), 0.008), (0.5, 0.04, 0.03)))
    return pieces + [
        stiff("tool belt", "other", one, tint, "plastic", (*place[:2], 0.97)) for one, tint in parts
    ]


def build_belt(outer: Field, colour: Vec) -> list[Piece]:
    """A trouser belt over a tucked shirt."""
    turn = np.arange(16) * 2 * np.pi / 16
    guide = np.stack([0.3 * np.sin(turn), -0.3 * np.cos(turn), 0.992 + 0 * turn], -1)
    line = lay(outer, guide, 0.006, closed=True)
    band = soft("belt", "other", ribbon(outer, line, 0.036, closed=True), colour, "leather")
    front = line[line[:, 1].argmin()]
    buckle = mesh(f.box(front, (0.022, 0.006, 0.020), 0.004), front - 0.04, front + 0.04, 0.006)
    return [band, stiff("belt", "other", join([buckle]), (0.55, 0.55, 0.55), "metal", front)]
