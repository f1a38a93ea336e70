"""What moves, as Blender holds it: triangles with a code for each part, and the pixels they take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
import numpy.typing as npt

from siaga.sim.camera import Camera
from siaga.sim.look import Look
from siaga.sim.motion.state import State
from siaga.sim.raw import PartName
from siaga.sim.worker.coarse import clusters
from siaga.sim.worker.materials import REST
from siaga.sim.worker.model import WorkerModel

from .hold import StateAt
from .raster import Array, Buffer, Index, rasterise
from .rectangles import Rect, around_points

MARGIN_PX = 7
CODES = {"body": 0, "head": 1, "helmet": 2, "vest": 3, "harness": 4, "lanyard": 5, "load": 6, "machine": 7}
_NAMED = {"hair": "head", "headwear": "head", "eye": "head", "eyes": "head", "dplate": "harness"}


@dataclass(frozen=True, slots=True)
class Mesh:
    """World points (N, 3), triangles (M, 3), a code of `CODES` per triangle (M,)."""

    points: Array
    triangles: Index
    codes: Index


@dataclass(frozen=True, slots=True)
class Seen:
    """A mesh in the camera: its rectangle of the render, and what it shows while nothing else is there."""

    mesh: Mesh
    rect: Rect
    alone: Buffer


def see(mesh: Mesh, camera: Camera) -> Seen | None:
    """None if no part of the mesh is in the render."""
    pixels = camera.project(mesh.points)
    rect = around_points(pixels[:, :2], MARGIN_PX, camera.render_size)
    if rect is None:
        return None
    return Seen(mesh, rect, rasterise(pixels, mesh.triangles, mesh.codes, rect))


def joined(parts: Sequence[tuple[Array, Index, int]]) -> Mesh:
    """One mesh of several: points (N, 3), triangles (M, 3) and code of each."""
    count = np.cumsum([0, *(len(points) for points, _, _ in parts)])
    points = [points for points, _, _ in parts]
    triangles = [faces + before for (_, faces, _), before in zip(parts, count[:-1], strict=True)]
    codes = [np.full(len(faces), code, np.int64) for _, faces, code in parts]
    if not parts:
        return Mesh(np.zeros((0, 3)), np.zeros((0, 3), np.int64), np.zeros(0, np.int64))
    return Mesh(np.concatenate(points), np.concatenate(triangles), np.concatenate(codes))


def world_points(thing: Any) -> Array:
    """(N, 3) world metres of a Blender mesh object's vertices."""
    local = np.empty(3 * len(thing.data.vertices), np.float32)
    thing.data.vertices.foreach_get("co", local)
    matrix = np.array(thing.matrix_world)
    return np.asarray(local.reshape(-1, 3).astype(np.float64) @ matrix[:3, :3].T + matrix[:3, 3])


def triangles_of(thing: Any) -> Index:
    """(M, 3) vertex numbers of a Blender mesh object's triangles."""
    thing.data.calc_loop_triangles()
    corners = np.empty(3 * len(thing.data.loop_triangles), np.int32)
    thing.data.loop_triangles.foreach_get("vertices", corners)
    return np.asarray(corners.reshape(-1, 3), np.int64)


class Member:
    """One person of the cast in Blender.

    Args:
        name: In the cast.
        look: Body and clothing.
        index: 1 and up.
        state_at: What the person does.
        pixel_m: What a pixel spans on the person when nearest: finer than that nothing is modelled.
    """

    def __init__(self, name: str, look: Look, index: int, state_at: StateAt, pixel_m: float) -> None:
        self.name, self.look, self.state_at = name, look, state_at
        self._model = WorkerModel(name, look, index, cell=0.8 * pixel_m)
        self._index, self._cell = index, 2.0 * pixel_m
        self._triangles: dict[str, Index] = {}
        self._posed: float | None = None
        self._hidden = False

    def show(self, time: float | None, hidden: bool) -> None:
        """Pose the person as at `time`, or take them out of the scene (also without a time)."""
        state = None if time is None else self.state_at(time)
        if state is not None and time != self._posed:
            self._model.pose(state)
            self._posed = time
        gone = hidden or state is None
        if gone != self._hidden or not gone:
            self._model.hide(gone)
            self._hidden = gone

    def mesh(self) -> Mesh:
        """What of the person shows in the present pose."""
        things = [thing for thing in self._things() if not thing.hide_render]
        return joined(
            [(world_points(thing), self._coarse(thing), self._code(thing.name)) for thing in things]
        )

    def set_aside(self, aside: bool) -> None:
        """Move the person far below the site, or back: cheaper for the renderer than hiding."""
        for thing in self._things():
            thing.location = (0.0, 0.0, -900.0 if aside else 0.0)

    def _things(self) -> list[Any]:
        return [thing for thing in bpy.data.objects if thing.pass_index // 16 == self._index]

    def _coarse(self, thing: Any) -> Index:
        """The object's triangles with corners about two pixels apart, by its vertices' own numbers."""
        if thing.name not in self._triangles:
            rest = np.empty(3 * len(thing.data.vertices), np.float32)
            thing.data.attributes[REST].data.foreach_get("vector", rest)
            kept, faces = clusters(rest.reshape(-1, 3).astype(np.float64), triangles_of(thing), self._cell)
            self._triangles[thing.name] = kept[faces]
        return self._triangles[thing.name]

    def _code(self, thing: str) -> int:
        part = thing[len(self.name) + 1 :].split(".")[0]
        return CODES.get(_NAMED.get(part, part), CODES["body"])


def part_codes(state: State) -> dict[PartName, tuple[int, ...]]:
    """Which codes make up each part of the record, in this state."""
    person = ["body", "head", "vest", "harness"] + (["helmet"] if state.helmet == "worn" else [])
    return {
        "person": tuple(CODES[name] for name in person),
        "head": (CODES["head"],),
        "helmet": (CODES["helmet"],),
        "vest": (CODES["vest"],),
        "harness": (CODES["harness"],),
        "lanyard": (CODES["lanyard"],),
    }


def part_points(mesh: Mesh, codes: Sequence[int]) -> Array:
    """(N, 3) the points of those triangles whose code is one of `codes`."""
    chosen = np.zeros(len(mesh.points), bool)
    chosen[mesh.triangles[np.isin(mesh.codes, codes)]] = True
    return mesh.points[chosen]


def visible(seen: Seen, others: Iterable[Seen], plate: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """The pixels of the mesh's rectangle in which it is nearer than everything else.

    Four centimetres are let pass: boots stand in the ground by less.
    """
    own = seen.alone.depth
    shows = (seen.alone.code >= 0) & (own <= plate[seen.rect.slices] + 0.04)
    for other in others:
        if other is seen or not other.rect.overlaps(seen.rect):
            continue
        common = Rect(
            max(seen.rect.left, other.rect.left),
            max(seen.rect.top, other.rect.top),
            min(seen.rect.right, other.rect.right),
            min(seen.rect.bottom, other.rect.bottom),
        )
        here, there = _within(seen.rect, common), _within(other.rect, common)
        shows[here] &= own[here] <= other.alone.depth[there]
    return shows


def _within(rect: Rect, part: Rect) -> tuple[slice, slice]:
    return (
        slice(part.top - rect.top, part.bottom - rect.top),
        slice(part.left - rect.left, part.right - rect.left),
    )
