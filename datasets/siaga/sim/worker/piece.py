"""What a person is made of: pieces, each a surface with a colour per vertex, a material and its bones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from . import skinning
from .fields import Array, Vec
from .noise import gradient_noise
from .surface import Surface, join

PARTS = {"other": 0, "head": 1, "helmet": 2, "vest": 3, "harness": 4, "lanyard": 5}
"""Part codes of the id pass: an object's ``pass_index`` is ``index * 16 + code``."""

HEAD_PARTS = ("head", "hair", "headwear")
"""Keys of :meth:`WorkerModel.points` that make up the head."""

Material = Literal[
    "skin",
    "hair",
    "eye",
    "cloth",
    "knit",
    "hivis",
    "reflective",
    "coated",
    "leather",
    "webbing",
    "plastic",
    "metal",
]


@dataclass(frozen=True, slots=True)
class Piece:
    """One mesh of a person.

    Attributes:
        name: What it is; also the key of :meth:`WorkerModel.points`, several pieces may share one.
        part: Key of :data:`PARTS`.
        surface: In the rest pose.
        colour: (N, 3) linear RGB, 0 to 1.
        weights: (N, B) bone weights.
        shown: When it is there: always, only with the helmet on the head, only without it, or only in
            the grip of a load or a rung.
    """

    name: str
    part: str
    surface: Surface
    colour: Array
    weights: Array
    material: Material
    shown: Literal["always", "helmet on", "helmet off", "gripping", "not gripping"] = "always"


def paint(surface: Surface, colour: Vec) -> Array:
    """One colour for every vertex."""
    return np.repeat(np.asarray(colour, float)[None], len(surface.vertices), axis=0)


def mix(base: Array, colour: Vec, share: Array) -> Array:
    """``base`` (N, 3) with ``share`` (N,) of another colour."""
    share = np.clip(share, 0.0, 1.0)[:, None]
    return np.asarray(base * (1 - share) + np.asarray(colour, float) * share)


_DUST = (0.30, 0.25, 0.19)


def soil(colour: Array, points: Array, seed: int, amount: float) -> Array:
    """Dust and stains: most at the hems and knees, blotchy. ``amount`` 0 to 1."""
    blotches = gradient_noise(points * 7.0, seed) + 0.5 * gradient_noise(points * 19.0, seed + 1)
    height = np.interp(points[:, 2], [0.05, 0.30, 0.50, 0.60, 1.60], [0.9, 0.5, 0.6, 0.25, 0.12])
    return mix(colour, _DUST, amount * height * (0.5 + 1.6 * blotches))


def shade(colour: Array, points: Array, seed: int, amount: float = 0.12) -> Array:
    """Uneven fading of cloth."""
    return np.clip(colour * (1.0 + amount * 2.0 * gradient_noise(points * 4.5, seed))[:, None], 0.0, 1.0)


def stiff(name: str, part: str, surface: Surface, colour: Vec, material: Material, place: Vec) -> Piece:
    """A small hard thing that moves as the body at ``place`` does."""
    count = len(surface.vertices)
    return Piece(name, part, surface, paint(surface, colour), skinning.at_point(count, place), material)


def soft(name: str, part: str, surface: Surface, colour: Vec | Array, material: Material) -> Piece:
    """A thing that bends with the body; ``colour`` for all, or (N, 3)."""
    given = np.asarray(colour, float)
    painted = given if given.ndim == 2 else paint(surface, given)
    return Piece(name, part, surface, painted, skinning.weights(surface.vertices), material)


def merged(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """As few pieces as possible: those alike in all but shape, colour and weights become one."""
    groups: dict[tuple[str, ...], list[Piece]] = {}
    for piece in pieces:
        groups.setdefault((piece.name, piece.part, piece.material, piece.shown), []).append(piece)
    return tuple(
        replace(
            same[0],
            surface=join([piece.surface for piece in same]),
            colour=np.concatenate([piece.colour for piece in same]),
            weights=np.concatenate([piece.weights for piece in same]),
        )
        for same in groups.values()
    )
