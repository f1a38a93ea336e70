"""Tube scaffold, ladders, edge protection and lifelines."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from siaga.sim.scene.kit import Kit
from siaga.sim.sites import AnchorLine, Ladder, Prop

TUBE_M = 0.0242
_RAILS = (0.52, 1.05)


def coupler(kit: Kit, x: float, y: float, z: float) -> None:
    """The clamp where two tubes cross."""
    kit.box("galvanised", (x, y, z), (0.085, 0.085, 0.07), chamfer=0.012)


def standards(kit: Kit, xs: Sequence[float], ys: Sequence[float], top: float, lifts: Sequence[float]) -> None:
    """Uprights on base plates, with ledgers and transoms at each lift."""
    for x in xs:
        for y in ys:
            kit.tube("steel", (x, y, 0.0), (x, y, top + kit.random.uniform(-0.15, 0.25)), TUBE_M, sides=10)
            kit.box("steel", (x, y, 0.012), (0.15, 0.15, 0.012))
            kit.box("wood", (x, y, 0.0), (0.5, 0.22, 0.03))
        for z in lifts:
            kit.tube("steel", (x, ys[0] - 0.12, z - 0.09), (x, ys[-1] + 0.12, z - 0.09), TUBE_M, sides=10)
            for y in ys:
                coupler(kit, x, y, z - 0.06)
    for z in lifts:
        for y in ys:
            kit.tube("steel", (xs[0] - 0.25, y, z - 0.04), (xs[-1] + 0.25, y, z - 0.04), TUBE_M, sides=10)


def boards(kit: Kit, x0: float, x1: float, y0: float, y1: float, z: float) -> None:
    """Boards side by side, their top at `z`, in lengths that overlap a little unevenly."""
    count = max(1, round((y1 - y0) / 0.235))
    wide = (y1 - y0) / count
    for i in range(count):
        at = x0
        while at < x1 - 0.05:
            end = min(x1, at + kit.random.uniform(2.0, 3.9))
            sag = kit.random.uniform(0.0, 0.012)
            centre = ((at + end) / 2, y0 + (i + 0.5) * wide, z - 0.02 - sag)
            kit.box("board", centre, (end - at - 0.01, wide - 0.012, 0.038), chamfer=0.004)
            at = end


def guard_rail(kit: Kit, x0: float, x1: float, y: float, z: float, toe: bool = True) -> None:
    """Two rails and a toe board along X at the level `z`."""
    for up in _RAILS:
        kit.tube("steel", (x0, y, z + up), (x1, y, z + up), TUBE_M, sides=10)
    if toe:
        kit.box("board", ((x0 + x1) / 2, y + 0.03, z + 0.09), (x1 - x0, 0.03, 0.17), chamfer=0.004)


def scaffold(kit: Kit, prop: Prop) -> None:
    """A plain scaffold; `size` = (bays, lifts, bay length, depth), centred."""
    bays, lifts, long, deep = int(prop.size[0]), int(prop.size[1]), prop.size[2], prop.size[3]
    half = bays * long / 2
    xs = [i * long - half for i in range(bays + 1)]
    levels = [2.0 * k for k in range(1, lifts + 1)]
    standards(kit, xs, (-deep / 2, deep / 2), levels[-1] + 1.1, levels)
    for z in levels:
        boards(kit, -half, half, -deep / 2 + 0.05, deep / 2 - 0.05, z)
        guard_rail(kit, -half, half, -deep / 2, z)
    for i in range(bays):
        low, high = (0.1, 2.0) if i % 2 else (2.0, 4.0)
        kit.tube(
            "steel", (xs[i], -deep / 2 - 0.06, low), (xs[i + 1], -deep / 2 - 0.06, high), TUBE_M, sides=10
        )


def scaffold_long(kit: Kit, prop: Prop) -> None:
    """The scaffold of the height-work site: decks at 2.05 and 4.05 m, a ladder bay, rails with gaps."""
    del prop
    xs = [-4.4, -2.2, 0.0, 2.2, 4.4]
    low, high, front, back = 2.05, 4.05, -0.55, 0.55
    standards(kit, xs, (front, back), 5.3, (low, high))
    boards(kit, -4.4, 4.4, front + 0.05, back - 0.05, low)
    boards(kit, -4.4, 2.95, front + 0.05, back - 0.05, high)
    for x0, x1 in ((-4.6, -2.85), (-1.95, 4.6)):
        guard_rail(kit, x0, x1, front, low)
    for x0, x1 in ((-4.6, -0.1), (2.2, 4.6)):
        guard_rail(kit, x0, x1, front, high)
    for x in (-4.5, 4.5):
        for z in (low, high):
            for up in _RAILS:
                kit.tube("steel", (x, front - 0.1, z + up), (x, back + 0.1, z + up), TUBE_M, sides=10)
    for i, (z0, z1) in enumerate(((0.1, low), (low, high), (0.1, low), (low, high))):
        ends = (xs[i], xs[i + 1]) if i % 2 == 0 else (xs[i + 1], xs[i])
        kit.tube("steel", (ends[0], front - 0.06, z0), (ends[1], front - 0.06, z1), TUBE_M, sides=10)
    for x in xs:
        kit.tube("steel", (x, back, 3.6), (x, back + 0.5, 3.6), TUBE_M, sides=10)


def ladder(kit: Kit, built: Ladder) -> None:
    """A ladder with rungs where the climber's feet and hands go, a metre longer than its upper level."""
    base, top = np.array(built.base), np.array(built.top)
    base[2] = kit.ground(base[0], base[1]) if built.base[2] == 0.0 else base[2]
    along = (top - base) / np.linalg.norm(top - base)
    heading = math.radians(built.heading_deg)
    side = np.array([math.cos(heading), math.sin(heading), 0.0]) * built.width / 2
    end = top + along * 1.0
    for sign in (-1, 1):
        kit.beam("galvanised", base + sign * side, end + sign * side, 0.03, 0.065)
    length = float(np.linalg.norm(end - base))
    for at in np.arange(built.rung_spacing, length - 0.05, built.rung_spacing):
        spot = base + along * at
        kit.tube("galvanised", spot - side, spot + side, 0.016, sides=8)


def lifeline(kit: Kit, line: AnchorLine, posts: Sequence[float]) -> None:
    """A wire between its ends; `posts` (shares of its length) stand on the level 1.15 m below."""
    start, end = np.array(line.start), np.array(line.end)
    kit.tube("galvanised", start, end, 0.008, sides=6)
    for share in posts:
        x, y, z = start + (end - start) * share
        kit.tube("yellow", (x, y, z - 1.15), (x, y, z + 0.05), 0.032, sides=12)
        kit.box("yellow", (x, y, z - 1.14), (0.2, 0.2, 0.02))


SCAFFOLDING: Mapping[str, Callable[[Kit, Prop], None]] = {
    "scaffold": scaffold,
    "scaffold_long": scaffold_long,
}
