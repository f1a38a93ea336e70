"""The full-body harness: webbing over shoulders, chest, waist and thighs, with plate, rings and buckles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from . import fields as f
from .body import Physique, leg
from .fields import Array, Field, Vec
from .piece import Piece, soft, stiff
from .ribbon import densify, lay, ribbon
from .surface import Surface, mesh, tube

_WIDTH = 0.046
_STEEL = (0.55, 0.56, 0.58)
_LIFT = 0.010
"""Metres of webbing over the clothes, so that folds do not break through."""
CHEST_Z, WAIST_Z, DORSAL_Z = 1.285, 0.985, 1.315


def dorsal_place(outer: Field) -> Array:
    """The middle of the back plate (3,), rest pose."""
    return np.asarray(f.project(outer, np.array([[0.0, 0.4, DORSAL_Z]]), _LIFT + 0.006)[0])


def dorsal_ring(outer: Field) -> Array:
    """Where a lanyard is hooked in (3,), rest pose."""
    return f.shift(dorsal_place(outer), 0, 0.022, 0.035)


def build_harness(p: Physique, outer: Field, thighs: float, colour: Vec, accent: Vec) -> list[Piece]:
    """A harness over the outermost clothes.

    Args:
        outer: The outside of what is under the straps on the trunk.
        thighs: How loose the trousers are, metres.
        accent: Colour of leg loops, back pad and chest strap.
    """
    pieces: list[Piece] = []

    def add(surface: Surface, tint: Vec) -> None:
        pieces.append(soft("harness", "harness", surface, tint, "webbing"))

    for sign in (1.0, -1.0):
        line = lay(outer, _shoulder(sign), _LIFT)
        add(ribbon(outer, line, _WIDTH), colour)
        pieces += [_adjuster(outer, line, share) for share in (0.13,)]
        pieces += _leg_loop(p, outer, thighs, sign, colour, accent)
    chest = lay(outer, [(x, -0.4, CHEST_Z) for x in np.linspace(-0.098, 0.098, 7)], _LIFT + 0.004)
    add(ribbon(outer, chest, 0.038), accent)
    turn = np.arange(16) * 2 * np.pi / 16
    ring = np.stack([0.3 * np.sin(turn), -0.3 * np.cos(turn), WAIST_Z + 0.02 * np.cos(turn) * -1], -1)
    add(ribbon(outer, lay(outer, ring, _LIFT + 0.003, closed=True), _WIDTH, closed=True), colour)
    middle, front = (
        chest[len(chest) // 2],
        f.project(outer, np.array([[0.0, -0.4, WAIST_Z - 0.02]]), 0.018)[0],
    )
    pieces += [_buckle(middle, (0.030, 0.007, 0.026)), _buckle(front, (0.034, 0.008, 0.032))]
    pieces += _dorsal(outer, accent)
    pieces += [_side_ring(outer, sign) for sign in (1.0, -1.0)]
    return pieces


def _shoulder(sign: float) -> Array:
    """Guide points from the hip in front over a shoulder, through the back plate to the other hip."""
    front = [(0.128, -0.3, 0.985), (0.112, -0.3, 1.12), (0.098, -0.3, 1.285), (0.092, -0.25, 1.40)]
    top = [(0.094, -0.10, 1.53), (0.094, 0.03, 1.60), (0.086, 0.16, 1.52)]
    back = [(0.058, 0.3, 1.41), (0.0, 0.35, DORSAL_Z), (-0.062, 0.35, 1.20), (-0.128, 0.3, 0.985)]
    return np.array([(sign * x, y, z) for x, y, z in front + top + back])


def _leg_loop(p: Physique, outer: Field, thighs: float, sign: float, colour: Vec, accent: Vec) -> list[Piece]:
    """A loop around a thigh, its straps to the waist in front and under the seat."""
    thigh = f.grow(leg(p, thighs), 0.004)
    turn = np.arange(14) * 2 * np.pi / 14
    guide = np.stack(
        [
            0.100 + 0.14 * np.cos(turn),
            0.008 + 0.14 * np.sin(turn),
            0.785 + 0.058 * np.cos(turn) - 0.030 * np.sin(turn),
        ],
        -1,
    )
    line = lay(thigh, guide, 0.012, closed=True)
    loop = ribbon(thigh, line, _WIDTH, closed=True)
    both: Callable[[Array], Array] = f.blend(0.02, outer, f.symmetric(thigh))
    side = lay(both, [(0.30, -0.03, 0.985), (0.30, -0.02, 0.92), (0.30, -0.01, 0.850)], 0.012)
    seat = [(0.128, 0.3, 0.985), (0.120, 0.32, 0.90), (0.135, 0.30, 0.815)]
    pieces = []
    for surface, tint in (
        (loop, accent),
        (ribbon(both, side, 0.040), colour),
        (ribbon(both, lay(both, seat, 0.013), 0.040), colour),
    ):
        placed = surface if sign > 0 else Surface(surface.vertices * (-1, 1, 1), surface.faces[:, ::-1])
        pieces.append(soft("harness", "harness", placed, tint, "webbing"))
    front = line[(line[:, 1] - 0.3 * line[:, 0]).argmin()] * (sign, 1, 1)
    return [*pieces, _buckle(f.shift(front, 0, -0.003, 0), (0.024, 0.006, 0.026))]


def _buckle(place: Array, half: Vec) -> Piece:
    frame = f.carve(0.002, f.box(place, half, 0.005), f.box(place, np.asarray(half) * (0.55, 3, 0.5), 0.002))
    surface = mesh(frame, place - 0.05, place + 0.05, 0.0048)
    return stiff("harness", "harness", surface, _STEEL, "metal", place)


def _adjuster(outer: Field, line: Array, share: float) -> Piece:
    place = line[int(share * len(line))]
    return _buckle(place + f.gradient(outer, place[None])[0] * 0.003, (0.027, 0.006, 0.018))


def _arc(
    centre: Array, across: Vec, up: Vec, size: tuple[float, float], turn: tuple[float, float]
) -> Surface:
    """A bent rod, part of an ellipse."""
    angle = np.linspace(*turn, 22)[:, None]
    path = centre + np.asarray(across) * size[0] * np.cos(angle) + np.asarray(up) * size[1] * np.sin(angle)
    return tube(path, 0.0052, 7)


def _dorsal(outer: Field, accent: Vec) -> list[Piece]:
    """The pad where the straps cross on the back, and its D-ring."""
    place = dorsal_place(outer)
    outward = f.gradient(outer, place[None])[0]
    across = np.array([1.0, 0, 0])
    axes = np.stack([across, outward, np.cross(across, outward)])
    pad = mesh(
        f.box(place + outward * 0.004, (0.052, 0.008, 0.060), 0.007, axes), place - 0.1, place + 0.1, 0.006
    )
    plate = mesh(
        f.box(place + outward * 0.012, (0.030, 0.005, 0.022), 0.004, axes), place - 0.1, place + 0.1, 0.005
    )
    ring_at = place + outward * 0.016 + axes[2] * 0.012
    stand = 0.8 * axes[2] + 0.6 * outward
    loop = _arc(ring_at, across, stand, (0.029, 0.043), (-0.35, np.pi + 0.35))
    bar = tube(densify([ring_at - across * 0.029, ring_at + across * 0.029]), 0.0052, 7)
    made = [stiff("harness", "harness", pad, accent, "webbing", place)]
    made.append(stiff("harness", "harness", plate, (0.04, 0.04, 0.045), "plastic", place))
    return made + [stiff("harness", "harness", rod, _STEEL, "metal", place) for rod in (loop, bar)]


def _side_ring(outer: Field, sign: float) -> Piece:
    place = f.project(outer, np.array([[sign * 0.35, 0.0, WAIST_Z - 0.012]]), 0.016)[0]
    ring = _arc(place, (0, 1, 0), (0.35 * sign, 0, -0.94), (0.024, 0.040), (-0.2, np.pi + 0.2))
    return stiff("harness", "harness", ring, _STEEL, "metal", place)
