"""What people carry in both hands: bucket, box, plank, toolbox. numpy only.

A load is modelled around (0, 0, 0): the middle between the hands, its handle, or for a plank the shoulder.
"""

from __future__ import annotations

import numpy as np

from . import fields as f
from .fields import Array, Vec
from .piece import Material
from .surface import Surface, join, mesh, sheet, tube

Load = tuple[Surface, Vec, Material]


def build_load(what: str) -> list[Load]:
    """Meshes, colours (linear RGB) and materials of a load; nothing for one that is not drawn."""
    if what == "box":
        body = mesh(
            f.box((0, 0, 0.04), (0.175, 0.14, 0.13), 0.008), (-0.25, -0.2, -0.15), (0.25, 0.2, 0.25), 0.012
        )
        tape = mesh(
            f.box((0, 0, 0.04), (0.177, 0.025, 0.132), 0.004), (-0.25, -0.2, -0.15), (0.25, 0.2, 0.25), 0.010
        )
        return [(body, (0.36, 0.23, 0.12), "cloth"), (tape, (0.42, 0.33, 0.20), "plastic")]
    if what == "plank":
        body = mesh(
            f.box((0, 0, 0), (1.2, 0.10, 0.020), 0.004), (-1.25, -0.15, -0.06), (1.25, 0.15, 0.06), 0.012
        )
        return [(body, (0.46, 0.31, 0.16), "leather")]
    if what == "toolbox":
        case = f.box((0, 0, -0.17), (0.22, 0.10, 0.095), 0.012)
        grip = tube(
            np.array([[-0.10, 0, -0.08], [-0.09, 0, -0.01], [0.09, 0, -0.01], [0.10, 0, -0.08]]), 0.011
        )
        shape = mesh(case, (-0.3, -0.2, -0.3), (0.3, 0.2, 0.0), 0.012)
        return [(shape, (0.42, 0.03, 0.02), "plastic"), (grip, (0.05, 0.05, 0.05), "plastic")]
    return _bucket() if what == "bucket" else []


def _bucket() -> list[Load]:
    turn = np.arange(32) * 2 * np.pi / 32
    profile = [
        (0.001, -0.42),
        (0.105, -0.42),
        (0.135, -0.17),
        (0.142, -0.17),
        (0.132, -0.18),
        (0.10, -0.40),
        (0.001, -0.40),
    ]
    rows = np.stack([np.stack([r * np.sin(turn), r * np.cos(turn), z + 0 * turn], -1) for r, z in profile])
    bow = np.linspace(0, np.pi, 20)
    wire = tube(np.stack([0.138 * np.cos(bow), 0 * bow, -0.185 + 0.18 * np.sin(bow)], -1), 0.004)
    return [
        (sheet(rows, closed=True), (0.05, 0.05, 0.055), "plastic"),
        (join([wire]), (0.5, 0.5, 0.5), "metal"),
    ]


def place_load(points: Array, what: str, *, left: Array, right: Array, shoulder: Array, yaw: float) -> Array:
    """A load's points in the world.

    Args:
        points: (N, 3) of :func:`build_load`.
        left, right: (3,) where each hand grips.
        shoulder: (3,) the top of the right shoulder, on which a plank lies.
        yaw: Heading, radians.
    """
    ahead = np.array([np.sin(yaw), -np.cos(yaw), 0.0])
    if what == "plank":
        along = f.shift(right, 0, 0, 0.02) - shoulder
        forward = along / max(float(np.linalg.norm(along)), 1e-6)
        forward = forward * (1, 1, 0.3) if forward @ ahead > 0.3 else ahead
        return _turned(points, f.shift(shoulder, 0, 0, 0.03), forward)
    if what == "box":
        return _turned(points, (left + right) / 2, left - right)
    return _turned(points, left, ahead)


def _turned(points: Array, middle: Array, across: Array) -> Array:
    """Points with x laid along ``across`` and z kept as upright as that allows."""
    x = across / max(float(np.linalg.norm(across)), 1e-6)
    y = np.cross((0.0, 0.0, 1.0), x)
    y = y / max(float(np.linalg.norm(y)), 1e-6)
    return np.asarray(middle + points @ np.stack([x, y, np.cross(x, y)]))
