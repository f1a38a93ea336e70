"""The ground as a mesh with painted earth: a fine tile without a seam, and a map of what wore it."""

import math
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from siaga.sim.scene import shapes
from siaga.sim.scene.kit import mesh_object
from siaga.sim.scene.materials import arithmetic, mix, noise
from siaga.sim.sites import Site
from siaga.sim.sites.relief import gradient_noise

Map = NDArray[np.float32]
Rgb = tuple[float, float, float]
MAP_M = 48.0
MAP_CENTRE = (0.0, 6.0)


@dataclass(frozen=True, slots=True)
class Soil:
    """What the ground is made of: linear colours dark and light, stones, wheel tracks, damp patches."""

    dark: Rgb
    light: Rgb
    stone: Rgb
    tile_m: float
    stone_share: float
    cobble_m: float
    tracks: int
    damp: float


SOILS = {
    "groundworks": Soil(
        (0.185, 0.135, 0.09), (0.40, 0.345, 0.27), (0.38, 0.36, 0.32), 20.0, 0.05, 0.0, 7, 0.35
    ),
    "scaffold": Soil((0.20, 0.175, 0.145), (0.42, 0.385, 0.33), (0.46, 0.44, 0.41), 16.0, 0.16, 0.0, 4, 0.25),
    "energy_yard": Soil((0.16, 0.15, 0.135), (0.41, 0.39, 0.355), (0.46, 0.45, 0.42), 9.0, 0.0, 0.05, 1, 0.1),
}


def spectral(size: int, slope: float, seed: int) -> Map:
    """Periodic noise with power ~ frequency^-slope, mean 0, deviation 1; (size, size)."""
    rng = np.random.default_rng(seed)
    across, down = np.fft.rfftfreq(size)[None], np.fft.fftfreq(size)[:, None]
    frequency = np.hypot(across, down)
    frequency[0, 0] = 1.0
    white = np.fft.rfft2(rng.standard_normal((size, size)).astype(np.float32))
    made = np.fft.irfft2(white * frequency ** (-slope / 2), s=(size, size))
    return np.asarray((made - made.mean()) / made.std(), np.float32)


def _cobbles(size: int, cell: float, seed: int) -> tuple[Map, Map]:
    """Loose stones: height of each pixel's stone, and a tone per stone; periodic. `cell` in pixels."""
    count = max(4, round(size / cell))
    rng = np.random.default_rng(seed)
    jitter, tone = rng.uniform(0, 1, (count, count, 2)), rng.uniform(-1, 1, (count, count))
    axis = np.arange(size, dtype=np.float32) * (count / size)
    base = np.floor(axis).astype(int)
    nearest, chosen = np.full((size, size), 9.0, np.float32), np.zeros((size, size), np.float32)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            row, column = np.ix_((base + dy) % count, (base + dx) % count)
            y = (base + dy)[:, None] + jitter[row, column, 1] - axis[:, None]
            x = (base + dx)[None] + jitter[row, column, 0] - axis[None]
            distance = np.hypot(x, y).astype(np.float32)
            closer = distance < nearest
            nearest[closer], chosen[closer] = distance[closer], tone[row, column][closer]
    return np.clip(1 - nearest * 1.25, 0, 1), chosen


def detail_tile(soil: Soil, seed: int, size: int = 2048) -> tuple[Map, Map]:
    """Colour (size, size, 3) linear and height (size, size) of the repeating tile."""
    middle, fine = spectral(size, 2.0, seed), spectral(size, 0.9, seed + 1)
    if soil.cobble_m:
        height, tone = _cobbles(size, soil.cobble_m * size / soil.tile_m, seed + 2)
        share = np.clip(0.45 + 0.27 * tone + 0.08 * middle, 0, 1) * (0.35 + 0.65 * np.sqrt(height))
        share += 0.05 * fine
    else:
        height = np.asarray(0.5 + 0.12 * (0.5 * middle + 0.4 * fine), np.float32)
        share = 0.5 + 0.20 * middle + 0.12 * fine
    share = np.clip(share, 0, 1)[..., None]
    colour = (1 - share) * np.array(soil.dark) + share * np.array(soil.light)
    if soil.stone_share:
        stones, tone = _cobbles(size, 0.09 * size / soil.tile_m, seed + 3)
        lies = (stones > 0.62) & (tone > 1 - 2 * soil.stone_share)
        colour[lies] = np.array(soil.stone) * (0.7 + 0.4 * stones[lies] + 0.1 * fine[lies])[:, None]
        height = np.where(lies, 0.6 + 0.4 * stones, height)
    return colour.astype(np.float32), height.astype(np.float32)


def wear_map(soil: Soil, seed: int, size: int = 1536) -> tuple[Map, Map]:
    """How dark (0..1, wheel tracks and damp) and how high (about 0) the ground is over the whole site."""
    rng = np.random.default_rng(seed + 40)
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) * (MAP_M / size) - MAP_M / 2
    rough = spectral(size, 2.6, seed + 41)
    dark, height = np.zeros((size, size), np.float32), np.zeros((size, size), np.float32)
    for turn in range(soil.tracks):
        angle, offset, bend = rng.uniform(-0.5, 0.5), rng.uniform(-12, 12), rng.uniform(0.08, 0.2)
        along = x * math.cos(angle) + y * math.sin(angle)
        across = y * math.cos(angle) - x * math.sin(angle) - offset + 1.5 * np.sin(along * bend + turn)
        for wheel in (-0.9, 0.9):
            near = np.exp(-(((across - wheel) / 0.21) ** 4)) * np.clip(0.62 + 0.35 * rough, 0, 1)
            tread = 0.5 + 0.5 * np.sin(along * (2 * math.pi / 0.2) + np.abs(across - wheel) * 14)
            dark = np.maximum(dark, near * (0.34 + 0.26 * tread))
            height -= near * (0.6 + 0.5 * tread)
    damp = np.clip((spectral(size, 3.4, seed + 42) - 0.9) * 1.4, 0, 1) * soil.damp
    return np.clip(np.maximum(dark, damp), 0, 1), height


def _image(name: str, values: Map, colour: bool) -> Any:
    size = values.shape[0]
    picture = bpy.data.images.new(name, size, size)
    pixels = np.ones((size, size, 4), np.float32)
    pixels[..., :3] = values if values.ndim == 3 else values[..., None]
    if colour:
        rgb = np.clip(pixels[..., :3], 0, 1)
        pixels[..., :3] = np.where(rgb < 0.0031308, rgb * 12.92, 1.055 * rgb ** (1 / 2.4) - 0.055)
    else:
        picture.colorspace_settings.name = "Non-Color"
    picture.pixels.foreach_set(pixels.ravel())
    picture.update()
    return picture


def _texture(tree: Any, picture: Any, where: Any, size_m: float, centre: tuple[float, float]) -> Any:
    mapping = tree.nodes.new("ShaderNodeMapping")
    mapping.inputs["Scale"].default_value = (1 / size_m, 1 / size_m, 1)
    mapping.inputs["Location"].default_value = (0.5 - centre[0] / size_m, 0.5 - centre[1] / size_m, 0)
    tree.links.new(where, mapping.inputs["Vector"])
    node = tree.nodes.new("ShaderNodeTexImage")
    node.image = picture
    tree.links.new(mapping.outputs[0], node.inputs[0])
    return node.outputs[0]


def ground_material(soil: Soil, seed: int) -> Any:
    """Detail tile, darkened by the map, drifting in tone over metres; grass green far outside."""
    material = bpy.data.materials.new("ground")
    material.use_nodes = True
    tree = material.node_tree
    surface = tree.nodes["Principled BSDF"]
    where = tree.nodes.new("ShaderNodeTexCoord").outputs["Object"]
    tile, relief = detail_tile(soil, seed)
    dark, height = wear_map(soil, seed)
    colour = _texture(tree, _image("tile", tile, True), where, soil.tile_m, (0.0, 0.0))
    worn = _texture(tree, _image("wear", dark, False), where, MAP_M, MAP_CENTRE)
    drift = noise(tree, where, 0.22)
    light = mix(tree, drift, (0.80, 0.79, 0.77), (1.0, 1.0, 1.0))
    colour = _multiply(
        tree, _multiply(tree, colour, light), mix(tree, worn, (1.0, 1.0, 1.0), (0.42, 0.39, 0.36))
    )
    tree.links.new(colour, surface.inputs["Base Color"])
    surface.inputs["Specular IOR Level"].default_value = 0.2
    tree.links.new(
        arithmetic(tree, "SUBTRACT", 0.97, arithmetic(tree, "MULTIPLY", worn, 0.35)),
        surface.inputs["Roughness"],
    )
    fine = _texture(tree, _image("relief", relief, False), where, soil.tile_m, (0.0, 0.0))
    ruts = _texture(tree, _image("ruts", np.clip(0.5 + height * 0.25, 0, 1), False), where, MAP_M, MAP_CENTRE)
    normal = _bump(tree, ruts, 0.12, None)
    tree.links.new(_bump(tree, fine, 0.02 if soil.cobble_m else 0.06, normal), surface.inputs["Normal"])
    return material


def _multiply(tree: Any, first: Any, second: Any) -> Any:
    node = tree.nodes.new("ShaderNodeMix")
    node.data_type, node.blend_type = "RGBA", "MULTIPLY"
    node.inputs[0].default_value = 1.0
    tree.links.new(first, node.inputs[6])
    tree.links.new(second, node.inputs[7])
    return node.outputs[2]


def _bump(tree: Any, height: Any, metres: float, under: Any | None) -> Any:
    node = tree.nodes.new("ShaderNodeBump")
    node.inputs["Strength"].default_value = 0.7
    node.inputs["Distance"].default_value = metres
    tree.links.new(height, node.inputs["Height"])
    if under is not None:
        tree.links.new(under, node.inputs["Normal"])
    return node.outputs["Normal"]


def _lines(low: float, inner_low: float, inner_high: float, high: float, step: float) -> NDArray[np.float64]:
    inner = np.arange(inner_low, inner_high + step / 2, step)
    outer = np.geomspace(1.0, 12.0, 26)
    before = inner_low - (outer - 1) / 11 * (inner_low - low)
    after = inner_high + (outer - 1) / 11 * (high - inner_high)
    return np.concatenate([before[:0:-1], inner, after[1:]])


def build_terrain(site: Site, seed: int) -> Any:
    """The ground from -70 to 80 m: `site.ground` where people walk, low banks outside the hoarding."""
    xs, ys = _lines(-75, -18, 18, 75, 0.25), _lines(-60, -14, 22, 90, 0.25)
    near_x, near_y = np.abs(xs) <= 18.01, (ys >= -14.01) & (ys <= 22.01)
    grid = np.zeros((len(ys), len(xs), 3))
    grid[..., 0], grid[..., 1] = np.meshgrid(xs, ys)
    away = np.maximum(0.0, np.hypot(grid[..., 0], grid[..., 1] - 4) - 24.0)
    grid[..., 2] = (
        np.minimum(away, 16) * 0.09 * np.abs(gradient_noise(grid[..., 0] * 0.07, grid[..., 1] * 0.07, 9))
    )
    for row in np.flatnonzero(near_y):
        for column in np.flatnonzero(near_x):
            grid[row, column, 2] += site.ground(float(xs[column]), float(ys[row]))
    return mesh_object("terrain", [shapes.sheet(grid)], ground_material(SOILS[site.name], seed))
