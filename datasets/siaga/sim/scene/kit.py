"""The builder's kit: shapes collected by paint, so that a whole site becomes a few dozen objects."""

import math
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import bpy
import numpy as np
from numpy.typing import ArrayLike

from siaga.sim.scene import shapes
from siaga.sim.scene.materials import Palette
from siaga.sim.sites import Prop
from siaga.sim.sites.model import Ground

SMOOTH_BELOW = math.radians(32)


class Kit:
    """Collects shapes in world space; `build` makes one object for each paint.

    Args:
        palette: Where paints become materials.
        ground: Height of the ground, metres.
        seed: Of everything random about the shapes.
    """

    def __init__(self, palette: Palette, ground: Ground, seed: int) -> None:
        self.palette = palette
        self.ground = ground
        self.random = random.Random(seed)
        self._frame = np.eye(4)
        self._parts: dict[str, list[shapes.Shape]] = {}

    @contextmanager
    def at(self, x: float, y: float, z: float = 0.0, yaw: float = 0.0) -> Iterator[None]:
        """Shapes added inside are in a frame moved and turned (radians) against the one around it."""
        before = self._frame
        self._frame = before @ shapes.placed(x, y, z, yaw)
        try:
            yield
        finally:
            self._frame = before

    @contextmanager
    def on(self, prop: Prop) -> Iterator[None]:
        """Shapes added inside stand where `prop` says, on the ground."""
        with self.at(prop.x, prop.y, self.ground(prop.x, prop.y) + prop.z, math.radians(prop.yaw_deg)):
            yield

    def add(self, paint: str, shape: shapes.Shape) -> None:
        """Add a shape of the present frame."""
        points, faces = shape
        world = points @ self._frame[:3, :3].T + self._frame[:3, 3]
        self._parts.setdefault(paint, []).append((world, faces))

    def box(
        self,
        paint: str,
        centre: ArrayLike,
        size: Sequence[float],
        yaw: float = 0.0,
        tilt: tuple[float, float] = (0.0, 0.0),
        chamfer: float = 0.0,
    ) -> None:
        """Add a box; `tilt` about its own X and Y, then `yaw`, radians."""
        points, faces = shapes.box(size, chamfer)
        self.add(paint, (points @ shapes.turned(*tilt, yaw).T + np.asarray(centre), faces))

    def tube(
        self,
        paint: str,
        start: ArrayLike,
        end: ArrayLike,
        radius: float,
        end_radius: float | None = None,
        sides: int = 12,
    ) -> None:
        """Add a cylinder or cone."""
        self.add(paint, shapes.tube(start, end, radius, end_radius, sides))

    def beam(self, paint: str, start: ArrayLike, end: ArrayLike, width: float, height: float) -> None:
        """Add a box from `start` to `end`, `width` across and `height` up, edges broken."""
        a, b = np.asarray(start, np.float64), np.asarray(end, np.float64)
        along = b - a
        yaw, rise = math.atan2(along[1], along[0]), math.atan2(along[2], math.hypot(along[0], along[1]))
        size = (float(np.linalg.norm(along)), width, height)
        self.box(paint, (a + b) / 2, size, yaw, (0.0, -rise), min(0.04, width / 6, height / 6))

    def build(self, name: str, parent: "bpy.types.Object | None" = None) -> "list[bpy.types.Object]":
        """Make the objects and empty the kit."""
        made = [
            mesh_object(f"{name} {paint}", parts, self.palette[paint]) for paint, parts in self._parts.items()
        ]
        for each in made:
            each.parent = parent
        self._parts.clear()
        return made


def mesh_object(
    name: str, parts: Sequence[shapes.Shape], material: "bpy.types.Material"
) -> "bpy.types.Object":
    """One object of many shapes; edges sharper than 32 degrees stay sharp, the rest is smooth."""
    offsets = np.cumsum([0, *(len(points) for points, _ in parts)]).tolist()
    faces = [
        tuple(i + offset for i in face)
        for (_, some), offset in zip(parts, offsets, strict=False)
        for face in some
    ]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(np.concatenate([points for points, _ in parts]).tolist(), [], faces)
    mesh.materials.append(material)
    mesh.polygons.foreach_set("use_smooth", [True] * len(mesh.polygons))
    mesh.set_sharp_from_angle(angle=SMOOTH_BELOW)
    mesh.update()
    made = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(made)
    return made
