"""The safety helmet: shell with ridges and peak, cradle, chin strap; on the head, in the hand, on the hip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from siaga.sim.skeleton import JOINTS

from . import fields as f
from . import skinning
from .body import from_hand, hand_axes
from .fields import Array, Vec
from .head import Face, skull
from .piece import Material, Piece, paint
from .surface import Surface, compact, join, sheet

_COLUMNS = 72
_MIDDLE = np.array([0.0, 0.014, 1.686])
"""The middle of the rim on the head, rest pose."""
_HALF = np.array([0.108, 0.131, 0.116])


def _ring(turn: Array, raised: float, grow: Vec = (0.0, 0.0)) -> Array:
    """One ring of the shell (columns, 3) around :data:`_MIDDLE`; ``raised`` 0 rim to 1 crown."""
    lift = raised * np.pi / 2
    wide, high = np.cos(lift) ** 0.82, np.sin(lift) ** 0.95
    x = (_HALF[0] + grow[0]) * wide * np.sin(turn)
    y = -(_HALF[1] + grow[0]) * wide * np.cos(turn)
    rib = np.maximum(0, 1 - (np.abs(x) / 0.016) ** 4) + 0.6 * np.maximum(
        0, 1 - ((np.abs(x) - 0.042) / 0.010) ** 4
    )
    rise = np.clip((raised - 0.28) / 0.15, 0, 1) * (1 - 0.35 * np.clip(-y / _HALF[1], 0, 1))
    z = (_HALF[2] + grow[1]) * high + 0.0075 * rib * rise
    return np.stack([x, y, z], -1)


def _brim(turn: Array, out: float) -> Array:
    """One ring of the brim; ``out`` 0 at the shell to 1 at the edge."""
    facing = np.cos(turn)
    peak = np.clip((facing - 0.30) / 0.70, 0, 1) ** 0.8
    reach = out * (0.011 + 0.040 * peak)
    ring = _ring(turn, 0.0)
    outward = np.stack([np.sin(turn), -np.cos(turn), 0 * turn], -1)
    drop = np.stack([0 * turn, 0 * turn, -out * (0.003 + 0.016 * peak) - 0.005 * facing**2 * 0], -1)
    return ring + outward * reach[:, None] + drop


def shell() -> tuple[Surface, Surface]:
    """Outside and inside of the shell, in the rest pose on the head."""
    turn = np.arange(_COLUMNS) * 2 * np.pi / _COLUMNS
    rows = [_ring(turn, raised) for raised in np.linspace(0.999, 0.0, 22)]
    rows += [_brim(turn, out) for out in (0.12, 0.5, 0.9, 1.0)]
    thick = np.array([0, 0, 0.004])
    rows += [_brim(turn, out) - thick for out in (1.0, 0.9, 0.4, 0.0)]
    outside = np.stack(rows) + _tilted(np.stack(rows)) + _MIDDLE
    inner = np.stack(
        [_ring(turn, raised, (-0.005, -0.005)) - thick for raised in np.linspace(0.0, 0.999, 12)]
    )
    inside = inner + _tilted(inner) + _MIDDLE
    return _facing_out(sheet(outside, closed=True)), sheet(inside, closed=True)


def _facing_out(surface: Surface) -> Surface:
    merged = compact(surface)
    a, b, c = (merged.vertices[merged.faces[:, i]] for i in range(3))
    outward = np.einsum("ij,ij->i", np.cross(b - a, c - a), (a + b + c) / 3 - _MIDDLE).sum()
    return merged if outward > 0 else Surface(merged.vertices, merged.faces[:, ::-1])


def _tilted(points: Array) -> Array:
    """The rim sits higher in front: what to add to the points."""
    return np.stack([0 * points[..., 0], 0 * points[..., 0], -0.09 * points[..., 1]], -1)


def _strap(face: Face) -> Surface:
    """The chin strap from both sides of the rim under the chin."""
    turn = np.linspace(-1, 1, 25)
    guide = np.stack(
        [
            0.085 * np.sin(turn * np.pi / 2),
            -0.052 + 0.050 * turn**2,
            1.690 - 0.155 * np.cos(turn * np.pi / 2),
        ],
        -1,
    )
    line = f.project(skull(face), guide, 0.004)
    across = np.array([0, 0.008, 0.002])
    return sheet(np.stack([line - across, line + across]))


def _cradle() -> Surface:
    """The sweat band seen from below."""
    turn = np.arange(40) * 2 * np.pi / 40
    ring = np.stack([0.084 * np.sin(turn), -0.106 * np.cos(turn), 0.002 + 0 * turn], -1)
    rows = np.stack([f.shift(ring, 0, 0, 0.02), f.shift(ring, 0, 0, -0.010)])
    return sheet(rows + _tilted(rows) + _MIDDLE, closed=True)


def build_helmet(colour: Vec, face: Face, *, chin_strap: bool) -> list[Piece]:
    """The helmet where it is worn; :func:`placement` takes it elsewhere."""
    outside, inside = shell()
    made: list[tuple[str, Surface, Vec, Material]] = [
        ("helmet", outside, colour, "plastic"),
        ("helmet", inside, np.asarray(colour, float) * 0.35, "cloth"),
        ("helmet", _cradle(), (0.03, 0.03, 0.032), "webbing"),
    ]
    pieces = [
        Piece(
            name,
            "helmet",
            surface,
            paint(surface, tint),
            skinning.rigid(len(surface.vertices), "headb"),
            material,
        )
        for name, surface, tint, material in made
    ]
    if chin_strap:
        strap = _strap(face)
        weights = skinning.rigid(len(strap.vertices), "headb")
        tint = paint(strap, (0.02, 0.02, 0.022))
        pieces.append(Piece("chin strap", "head", strap, tint, weights, "webbing", "helmet on"))
    return pieces


@dataclass(frozen=True, slots=True)
class Placement:
    """A rigid move of the worn helmet in the rest pose, then the bone that carries it."""

    matrix: Array
    bone: str


def _to(front: Array, up: Array, tip: Array) -> Array:
    """(4, 4): the worn helmet turned so that its peak points along ``front``, its tip at ``tip``."""
    front = front / np.linalg.norm(front)
    up = up - front * (up @ front)
    up = up / np.linalg.norm(up)
    rotation = np.stack([np.cross(up, front), -front, up], axis=1)
    worn_tip = f.shift(_MIDDLE, 0, -0.176, -0.004)
    matrix = np.eye(4)
    matrix[:3, :3] = rotation
    matrix[:3, 3] = tip - rotation @ worn_tip
    return matrix


_MIRROR = np.array([-1.0, 1.0, 1.0])


def in_hand(side: str) -> Placement:
    """Held by the peak, the crown outwards."""
    along, _, palm = hand_axes()
    tip = from_hand(np.array([[0.075, -0.002, 0.030]]))[0]
    mirror = _MIRROR if side == "R" else np.ones(3)
    return Placement(_to(-along * mirror, (-palm + 0.15 * along) * mirror, tip * mirror), f"hand{side}")


def on_hip(side: str, waist: float) -> Placement:
    """Hung on the belt by its peak; ``waist`` is the half width of the clothes there, metres."""
    sign = 1.0 if side == "L" else -1.0
    tip = np.array([sign * (waist + 0.012), 0.03, JOINTS["root"][2] + 0.035])
    return Placement(_to(np.array([-0.10 * sign, 0, 1.0]), np.array([sign, 0.25, 0.1]), tip), "pelvis")


def lying(place: Vec, yaw: float) -> Array:
    """(4, 4): the worn helmet of the rest pose laid down with the middle of its rim at a world place."""
    c, s = np.cos(yaw), np.sin(yaw)
    matrix = np.eye(4)
    matrix[:2, :2] = [[c, -s], [s, c]]
    matrix[:3, 3] = np.asarray(place, float) - matrix[:3, :3] @ (_MIDDLE - (0, 0, 0.02))
    return matrix


def helmet_outline() -> Array:
    """Points of the outside, rest pose, for boxes."""
    return join([shell()[0]]).vertices
