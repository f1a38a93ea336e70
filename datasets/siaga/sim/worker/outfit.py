"""From a look to all the pieces of a person. numpy only; a seed settles what the look leaves open."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

import numpy as np

from siaga.sim.look import Look, linear

from . import body, clothing, gear, harness, headwear, helmet
from . import fields as f
from .fields import Array, Vec
from .head import SKINS, Face, build_head
from .piece import Piece, merged

_ACCENTS = (
    (0.015, 0.015, 0.017),
    (0.60, 0.03, 0.02),
    (0.72, 0.42, 0.01),
    (0.02, 0.10, 0.40),
    (0.30, 0.31, 0.32),
)
_BAGS = ("black", "navy", "charcoal", "red", "olive", "orange", "grey")
_SHIRTS = ("white", "grey", "sky", "red", "khaki", "charcoal", "yellow")


@dataclass(frozen=True, slots=True)
class Outfit:
    """A person in pieces.

    Attributes:
        ring: Where a lanyard is hooked in, rest pose, or None without a harness.
        helmet_places: Where the helmet goes when it is not on the head.
    """

    pieces: tuple[Piece, ...]
    ring: Array | None
    helmet_places: dict[str, helmet.Placement]


def seed_of(actor_id: str) -> int:
    """The seed of a person's looks, from their name alone."""
    return zlib.crc32(actor_id.encode())


def physique(look: Look, rng: np.random.Generator) -> body.Physique:
    """The look's build, a little varied."""
    base = body.PHYSIQUES[look.build]
    fat, shoulder, limb = rng.uniform(-1, 1, 3)
    return replace(base, fat=base.fat + 0.004 * fat, shoulder=0.005 * shoulder, limb=base.limb + 0.04 * limb)


def build_outfit(look: Look, seed: int) -> Outfit:
    """All pieces of a person of this look."""
    rng = np.random.default_rng(seed)
    figure = physique(look, rng)
    face = Face.sample(rng, soft=look.hair in ("headscarf", "long"))
    dirt = float(rng.uniform(0.25, 0.9))
    cut, pieces = _clothes(look, figure, rng, dirt)
    outer = clothing.top_field(figure, cut)
    pieces += _head(look, face, figure, rng)
    if look.vest != "none":
        style, gap = int(rng.integers(3)), float(rng.choice([0.0, 0.0, rng.uniform(0.02, 0.055)]))
        pieces += gear.build_vest(figure, look.vest, cut, int(rng.integers(1_000_000)), style=style, gap=gap)
        outer = f.blend(0.02, outer, f.grow(gear.vest_field(figure, cut), 0.002))
    if look.tool_belt:
        pieces += gear.build_tool_belt(outer, (0.10, 0.05, 0.022), int(rng.integers(1_000_000)))
    ring = None
    if look.harness:
        accent = _ACCENTS[int(rng.integers(len(_ACCENTS)))]
        pieces += harness.build_harness(figure, outer, 0.018, linear(look.harness.colour), accent)
        ring = harness.dorsal_ring(outer)
    if look.backpack:
        bag, trim = linear(str(rng.choice(_BAGS))), _ACCENTS[int(rng.integers(len(_ACCENTS)))]
        pieces += gear.build_backpack(outer, bag, trim)
    places = {
        side: clothing.waist_width(figure, cut) + (0.02 if look.vest != "none" else 0.0) for side in "LR"
    }
    return Outfit(
        merged(pieces),
        ring,
        {f"hand{side}": helmet.in_hand(side) for side in "LR"}
        | {f"hip{side}": helmet.on_hip(side, width) for side, width in places.items()},
    )


def _clothes(
    look: Look, figure: body.Physique, rng: np.random.Generator, dirt: float
) -> tuple[clothing.Cut, list[Piece]]:
    name = _cut_name(look, rng)
    cut, seed = clothing.CUTS[name], int(rng.integers(1_000_000))
    top, trousers = linear(look.colour), linear(look.trousers)
    skin, glove = (
        SKINS[look.skin],
        linear(str(rng.choice(["grey", "black", "khaki", "orange"]))) if look.gloves else None,
    )
    if look.top == "overalls" or look.top == "rain":
        trousers = top
    zipped: Vec | None = np.asarray(top) * 0.35 if look.top in ("jacket", "overalls", "rain") else None
    pieces = clothing.build_top(figure, cut, top, seed, zip_colour=zipped, dirt=dirt)
    loose = float(rng.uniform(0.012, 0.022)) + (0.008 if look.top == "rain" else 0.0)
    pieces += clothing.build_trousers(
        figure,
        trousers,
        seed,
        loose=loose,
        dirt=dirt,
        kind="coated" if look.top == "rain" else "cloth",
        waist=min(1.012, cut.hem + 0.055),
    )
    pieces += clothing.build_boots(
        ((0.03, 0.022, 0.016), (0.10, 0.055, 0.025))[int(rng.integers(2))], seed, dirt
    )
    pieces += clothing.build_hands(skin, glove)
    if cut.short_sleeves:
        pieces += clothing.build_bare_arms(figure, skin)
    if look.top == "dungarees":
        pieces += clothing.build_bib(figure, trousers, seed, dirt)
    if name in ("tucked", "overalls") and look.top != "dungarees":
        pieces += gear.build_belt(clothing.top_field(figure, cut), (0.03, 0.02, 0.015))
    return cut, pieces


def _cut_name(look: Look, rng: np.random.Generator) -> str:
    if look.top == "dungarees":
        return "tucked"
    if look.top == "shirt":
        return str(rng.choice(["tucked", "shirt", "t-shirt"]))
    return look.top


def _head(look: Look, face: Face, figure: body.Physique, rng: np.random.Generator) -> list[Piece]:
    seed = int(rng.integers(1_000_000))
    own = look.hair in ("short", "bald", "long")
    hair_colour = linear(look.hair_colour) if own else (0.02, 0.014, 0.010)
    brows = np.asarray(hair_colour) * 0.8 + 0.002
    pieces = build_head(face, look.skin, brows, seed, ears=look.hair != "headscarf")
    tint = linear(look.hair_colour)
    match look.hair:
        case "short" | "long":
            pieces += headwear.hair(face, tint, seed, length=look.hair)
        case "headscarf":
            pieces += headwear.headscarf(face, figure, tint, seed)
        case "cap":
            pieces += headwear.cap(face, tint, seed)
        case "beanie":
            pieces += headwear.beanie(face, tint, seed)
    if look.helmet:
        strap = bool(rng.random() < 0.6)
        pieces += helmet.build_helmet(linear(look.helmet.colour), face, chin_strap=strap)
    return pieces
