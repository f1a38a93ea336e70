"""The plant of the energy yard: transformers, busbars on insulators, gantries, switchgear cabinets."""

import itertools
import math
from collections.abc import Callable, Mapping

import numpy as np

from siaga.sim.scene.boundary import panel
from siaga.sim.scene.kit import Kit
from siaga.sim.sites import Prop
from siaga.sim.sites.model import Point3


def insulator(kit: Kit, start: Point3, end: Point3, sheds: int) -> None:
    """A porcelain insulator from `start` to `end` with its sheds."""
    a, b = np.asarray(start), np.asarray(end)
    kit.tube("porcelain", a, b, 0.055, sides=12)
    for i in range(sheds):
        low, high = a + (b - a) * ((i + 0.3) / sheds), a + (b - a) * ((i + 0.75) / sheds)
        kit.tube("porcelain", low, high, 0.125 if i % 2 else 0.105, 0.062, 16)
    kit.tube("galvanised", b, b + (b - a) / np.linalg.norm(b - a) * 0.08, 0.05)


def transformer(kit: Kit, prop: Prop) -> None:
    """A power transformer on its plinth: tank, radiators, conservator, bushings, control box."""
    paint = prop.colour
    kit.box("concrete", (0, 0, 0.15), (4.4, 3.6, 0.34), chamfer=0.03)
    kit.box("gravel", (0, 0, 0.3), (4.0, 3.2, 0.1))
    for y in (-0.6, 0.6):
        kit.box("steel", (0, y, 0.42), (3.2, 0.12, 0.16))
    kit.box(paint, (0, 0, 1.55), (2.6, 1.3, 2.1), chamfer=0.04)
    for x in np.linspace(-1.15, 1.15, 7):
        for y in (-0.67, 0.67):
            kit.box(paint, (x, y, 1.5), (0.07, 0.07, 1.9))
    kit.box(paint, (0, 0, 2.64), (2.75, 1.45, 0.1), chamfer=0.02)
    for side in (-1, 1):
        for x in (-0.75, 0.75):
            _radiator(kit, paint, x, side)
    kit.tube(paint, (-1.5, 0.35, 3.35), (0.9, 0.35, 3.35), 0.3, sides=24)
    kit.tube(paint, (-0.6, 0.35, 2.7), (-0.6, 0.35, 3.2), 0.06)
    for x in (-1.2, 0.6):
        kit.box(paint, (x, 0.35, 2.9), (0.1, 0.3, 0.5))
    for x in (-0.85, 0.0, 0.85):
        insulator(kit, (x, -0.35, 2.65), (x, -0.62, 3.95), 12)
        insulator(kit, (x * 0.6, 0.05, 2.65), (x * 0.6, 0.05, 3.1), 4)
    kit.box("grey", (1.45, -0.3, 1.3), (0.35, 0.7, 1.2), chamfer=0.02)
    kit.box("black", (1.63, -0.3, 1.6), (0.01, 0.25, 0.2))
    with kit.at(-0.5, -0.75, 1.7):
        panel(kit, 0.36)


def _radiator(kit: Kit, paint: str, x: float, side: int) -> None:
    for i in range(9):
        kit.box(paint, (x - 0.44 + i * 0.11, side * 1.2, 1.45), (0.035, 0.62, 1.65), chamfer=0.012)
    for z in (0.72, 2.2):
        kit.tube(paint, (x - 0.5, side * 1.0, z), (x + 0.5, side * 1.0, z), 0.06)
        kit.tube(paint, (x, side * 0.6, z), (x, side * 1.0, z), 0.06)


def busbars(kit: Kit, prop: Prop) -> None:
    """Three tubes on post insulators on steel supports; `size` = (length, height)."""
    long, high = prop.size
    for x in np.linspace(-long / 2 + 0.6, long / 2 - 0.6, 5):
        for y in (-1.0, 1.0):
            kit.tube("galvanised", (x, y, 0), (x, y, high - 1.2), 0.07)
            kit.box("concrete", (x, y, 0.08), (0.5, 0.5, 0.2), chamfer=0.02)
        kit.box("galvanised", (x, 0, high - 1.2), (0.12, 2.6, 0.14))
        for y in (-1.1, 0.0, 1.1):
            insulator(kit, (x, y, high - 1.13), (x, y, high - 0.1), 9)
    for y in (-1.1, 0.0, 1.1):
        kit.tube("copper", (-long / 2, y, high), (long / 2, y, high), 0.05)
    for x in (-4.8, 4.8):
        for i, y in enumerate((-1.1, 0.0, 1.1)):
            foot = (x + (i - 1) * 0.85, -4.55 + 0.0, 4.05)
            _slack(kit, (x + (i - 1) * 0.85, y, high), foot)


def _slack(kit: Kit, start: Point3, end: Point3) -> None:
    """A conductor that hangs between two points."""
    share = np.linspace(0, 1, 13)[:, None]
    line = np.asarray(start) * (1 - share) + np.asarray(end) * share
    line[:, 2] -= 0.5 * np.sin(math.pi * share[:, 0])
    for a, b in itertools.pairwise(line):
        kit.tube("copper", a, b, 0.014, sides=6)


def _lattice(kit: Kit, x: float, high: float) -> None:
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    for (ax, ay), (bx, by) in zip(corners, [*corners[1:], corners[0]], strict=True):
        wide, slim = 0.35, 0.14
        foot, top = (x + ax * wide, ay * wide, 0.0), (x + ax * slim, ay * slim, high)
        kit.beam("galvanised", foot, top, 0.06, 0.06)
        for k in range(8):
            low, up = k / 8, (k + 1) / 8
            at = [wide + (slim - wide) * share for share in (low, up)]
            start, end = (x + ax * at[0], ay * at[0], low * high), (x + bx * at[1], by * at[1], up * high)
            kit.tube("galvanised", start, end, 0.016, sides=5)
    kit.box("concrete", (x, 0, 0.1), (1.1, 1.1, 0.25), chamfer=0.03)


def gantry(kit: Kit, prop: Prop) -> None:
    """Two lattice legs and a beam with hanging insulators and lines that leave; `size` = (width, height)."""
    wide, high = prop.size
    for x in (-wide / 2, wide / 2):
        _lattice(kit, x, high)
    for y in (-0.14, 0.14):
        for z in (high - 0.3, high):
            kit.beam("galvanised", (-wide / 2, y, z), (wide / 2, y, z), 0.05, 0.05)
    for i in range(14):
        x0, x1 = (-wide / 2 + j * wide / 14 for j in (i, i + 1))
        z0, z1 = (high - 0.3, high) if i % 2 else (high, high - 0.3)
        for y in (-0.14, 0.14):
            kit.tube("galvanised", (x0, y, z0), (x1, y, z1), 0.014, sides=5)
    for x in (-1.9, 0.0, 1.9):
        insulator(kit, (x, 0, high - 0.3), (x, -0.15, high - 1.3), 9)
        _slack(kit, (x, -0.15, high - 1.36), (x * 0.5, -1.3, 3.62))
        kit.tube("copper", (x, 0.2, high), (x * 1.3, 45.0, high + 6.0), 0.015, sides=5)


def cabinets(kit: Kit, prop: Prop) -> None:
    """A row of outdoor switchgear, doors along -Y; `size` = (number,)."""
    count = int(prop.size[0])
    kit.box("concrete", (0, 0, 0.06), (count * 0.8 + 0.3, 1.1, 0.16), chamfer=0.02)
    for i in range(count):
        x = (i - (count - 1) / 2) * 0.8
        kit.box(prop.colour, (x, 0, 1.15), (0.78, 0.8, 2.0), chamfer=0.012)
        kit.box(prop.colour, (x, -0.41, 1.15), (0.7, 0.03, 1.88), chamfer=0.01)
        kit.box("black", (x + 0.27, -0.435, 1.2), (0.03, 0.03, 0.22), chamfer=0.008)
        kit.box("screen", (x - 0.08, -0.43, 1.7), (0.26, 0.01, 0.16))
        for k in range(5):
            kit.box("black", (x, -0.428, 0.4 + 0.05 * k), (0.4, 0.006, 0.02))
        kit.box("white", (x, -0.428, 1.95), (0.4, 0.006, 0.07))
        with kit.at(x - 0.15, -0.428, 1.3):
            panel(kit, 0.16)
    kit.box("slate", (0, -0.05, 2.2), (count * 0.8 + 0.2, 1.05, 0.07), chamfer=0.02)


ELECTRICAL: Mapping[str, Callable[[Kit, Prop], None]] = {
    each.__name__: each for each in (transformer, busbars, gantry, cabinets)
}
