"""Five kinds of light: sun and sky, overcast, low sun, night under lamps, infrared from the camera."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from siaga.sim.scenario import Light
from siaga.sim.sites import Prop

Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Daylight:
    """Sun and sky.

    Attributes:
        height_deg: Of the sun above the horizon.
        from_deg: Where the sun stands, anticlockwise from +X.
        power: Of the sun; `spread_deg` its width: how soft shadows are.
        sky: Strength of the sky's light; `clouds` its share that is grey.
        exposure: Stops.
    """

    height_deg: float
    from_deg: float
    power: float
    spread_deg: float
    colour: Rgb
    sky: float
    grey: bool
    exposure: float


DAYLIGHT: dict[str, Daylight] = {
    "day": Daylight(41, 214, 3.7, 2.2, (1.0, 0.95, 0.88), 0.10, False, 0.72),
    "overcast": Daylight(58, 214, 0.55, 28.0, (1.0, 0.98, 0.95), 1.0, True, 0.75),
    "low_sun": Daylight(17, 196, 3.2, 1.6, (1.0, 0.76, 0.52), 0.085, False, 1.05),
}
_NIGHT_SKY: Rgb = (0.012, 0.017, 0.028)


@dataclass(frozen=True, slots=True)
class Lamp:
    """What casts shadows: a light object, and where its light comes from.

    `direction` is the way sunlight travels (unit vector), `position` where a lamp hangs; one of them is None.
    """

    light: Any
    direction: tuple[float, float, float] | None
    position: tuple[float, float, float] | None
    softness_m: float


def set_light(kind: Light, props: Sequence[Prop]) -> list[Lamp]:
    """Light the scene; returns what casts shadows. `props` may hold lamp masts.

    For "infrared", call `add_ring` for the camera as well.
    """
    if kind in DAYLIGHT:
        return [_day(DAYLIGHT[kind])]
    infrared = kind == "infrared"
    _plain_sky((0.004, 0.004, 0.004) if infrared else _NIGHT_SKY, 1.0)
    bpy.context.scene.view_settings.exposure = 1.0 if infrared else 1.35
    if infrared:
        return []
    return [_flood(prop) for prop in props if prop.kind == "mast"]


def _day(kind: Daylight) -> Lamp:
    high, around = math.radians(kind.height_deg), math.radians(kind.from_deg)
    towards = Vector((math.cos(high) * math.cos(around), math.cos(high) * math.sin(around), math.sin(high)))
    lamp = bpy.data.lights.new("sun", "SUN")
    lamp.energy, lamp.angle, lamp.color = kind.power, math.radians(kind.spread_deg), kind.colour
    sun = bpy.data.objects.new("sun", lamp)
    sun.rotation_euler = towards.to_track_quat("Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(sun)
    if kind.grey:
        _plain_sky((0.76, 0.80, 0.86), kind.sky)
    else:
        _clear_sky(kind, math.atan2(towards.x, towards.y))
    bpy.context.scene.view_settings.exposure = kind.exposure
    direction = (-towards.x, -towards.y, -towards.z)
    return Lamp(sun, direction, None, math.tan(math.radians(kind.spread_deg)))


def _flood(prop: Prop) -> Lamp:
    yaw, height = math.radians(prop.yaw_deg), prop.size[0]
    spot = Vector((prop.x + 0.2 * math.sin(yaw), prop.y - 0.2 * math.cos(yaw), height - 0.1))
    lamp = bpy.data.lights.new("flood", "SPOT")
    lamp.energy, lamp.color, lamp.shadow_soft_size = 5200.0, (1.0, 0.90, 0.76), 0.22
    lamp.spot_size, lamp.spot_blend = math.radians(150), 0.6
    made = bpy.data.objects.new("flood", lamp)
    made.location = spot
    aim = Vector((math.sin(yaw), -math.cos(yaw), -0.75))
    made.rotation_euler = aim.to_track_quat("-Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(made)
    return Lamp(made, None, (spot.x, spot.y, spot.z), 0.03)


def add_ring(matrix_world: Any) -> Lamp:
    """The infrared ring of a camera: a lamp just above its lens. `matrix_world` (4, 4): camera to world."""
    pose = np.asarray(matrix_world, np.float64)
    spot = pose[:3, 3] + 0.12 * pose[:3, 1]
    lamp = bpy.data.lights.new("ring", "SPOT")
    lamp.energy, lamp.shadow_soft_size, lamp.spot_size, lamp.spot_blend = 4200.0, 0.05, math.radians(95), 0.9
    made = bpy.data.objects.new("ring", lamp)
    made.location = spot
    made.rotation_euler = Vector(pose[:3, 2]).to_track_quat("Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(made)
    return Lamp(made, None, (float(spot[0]), float(spot[1]), float(spot[2])), 0.01)


def _world() -> Any:
    scene = bpy.context.scene
    if scene.world is None:
        scene.world = bpy.data.worlds.new("world")
    scene.world.use_nodes = True
    tree = scene.world.node_tree
    tree.nodes.clear()
    return tree


def _plain_sky(colour: Rgb, strength: float) -> None:
    tree = _world()
    background = tree.nodes.new("ShaderNodeBackground")
    background.inputs[0].default_value = (*colour, 1.0)
    background.inputs[1].default_value = strength
    out = tree.nodes.new("ShaderNodeOutputWorld")
    tree.links.new(background.outputs[0], out.inputs[0])


def _clear_sky(kind: Daylight, rotation: float) -> None:
    """A physical sky lights the scene; the camera itself sees a soft blue with thin clouds."""
    tree = _world()
    sky = tree.nodes.new("ShaderNodeTexSky")
    sky.sky_type, sky.sun_disc = "NISHITA", False
    sky.sun_elevation, sky.sun_rotation = math.radians(kind.height_deg), rotation
    lit, seen = (tree.nodes.new("ShaderNodeBackground") for _ in range(2))
    tree.links.new(sky.outputs[0], lit.inputs[0])
    lit.inputs[1].default_value = kind.sky
    tree.links.new(_clouds(tree), seen.inputs[0])
    seen.inputs[1].default_value = 0.52
    path, blend = tree.nodes.new("ShaderNodeLightPath"), tree.nodes.new("ShaderNodeMixShader")
    tree.links.new(path.outputs["Is Camera Ray"], blend.inputs[0])
    tree.links.new(lit.outputs[0], blend.inputs[1])
    tree.links.new(seen.outputs[0], blend.inputs[2])
    out = tree.nodes.new("ShaderNodeOutputWorld")
    tree.links.new(blend.outputs[0], out.inputs[0])


def _ramp(tree: Any, factor: Any, stops: Sequence[tuple[float, Rgb]]) -> Any:
    node = tree.nodes.new("ShaderNodeValToRGB")
    for element, (at, colour) in zip(node.color_ramp.elements, stops, strict=True):
        element.position, element.color = at, (*colour, 1.0)
    tree.links.new(factor, node.inputs[0])
    return node.outputs[0]


def _clouds(tree: Any) -> Any:
    where = tree.nodes.new("ShaderNodeTexCoord").outputs["Generated"]
    parts = tree.nodes.new("ShaderNodeSeparateXYZ")
    tree.links.new(where, parts.inputs[0])
    blue = _ramp(tree, parts.outputs["Z"], ((0.0, (0.70, 0.76, 0.82)), (0.45, (0.22, 0.40, 0.66))))
    flat = tree.nodes.new("ShaderNodeMapping")
    flat.inputs["Scale"].default_value = (2.2, 2.2, 9.0)
    tree.links.new(where, flat.inputs[0])
    noise = tree.nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value, noise.inputs["Detail"].default_value = 2.3, 5.0
    tree.links.new(flat.outputs[0], noise.inputs["Vector"])
    cover = _ramp(tree, noise.outputs["Fac"], ((0.44, (0.0, 0.0, 0.0)), (0.66, (1.0, 1.0, 1.0))))
    node = tree.nodes.new("ShaderNodeMix")
    node.data_type = "RGBA"
    tree.links.new(cover, node.inputs[0])
    tree.links.new(blue, node.inputs[6])
    node.inputs[7].default_value = (0.86, 0.87, 0.88, 1.0)
    return node.outputs[2]
