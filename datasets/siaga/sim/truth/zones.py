"""Zones: who stands in them, and how a camera sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from shapely import Polygon, box, make_valid
from shapely.geometry import Point as ShapelyPoint

from siaga.sim.camera import Camera, Points
from siaga.sim.raw import RawActor
from siaga.sim.scenario import Zone

from .model import Point

LEVEL_M = 0.6
"""Feet count as in a zone up to this far above or below its floor."""
_STEP_M = 0.25
_NEAR_M = 0.3
_STRAIGHT_PX = 0.8
_LEAST_AREA_PX = 16.0


def zones_of(actor: RawActor, zones: Mapping[str, Zone]) -> tuple[str, ...]:
    """Names of the zones that a person stands in: the point midway between the feet decides."""
    x, y, z = np.mean(actor.feet, axis=0)
    return tuple(
        name
        for name, zone in zones.items()
        if abs(z - zone.z) <= LEVEL_M and Polygon(zone.polygon).covers(ShapelyPoint(x, y))
    )


def zone_in_picture(zone: Zone, camera: Camera) -> tuple[Point, ...]:
    """A zone's outline as the camera sees it, 0 to 1 of the picture, cut at its edge; empty if not in it."""
    seen = camera.see(_before_camera(_dense(zone.polygon, zone.z), camera))
    if len(seen) < 3:
        return ()
    shape = make_valid(Polygon(seen)).intersection(box(0, 0, camera.width, camera.height))
    parts = [part for part in getattr(shape, "geoms", [shape]) if isinstance(part, Polygon)]
    largest = max(parts, key=lambda part: part.area, default=None)
    if largest is None or largest.area < _LEAST_AREA_PX:
        return ()
    corners = list(largest.simplify(_STRAIGHT_PX).exterior.coords[:-1])
    # Simplifying keeps the point that an outline begins with: begin once more elsewhere.
    again = Polygon([*corners[1:], corners[0]])
    outline = again.simplify(_STRAIGHT_PX).exterior.coords[:-1]
    return tuple((round(x / camera.width, 4), round(y / camera.height, 4)) for x, y in outline)


def _dense(polygon: Sequence[Point], z: float) -> Points:
    """(N, 3) world points along the outline, close enough that the lens may bend it."""
    corners = np.asarray(polygon, np.float64)
    sides = []
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        count = max(1, int(np.linalg.norm(end - start) / _STEP_M))
        sides.append(start + (end - start) * np.arange(count)[:, None] / count)
    outline = np.concatenate(sides)
    return np.column_stack([outline, np.full(len(outline), z)])


def _before_camera(outline: Points, camera: Camera) -> Points:
    """The outline cut at a plane just before the camera (Sutherland and Hodgman, one plane)."""
    depth = camera.project(outline)[:, 2] - _NEAR_M
    kept: list[Points] = []
    for index, point in enumerate(outline):
        after = (index + 1) % len(outline)
        if depth[index] >= 0:
            kept.append(point)
        if (depth[index] >= 0) != (depth[after] >= 0):
            share = depth[index] / (depth[index] - depth[after])
            kept.append(point + share * (outline[after] - point))
    return np.array(kept).reshape(-1, 3)
