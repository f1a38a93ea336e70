"""Around the person of a crop: ground, clutter, light, and what stands in front. Needs bpy."""

from __future__ import annotations

import math
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from siaga.sim.camera import Camera

from . import materials
from .fields import Array
from .model import fill
from .piece import Material, mix, paint
from .surface import Surface, join, sheet, tube
from .variation import Shot, one_of

_GROUNDS = (
    (0.30, 0.26, 0.20), (0.22, 0.20, 0.18), (0.36, 0.33, 0.29), (0.12, 0.12, 0.13), (0.40, 0.33, 0.22),
    (0.17, 0.13, 0.09), (0.33, 0.34, 0.34), (0.13, 0.17, 0.07), (0.28, 0.20, 0.13),
)  # fmt: skip
_CLUTTER = (
    (0.03, 0.12, 0.38), (0.42, 0.06, 0.03), (0.30, 0.31, 0.32), (0.62, 0.40, 0.02), (0.05, 0.22, 0.12),
    (0.36, 0.25, 0.13), (0.55, 0.55, 0.52), (0.08, 0.08, 0.09), (0.80, 0.78, 0.72), (0.75, 0.16, 0.01),
)  # fmt: skip


def box(middle: Array, half: Array, yaw: float) -> Surface:
    """A box with flat sides: every side has corners of its own."""
    turn = np.array([[math.cos(yaw), -math.sin(yaw), 0], [math.sin(yaw), math.cos(yaw), 0], [0, 0, 1.0]])
    sides = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            u, v = np.eye(3)[(axis + 1) % 3], np.eye(3)[(axis + 2) % 3]
            corners = [[-1, -1], [1, -1], [1, 1], [-1, 1]]
            face = np.array([sign * np.eye(3)[axis] + a * u + b * v for a, b in corners]) * half
            faces = np.array([[0, 1, 2], [0, 2, 3]]) if sign > 0 else np.array([[0, 2, 1], [0, 3, 2]])
            sides.append(Surface(face @ turn.T + middle, faces))
    return join(sides)


def _up(place: Array, metres: float) -> Array:
    return np.asarray(place + np.array([0.0, 0.0, metres]))


def _cone(place: Array) -> Surface:
    turn = np.arange(20) * 2 * np.pi / 20
    profile = [(0.19, 0.0), (0.19, 0.03), (0.14, 0.03), (0.025, 0.70), (0.001, 0.71)]
    rows = [np.stack([r * np.cos(turn), r * np.sin(turn), z + 0 * turn], -1) for r, z in profile]
    return sheet(np.stack(rows)[::-1] + place, closed=True)


class CropScene:
    """An empty scene with ground and light; refurnished for every crop."""

    def __init__(self) -> None:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self._furniture: list[Any] = []
        self._sun = self._add_sun()
        self._world = self._add_world()
        grid = np.stack(np.meshgrid(np.linspace(-60, 60, 2), np.linspace(-60, 60, 2)), -1)
        ground = sheet(np.concatenate([grid, np.zeros((2, 2, 1))], -1))
        self._ground_material = _ground_material()
        self._link("ground", ground, paint(ground, (1, 1, 1)), self._ground_material)

    def furnish(self, rng: np.random.Generator, shot: Shot, camera: Camera) -> Surface | None:
        """New ground, light and clutter; returns what stands in front of the person, or None."""
        self.clear()
        self._light(rng, shot)
        _tint(self._ground_material, np.array(one_of(rng, _GROUNDS)) * rng.uniform(0.7, 1.3))
        away = -np.array([*camera.position[:2], 0.0])
        away /= np.linalg.norm(away)
        side = np.array([-away[1], away[0], 0.0])
        for _ in range(int(rng.integers(0, 8))):
            self._clutter(rng, away * rng.uniform(0.9, 9.0) + side * rng.normal(0, 2.2))
        if rng.random() < 0.45:
            self._wall(rng, away, side)
        return self._cover(rng, shot, -away, side)

    def clear(self) -> None:
        """Take the clutter away."""
        for thing in self._furniture:
            data = thing.data
            bpy.data.objects.remove(thing)
            bpy.data.meshes.remove(data)
        self._furniture = []

    def _light(self, rng: np.random.Generator, shot: Shot) -> None:
        high, around = math.radians(shot.sun_height_deg), math.radians(shot.sun_from_deg)
        towards = Vector(
            (math.cos(high) * math.cos(around), math.cos(high) * math.sin(around), math.sin(high))
        )
        self._sun.rotation_euler = towards.to_track_quat("Z", "Y").to_euler()
        warm = max(0.0, 1 - shot.sun_height_deg / 35)
        self._sun.data.energy = 0.3 if shot.overcast else rng.uniform(2.6, 4.2)
        self._sun.data.angle = math.radians(20 if shot.overcast else 1.5)
        self._sun.data.color = (1.0, 0.95 - 0.18 * warm, 0.88 - 0.38 * warm)
        sky = self._world.node_tree.nodes["Background"].inputs
        sky[0].default_value = (0.78, 0.81, 0.85, 1) if shot.overcast else (0.55, 0.70, 0.95, 1)
        sky[1].default_value = rng.uniform(0.8, 1.3) if shot.overcast else rng.uniform(0.35, 0.7)
        bpy.context.scene.view_settings.exposure = 0.35 + shot.exposure

    def _clutter(self, rng: np.random.Generator, place: Array) -> None:
        tint = np.array(one_of(rng, _CLUTTER)) * rng.uniform(0.6, 1.2)
        kind = rng.random()
        if kind < 0.55:
            half = np.exp(rng.uniform(math.log(0.12), math.log(0.9), 3))
            shape = box(_up(place, half[2]), half, float(rng.uniform(0, math.pi)))
        elif kind < 0.75:
            shape, tint = _cone(place), np.array((0.85, 0.10, 0.01))
        else:
            lean = rng.normal(0, 0.5, 2)
            foot, head = place, place + np.array([*lean, rng.uniform(1.0, 3.5)])
            shape = tube(np.linspace(foot, head, 4), float(rng.uniform(0.02, 0.08)), 10)
        self._add("clutter", shape, tint, one_of(rng, ("cloth", "plastic", "coated")))

    def _wall(self, rng: np.random.Generator, away: Array, side: Array) -> None:
        yaw = math.atan2(side[1], side[0]) + float(rng.normal(0, 0.25))
        far = away * rng.uniform(2.0, 9.0) + side * rng.normal(0, 2)
        half = np.array([rng.uniform(2, 9), 0.1, rng.uniform(0.9, 3.0)])
        tint = np.array(one_of(rng, _CLUTTER)) * rng.uniform(0.5, 1.1)
        self._add("wall", box(_up(far, half[2]), half, yaw), tint, "coated")

    def _cover(self, rng: np.random.Generator, shot: Shot, near: Array, side: Array) -> Surface | None:
        at = near * 0.75 + side * rng.normal(0, 0.16)
        if shot.cover == "pole":
            shape = tube(np.linspace(at, _up(at, 3.5), 4), 0.024, 10)
        elif shot.cover == "rail":
            heights = (1.05, 0.55) if rng.random() < 0.7 else (1.0,)
            shape = join(
                [
                    tube(np.linspace(_up(at - side * 2, z), _up(at + side * 2, z), 4), 0.024, 10)
                    for z in heights
                ]
            )
        elif shot.cover == "boards":
            half = np.array([rng.uniform(0.25, 1.2), 0.05, rng.uniform(0.2, 0.55)])
            shape = box(_up(at, half[2]), half, math.atan2(side[1], side[0]))
        else:
            return None
        steel = (0.42, 0.43, 0.45) if shot.cover != "boards" else one_of(rng, _CLUTTER)
        self._add("cover", shape, np.array(steel), "metal" if shot.cover != "boards" else "cloth")
        return shape

    def _add(self, name: str, shape: Surface, tint: Array, kind: Material) -> None:
        dusty = mix(paint(shape, tint), (0.30, 0.26, 0.2), np.clip(0.5 - shape.vertices[:, 2], 0, 0.4))
        self._furniture.append(self._link(name, shape, dusty, materials.material(kind)))

    def _link(self, name: str, shape: Surface, colour: Array, material: Any) -> Any:
        data = bpy.data.meshes.new(name)
        fill(data, shape, colour)
        data.materials.append(material)
        thing = bpy.data.objects.new(name, data)
        bpy.context.scene.collection.objects.link(thing)
        return thing

    def _add_sun(self) -> Any:
        sun = bpy.data.objects.new("sun", bpy.data.lights.new("sun", "SUN"))
        bpy.context.scene.collection.objects.link(sun)
        return sun

    def _add_world(self) -> Any:
        world = bpy.data.worlds.new("world")
        bpy.context.scene.world = world
        world.use_nodes = True
        return world


def _ground_material() -> Any:
    made = bpy.data.materials.new("ground")
    made.use_nodes = True
    nodes, links = made.node_tree.nodes, made.node_tree.links
    place = nodes.new("ShaderNodeAttribute")
    place.attribute_name = materials.REST
    ramp = nodes.new("ShaderNodeMix")
    ramp.data_type, ramp.name = "RGBA", "ground"
    noise = nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value, noise.inputs["Detail"].default_value = 0.9, 9.0
    noise.inputs["Roughness"].default_value = 0.72
    links.new(place.outputs["Vector"], noise.inputs["Vector"])
    sharper = nodes.new("ShaderNodeMapRange")
    sharper.inputs["From Min"].default_value, sharper.inputs["From Max"].default_value = 0.36, 0.64
    links.new(noise.outputs["Fac"], sharper.inputs["Value"])
    links.new(sharper.outputs["Result"], ramp.inputs[0])
    shader = nodes["Principled BSDF"]
    shader.inputs["Roughness"].default_value = 0.95
    links.new(ramp.outputs[2], shader.inputs["Base Color"])
    return made


def _tint(ground: Any, colour: Array) -> None:
    ramp = ground.node_tree.nodes["ground"]
    ramp.inputs[6].default_value = (*np.clip(colour * 0.6, 0, 1), 1)
    ramp.inputs[7].default_value = (*np.clip(colour * 1.25, 0, 1), 1)
