"""What is on a head: hair, headscarf, baseball cap, beanie. All but hair are look-alikes of a helmet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from . import fields as f
from . import skinning
from .body import Physique, trunk
from .fields import Array, Field, Vec
from .head import Face, skull
from .noise import folds, gradient_noise
from .piece import Material, Piece, paint, shade
from .surface import Surface, clip, mesh, normals, sheet

_AROUND = np.array([0.0, 0.5, 0.9, 1.2, 1.34, 1.46, 1.54, 1.95, 2.15, 2.35, 2.7, 3.15])
"""Angle from straight ahead around the head, radians."""
_HAIRLINE = np.array([1.722, 1.719, 1.704, 1.688, 1.640, 1.634, 1.672, 1.668, 1.630, 1.608, 1.595, 1.592])
_LOW, _HIGH = (-0.13, -0.15, 1.40), (0.13, 0.17, 1.80)


def _angle(points: Array) -> Array:
    return np.arctan2(np.abs(points[:, 0]), 0.015 - points[:, 1])


def _on_head(name: str, surface: Surface, colour: Array, material: Material) -> Piece:
    return Piece(name, "head", surface, colour, skinning.rigid(len(surface.vertices), "headb"), material)


def hair(face: Face, colour: Vec, seed: int, *, length: str = "short", flat: bool = False) -> list[Piece]:
    """A head of hair; ``flat`` lies close, as under a cap."""
    field = f.grow(skull(face), 0.0025)
    whole = mesh(field, (-0.11, -0.12, 1.52), (0.11, 0.14, 1.78), 0.0055)
    points = whole.vertices
    line = np.interp(_angle(points), _AROUND, _HAIRLINE) + (-0.002 if length == "long" else 0.0)
    if length == "long":
        line = np.where(_angle(points) > 1.4, np.minimum(line, 1.600), line)
    jagged = 0.004 * gradient_noise(points * 90, seed)
    above = points[:, 2] - line + jagged
    part = clip(whole, above)
    points, outward = part.vertices, f.gradient(field, part.vertices)
    height = np.clip((points[:, 2] - np.interp(_angle(points), _AROUND, _HAIRLINE)) / 0.05, 0, 1)
    thick = 0.003 + (0.003 if flat else 0.015) * height
    tufts = 0.0055 * gradient_noise(points * 55, seed) + 0.002 * gradient_noise(points * 130, seed + 1)
    part = part.moved(points + outward * (thick + (0 if flat else 1) * tufts * (0.4 + height))[:, None])
    pieces = [_on_head("hair", part, shade(paint(part, colour), points * 8, seed, 0.25), "hair")]
    if length == "long":
        pieces.append(_ponytail(colour, seed))
    return pieces


def _ponytail(colour: Vec, seed: int) -> Piece:
    path = [(0, 0.100, 1.652), (0, 0.142, 1.630), (0.004, 0.150, 1.550), (0.006, 0.128, 1.470)]
    tail = mesh(f.chain(path, [0.016, 0.027, 0.026, 0.008]), (-0.06, 0.06, 1.42), (0.06, 0.2, 1.69), 0.007)
    strands = 0.004 * gradient_noise(tail.vertices * (120, 120, 12), seed)
    tail = tail.moved(tail.vertices + normals(tail) * strands[:, None])
    return _on_head("hair", tail, paint(tail, colour), "hair")


def _over_shoulders(body: Physique) -> Field:
    cape = f.ellipsoid((0, -0.005, 1.435), (0.150, 0.135, 0.085))
    return f.common(0.02, f.grow(trunk(body), 0.032), cape)


def headscarf(face: Face, body: Physique, colour: Vec, seed: int) -> list[Piece]:
    """A scarf around head and neck, falling over the collar, the face free."""
    head = f.grow(skull(face), 0.009)
    neck = f.chain([(0, 0.006, 1.580), (0, 0.018, 1.50), (0, 0.02, 1.43)], [0.068, 0.080, 0.092])
    field = f.blend(0.035, head, neck, _over_shoulders(body))
    whole = mesh(field, (-0.19, -0.18, 1.33), (0.19, 0.19, 1.79), 0.0065)
    x, y, z = whole.vertices.T
    face_hole = np.hypot(x / 0.058, (z - 1.628) / 0.083) - 1.0
    keep = np.maximum(0.05 * face_hole, (y + 0.02) * 1.0)
    surface = clip(whole, np.minimum(keep, z - 1.355))
    points = surface.vertices
    drape = folds(points * (1.0, 1.0, 1.8), seed, 13.0)
    amount = 0.0045 * np.interp(points[:, 2], [1.36, 1.55, 1.66, 1.75], [1.3, 1.3, 0.5, 0.15])
    surface = surface.moved(points + f.gradient(field, points) * (drape * amount)[:, None])
    painted = shade(paint(surface, colour), points, seed)
    return [Piece("headwear", "head", surface, painted, skinning.weights(points), "cloth")]


def cap(face: Face, colour: Vec, seed: int) -> list[Piece]:
    """A baseball cap, the peak to the front."""
    field = f.blend(0.02, f.grow(skull(face), 0.012), f.ellipsoid((0, 0.005, 1.705), (0.082, 0.098, 0.072)))
    whole = mesh(field, (-0.12, -0.13, 1.62), (0.12, 0.15, 1.80), 0.0065)
    rim = 1.692 - 0.18 * (whole.vertices[:, 1] - 0.02)
    dome = clip(whole, whole.vertices[:, 2] - np.maximum(rim, 1.668))
    seams = np.abs(np.sin(_angle(dome.vertices) * 3.0)) < 0.04
    painted = paint(dome, colour) * np.where(seams, 0.75, 1.0)[:, None]
    turn, out = np.linspace(-1.15, 1.15, 21), np.linspace(0, 1, 7)
    edge = np.stack([0.080 * np.sin(turn), -0.094 * np.cos(turn) + 0.012, 1.702 + 0 * turn], -1)
    tip = edge + np.stack([0.010 * np.sin(turn), -0.072 * np.cos(turn) ** 0.7, -0.016 - 0.012 * turn**2], -1)
    peak = sheet(edge[None] + (tip - edge)[None] * out[:, None, None])
    pieces = [
        _on_head("headwear", dome, painted, "cloth"),
        _on_head("headwear", peak, paint(peak, colour), "cloth"),
    ]
    under = hair(face, (0.02, 0.014, 0.01), seed, flat=True)
    return [replace(p, shown="helmet off") for p in pieces] + under


def beanie(face: Face, colour: Vec, seed: int) -> list[Piece]:
    """A knitted cap with a turned-up cuff."""
    body = f.blend(0.03, f.grow(skull(face), 0.011), f.ellipsoid((0, 0.03, 1.715), (0.075, 0.088, 0.066)))
    pieces = []
    for field, low, high in ((body, 0.0, 1.0), (f.grow(skull(face), 0.0165), 0.0, 0.048)):
        whole = mesh(field, (-0.12, -0.13, 1.60), (0.12, 0.16, 1.81), 0.006)
        above = whole.vertices[:, 2] - 1.684 + 0.28 * (whole.vertices[:, 1] + 0.03)
        part = clip(whole, np.minimum(above - low, high - above))
        ribs = 0.0012 * np.sin(np.arctan2(part.vertices[:, 0], part.vertices[:, 1] - 0.02) * 46)
        part = part.moved(part.vertices + f.gradient(field, part.vertices) * ribs[:, None])
        pieces.append(_on_head("headwear", part, shade(paint(part, colour), part.vertices, seed), "knit"))
    return pieces + hair(face, (0.02, 0.014, 0.01), seed, flat=True)
