"""Machines and equipment: excavator, pick-up, generator, mixer, skip, barrow, lamp mast."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import bpy
import numpy as np

from siaga.sim.scene import shapes
from siaga.sim.scene.kit import Kit
from siaga.sim.sites import Machine, Prop

_BOOM = [
    (0.85, 1.35), (1.25, 1.2), (2.2, 2.75), (3.05, 3.72), (4.15, 3.95), (5.35, 3.62), (5.42, 3.9),
    (4.3, 4.42), (2.95, 4.32), (2.15, 3.55), (1.35, 2.45), (0.8, 1.75),
]  # fmt: skip
_STICK = [
    (5.05, 4.15),
    (5.2, 3.45),
    (5.5, 2.4),
    (5.42, 1.35),
    (5.62, 1.3),
    (5.88, 2.5),
    (5.62, 3.75),
    (5.4, 4.5),
]
_BUCKET = [
    (5.75, 1.42), (5.3, 1.5), (4.95, 1.2), (4.72, 0.78), (4.75, 0.42), (4.98, 0.2), (5.3, 0.22),
    (5.06, 0.34), (4.95, 0.62), (5.15, 1.0), (5.5, 1.2),
]  # fmt: skip
_HOUSE = [(-2.35, 1.25), (0.95, 1.2), (0.95, 1.7), (0.1, 2.05), (-1.5, 2.1), (-2.3, 2.0), (-2.5, 1.7)]
_CAB = [(0.1, 1.2), (1.3, 1.2), (1.62, 1.75), (1.45, 2.5), (1.15, 2.98), (0.05, 3.0), (-0.1, 2.2)]
_GLASS = [(0.2, 1.75), (1.5, 1.78), (1.38, 2.45), (1.1, 2.86), (0.16, 2.88), (0.05, 2.25)]


def excavator(kit: Kit, machine: Machine) -> Any:
    """A tracked excavator of about 20 t; returns the pivot of its upper body (turn it about Z)."""
    x, y, z = machine.position
    yaw = math.radians(machine.yaw_deg)
    with kit.at(x, y, kit.ground(x, y) + z, yaw):
        _undercarriage(kit)
    kit.build("undercarriage")
    _upper(kit)
    pivot = bpy.data.objects.new("excavator pivot", None)
    pivot.location = (x, y, kit.ground(x, y) + z)
    pivot.rotation_euler = (0.0, 0.0, yaw)
    bpy.context.scene.collection.objects.link(pivot)
    kit.build("excavator", parent=pivot)
    return pivot


def _raised(outline: shapes.Points, by: float) -> shapes.Points:
    return np.stack([outline[:, 0], outline[:, 1] + by], axis=1)


def _undercarriage(kit: Kit) -> None:
    for side in (-1.12, 1.12):
        outline = _raised(shapes.rounded(3.9, 0.86), 0.45)
        kit.add("black", shapes.profile(_raised(shapes.rounded(3.75, 0.72), 0.45), side - 0.24, side + 0.24))
        path = np.concatenate([outline, outline[:1]])
        steps = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))]
        for at in np.arange(0.0, steps[-1], 0.155):
            px, pz = np.interp(at, steps, path[:, 0]), np.interp(at, steps, path[:, 1])
            qx, qz = np.interp(at + 0.02, steps, path[:, 0]), np.interp(at + 0.02, steps, path[:, 1])
            lean = -math.atan2(qz - pz, qx - px)
            kit.box("track", (px, side, pz), (0.135, 0.6, 0.05), 0.0, (0.0, lean), 0.01)
        for x in np.linspace(-1.25, 1.25, 6):
            kit.tube("track", (x, side - 0.27, 0.3), (x, side + 0.27, 0.3), 0.19, sides=20)
        for x in (-1.5, 1.5):
            kit.tube("track", (x, side - 0.26, 0.45), (x, side + 0.26, 0.45), 0.33, sides=24)
    kit.box("black", (0, 0, 0.7), (1.7, 1.8, 0.5), chamfer=0.06)
    kit.tube("track", (0, 0, 0.9), (0, 0, 1.2), 0.78, sides=32)


def _upper(kit: Kit) -> None:
    """Everything above the ring, in the machine's own frame: the boom along +X."""
    kit.add("excavator", shapes.profile(_HOUSE, -1.28, 1.28))
    kit.box("excavator", (-2.05, 0, 1.62), (0.75, 2.5, 0.95), chamfer=0.14)
    kit.box("black", (-0.7, 0, 1.24), (3.1, 2.4, 0.14), chamfer=0.03)
    kit.box("black", (-0.9, -0.35, 2.13), (1.1, 0.9, 0.1), chamfer=0.03)
    for i in range(6):
        kit.box("black", (-1.35 + i * 0.16, -1.285, 1.7), (0.06, 0.02, 0.42))
    kit.tube("black", (-1.1, -0.75, 2.1), (-1.1, -0.75, 2.5), 0.06)
    kit.box("black", (-2.43, 0, 1.62), (0.03, 1.3, 0.2))
    _cab(kit)
    kit.add("excavator", shapes.profile(_BOOM, -0.32, 0.06))
    kit.add("excavator", shapes.profile(_STICK, -0.28, 0.02))
    for y in (-0.72, 0.42):
        kit.add("black", shapes.profile([*_BUCKET[:7], (5.6, 0.9)], y, y + 0.04))
    kit.add("black", shapes.profile(_BUCKET, -0.72, 0.46))
    for i in range(5):
        kit.box("steel", (5.36, -0.64 + i * 0.255, 0.2), (0.24, 0.08, 0.06), 0.0, (0.0, 0.2), 0.015)
    for y in (-0.52, 0.26):
        _ram(kit, (1.15, y, 1.35), (2.5, y, 3.2))
    _ram(kit, (3.4, -0.13, 4.45), (5.3, -0.13, 4.42))
    _ram(kit, (5.62, -0.13, 3.5), (5.85, -0.13, 1.75))
    kit.beam("black", (5.85, -0.13, 1.75), (5.45, -0.13, 1.4), 0.2, 0.12)
    for y in (-0.2, -0.05):
        kit.tube("rubber", (2.2, y, 3.75), (3.0, y, 4.42), 0.025, sides=8)


def _cab(kit: Kit) -> None:
    kit.add("excavator", shapes.profile(_CAB, 0.3, 1.26))
    for y in (0.285, 1.245):
        kit.add("glass", shapes.profile(_GLASS, y, y + 0.03))
    kit.box("glass", (1.5, 0.78, 2.2), (0.06, 0.8, 0.75), 0.0, (0.0, -0.25))
    kit.box("glass", (-0.05, 0.78, 2.4), (0.05, 0.75, 0.6))
    kit.box("excavator", (0.62, 1.27, 1.95), (0.06, 0.03, 1.7))
    kit.tube("black", (1.62, 1.3, 1.6), (1.62, 1.3, 2.6), 0.018)
    kit.box("black", (1.62, 1.42, 2.5), (0.05, 0.2, 0.34), chamfer=0.02)
    kit.tube("beacon", (0.4, 0.8, 3.0), (0.4, 0.8, 3.14), 0.08)
    for y in (0.42, 1.1):
        kit.box("lamp", (1.2, y, 3.02), (0.1, 0.16, 0.1), chamfer=0.02)
    for z in (1.35, 1.75):
        kit.tube("galvanised", (-0.2, 1.34, z), (0.4, 1.34, z), 0.015, sides=8)


def _ram(kit: Kit, start: tuple[float, float, float], end: tuple[float, float, float]) -> None:
    middle = np.asarray(start) * 0.42 + np.asarray(end) * 0.58
    kit.tube("black", start, middle, 0.085, sides=16)
    kit.tube("galvanised", middle, end, 0.045, sides=12)


def pickup(kit: Kit, prop: Prop) -> None:
    """A pick-up, its nose along +X."""
    body = [(-2.6, 0.45), (2.5, 0.42), (2.6, 0.85), (2.5, 1.02), (1.25, 1.12), (-2.6, 1.1)]
    cabin = [(-0.75, 1.05), (1.3, 1.08), (0.72, 1.7), (-0.55, 1.74)]
    kit.add(prop.colour, shapes.profile(body, -0.92, 0.92))
    kit.add("glass", shapes.profile(cabin, -0.8, 0.8))
    kit.box(prop.colour, (0.08, 0, 1.74), (1.4, 1.5, 0.05), chamfer=0.02)
    for x, lean in ((-0.66, 0.26), (0.4, -0.15), (1.0, -0.76)):
        for y in (-0.8, 0.8):
            kit.box(prop.colour, (x, y, 1.4), (0.07, 0.05, 0.75), 0.0, (0.0, lean))
    kit.box("black", (-1.7, 0, 1.1), (1.7, 1.6, 0.03))
    for x in (-1.65, 1.6):
        for y in (-0.92, 0.72):
            kit.tube("rubber", (x, y, 0.37), (x, y + 0.2, 0.37), 0.37, sides=24)
            kit.tube("galvanised", (x, y - 0.01, 0.37), (x, y + 0.21, 0.37), 0.2, sides=16)
    for y in (-0.7, 0.7):
        kit.box("lamp", (2.56, y, 0.85), (0.06, 0.3, 0.16))
    kit.box("black", (2.6, 0, 0.55), (0.1, 1.8, 0.2), chamfer=0.03)


def generator(kit: Kit, prop: Prop) -> None:
    """A silenced generator on skids."""
    kit.box(prop.colour, (0, 0, 0.72), (2.2, 1.0, 1.15), chamfer=0.06)
    for y in (-0.42, 0.42):
        kit.box("black", (0, y, 0.07), (2.3, 0.12, 0.14))
    for side in (-0.505, 0.505):
        for i in range(8):
            kit.box("black", (-0.85 + i * 0.09, side, 0.8), (0.04, 0.02, 0.6))
        kit.box(prop.colour, (0.5, side, 0.7), (0.8, 0.03, 0.85), chamfer=0.01)
    kit.tube("black", (-0.7, 0.2, 1.3), (-0.7, 0.2, 1.6), 0.05)


def mixer(kit: Kit, prop: Prop) -> None:
    """A tilting drum mixer."""
    kit.tube(prop.colour, (-0.32, 0, 0.85), (0.1, 0, 1.05), 0.34, 0.42, 24)
    kit.tube(prop.colour, (0.1, 0, 1.05), (0.5, 0, 1.24), 0.42, 0.24, 24)
    kit.tube("black", (0.49, 0, 1.235), (0.51, 0, 1.245), 0.22, sides=24)
    for y in (-0.5, 0.5):
        kit.beam("rust", (-0.5, y, 0.1), (0.05, y * 0.9, 1.0), 0.06, 0.06)
        kit.beam("rust", (0.5, y, 0.1), (0.05, y * 0.9, 1.0), 0.06, 0.06)
        kit.tube("rubber", (-0.5, y - 0.05, 0.2), (-0.5, y + 0.05, 0.2), 0.2, sides=20)
    kit.box(prop.colour, (-0.1, 0.62, 0.75), (0.5, 0.25, 0.5), chamfer=0.05)


def skip(kit: Kit, prop: Prop) -> None:
    """A skip, half full."""
    hull = [(-1.1, 0.05), (1.1, 0.05), (1.8, 1.15), (-1.8, 1.15)]
    for y in (-0.88, 0.84):
        kit.add(prop.colour, shapes.profile(hull, y, y + 0.04))
    for side in (-1, 1):
        kit.beam(prop.colour, (side * 1.1, 0, 0.08), (side * 1.8, 0, 1.15), 1.74, 0.05)
        for y in (-0.9, 0.9):
            kit.tube("black", (side * 0.7, y - 0.06, 0.85), (side * 0.7, y + 0.06, 0.85), 0.06)
    kit.box("soil", (0, 0, 0.75), (2.6, 1.7, 0.5), chamfer=0.2)
    for _ in range(26):
        spot = (kit.random.uniform(-1.2, 1.2), kit.random.uniform(-0.7, 0.7), kit.random.uniform(0.95, 1.2))
        size = (kit.random.uniform(0.1, 0.9), 0.09, 0.06)
        kit.box(
            kit.random.choice(("wood", "concrete", "brick")), spot, size, kit.random.uniform(0, 3), (0.3, 0.3)
        )


def barrow(kit: Kit, prop: Prop) -> None:
    """A wheelbarrow, its wheel along +X."""
    tray = [(-0.42, 0.62), (-0.3, 0.34), (0.25, 0.3), (0.52, 0.66)]
    kit.add(prop.colour, shapes.profile(tray, -0.3, 0.3))
    kit.box("cement_bag", (0.03, 0, 0.62), (0.75, 0.5, 0.06), chamfer=0.02)
    kit.tube("rubber", (0.62, -0.05, 0.19), (0.62, 0.05, 0.19), 0.19, sides=20)
    for y in (-0.26, 0.26):
        kit.tube("steel", (0.62, y * 0.3, 0.19), (-0.85, y, 0.6), 0.018, sides=8)
        kit.tube("steel", (-0.2, y, 0.4), (-0.3, y, 0.0), 0.018, sides=8)


def mast(kit: Kit, prop: Prop) -> None:
    """A lamp mast; `size` = (height,). Its lamps look along -Y of its own frame."""
    height = prop.size[0]
    kit.box("concrete", (0, 0, 0.2), (0.6, 0.6, 0.4), chamfer=0.03)
    kit.tube("galvanised", (0, 0, 0.3), (0, 0, height), 0.07, 0.045)
    kit.box("galvanised", (0, 0, height), (1.1, 0.07, 0.07))
    for x in (-0.38, 0.38):
        kit.box("black", (x, -0.1, height + 0.02), (0.46, 0.22, 0.3), 0.0, (-0.7, 0.0), 0.03)
        kit.box("lamp", (x, -0.19, height - 0.06), (0.4, 0.02, 0.24), 0.0, (-0.7, 0.0))


PLANT: Mapping[str, Callable[[Kit, Prop], None]] = {
    each.__name__: each for each in (pickup, generator, mixer, skip, barrow, mast)
}
