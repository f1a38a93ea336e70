"""Composites at the scale of CCTV: many photographs, shrunk and recompressed, on one canvas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .boxes import Boxes, Image, Labelled, clip

_GREY = 114
_LEAST_TILE = 40


@dataclass(frozen=True, slots=True)
class GridSpec:
    """``size``: side of the square canvas. ``head_px``: least and greatest median head height on it."""

    count: int
    size: int
    head_px: tuple[float, float]
    bare_head_share: float
    jpeg_quality: tuple[int, int]


def grids(
    pictures: Sequence[Labelled],
    spec: GridSpec,
    head_ids: Sequence[int],
    bare_id: int,
    rng: np.random.Generator,
) -> list[Labelled]:
    """``spec.count`` composites of pictures that show heads; a share of the tiles shows bare heads.

    Args:
        head_ids: Classes whose boxes are head-sized (helmet, bare head).
    """
    usable = [p for p in pictures if np.isin(p.boxes[:, 0], head_ids).any()]
    bare = [p for p in usable if p.count(bare_id)]
    return [_grid(usable, bare, spec, head_ids, rng) for _ in range(spec.count)] if usable else []


def _grid(
    usable: Sequence[Labelled],
    bare: Sequence[Labelled],
    spec: GridSpec,
    head_ids: Sequence[int],
    rng: np.random.Generator,
) -> Labelled:
    canvas: Image = np.full((spec.size, spec.size, 3), _GREY, dtype=np.uint8)
    placed: list[Boxes] = []
    left = 0
    while left < spec.size - _LEAST_TILE:
        column = min(int(rng.integers(spec.size // 5, spec.size // 2)), spec.size - left)
        top = 0
        while top < spec.size - _LEAST_TILE:
            pool = bare if bare and rng.random() < spec.bare_head_share else usable
            picture = pool[int(rng.integers(len(pool)))]
            image, boxes = _tile(picture, column, spec, head_ids, rng)
            height, width = min(image.shape[0], spec.size - top), image.shape[1]
            canvas[top : top + height, left : left + width] = image[:height]
            placed.append(clip(boxes, width, height, least_px=4) + np.array([0, left, top, left, top]))
            top += height
        left += column
    return Labelled("grid", usable[0].origin, degrade(canvas, spec.jpeg_quality, rng), np.concatenate(placed))


def _tile(
    picture: Labelled, column: int, spec: GridSpec, head_ids: Sequence[int], rng: np.random.Generator
) -> tuple[Image, Boxes]:
    """The picture shrunk until its heads have a drawn size, mirrored at times, at most ``column`` wide."""
    heads = picture.boxes[np.isin(picture.boxes[:, 0], head_ids)]
    low, high = np.log(spec.head_px)
    factor = float(np.exp(rng.uniform(low, high)) / np.median(heads[:, 4] - heads[:, 2]))
    factor = float(np.clip(factor, _LEAST_TILE / min(picture.image.shape[:2]), 1.0))
    image = np.asarray(
        cv2.resize(picture.image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), dtype=np.uint8
    )
    boxes = picture.boxes * np.array([1, factor, factor, factor, factor])
    if rng.random() < 0.5:
        image = image[:, ::-1]
        boxes[:, [1, 3]] = image.shape[1] - boxes[:, [3, 1]]
    head = boxes[np.isin(boxes[:, 0], head_ids)][int(rng.integers(len(heads)))]
    room = max(0, image.shape[1] - column)
    first = int(np.clip((head[1] + head[3] - column) / 2, 0, room))
    return image[:, first : first + column], boxes - np.array([0, first, 0, first, 0])


def degrade(image: Image, jpeg_quality: tuple[int, int], rng: np.random.Generator) -> Image:
    """What a cheap camera and its encoder do: soft focus at times, sensor noise, hard compression."""
    soft: npt.NDArray[np.uint8] = image
    if rng.random() < 0.4:
        soft = np.asarray(cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 1.0))), dtype=np.uint8)
    noise = rng.normal(0, rng.uniform(0, 7), image.shape)
    noisy = np.clip(soft + noise, 0, 255).astype(np.uint8)
    quality = int(rng.integers(jpeg_quality[0], jpeg_quality[1] + 1))
    encoded = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), dtype=np.uint8)
