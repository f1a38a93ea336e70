"""Materials of people, shared by all of them: the colour comes with each vertex. Needs bpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy

from .piece import Material

COLOUR, REST = "colour", "rest"
"""Names of the vertex attributes: linear RGB, and the place in the rest pose (metres)."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a material reflects. ``weave``: strength and cells per metre of its bump; ``spots``: of stains."""

    rough: float
    metal: float = 0.0
    weave: tuple[float, float] = (0.0, 1.0)
    spots: float = 0.08
    sheen: float = 0.0
    coat: float = 0.0
    subsurface: float = 0.0
    glow: float = 0.0


RECIPES: dict[Material, Recipe] = {
    "skin": Recipe(0.48, weave=(0.06, 220.0), spots=0.05, subsurface=0.06),
    "hair": Recipe(0.55, weave=(0.7, 190.0), spots=0.30),
    "eye": Recipe(0.08, spots=0.0, coat=1.0),
    "cloth": Recipe(0.88, weave=(0.22, 90.0), spots=0.09, sheen=0.25),
    "knit": Recipe(0.95, weave=(0.5, 240.0), spots=0.10, sheen=0.4),
    "hivis": Recipe(0.70, weave=(0.15, 120.0), spots=0.04, glow=0.16),
    "reflective": Recipe(0.38, metal=0.25, weave=(0.05, 200.0), spots=0.03),
    "coated": Recipe(0.34, weave=(0.12, 40.0), spots=0.05, coat=0.25),
    "leather": Recipe(0.60, weave=(0.25, 160.0), spots=0.15),
    "webbing": Recipe(0.72, weave=(0.20, 400.0), spots=0.06),
    "plastic": Recipe(0.30, spots=0.03, coat=0.15),
    "metal": Recipe(0.30, metal=0.9, spots=0.05),
}


def material(kind: Material) -> Any:
    """The shared material of a kind, made on first use in the open file."""
    name = f"person.{kind}"
    found = bpy.data.materials.get(name)
    return found if found is not None else _make(name, RECIPES[kind])


def set_light(*, daylight: bool, lamp_at_camera: float = 0.0) -> None:
    """Fit the materials to the light.

    Args:
        daylight: Fluorescent cloth glows in daylight only.
        lamp_at_camera: Strength with which reflective bands return a lamp beside the camera (an infrared
            illuminator, a headlight); 0 for none.
    """
    for kind, recipe in RECIPES.items():
        shader = material(kind).node_tree.nodes["Principled BSDF"]
        glow = recipe.glow if daylight else 0.0
        shader.inputs["Emission Strength"].default_value = lamp_at_camera if kind == "reflective" else glow


def _make(name: str, recipe: Recipe) -> Any:
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    nodes, links = made.node_tree.nodes, made.node_tree.links
    shader = nodes["Principled BSDF"]
    for field, value in (
        ("Roughness", recipe.rough),
        ("Metallic", recipe.metal),
        ("Sheen Weight", recipe.sheen),
        ("Coat Weight", recipe.coat),
        ("Subsurface Weight", recipe.subsurface),
        ("Emission Strength", recipe.glow),
    ):
        shader.inputs[field].default_value = value
    shader.inputs["Subsurface Radius"].default_value = (0.012, 0.005, 0.003)
    colour, place = nodes.new("ShaderNodeAttribute"), nodes.new("ShaderNodeAttribute")
    colour.attribute_name, place.attribute_name = COLOUR, REST
    painted = _spotted(nodes, links, colour.outputs["Color"], place.outputs["Vector"], recipe.spots)
    links.new(painted, shader.inputs["Base Color"])
    links.new(painted, shader.inputs["Emission Color"])
    if recipe.weave[0]:
        _bump(nodes, links, place.outputs["Vector"], recipe.weave, shader.inputs["Normal"])
    return made


def _spotted(nodes: Any, links: Any, colour: Any, place: Any, amount: float) -> Any:
    """The socket of ``colour`` made lighter and darker in spots."""
    noise = nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value, noise.inputs["Detail"].default_value = 22.0, 3.0
    links.new(place, noise.inputs["Vector"])
    span = nodes.new("ShaderNodeMapRange")
    span.inputs["From Min"].default_value, span.inputs["From Max"].default_value = 0.3, 0.7
    span.inputs["To Min"].default_value, span.inputs["To Max"].default_value = 1 - 2 * amount, 1 + amount
    links.new(noise.outputs["Fac"], span.inputs["Value"])
    scale = nodes.new("ShaderNodeVectorMath")
    scale.operation = "SCALE"
    links.new(colour, scale.inputs[0])
    links.new(span.outputs["Result"], scale.inputs["Scale"])
    return scale.outputs["Vector"]


def _bump(nodes: Any, links: Any, place: Any, weave: tuple[float, float], target: Any) -> None:
    noise = nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value, noise.inputs["Detail"].default_value = weave[1], 1.0
    links.new(place, noise.inputs["Vector"])
    bump = nodes.new("ShaderNodeBump")
    bump.inputs["Strength"].default_value, bump.inputs["Distance"].default_value = weave[0], 0.01
    links.new(noise.outputs["Fac"], bump.inputs["Height"])
    links.new(bump.outputs["Normal"], target)
