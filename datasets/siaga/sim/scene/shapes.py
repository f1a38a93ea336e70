"""Shapes as points and faces, in numpy: boxes with broken edges, tubes, sheets. Metres."""

import itertools
import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]
Faces = list[tuple[int, ...]]
Shape = tuple[Points, Faces]

_SIGNS = np.array(list(itertools.product((-1.0, 1.0), repeat=3)))


def placed(x: float, y: float, z: float, yaw: float = 0.0) -> Points:
    """(4, 4): turn by `yaw` radians about Z, then move."""
    matrix = np.eye(4)
    matrix[:2, :2] = [[math.cos(yaw), -math.sin(yaw)], [math.sin(yaw), math.cos(yaw)]]
    matrix[:3, 3] = (x, y, z)
    return matrix


def turned(tilt_x: float, tilt_y: float, yaw: float) -> Points:
    """(3, 3): rotation about X, then Y, then Z, radians."""
    (sx, cx), (sy, cy), (sz, cz) = ((math.sin(a), math.cos(a)) for a in (tilt_x, tilt_y, yaw))
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return np.asarray(about_z @ about_y @ about_x)


def _ordered(points: Points, index: Sequence[int]) -> tuple[int, ...]:
    """The corners of a flat face of a convex body around the origin, anticlockwise from outside."""
    centre = points[list(index)].mean(axis=0)
    normal = centre / np.linalg.norm(centre)
    first = points[index[0]] - centre
    second = np.cross(normal, first)
    angle = [math.atan2((points[i] - centre) @ second, (points[i] - centre) @ first) for i in index]
    return tuple(i for _, i in sorted(zip(angle, index, strict=True)))


@cache
def _plain_faces() -> Faces:
    """The faces of a cube whose corners are `_SIGNS`."""
    sides = [[i for i in range(8) if _SIGNS[i][k] == side] for k in range(3) for side in (-1.0, 1.0)]
    return [_ordered(_SIGNS, side) for side in sides]


@cache
def _chamfer_faces() -> Faces:
    """A cube with broken edges: vertex 3 c + k is corner c with axis k kept, the other two drawn in."""
    sample = np.concatenate(
        [[sign * np.where(np.arange(3) == k, 1.0, 0.8) for k in range(3)] for sign in _SIGNS]
    )
    faces = [[3 * c + k for c in range(8)] for k in range(3)]
    found: Faces = []
    for k, side in itertools.product(range(3), (-1.0, 1.0)):
        found.append(_ordered(sample, [i for i in faces[k] if _SIGNS[i // 3][k] == side]))
    for a, b in itertools.combinations(range(8), 2):
        differs = np.flatnonzero(_SIGNS[a] != _SIGNS[b])
        if len(differs) == 1:
            kept = [k for k in range(3) if k != differs[0]]
            found.append(_ordered(sample, [3 * c + k for c in (a, b) for k in kept]))
    found.extend(_ordered(sample, [3 * c, 3 * c + 1, 3 * c + 2]) for c in range(8))
    return found


def box(size: Sequence[float], chamfer: float = 0.0) -> Shape:
    """A box about the origin; `chamfer` breaks its edges by that many metres."""
    half = np.asarray(size, np.float64) / 2
    if chamfer <= 0:
        return _SIGNS * half, _plain_faces()
    cut = min(chamfer, float(half.min()) * 0.9)
    drawn_in = half - cut * (1 - np.eye(3))
    return (_SIGNS[:, None] * drawn_in).reshape(-1, 3), _chamfer_faces()


def tube(
    start: ArrayLike, end: ArrayLike, radius: float, end_radius: float | None = None, sides: int = 12
) -> Shape:
    """A closed cylinder or cone from `start` to `end`."""
    a, b = np.asarray(start, np.float64), np.asarray(end, np.float64)
    axis = (b - a) / np.linalg.norm(b - a)
    side = np.cross(axis, (0.0, 0.0, 1.0) if abs(axis[2]) < 0.9 else (1.0, 0.0, 0.0))
    side /= np.linalg.norm(side)
    turn = np.arange(sides) * (2 * math.pi / sides)
    ring = np.outer(np.cos(turn), side) + np.outer(np.sin(turn), np.cross(axis, side))
    far = radius if end_radius is None else end_radius
    points = np.concatenate([a + ring * radius, b + ring * far])
    walls: Faces = [(i, (i + 1) % sides, sides + (i + 1) % sides, sides + i) for i in range(sides)]
    return points, [*walls, tuple(reversed(range(sides))), tuple(range(sides, 2 * sides))]


def sheet(grid: Points) -> Shape:
    """A surface through a grid of points, (rows, columns, 3)."""
    rows, columns = grid.shape[:2]
    corner = np.arange(rows * columns).reshape(rows, columns)
    quads = np.stack([corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]], axis=-1)
    return grid.reshape(-1, 3), [tuple(quad) for quad in quads.reshape(-1, 4).tolist()]


def ribbon(centre: Points, across: Points) -> Shape:
    """A strip along (N, 3) points, `across` (N, 3) or (3,) from its middle to its edge."""
    return sheet(np.stack([centre - across, centre + across]))


def prism(outline: ArrayLike, height: float) -> Shape:
    """A flat (N, 2) outline, anticlockwise, pulled up from z = 0."""
    flat = np.asarray(outline, np.float64)
    count = len(flat)
    points = np.concatenate([np.c_[flat, np.zeros(count)], np.c_[flat, np.full(count, height)]])
    walls: Faces = [(i, (i + 1) % count, count + (i + 1) % count, count + i) for i in range(count)]
    return points, [*walls, tuple(reversed(range(count))), tuple(range(count, 2 * count))]


def profile(outline: ArrayLike, near_y: float, far_y: float) -> Shape:
    """A (N, 2) outline in x and z, anticlockwise as seen from -y, pulled from `near_y` to `far_y`."""
    flat = np.asarray(outline, np.float64)
    points, faces = prism(flat, far_y - near_y)
    return np.stack([points[:, 0], points[:, 2] + near_y, points[:, 1]], axis=1), faces


def rounded(length: float, height: float, steps: int = 9) -> Points:
    """Outline of a bar with round ends, about the origin: (N, 2), anticlockwise."""
    radius = height / 2
    turn = np.linspace(-math.pi / 2, math.pi / 2, steps)
    right = np.c_[np.cos(turn) * radius + length / 2 - radius, np.sin(turn) * radius]
    return np.concatenate([right, -right])
