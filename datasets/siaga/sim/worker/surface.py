"""Triangle meshes from fields: naive surface nets, exact clipping, tubes and ribbons. numpy only.

Surface nets after S. F. Gibson, "Constrained elastic surface nets" (1998), in the form of one vertex per cell
at the mean of the cell's edge crossings, then moved onto the field's zero set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .fields import Array, Field, Vec, lengths, project

Faces = npt.NDArray[np.int64]
_CORNERS = np.array([(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)])
_EDGES = [(a, b) for a in range(8) for b in range(a + 1, 8) if np.abs(_CORNERS[a] - _CORNERS[b]).sum() == 1]
_COARSE = 4


@dataclass(frozen=True, slots=True)
class Surface:
    """``vertices``: (N, 3) float64 metres. ``faces``: (M, 3) vertex numbers, anticlockwise from outside."""

    vertices: Array
    faces: Faces

    def moved(self, vertices: Array) -> Surface:
        """The same faces over other vertex positions."""
        return Surface(vertices, self.faces)


def join(surfaces: Sequence[Surface]) -> Surface:
    """Several surfaces as one."""
    offsets = np.cumsum([0] + [len(one.vertices) for one in surfaces[:-1]])
    faces = [one.faces + offset for one, offset in zip(surfaces, offsets, strict=True)]
    return Surface(np.concatenate([one.vertices for one in surfaces]), np.concatenate(faces))


def mesh(field: Field, low: Vec, high: Vec, cell: float) -> Surface:
    """The zero set of ``field`` inside the box from ``low`` to ``high``, in cells of ``cell`` metres."""
    origin = np.asarray(low, float)
    blocks = np.ceil((np.asarray(high, float) - origin) / (cell * _COARSE)).astype(int) + 1
    values = _sample(field, origin, blocks, cell)
    vertices, number = _cell_vertices(values)
    faces = _cell_faces(values < 0, number)
    # Where the surface meets grid points exactly, several cells have the same vertex.
    return compact(Surface(project(field, vertices * cell + origin, steps=1), faces))


def _sample(field: Field, origin: Array, blocks: npt.NDArray[np.int64], cell: float) -> Array:
    """Field values on the grid; far from the surface only the block's own value is kept."""
    step = cell * _COARSE
    index = np.stack(np.meshgrid(*(np.arange(n) for n in blocks), indexing="ij"), -1).reshape(-1, 3)
    centre = field(origin + (index + 0.5) * step - 0.5 * cell)
    near = np.abs(centre) < step * 1.25
    inner = np.stack(np.meshgrid(*[np.arange(_COARSE)] * 3, indexing="ij"), -1).reshape(-1, 3)
    grid = np.repeat(centre[:, None], len(inner), axis=1)
    points = origin + (index[near, None] * _COARSE + inner[None]) * cell
    grid[near] = field(points.reshape(-1, 3)).reshape(-1, len(inner))
    cube = grid.reshape(*blocks, _COARSE, _COARSE, _COARSE).transpose(0, 3, 1, 4, 2, 5)
    return np.asarray(cube.reshape(blocks * _COARSE))


def _cell_vertices(values: Array) -> tuple[Array, Faces]:
    """One vertex per cell with a change of sign, in grid units, and the grid of vertex numbers (-1: none)."""
    inside = values < 0
    size = np.array(values.shape) - 1
    corner = [tuple(slice(c[i], c[i] + size[i]) for i in range(3)) for c in _CORNERS]
    count = sum(inside[c].astype(np.int8) for c in corner)
    cells = np.argwhere((count > 0) & (count < 8))
    total, crossings = np.zeros((len(cells), 3)), np.zeros(len(cells))
    at = [values[tuple((cells + c).T)] for c in _CORNERS]
    for a, b in _EDGES:
        crosses = (at[a] < 0) != (at[b] < 0)
        share = np.where(crosses, at[a] / np.where(crosses, at[a] - at[b], 1.0), 0.0)
        total += np.where(crosses[:, None], _CORNERS[a] + share[:, None] * (_CORNERS[b] - _CORNERS[a]), 0.0)
        crossings += crosses
    number = np.full(tuple(size), -1, np.int64)
    number[tuple(cells.T)] = np.arange(len(cells))
    return cells + total / crossings[:, None], number


def _cell_faces(inside: npt.NDArray[np.bool_], number: Faces) -> Faces:
    """Two triangles across every grid edge that changes sign."""
    faces: list[Faces] = []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        first = np.moveaxis(inside, (axis, u, v), (0, 1, 2))
        cells = np.moveaxis(number, (axis, u, v), (0, 1, 2))
        start, end = first[:-1, 1:-1, 1:-1], first[1:, 1:-1, 1:-1]
        i, j, k = np.nonzero(start != end)
        quad = np.stack([cells[i, j + a, k + b] for a, b in ((0, 0), (1, 0), (1, 1), (0, 1))], 1)
        quad = np.where(start[i, j, k][:, None], quad, quad[:, ::-1])
        quad = quad[(quad >= 0).all(1)]
        faces += [quad[:, [0, 1, 2]], quad[:, [0, 2, 3]]]
    return np.concatenate(faces)


def clip(surface: Surface, keep: Array) -> Surface:
    """The part where ``keep`` (one value per vertex) is positive, cut exactly along its zero line."""
    new = _Cutter(surface.vertices, keep)
    kept = keep > 0
    inside = kept[surface.faces]
    count = inside.sum(1)
    faces = [surface.faces[count == 3]]
    for lone, want in ((True, 1), (False, 2)):
        some = surface.faces[count == want]
        first = np.argmax(kept[some] == lone, axis=1)
        a, b, c = (np.take_along_axis(some, ((first + n) % 3)[:, None], 1)[:, 0] for n in range(3))
        ab, ac = new.cut(a, b), new.cut(a, c)
        if lone:
            faces.append(np.stack([a, ab, ac], 1))
        else:
            faces += [np.stack([ab, b, c], 1), np.stack([ab, c, ac], 1)]
    return compact(Surface(new.vertices(), np.concatenate(faces)))


class _Cutter:
    """New vertices on cut edges, one per edge however many faces share it."""

    def __init__(self, vertices: Array, keep: Array) -> None:
        self._old, self._keep = vertices, keep
        self._edges: list[Faces] = []
        self._count = 0

    def cut(self, a: Faces, b: Faces) -> Faces:
        """Provisional numbers of the crossing points of edges a-b."""
        first = len(self._old) + self._count
        self._edges.append(np.stack([a, b], 1))
        self._count += len(a)
        return np.arange(first, first + len(a))

    def vertices(self) -> Array:
        """Old vertices followed by the crossing points."""
        edges = np.concatenate(self._edges)
        a, b = edges[:, 0], edges[:, 1]
        share = self._keep[a] / np.where(self._keep[a] == self._keep[b], 1.0, self._keep[a] - self._keep[b])
        cuts = self._old[a] + share[:, None] * (self._old[b] - self._old[a])
        return np.concatenate([self._old, cuts])


def compact(surface: Surface) -> Surface:
    """Without unused vertices, and with vertices at the same place made one."""
    used, faces = np.unique(surface.faces, return_inverse=True)
    places = np.round(surface.vertices[used] * 1e6).astype(np.int64)
    _, first, same = np.unique(places, axis=0, return_index=True, return_inverse=True)
    merged = np.asarray(same).reshape(-1)[faces.reshape(-1, 3)]
    a, b, c = merged.T
    return Surface(surface.vertices[used][first], merged[(a != b) & (b != c) & (a != c)])


def normals(surface: Surface) -> Array:
    """Unit vertex normals (N, 3), weighted by area."""
    a, b, c = (surface.vertices[surface.faces[:, i]] for i in range(3))
    flat = np.cross(b - a, c - a)
    total = np.zeros_like(surface.vertices)
    for i in range(3):
        np.add.at(total, surface.faces[:, i], flat)
    return np.asarray(total / np.maximum(lengths(total)[:, None], 1e-12))


def sheet(grid: Array, *, closed: bool = False) -> Surface:
    """A grid of points (rows, columns, 3) as a surface; ``closed`` joins the last column to the first."""
    rows, columns = grid.shape[:2]
    number = np.arange(rows * columns).reshape(rows, columns)
    if closed:
        number = np.concatenate([number, number[:, :1]], axis=1)
    a, b = number[:-1, :-1].ravel(), number[:-1, 1:].ravel()
    c, d = number[1:, 1:].ravel(), number[1:, :-1].ravel()
    return Surface(grid.reshape(-1, 3), np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]))


def tube(path: Array, radius: Array | float, sides: int = 8) -> Surface:
    """A round tube along a path (N, 3)."""
    along = np.gradient(path, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    helper = np.where(np.abs(along[:, 2:]) > 0.9, np.array([[1.0, 0.0, 0.0]]), np.array([[0.0, 0.0, 1.0]]))
    across = np.cross(along, helper)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    upward = np.cross(across, along)
    angle = np.arange(sides) * 2 * np.pi / sides
    size = np.broadcast_to(np.asarray(radius, float), (len(path),))[:, None, None]
    ring = across[:, None] * np.cos(angle)[None, :, None] + upward[:, None] * np.sin(angle)[None, :, None]
    return sheet(path[:, None] + ring * size, closed=True)
