"""Edges of things: hoarding, chain-link fence, tape, paint on the ground, kerbs, cones, signs."""

import math
from collections.abc import Callable, Mapping

import numpy as np

from siaga.sim.scene import shapes
from siaga.sim.scene.kit import Kit
from siaga.sim.sites import Prop, Run
from siaga.sim.sites.model import Point2

FENCE_M = 2.2
_MESH_M = 0.11
Symbol = tuple[tuple[Point2, ...], ...]
"""Outlines in x and z, as shares of a panel's width, anticlockwise as seen from -y."""
BOLT: Symbol = (
    ((0.02, 0.14), (-0.06, -0.02), (-0.01, -0.02), (-0.03, -0.15), (0.06, 0.03), (0.015, 0.03), (0.05, 0.14)),
)
EXCLAMATION: Symbol = (
    ((-0.014, -0.06), (0.014, -0.06), (0.028, 0.13), (-0.028, 0.13)),
    ((-0.02, -0.13), (0.02, -0.13), (0.02, -0.09), (-0.02, -0.09)),
)
"""Danger of any kind."""


def _along(a: Point2, b: Point2, step: float) -> tuple[int, float]:
    length = math.dist(a, b)
    return max(1, round(length / step)), length


def hoarding(kit: Kit, run: Run) -> None:
    """Steel panels of 2.4 m on posts, each a little out of line."""
    for a, b in run.segments():
        count, length = _along(a, b, 2.4)
        yaw = math.atan2(b[1] - a[1], b[0] - a[0])
        with kit.at(a[0], a[1], 0.0, yaw):
            for i in range(count):
                x, lean = (i + 0.5) * length / count, kit.random.uniform(-0.012, 0.012)
                high = 2.3 + kit.random.uniform(-0.02, 0.02)
                kit.box(run.colour, (x, 0, high / 2), (length / count - 0.02, 0.03, high), lean)
                for rib in np.linspace(-1.0, 1.0, 7):
                    kit.box(run.colour, (x + float(rib), -0.02, high / 2), (0.05, 0.03, high - 0.1), lean)
                kit.box("galvanised", (i * length / count, -0.03, 1.2), (0.07, 0.07, 2.45))
                kit.box("concrete", (i * length / count, 0.45, 0.2), (0.35, 0.7, 0.4), chamfer=0.03)


def chainlink(kit: Kit, run: Run) -> None:
    """Posts, a rail, and a net of thin ribbons in both diagonals (real gaps, real shadows)."""
    for a, b in run.segments():
        count, length = _along(a, b, 2.6)
        yaw = math.atan2(b[1] - a[1], b[0] - a[0])
        with kit.at(a[0], a[1], kit.ground(*a), yaw):
            for i in range(count + 1):
                x = i * length / count
                kit.tube(run.colour, (x, 0, -0.05), (x, 0, FENCE_M + 0.05), 0.03, sides=10)
            for z in (0.08, FENCE_M):
                kit.tube(run.colour, (0, 0, z), (length, 0, z), 0.02, sides=8)
            _net(kit, run.colour, length)


def _net(kit: Kit, paint: str, length: float) -> None:
    for slope in (-1.0, 1.0):
        start = np.arange(-FENCE_M, length + FENCE_M, _MESH_M)
        low_x = np.clip(start, 0.0, length)
        high_x = np.clip(start + slope * FENCE_M, 0.0, length)
        low_z, high_z = (low_x - start) * slope, (high_x - start) * slope
        keep = np.abs(high_z - low_z) > 0.05
        for x0, z0, x1, z1 in zip(low_x[keep], low_z[keep], high_x[keep], high_z[keep], strict=True):
            ends = np.array([[x0, 0, z0], [x1, 0, z1]])
            kit.add(paint, shapes.ribbon(ends, np.array([0.0022, 0.0, -0.0022 * slope])))


def open_gate(kit: Kit, prop: Prop) -> None:
    """A gate leaf standing open, hinged at its origin; `size` = (width,)."""
    width = prop.size[0]
    for x in (0.03, width):
        kit.tube("galvanised", (x, 0, 0.08), (x, 0, FENCE_M), 0.025, sides=10)
    for z in (0.1, FENCE_M / 2, FENCE_M):
        kit.tube("galvanised", (0, 0, z), (width, 0, z), 0.02, sides=8)
    _net(kit, "galvanised", width)


def tape(kit: Kit, run: Run) -> None:
    """Red and white tape on weighted posts, sagging."""
    for x, y in run.points:
        base = kit.ground(x, y)
        kit.tube("black", (x, y, base), (x, y, base + 0.07), 0.2, 0.17, 20)
        kit.tube("orange", (x, y, base), (x, y, base + 1.08), 0.03)
    for a, b in run.segments():
        pieces, _ = _along(a, b, 0.28)
        share = np.linspace(0, 1, pieces + 1)
        level = np.array(a) + np.outer(share, np.subtract(b, a))
        for height in (0.98, 0.55):
            line = np.c_[level, height - 0.09 * np.sin(share * math.pi)]
            for i in range(pieces):
                paint = "tape_red" if i % 2 else "tape_white"
                kit.add(paint, shapes.ribbon(line[i : i + 2], np.array([0.0, 0.0, 0.04])))


def paint(kit: Kit, run: Run) -> None:
    """A line sprayed on the ground, 13 cm wide, ragged and following it."""
    for a, b in run.segments():
        pieces, length = _along(a, b, 0.12)
        share = np.linspace(0, 1, pieces + 1)
        x, y = a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share
        side = np.array([a[1] - b[1], b[0] - a[0]]) / length * 0.065
        edges = []
        for sign in (-1, 1):
            ragged = sign * (1 + np.array([kit.random.uniform(-0.12, 0.12) for _ in x]))
            ex, ey = x + ragged * side[0], y + ragged * side[1]
            z = [kit.ground(float(px), float(py)) + 0.008 for px, py in zip(ex, ey, strict=True)]
            edges.append(np.stack([ex, ey, np.array(z)], axis=1))
        kit.add("road_paint", shapes.sheet(np.stack(edges)))


def kerb(kit: Kit, run: Run) -> None:
    """Concrete kerb stones."""
    for a, b in run.segments():
        count, length = _along(a, b, 1.0)
        with kit.at(a[0], a[1], kit.ground(*a), math.atan2(b[1] - a[1], b[0] - a[0])):
            for i in range(count):
                kit.box("concrete", ((i + 0.5) * length / count, 0, 0.03), (0.98, 0.15, 0.14), chamfer=0.02)


def cone(kit: Kit, prop: Prop) -> None:
    """A traffic cone of 72 cm with a white sleeve."""
    del prop
    turn = kit.random.uniform(0, 1)
    kit.box("black", (0, 0, 0.02), (0.42, 0.42, 0.04), turn, chamfer=0.015)
    kit.box("orange", (0, 0, 0.05), (0.38, 0.38, 0.03), turn, chamfer=0.012)
    kit.tube("orange", (0, 0, 0.05), (0, 0, 0.72), 0.165, 0.03, 28)
    kit.tube("tape_white", (0, 0, 0.34), (0, 0, 0.48), 0.1105, 0.0815, 28)
    kit.tube("tape_white", (0, 0, 0.57), (0, 0, 0.63), 0.0625, 0.0505, 28)


def sign(kit: Kit, prop: Prop) -> None:
    """A yellow board on a stand that warns of danger, facing -Y."""
    del prop
    for x in (-0.2, 0.2):
        kit.box("galvanised", (x, 0.05, 0.4), (0.03, 0.03, 0.8))
    kit.box("black", (0, 0.08, 0.03), (0.62, 0.32, 0.06), chamfer=0.01)
    with kit.at(0, 0.02, 0.78):
        panel(kit, 0.52, EXCLAMATION)


def panel(kit: Kit, wide: float, symbol: Symbol = BOLT) -> None:
    """A warning panel: black triangle with a symbol on yellow, about the origin, facing -Y."""
    kit.box("yellow", (0, 0, 0), (wide, 0.02, wide * 0.95), chamfer=0.008)
    for grow, y, colour in ((0.36, -0.012, "black"), (0.27, -0.016, "yellow")):
        outline = [(-wide * grow, -wide * grow * 0.8), (wide * grow, -wide * grow * 0.8), (0, wide * grow)]
        kit.add(colour, shapes.profile(outline, y, y + 0.004))
    for part in symbol:
        kit.add("black", shapes.profile(np.array(part) * wide, -0.02, -0.014))


def panel_sign(kit: Kit, prop: Prop) -> None:
    """A warning of electricity on a fence at height `size[0]`."""
    with kit.at(0, 0, prop.size[0]):
        panel(kit, 0.46)


RUNS: Mapping[str, Callable[[Kit, Run], None]] = {
    each.__name__: each for each in (hoarding, chainlink, tape, paint, kerb)
}
MARKS: Mapping[str, Callable[[Kit, Prop], None]] = {
    each.__name__: each for each in (open_gate, cone, sign, panel_sign)
}
