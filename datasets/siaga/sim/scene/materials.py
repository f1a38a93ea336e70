"""Paints: named surfaces with some unevenness, grain and dirt, made into Cycles materials when first used."""

from dataclasses import dataclass
from typing import Any

import bpy

Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Paint:
    """A surface.

    Attributes:
        rgb: Linear base colour.
        uneven: How far the colour drifts, as a share of it; `grain` how many drifts to a metre.
        bump: Depth of the relief, 0 to 1; `bump_grain` how many bumps to a metre.
        dirt: Share of dust on what faces up and near the ground.
    """

    rgb: Rgb
    rough: float = 0.7
    metal: float = 0.0
    uneven: float = 0.15
    grain: float = 3.0
    bump: float = 0.0
    bump_grain: float = 25.0
    dirt: float = 0.25
    glow: float = 0.0


DUST: Rgb = (0.30, 0.245, 0.18)
_STEEL = {"rough": 0.42, "metal": 0.75, "dirt": 0.12}
_COAT = {"rough": 0.45, "uneven": 0.12, "grain": 1.2}
PAINTS: dict[str, Paint] = {
    "navy": Paint((0.035, 0.095, 0.22), **_COAT),
    "rust": Paint((0.34, 0.085, 0.04), **_COAT),
    "slate": Paint((0.20, 0.24, 0.235), **_COAT),
    "green": Paint((0.035, 0.15, 0.075), **_COAT),
    "grey_green": Paint((0.19, 0.235, 0.205), **_COAT),
    "blue": Paint((0.05, 0.16, 0.34), **_COAT),
    "grey": Paint((0.36, 0.37, 0.37), **_COAT),
    "white": Paint((0.66, 0.66, 0.64), **_COAT),
    "ochre": Paint((0.72, 0.36, 0.025), dirt=0.35, rough=0.42, uneven=0.14, grain=1.6),
    "excavator": Paint((0.76, 0.40, 0.02), dirt=0.3, rough=0.38, uneven=0.12, grain=1.3),
    "red": Paint((0.48, 0.03, 0.02), rough=0.4, dirt=0.15),
    "yellow": Paint((0.74, 0.50, 0.02), rough=0.5, dirt=0.12),
    "orange": Paint((0.80, 0.13, 0.015), rough=0.5, dirt=0.12, glow=0.03),
    "black": Paint((0.03, 0.03, 0.032), rough=0.6, dirt=0.2),
    "rubber": Paint((0.026, 0.026, 0.027), rough=0.8, dirt=0.5),
    "track": Paint((0.055, 0.05, 0.045), rough=0.65, metal=0.4, uneven=0.35, dirt=0.5),
    "glass": Paint((0.02, 0.03, 0.035), rough=0.06, uneven=0.05, dirt=0.06),
    "steel": Paint((0.40, 0.41, 0.42), uneven=0.2, **_STEEL),
    "galvanised": Paint((0.46, 0.48, 0.49), uneven=0.18, grain=6, rough=0.5, metal=0.6, dirt=0.1),
    "rebar": Paint((0.17, 0.075, 0.04), rough=0.85, uneven=0.35, grain=9),
    "wood": Paint((0.40, 0.28, 0.165), rough=0.85, uneven=0.3, grain=2.6, bump=0.2),
    "board": Paint((0.36, 0.27, 0.17), rough=0.85, uneven=0.34, grain=1.7, bump=0.2, dirt=0.35),
    "ply": Paint((0.30, 0.17, 0.085), rough=0.6, uneven=0.25, grain=1.5),
    "brick": Paint((0.34, 0.125, 0.075), rough=0.9, uneven=0.3, grain=11),
    "terracotta": Paint((0.46, 0.19, 0.065), rough=0.5, uneven=0.1),
    "cement_bag": Paint((0.52, 0.50, 0.45), rough=0.9, uneven=0.14, grain=5, bump=0.3),
    "concrete": Paint(
        (0.36, 0.345, 0.32), rough=0.9, uneven=0.2, grain=0.8, bump=0.18, bump_grain=12, dirt=0.15
    ),
    "wet_concrete": Paint((0.25, 0.24, 0.225), rough=0.85, uneven=0.3, grain=1.1, dirt=0.1),
    "gravel": Paint((0.34, 0.325, 0.30), rough=0.95, uneven=0.35, grain=18, bump=1.0, bump_grain=32, dirt=0),
    "sand": Paint((0.45, 0.35, 0.22), rough=0.95, uneven=0.2, grain=6, bump=0.5, bump_grain=24, dirt=0),
    "soil": Paint((0.185, 0.125, 0.08), rough=0.95, uneven=0.4, grain=3, bump=0.9, bump_grain=10, dirt=0),
    "porcelain": Paint((0.30, 0.105, 0.055), rough=0.18, uneven=0.08, dirt=0.03),
    "copper": Paint((0.46, 0.42, 0.36), rough=0.35, metal=0.8, dirt=0.0),
    "tarp": Paint((0.03, 0.13, 0.36), rough=0.5, uneven=0.2, bump=0.5, bump_grain=5),
    "debris_net": Paint((0.05, 0.22, 0.12), rough=0.9, uneven=0.25),
    "tape_red": Paint((0.62, 0.02, 0.02), rough=0.4, dirt=0.0),
    "tape_white": Paint((0.74, 0.74, 0.72), rough=0.4, dirt=0.0),
    "lamp": Paint((0.9, 0.9, 0.85), rough=0.3, glow=1.0, dirt=0.0),
    "beacon": Paint((0.85, 0.30, 0.02), rough=0.3, glow=0.5, dirt=0.0),
    "bark": Paint((0.085, 0.06, 0.04), rough=0.9, uneven=0.3, dirt=0.0),
    "leaf": Paint((0.055, 0.095, 0.028), rough=0.85, uneven=0.5, grain=0.9, dirt=0.0),
    "leaf_light": Paint((0.095, 0.13, 0.035), rough=0.85, uneven=0.45, grain=1.1, dirt=0.0),
    "grass": Paint((0.12, 0.13, 0.045), rough=0.9, uneven=0.5, grain=2.0, dirt=0.0),
    "road_paint": Paint((0.70, 0.50, 0.03), rough=0.75, uneven=0.38, grain=6, dirt=0.0),
    "facade": Paint((0.42, 0.39, 0.35), rough=0.85, uneven=0.12, grain=0.2, dirt=0.0),
    "window": Paint((0.05, 0.07, 0.09), rough=0.15, uneven=0.2, grain=0.3, dirt=0.0),
    "screen": Paint((0.12, 0.13, 0.14), rough=0.5, dirt=0.1),
}


class Palette:
    """Materials by paint name, each made once for the scene it serves."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = make_material(name, PAINTS[name])
        return self._made[name]


def make_material(name: str, paint: Paint) -> Any:
    """A Cycles material for a paint, in the coordinates of the object it is on."""
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    tree = material.node_tree
    surface = tree.nodes["Principled BSDF"]
    surface.inputs["Roughness"].default_value = paint.rough
    surface.inputs["Metallic"].default_value = paint.metal
    where = tree.nodes.new("ShaderNodeTexCoord").outputs["Object"]
    colour = _uneven(tree, where, paint)
    if paint.dirt > 0:
        colour = _dusty(tree, where, colour, paint.dirt)
    tree.links.new(colour, surface.inputs["Base Color"])
    if paint.glow > 0:
        tree.links.new(colour, surface.inputs["Emission Color"])
        surface.inputs["Emission Strength"].default_value = paint.glow
    if paint.bump > 0:
        tree.links.new(_relief(tree, where, paint), surface.inputs["Normal"])
    return material


def noise(tree: Any, where: Any, scale: float, detail: float = 1.0) -> Any:
    """A noise texture's factor, 0 to 1."""
    node = tree.nodes.new("ShaderNodeTexNoise")
    node.inputs["Scale"].default_value = scale
    node.inputs["Detail"].default_value = detail
    node.inputs["Roughness"].default_value = 0.65
    tree.links.new(where, node.inputs["Vector"])
    return node.outputs["Fac"]


def mix(tree: Any, share: Any, low: Any, high: Any) -> Any:
    """Colour from `low` to `high` by `share`; each may be a socket or a value."""
    node = tree.nodes.new("ShaderNodeMix")
    node.data_type = "RGBA"
    for socket, value in ((node.inputs[0], share), (node.inputs[6], low), (node.inputs[7], high)):
        if isinstance(value, tuple):
            socket.default_value = (*value, 1.0)
        elif isinstance(value, float):
            socket.default_value = value
        else:
            tree.links.new(value, socket)
    return node.outputs[2]


def arithmetic(tree: Any, operation: str, *values: Any) -> Any:
    """A math node, clamped to 0..1; each value may be a socket or a number."""
    node = tree.nodes.new("ShaderNodeMath")
    node.operation = operation
    node.use_clamp = True
    for socket, value in zip(node.inputs, values, strict=False):
        if isinstance(value, (int, float)):
            socket.default_value = float(value)
        else:
            tree.links.new(value, socket)
    return node.outputs[0]


def _scaled(rgb: Rgb, by: float) -> Rgb:
    red, green, blue = (min(1.0, max(0.0, value * by)) for value in rgb)
    return red, green, blue


def _uneven(tree: Any, where: Any, paint: Paint) -> Any:
    low, high = _scaled(paint.rgb, 1 - 2 * paint.uneven), _scaled(paint.rgb, 1 + 1.3 * paint.uneven)
    return mix(tree, noise(tree, where, paint.grain), low, high)


def _dusty(tree: Any, where: Any, colour: Any, dirt: float) -> Any:
    """Dust lies on what faces up, clings in streaks, and splashes up the lowest half metre."""
    facing = tree.nodes.new("ShaderNodeNewGeometry").outputs["Normal"]
    up = tree.nodes.new("ShaderNodeSeparateXYZ")
    tree.links.new(facing, up.inputs[0])
    height = tree.nodes.new("ShaderNodeSeparateXYZ")
    tree.links.new(where, height.inputs[0])
    low = arithmetic(tree, "SUBTRACT", 1.0, arithmetic(tree, "MULTIPLY", height.outputs["Z"], 1.6))
    lies = arithmetic(tree, "MAXIMUM", arithmetic(tree, "MULTIPLY", up.outputs["Z"], 0.7), low)
    streaks = arithmetic(tree, "SUBTRACT", noise(tree, where, 4.5), 0.28)
    share = arithmetic(tree, "MULTIPLY", arithmetic(tree, "MULTIPLY", lies, streaks), dirt * 4.0)
    return mix(tree, share, colour, DUST)


def _relief(tree: Any, where: Any, paint: Paint) -> Any:
    node = tree.nodes.new("ShaderNodeBump")
    node.inputs["Strength"].default_value = paint.bump
    node.inputs["Distance"].default_value = 0.02
    tree.links.new(noise(tree, where, paint.bump_grain, 1.0), node.inputs["Height"])
    return node.outputs["Normal"]
