"""Trees behind the site, grass at its edges, and the town: what a camera sees beyond the hoarding."""

import math
from typing import Any

import bpy
import numpy as np

from siaga.sim.scene import shapes
from siaga.sim.scene.kit import Kit, mesh_object
from siaga.sim.scene.materials import Palette

_LEAVES = 6500


def _crown(rng: np.random.Generator) -> shapes.Shape:
    """Leaf quads in clumps around branches: denser at the rim, as crowns are."""
    clumps = rng.normal(0, 1, (12, 3)) * [1.25, 1.25, 1.0] + [0, 0, 4.4]
    size = rng.uniform(0.7, 1.45, len(clumps))
    which = rng.integers(0, len(clumps), _LEAVES)
    outward = rng.normal(0, 1, (_LEAVES, 3))
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    place = clumps[which] + outward * (size[which] * rng.uniform(0.35, 1.0, _LEAVES) ** 0.5)[:, None]
    along = rng.normal(0, 1, (_LEAVES, 3))
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    across = np.cross(along, outward + rng.normal(0, 0.5, (_LEAVES, 3)))
    across /= np.linalg.norm(across, axis=1, keepdims=True) + 1e-9
    leaf = rng.uniform(0.07, 0.16, _LEAVES)[:, None]
    corners = [
        place - along * leaf,
        place + across * leaf * 0.6,
        place + along * leaf,
        place - across * leaf * 0.6,
    ]
    points = np.stack(corners, axis=1).reshape(-1, 3)
    return points, [tuple(quad) for quad in np.arange(_LEAVES * 4).reshape(-1, 4).tolist()]


def _trunk(rng: np.random.Generator) -> list[shapes.Shape]:
    parts = [shapes.tube((0, 0, -0.5), (0.1, 0, 3.4), 0.2, 0.12, 10)]
    for _ in range(5):
        angle, reach = rng.uniform(0, 2 * math.pi), rng.uniform(0.8, 1.6)
        end = (reach * math.cos(angle), reach * math.sin(angle), rng.uniform(3.8, 5.2))
        parts.append(shapes.tube((0.06, 0, rng.uniform(2.0, 3.2)), end, 0.07, 0.025, 7))
    return parts


def _copy(source: Any, x: float, y: float, z: float, scale: float, turn: float) -> None:
    made = bpy.data.objects.new(source.name, source.data)
    made.location, made.scale, made.rotation_euler = (x, y, z), (scale,) * 3, (0.0, 0.0, turn)
    bpy.context.scene.collection.objects.link(made)


def plant_trees(palette: Palette, seed: int) -> None:
    """A loose belt of trees all round, 32 to 50 m from the middle, from four kinds."""
    rng = np.random.default_rng(seed)
    kinds = []
    for i in range(4):
        crown = mesh_object(f"crown {i}", [_crown(rng)], palette["leaf_light" if i == 3 else "leaf"])
        trunk = mesh_object(f"trunk {i}", _trunk(rng), palette["bark"])
        kinds.append((crown, trunk))
    for i in range(96):
        angle = i / 96 * 2 * math.pi + rng.uniform(-0.03, 0.03)
        away = rng.uniform(33, 46)
        x, y = away * 1.05 * math.cos(angle), 6 + away * math.sin(angle)
        scale, turn = rng.uniform(0.75, 1.35), rng.uniform(0, 2 * math.pi)
        for part in kinds[int(rng.integers(4))]:
            _copy(part, x, y, rng.uniform(-0.8, -0.2), scale, turn)
    for crown, trunk in kinds:
        crown.location = trunk.location = (0.0, 130.0, -30.0)


def grow_grass(kit: Kit, spots: list[tuple[float, float]], seed: int) -> None:
    """Tufts of dry grass and weeds at the given places."""
    rng = np.random.default_rng(seed)
    for x, y in spots:
        blades = int(rng.integers(14, 34))
        foot = np.c_[
            rng.normal(x, 0.09, blades), rng.normal(y, 0.09, blades), np.full(blades, kit.ground(x, y))
        ]
        lean = (
            rng.normal(0, 0.09, (blades, 3)) * [1, 1, 0]
            + np.c_[np.zeros((blades, 2)), rng.uniform(0.1, 0.3, blades)]
        )
        side = rng.normal(0, 1, (blades, 3)) * [1, 1, 0]
        side *= 0.008 / (np.linalg.norm(side, axis=1, keepdims=True) + 1e-9)
        points = np.stack([foot - side, foot + side, foot + lean], axis=1).reshape(-1, 3)
        kit.add("grass", (points, [tuple(t) for t in np.arange(blades * 3).reshape(-1, 3).tolist()]))


def build_town(kit: Kit, seed: int) -> None:
    """Plain blocks with rows of windows, far behind the trees."""
    rng = np.random.default_rng(seed)
    for angle in np.linspace(0.1, 2 * math.pi, 15):
        away = rng.uniform(62, 85)
        x, y = away * math.cos(angle), 6 + away * math.sin(angle)
        wide, deep, high = rng.uniform(12, 22), rng.uniform(9, 13), rng.uniform(9, 20)
        with kit.at(x, y, 0.0, angle + math.pi / 2 + rng.uniform(-0.2, 0.2)):
            kit.box("facade" if rng.random() < 0.6 else "concrete", (0, 0, high / 2), (wide, deep, high))
            for floor in np.arange(2.0, high - 1.2, 3.0):
                for column in np.arange(-wide / 2 + 1.6, wide / 2 - 1, 2.6):
                    for side in (-deep / 2, deep / 2):
                        kit.box("window", (column, side, floor), (1.3, 0.1, 1.4))


def edge_spots(
    seed: int, lines: list[tuple[tuple[float, float], tuple[float, float]]]
) -> list[tuple[float, float]]:
    """Where tufts grow: along walls and fences, thinning out away from them."""
    rng = np.random.default_rng(seed)
    spots = []
    for a, b in lines:
        for _ in range(int(math.dist(a, b) * 5)):
            share, off = rng.random(), abs(rng.normal(0, 0.45)) * (1 if rng.random() < 0.5 else -1)
            angle = math.atan2(b[1] - a[1], b[0] - a[0]) + math.pi / 2
            x = a[0] + (b[0] - a[0]) * share + off * math.cos(angle)
            y = a[1] + (b[1] - a[1]) * share + off * math.sin(angle)
            spots.append((x, y))
    return spots
