"""Signed distance fields: the clay from which bodies, clothes and gear are shaped.

A field maps points (N, 3), metres in the rest pose, to a distance (N,), negative inside. Blending follows the
polynomial smooth minimum of I. Quilez, "smooth minimum" (2013).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Field = Callable[[Array], Array]
Vec = Sequence[float] | Array


def shift(point: Vec, x: float, y: float, z: float) -> Array:
    """The point moved by metres."""
    return np.asarray(np.asarray(point, float) + np.array([x, y, z]))


def lengths(vectors: Array) -> Array:
    """Length of each row (N,). Several times as fast as numpy's norm on rows of three."""
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", vectors, vectors)))


def ellipsoid(centre: Vec, radii: Vec, axes: Array | None = None) -> Field:
    """An ellipsoid; ``axes`` (3, 3) holds its unit axes as rows. The distance is a first-order estimate."""
    middle, size = np.asarray(centre, float), np.asarray(radii, float)

    def distance(points: Array) -> Array:
        local = points - middle
        if axes is not None:
            local = local @ axes.T
        scaled = local / size
        inner, outer = lengths(scaled), lengths(scaled / size)
        ratio = np.where(outer > 1e-9, inner / np.maximum(outer, 1e-9), size.min())
        return np.asarray(ratio * (inner - 1.0))

    return distance


def cone(start: Vec, end: Vec, start_radius: float, end_radius: float) -> Field:
    """A round cone: a limb between two joints."""
    a, b = np.asarray(start, float), np.asarray(end, float)
    axis = b - a

    def distance(points: Array) -> Array:
        along = np.clip((points - a) @ axis / (axis @ axis), 0.0, 1.0)
        radius = start_radius + (end_radius - start_radius) * along
        return np.asarray(lengths(points - a - along[:, None] * axis) - radius)

    return distance


def chain(joints: Sequence[Vec], radii: Sequence[float], k: float = 0.02) -> Field:
    """Round cones one after the other, blended over ``k`` metres."""
    links = [cone(joints[i], joints[i + 1], radii[i], radii[i + 1]) for i in range(len(joints) - 1)]
    return blend(k, *links)


def box(centre: Vec, half: Vec, rounding: float, axes: Array | None = None) -> Field:
    """A box with rounded edges; ``half`` are its half sizes including the rounding."""
    middle, size = np.asarray(centre, float), np.asarray(half, float) - rounding

    def distance(points: Array) -> Array:
        local = points - middle
        if axes is not None:
            local = local @ axes.T
        over = np.abs(local) - size
        return np.asarray(lengths(np.maximum(over, 0.0)) + np.minimum(over.max(1), 0.0) - rounding)

    return distance


def half_space(point: Vec, normal: Vec) -> Field:
    """Negative on the side that ``normal`` points away from."""
    origin = np.asarray(point, float)
    direction = np.asarray(normal, float) / np.linalg.norm(normal)
    return lambda points: np.asarray((points - origin) @ direction)


def smooth_min(a: Array, b: Array, k: float) -> Array:
    """The smaller of two distances, rounded where they are within ``k`` of each other."""
    if k <= 0:
        return np.minimum(a, b)
    near = np.maximum(k - np.abs(a - b), 0.0) / k
    return np.asarray(np.minimum(a, b) - near * near * k * 0.25)


def blend(k: float, *fields: Field) -> Field:
    """The union of shapes, their seams rounded over ``k`` metres."""
    return lambda points: reduce(lambda a, b: smooth_min(a, b, k), (field(points) for field in fields))


def carve(k: float, base: Field, *tools: Field) -> Field:
    """``base`` with the tools' shapes taken out of it."""

    def distance(points: Array) -> Array:
        value = base(points)
        for tool in tools:
            value = -smooth_min(-value, tool(points), k)
        return value

    return distance


def common(k: float, a: Field, b: Field) -> Field:
    """What two shapes share."""
    return lambda points: -smooth_min(-a(points), -b(points), k)


def grow(field: Field, metres: float) -> Field:
    """The shape made thicker (or thinner) everywhere."""
    return lambda points: field(points) - metres


def symmetric(field: Field) -> Field:
    """A shape modelled on the left (+x) side and seen in the mirror on the right."""
    return lambda points: field(np.column_stack((np.abs(points[:, 0]), points[:, 1:])))


_TETRAHEDRON = np.array([[1.0, -1, -1], [-1, -1, 1], [-1, 1, -1], [1, 1, 1]])


def gradient(field: Field, points: Array, step: float = 1e-3) -> Array:
    """Unit direction of steepest ascent (N, 3): the outward normal near the surface."""
    around = (points[None] + step * _TETRAHEDRON[:, None]).reshape(-1, 3)
    slope = _TETRAHEDRON.T @ field(around).reshape(4, -1)
    return np.asarray((slope / np.maximum(np.sqrt((slope * slope).sum(0)), 1e-12)).T)


def project(field: Field, points: Array, metres: float = 0.0, steps: int = 4) -> Array:
    """Points moved onto the surface at ``metres`` from the shape."""
    for _ in range(steps):
        points = points - gradient(field, points) * (field(points) - metres)[:, None]
    return points
