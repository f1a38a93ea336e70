"""Builds a site in an empty Blender file."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import bpy

from siaga.sim.scenario import Light
from siaga.sim.scene.boundary import MARKS, RUNS
from siaga.sim.scene.buildings import BUILDINGS
from siaga.sim.scene.electrical import ELECTRICAL
from siaga.sim.scene.greenery import build_town, edge_spots, grow_grass, plant_trees
from siaga.sim.scene.kit import Kit
from siaga.sim.scene.light import Lamp, set_light
from siaga.sim.scene.materials import Palette
from siaga.sim.scene.plant import PLANT, excavator
from siaga.sim.scene.scaffolding import SCAFFOLDING, ladder, lifeline
from siaga.sim.scene.storage import STORAGE
from siaga.sim.scene.terrain import build_terrain
from siaga.sim.sites import Machine, Prop, Site

BUILDERS: Mapping[str, Callable[[Kit, Prop], None]] = {
    **STORAGE,
    **PLANT,
    **MARKS,
    **SCAFFOLDING,
    **BUILDINGS,
    **ELECTRICAL,
}
MACHINES: Mapping[str, Callable[[Kit, Machine], Any]] = {"excavator": excavator}


@dataclass(frozen=True, slots=True)
class Scene:
    """A built site: what casts shadows, and the pivots of its machines with their yaw at rest (radians)."""

    site: Site
    lamps: list[Lamp]
    pivots: dict[str, Any]
    rest_yaw: dict[str, float]

    def swing(self, machine: str, angle: float) -> None:
        """Turn a machine's upper body `angle` radians from where it rests."""
        self.pivots[machine].rotation_euler[2] = self.rest_yaw[machine] + angle


def build_site(site: Site, light: Light, seed: int) -> Scene:
    """Build `site` under `light`; everything that was in the Blender file is gone."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    palette = Palette()
    kit = Kit(palette, site.ground, seed)
    build_terrain(site, seed)
    for prop in site.props:
        with kit.on(prop):
            BUILDERS[prop.kind](kit, prop)
    for run in site.runs:
        RUNS[run.kind](kit, run)
    for each in site.ladders.values():
        ladder(kit, each)
    for name, line in site.anchors.items():
        lifeline(kit, line, (0.0, 0.5, 1.0) if name == "slab" else ())
    _loose(kit, site)
    lines = [piece for run in site.runs if run.kind in ("hoarding", "chainlink") for piece in run.segments()]
    grow_grass(kit, edge_spots(seed, lines), seed)
    build_town(kit, seed + 1)
    kit.build(site.name)
    plant_trees(palette, seed + 2)
    pivots = {name: MACHINES[name](kit, machine) for name, machine in site.machines.items()}
    rest = {name: math.radians(machine.yaw_deg) for name, machine in site.machines.items()}
    return Scene(site, set_light(light, site.props), pivots, rest)


def _loose(kit: Kit, site: Site) -> None:
    """Stones, bits of brick and wood lying about: fewer on tidy ground."""
    count = 60 if site.name == "energy_yard" else 260
    for _ in range(count):
        x, y = kit.random.uniform(-12, 12), kit.random.uniform(-8, 15)
        size = kit.random.uniform(0.012, 0.05)
        paint = kit.random.choice(("concrete", "brick", "gravel", "wood", "concrete"))
        centre = (x, y, kit.ground(x, y) + size * 0.2)
        shape = (size, size * kit.random.uniform(0.6, 1.5), size * 0.7)
        kit.box(paint, centre, shape, kit.random.uniform(0, 3), (0.2, 0.1), size * 0.2)
