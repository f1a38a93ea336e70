"""Buildings: a concrete frame in the background, the frame of the height-work site, a hut, walls."""

from collections.abc import Callable, Mapping

import numpy as np

from siaga.sim.scene.kit import Kit
from siaga.sim.scene.scaffolding import guard_rail
from siaga.sim.sites import Prop
from siaga.sim.sites.scaffold import RAIL_GAP, SLAB_Z


def frame(kit: Kit, prop: Prop) -> None:
    """Columns and slabs with starter bars; `size` = (X, Y, height, floors)."""
    wide, deep, high, floors = prop.size
    storey = high / floors
    for level in range(int(floors) + 1):
        kit.box("concrete", (0, 0, level * storey + 0.1), (wide, deep, 0.26), chamfer=0.015)
    for level in range(int(floors)):
        middle = (level + 0.5) * storey + 0.1
        for x in np.linspace(-wide / 2 + 0.3, wide / 2 - 0.3, 4):
            for y in np.linspace(-deep / 2 + 0.3, deep / 2 - 0.3, 3):
                kit.box("concrete", (x, y, middle), (0.4, 0.4, storey), chamfer=0.02)
        kit.box("brick", (-wide * 0.14, deep * 0.3, middle), (wide * 0.6, 0.2, storey))
        kit.box("concrete", (wide * 0.33, deep * 0.3, middle), (wide * 0.3, 0.2, storey))
    for x in np.linspace(-wide / 2 + 0.3, wide / 2 - 0.3, 4):
        starters(kit, float(x), -deep / 2 + 0.3, high + 0.2)


def starters(kit: Kit, x: float, y: float, z: float) -> None:
    """Bars that stand out of a column for the next storey."""
    for dx in (-0.13, 0.0, 0.13):
        for dy in (-0.13, 0.13):
            lean = (kit.random.uniform(-0.03, 0.03), kit.random.uniform(-0.03, 0.03))
            end = (x + dx + lean[0], y + dy + lean[1], z + kit.random.uniform(0.75, 0.95))
            kit.tube("rebar", (x + dx, y + dy, z - 0.1), end, 0.011, sides=6)
    for up in (0.15, 0.35):
        for dy in (-0.14, 0.14):
            kit.tube("rebar", (x - 0.14, y + dy, z + up), (x + 0.14, y + dy, z + up), 0.006, sides=5)


def slab_building(kit: Kit, prop: Prop) -> None:
    """Its left half two storeys high behind the scaffold, its right half one slab that is being worked on."""
    del prop
    front, back, depth = -4.0, 4.0, 0.24
    kit.box("concrete", (0, 0, 0.03), (18.8, 8.0, 0.1), chamfer=0.01)
    kit.box("concrete", (-4.6, 0, SLAB_Z - depth / 2), (9.6, 8.0, depth), chamfer=0.012)
    kit.box("wet_concrete", (4.8, 0, SLAB_Z - depth / 2), (9.2, 8.0, depth), chamfer=0.012)
    kit.box("concrete", (-4.6, 0, 6.4 - depth / 2), (9.6, 8.0, depth), chamfer=0.012)
    for x in (-9.1, -6.0, -2.9, 0.05, 3.2, 6.2, 9.15):
        for y in (front + 0.35, 0.0, back - 0.35):
            kit.box("concrete", (x, y, 1.5), (0.34, 0.34, 2.96), chamfer=0.015)
            if x <= 0.1:
                kit.box("concrete", (x, y, 4.7), (0.34, 0.34, 3.0), chamfer=0.015)
                starters(kit, x, y, 6.4)
            elif y > front + 0.4:
                starters(kit, x, y, SLAB_Z)
    kit.box("brick", (-4.6, back - 0.1, 1.5), (9.0, 0.2, 2.95))
    kit.box("brick", (-6.2, back - 0.1, 4.6), (5.8, 0.2, 2.7))
    kit.box("brick", (4.8, back - 0.1, 1.5), (9.0, 0.2, 2.95))
    _props_below(kit)
    _on_the_slab(kit)
    _slab_edge(kit)


def _props_below(kit: Kit) -> None:
    for x in np.arange(1.0, 9.0, 1.35):
        for y in (-3.2, -1.6, 1.2, 2.9):
            kit.tube("rust", (x, y, 0.08), (x, y, 1.75), 0.032, sides=8)
            kit.tube("galvanised", (x, y, 1.75), (x, y, 2.85), 0.024, sides=8)
            kit.box("galvanised", (x, y, 1.75), (0.16, 0.03, 0.03))
    for y in (-3.2, -1.6, 1.2, 2.9):
        kit.box("yellow", (4.8, y, 2.9), (9.0, 0.09, 0.16))


def _on_the_slab(kit: Kit) -> None:
    for x in np.arange(3.4, 9.0, 0.2):
        kit.tube("rebar", (x, 0.0, SLAB_Z + 0.03), (x, 3.6, SLAB_Z + 0.03), 0.007, sides=5)
    for y in np.arange(0.05, 3.6, 0.2):
        kit.tube("rebar", (3.3, y, SLAB_Z + 0.045), (9.0, y, SLAB_Z + 0.045), 0.007, sides=5)
    for side, size in (
        ((0, -0.24), (0.6, 0.06)),
        ((0, 0.24), (0.6, 0.06)),
        ((-0.24, 0), (0.06, 0.5)),
        ((0.24, 0), (0.06, 0.5)),
    ):
        kit.box("ply", (6.2 + side[0], side[1], SLAB_Z + 1.25), (*size, 2.5), chamfer=0.005)
    for z in (0.4, 1.1, 1.9):
        for y in (-0.32, 0.32):
            kit.box("wood", (6.2, y, SLAB_Z + z), (0.9, 0.08, 0.09))
    for foot in ((1.2, -1.4), (-1.2, -1.4)):
        kit.tube(
            "rust",
            (6.2 + foot[0], foot[1], SLAB_Z),
            (6.2 + foot[0] * 0.2, -0.3, SLAB_Z + 1.9),
            0.028,
            sides=8,
        )
    for i in range(7):
        kit.box("ply", (1.0 + 0.02 * i, 2.6, SLAB_Z + 0.02 + 0.025 * i), (1.25, 2.4, 0.021), 0.02 * (i % 3))


def _slab_edge(kit: Kit) -> None:
    """Posts with rails and a toe board along the front and right edges; nothing at the gap and the ladder."""
    front, z = -3.93, SLAB_Z
    for x0, x1 in ((0.25, 0.9), (1.7, RAIL_GAP[0]), (RAIL_GAP[1], 9.35)):
        guard_rail(kit, x0, x1, front, z)
        for x in np.linspace(x0, x1, max(2, round((x1 - x0) / 1.3) + 1)):
            kit.tube("yellow", (x, front, z - 0.25), (x, front, z + 1.12), 0.022, sides=10)
            kit.box("yellow", (x, front - 0.02, z - 0.12), (0.06, 0.1, 0.3))
    for up in (0.52, 1.05):
        kit.tube("steel", (9.33, front, z + up), (9.33, 3.9, z + up), 0.024, sides=10)
    for y in np.linspace(front, 3.9, 6):
        kit.tube("yellow", (9.33, y, z - 0.1), (9.33, y, z + 1.12), 0.022, sides=10)


def hut(kit: Kit, prop: Prop) -> None:
    """A control building: its door looks along -Y."""
    kit.box("concrete", (0, 0, 0.15), (6.2, 4.6, 0.3), chamfer=0.02)
    kit.box(prop.colour, (0, 0, 1.75), (6.0, 4.4, 3.0), chamfer=0.02)
    kit.box("slate", (0, 0, 3.32), (6.5, 4.9, 0.2), chamfer=0.04)
    kit.box("grey", (-1.2, -2.22, 1.35), (1.0, 0.05, 2.1), chamfer=0.01)
    kit.box("glass", (1.3, -2.22, 1.9), (1.6, 0.04, 0.9))
    kit.box("galvanised", (2.6, -2.4, 2.4), (0.8, 0.35, 0.6), chamfer=0.03)
    kit.tube("lamp", (-1.2, -2.3, 2.7), (-1.2, -2.4, 2.65), 0.09)


def blast_wall(kit: Kit, prop: Prop) -> None:
    """A fire wall of concrete panels between posts; `size` = (length, thickness, height)."""
    long, thick, high = prop.size
    panels = max(1, round(long / 1.6))
    for i in range(panels):
        x = (i + 0.5) * long / panels - long / 2
        for k in range(3):
            kit.box(
                "concrete",
                (x, 0, (k + 0.5) * high / 3),
                (long / panels - 0.03, thick, high / 3 - 0.02),
                chamfer=0.02,
            )
    for i in range(panels + 1):
        kit.box(
            "concrete",
            (i * long / panels - long / 2, 0, high / 2),
            (0.3, thick + 0.16, high + 0.1),
            chamfer=0.02,
        )


def trench(kit: Kit, prop: Prop) -> None:
    """A cable trench under concrete covers; `size` = (length, width)."""
    long, wide = prop.size
    count = round(long / 0.6)
    for i in range(count):
        rise = 0.012 + kit.random.uniform(-0.006, 0.006)
        centre = ((i + 0.5) * long / count - long / 2, 0, rise)
        kit.box("concrete", centre, (long / count - 0.015, wide, 0.06), chamfer=0.008)


BUILDINGS: Mapping[str, Callable[[Kit, Prop], None]] = {
    each.__name__: each for each in (frame, slab_building, hut, blast_wall, trench)
}
