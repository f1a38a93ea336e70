"""The lanyard: a rope from the back ring, hanging between it and an anchor, or loose. numpy only."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .fields import Array
from .surface import Surface, tube

LENGTH_M = 1.8
_POINTS = 40
_ABSORBER = (0.06, 0.20)
"""Metres of rope at the ring that are the shock absorber's pack."""


def clipped_path(ring: Array, anchor: Array) -> Array:
    """A rope (40, 3) of :data:`LENGTH_M` (or taut, if that is short) hanging between two world points.

    The hanging curve is a parabola with the rope's length (the catenary's shape to within millimetres here).
    """
    span = float(np.linalg.norm(anchor - ring))
    slack = max(LENGTH_M, span * 1.02) ** 2 - span**2
    flat = max(float(np.linalg.norm((anchor - ring)[:2])), 0.35)
    # Parabola: length² ≈ span² + (16/3)·sag² where the ends are level; less sag where the rope runs steeply.
    sag = np.sqrt(slack * 3 / 16) * min(1.0, flat / max(span, 1e-6))
    t = np.linspace(0, 1, _POINTS)[:, None]
    path = ring + (anchor - ring) * t
    return np.asarray(path - np.array([0, 0, 4 * sag]) * t * (1 - t))


def hanging_path(ring: Array, backwards: Array, floor_z: float) -> Array:
    """A rope (40, 3) that falls from the ring behind the back, its end swinging above the floor."""
    t = np.linspace(0, 1, _POINTS)[:, None]
    drop = min(LENGTH_M * 0.62, max(0.2, ring[2] - floor_z - 0.12))
    sway = 0.075 * np.sin(np.clip(t * 5, 0, np.pi / 2)) + 0.03 * np.sin(t * 6)
    side = np.cross((0.0, 0.0, 1.0), backwards) * 0.05 * np.sin(t * 4.2) * t
    down = np.array([0, 0, -drop]) * t
    return np.asarray(ring + side + backwards * sway + down + np.array([0, 0, 0.02]) * np.sin(t * 9) * t)


def clear_of_body(path: Array, spine: tuple[Array, Array], radius: float) -> Array:
    """The path pushed out of a capsule around the trunk; its first point stays."""
    a, b = spine
    axis = b - a
    along = np.clip((path - a) @ axis / (axis @ axis), -0.6, 1.1)
    foot = a + along[:, None] * axis
    gap = path - foot
    distance = np.linalg.norm(gap, axis=1)
    need = np.where((distance < radius) & (np.arange(len(path)) > 2), radius - distance, 0.0)
    return np.asarray(path + gap / np.maximum(distance, 1e-6)[:, None] * need[:, None])


def rope(path: Array) -> tuple[Surface, Array]:
    """The rope with pack and hooks along a path, always of the same size, and its linear RGB (N, 3)."""
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    dense = np.linspace(0, along[-1], 120)
    line = np.stack([np.interp(dense, along, path[:, i]) for i in range(3)], 1)
    kind = _kinds(dense)
    radius = np.array([0.0085, 0.024, 0.013])[kind]
    tint = np.array([[0.34, 0.30, 0.12], [0.50, 0.06, 0.03], [0.55, 0.56, 0.58]])[kind]
    return tube(line, radius, 8), np.repeat(tint, 8, axis=0)


def _kinds(dense: Array) -> npt.NDArray[np.int64]:
    """0 rope, 1 pack, 2 hook, along the rope."""
    kind = np.zeros(len(dense), np.int64)
    kind[(dense > _ABSORBER[0]) & (dense < _ABSORBER[1])] = 1
    kind[(dense < 0.05) | (dense > dense[-1] - 0.14)] = 2
    return kind
