"""What is stored on a site: containers, pallets, pipes, bags, boards, drums, heaps, small tools."""

import math
from collections.abc import Callable, Mapping

import numpy as np

from siaga.sim.scene import shapes
from siaga.sim.scene.kit import Kit
from siaga.sim.sites import Prop
from siaga.sim.sites.relief import gradient_noise


def container(kit: Kit, prop: Prop) -> None:
    """A 20 ft container, corrugated; its doors look along +X."""
    long, wide, high, paint = 6.06, 2.44, 2.59, prop.colour
    for x0, y0, x1, y1 in ((-1, -1, 1, -1), (1, 1, -1, 1), (-1, 1, -1, -1)):
        _corrugated(kit, paint, (x0 * long / 2, y0 * wide / 2), (x1 * long / 2, y1 * wide / 2), high)
    for z in (0.1, high - 0.06):
        for y in (-wide / 2, wide / 2):
            kit.box(paint, (0, y, z), (long + 0.06, 0.1, 0.15), chamfer=0.01)
        for x in (-long / 2, long / 2):
            kit.box(paint, (x, 0, z), (0.1, wide + 0.06, 0.15), chamfer=0.01)
    kit.box(paint, (0, 0, high - 0.02), (long, wide, 0.05))
    for x in (-long / 2, long / 2):
        for y in (-wide / 2, wide / 2):
            kit.box(paint, (x, y, high / 2), (0.15, 0.15, high), chamfer=0.01)
    for y in (-0.6, 0.6):
        kit.box(paint, (long / 2 - 0.02, y, high / 2), (0.06, 1.12, high - 0.3), chamfer=0.01)
        for side in (-0.28, 0.28):
            kit.tube(
                "galvanised", (long / 2 + 0.05, y + side, 0.2), (long / 2 + 0.05, y + side, high - 0.2), 0.02
            )
            kit.box("galvanised", (long / 2 + 0.06, y + side + 0.1, 1.15), (0.03, 0.24, 0.05))


def _corrugated(
    kit: Kit, paint: str, start: tuple[float, float], end: tuple[float, float], high: float
) -> None:
    a, b = np.array(start), np.array(end)
    count = int(np.linalg.norm(b - a) / 0.07)
    share = np.linspace(0, 1, count + 1)[:, None]
    outward = np.array([b[1] - a[1], a[0] - b[0]]) / np.linalg.norm(b - a)
    wave = np.where((np.arange(count + 1) // 2) % 2, 0.03, -0.03)[:, None]
    line = a + (b - a) * share + outward * wave
    grid = np.stack([np.c_[line, np.full(len(line), z)] for z in (0.12, high - 0.08)])
    kit.add(paint, shapes.sheet(grid))


def cabin(kit: Kit, prop: Prop) -> None:
    """A site office: a smooth container with a window band, a door and a step."""
    kit.box(prop.colour, (0, 0, 1.4), (6.0, 2.4, 2.6), chamfer=0.04)
    kit.box("white", (0, 0, 2.76), (6.1, 2.5, 0.12), chamfer=0.03)
    for side in (-1.22, 1.22):
        for x in (-1.6, 1.7):
            kit.box("white", (x, side, 1.65), (1.5, 0.06, 1.05), chamfer=0.02)
            kit.box("glass", (x, side * 1.02, 1.65), (1.36, 0.05, 0.92))
        kit.box("slate", (0.05, side, 1.15), (0.92, 0.06, 2.0), chamfer=0.02)
        kit.box("galvanised", (0.05, side * 1.3, 0.12), (1.1, 0.6, 0.1))
    kit.box("galvanised", (-2.5, -1.3, 2.2), (0.7, 0.3, 0.5), chamfer=0.02)


def toilet(kit: Kit, prop: Prop) -> None:
    """A portable toilet."""
    kit.box("black", (0, 0, 0.07), (1.2, 1.2, 0.14))
    kit.box(prop.colour, (0, 0, 1.15), (1.1, 1.1, 2.05), chamfer=0.05)
    kit.box("white", (0, 0, 2.24), (1.18, 1.18, 0.16), chamfer=0.06)
    kit.box(prop.colour, (0, -0.56, 1.1), (0.8, 0.04, 1.85), chamfer=0.02)
    kit.tube("black", (0.3, 0.4, 2.2), (0.3, 0.4, 2.6), 0.05)


def bricks(kit: Kit, prop: Prop) -> None:
    """A pallet with `size[0]` layers of brick."""
    for x in (-0.45, 0.0, 0.45):
        kit.box("wood", (x, 0, 0.05), (0.1, 1.1, 0.1))
    for y in np.linspace(-0.5, 0.5, 7):
        kit.box("wood", (0, float(y), 0.115), (1.15, 0.1, 0.025))
    layers = int(prop.size[0])
    for layer in range(layers):
        for row in range(4):
            for column in range(8):
                if layer == layers - 1 and kit.random.random() < 0.3:
                    continue
                shift = kit.random.uniform(-0.008, 0.008)
                centre = (-0.4 + row * 0.265 + shift, -0.44 + column * 0.125, 0.19 + layer * 0.113)
                kit.box("brick", centre, (0.25, 0.115, 0.108), kit.random.uniform(-0.03, 0.03), chamfer=0.004)


def pipes(kit: Kit, prop: Prop) -> None:
    """`size` = (number, length): pipes stacked in rows of four."""
    count, length = int(prop.size[0]), prop.size[1]
    for i in range(count):
        row, place = divmod(i, 4)
        y, z = (place - 1.5) * 0.24 + 0.1 * row, 0.12 + 0.2 * row
        slip = kit.random.uniform(-0.12, 0.12)
        kit.tube(prop.colour, (-length / 2 + slip, y, z), (length / 2 + slip, y, z), 0.11, sides=20)
        kit.tube("black", (length / 2 + slip, y, z), (length / 2 + slip + 0.004, y, z), 0.095, sides=20)
    for x in (-length / 3, length / 3):
        kit.box("wood", (x, 0, 0.0), (0.1, 1.1, 0.08))


def bags(kit: Kit, prop: Prop) -> None:
    """`size` = (stacks, layers) of cement bags."""
    stacks, layers = int(prop.size[0]), int(prop.size[1])
    for stack in range(stacks):
        x = (stack - (stacks - 1) / 2) * 0.64
        for layer in range(layers - (stack == 0)):
            yaw = kit.random.uniform(-0.12, 0.12)
            kit.box("cement_bag", (x, 0, 0.1 + 0.16 * layer), (0.6, 0.4, 0.165), yaw, chamfer=0.06)


def planks(kit: Kit, prop: Prop) -> None:
    """`size` = (number, length): boards in layers, some skewed."""
    count, length = int(prop.size[0]), prop.size[1]
    per_layer = max(4, math.ceil(count / 3))
    for i in range(count):
        layer, place = divmod(i, per_layer)
        y = (place - per_layer / 2) * 0.25
        slip, yaw = kit.random.uniform(-0.2, 0.2), kit.random.uniform(-0.03, 0.03)
        kit.box("board", (slip, y, 0.1 + 0.055 * layer), (length, 0.22, 0.045), yaw, chamfer=0.004)
    for x in (-length / 3, length / 3):
        kit.box("wood", (x, -0.1, 0.04), (0.1, per_layer * 0.26, 0.08))


def tubes(kit: Kit, prop: Prop) -> None:
    """`size` = (number, length): scaffold tubes."""
    count, length = int(prop.size[0]), prop.size[1]
    per_layer = max(3, math.ceil(count / 2.5))
    for i in range(count):
        layer, place = divmod(i, per_layer)
        y, z = (place - per_layer / 2) * 0.09 + 0.03 * layer, 0.06 + 0.06 * layer
        slip, skew = kit.random.uniform(-0.15, 0.15), kit.random.uniform(-0.03, 0.03)
        kit.tube("steel", (slip - length / 2, y - skew, z), (slip + length / 2, y + skew, z), 0.027, sides=8)


def rebar(kit: Kit, prop: Prop) -> None:
    """`size` = (number, length): a bundle of reinforcing bars on two timbers."""
    count, length = int(prop.size[0]), prop.size[1]
    for _ in range(count):
        y, z = kit.random.gauss(0, 0.12), 0.12 + abs(kit.random.gauss(0, 0.04))
        slip, skew = kit.random.uniform(-0.2, 0.2), kit.random.uniform(-0.05, 0.05)
        kit.tube("rebar", (slip - length / 2, y - skew, z), (slip + length / 2, y + skew, z), 0.012, sides=5)
    for x in (-length / 4, length / 4):
        kit.box("wood", (x, 0, 0.05), (0.12, 0.9, 0.1))


def props_stack(kit: Kit, prop: Prop) -> None:
    """Steel props lying side by side."""
    for i in range(int(prop.size[0])):
        y, z = (i % 6 - 2.5) * 0.13, 0.1 + 0.12 * (i // 6)
        kit.tube("rust", (-1.1, y, z), (0.3, y, z), 0.032, sides=8)
        kit.tube("galvanised", (0.3, y, z), (1.05, y, z), 0.024, sides=8)
        kit.box("rust", (-1.1, y, z), (0.012, 0.12, 0.12))
        kit.box("rust", (1.05, y, z), (0.012, 0.12, 0.12))


def drum(kit: Kit, prop: Prop) -> None:
    """A cable drum on its rims; `size` = (radius,)."""
    radius = prop.size[0]
    for y in (-0.28, 0.28):
        kit.tube("wood", (0, y - 0.03, radius), (0, y + 0.03, radius), radius, sides=32)
        kit.tube("steel", (0, y * 1.12, radius), (0, y * 1.13, radius), 0.09)
    kit.tube("black", (0, -0.25, radius), (0, 0.25, radius), radius * 0.62, sides=32)
    for turn in range(8):
        y = -0.22 + turn * 0.063
        kit.tube("black", (0, y, radius), (0, y + 0.045, radius), radius * 0.66, sides=28)


def heap(kit: Kit, prop: Prop) -> None:
    """`size` = (radius, height, seed): a heap with loose lumps, its foot in the ground."""
    radius, height, seed = prop.size[0], prop.size[1], int(prop.size[2])
    axis = np.linspace(-1.25, 1.25, 80)
    x, y = np.meshgrid(axis, axis)
    reach = np.hypot(x, y) * (1 + 0.3 * gradient_noise(x * 1.6, y * 1.6, seed))
    z = height * np.maximum(0, 1 - reach) ** 0.85
    lumps = 0.14 * gradient_noise(x * 3, y * 3, seed + 1) + 0.1 * gradient_noise(x * 8, y * 8, seed + 2)
    rough = height * lumps + 0.05 * gradient_noise(x * 21, y * 21, seed + 3)
    z += rough * np.clip((1.12 - reach) * 3, 0, 1) - 0.03 - 0.08 * (reach > 1.1)
    kit.add(prop.colour, shapes.sheet(np.stack([x * radius, y * radius, z], axis=-1)))
    for _ in range(60):
        angle, away = kit.random.uniform(0, 6.28), radius * kit.random.uniform(0.75, 1.35)
        lump = kit.random.uniform(0.03, 0.1)
        spot = (away * math.cos(angle), away * math.sin(angle), lump * 0.25)
        kit.box(prop.colour, spot, (lump, lump * 1.2, lump * 0.7), angle * 3, (0.3, 0.2), lump * 0.25)


def toolbox(kit: Kit, prop: Prop) -> None:
    """A red tool box."""
    kit.box(prop.colour, (0, 0, 0.12), (0.5, 0.25, 0.22), chamfer=0.02)
    kit.tube("steel", (-0.12, 0, 0.27), (0.12, 0, 0.27), 0.012)
    for x in (-0.12, 0.12):
        kit.tube("steel", (x, 0, 0.22), (x, 0, 0.27), 0.01)


def bucket(kit: Kit, prop: Prop) -> None:
    """A mortar bucket."""
    kit.tube(prop.colour, (0, 0, 0.0), (0, 0, 0.29), 0.14, 0.18, 20)
    kit.tube("cement_bag", (0, 0, 0.27), (0, 0, 0.294), 0.165, sides=20)


STORAGE: Mapping[str, Callable[[Kit, Prop], None]] = {
    each.__name__: each
    for each in (
        container,
        cabin,
        toilet,
        bricks,
        pipes,
        bags,
        planks,
        tubes,
        rebar,
        props_stack,
        drum,
        heap,
        toolbox,
        bucket,
    )
}
