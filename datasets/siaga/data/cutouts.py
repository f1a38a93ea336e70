"""People cut out of renderings of the simulated site, pasted into photographs.

A folder of cut-outs holds WebP pictures with transparency, one person each, and ``boxes.json``: a list of
``{"file": ..., "person": [x1, y1, x2, y2], "head" or "helmet" or "vest": ...}`` in pixels of the cut-out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from siaga.core.errors import ConfigError

from .boxes import Boxes, Image, Labelled, clip
from .variants import degrade

_HIDDEN = 0.5
"""A box of the photograph of which more than this share is behind pasted people is dropped."""


@dataclass(frozen=True, slots=True)
class Cutout:
    """``rgba``: (H, W, 4) uint8, BGR and opacity."""

    rgba: npt.NDArray[np.uint8]
    boxes: Boxes


@dataclass(frozen=True, slots=True)
class PasteSpec:
    """``size``: longer side of the picture. ``person_px``: least and greatest height of a pasted person."""

    count: int
    size: int
    people: tuple[int, int]
    person_px: tuple[float, float]
    jpeg_quality: tuple[int, int]


def load_cutouts(folder: Path, classes: Sequence[str]) -> list[Cutout]:
    """All cut-outs of a folder.

    Raises:
        ConfigError: The list or a picture is missing or broken.
    """
    try:
        rows = json.loads((folder / "boxes.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError("The list of cut-outs cannot be read.", where=str(folder / "boxes.json")) from error
    found: list[Cutout] = []
    for row in rows:
        rgba = cv2.imread(str(folder / row["file"]), cv2.IMREAD_UNCHANGED)
        if rgba is None or rgba.shape[2] != 4:
            raise ConfigError("The cut-out has no transparency.", where=str(folder / row["file"]))
        boxes = [[index, *row[name]] for index, name in enumerate(classes) if name in row]
        found.append(Cutout(np.asarray(rgba, dtype=np.uint8), np.array(boxes, dtype=np.float64)))
    return found


def pasted(
    photos: Sequence[Labelled], cutouts: Sequence[Cutout], spec: PasteSpec, rng: np.random.Generator
) -> list[Labelled]:
    """``spec.count`` photographs, shrunk to CCTV scale and recompressed, with people pasted in."""
    return [
        _paste_into(photos[int(rng.integers(len(photos)))], cutouts, spec, rng) for _ in range(spec.count)
    ]


def _paste_into(
    photo: Labelled, cutouts: Sequence[Cutout], spec: PasteSpec, rng: np.random.Generator
) -> Labelled:
    factor = spec.size / max(photo.image.shape[:2])
    image = np.asarray(
        cv2.resize(photo.image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), dtype=np.uint8
    )
    boxes = photo.boxes * np.array([1, factor, factor, factor, factor])
    for _ in range(int(rng.integers(spec.people[0], spec.people[1] + 1))):
        boxes = _paste_one(image, boxes, cutouts[int(rng.integers(len(cutouts)))], spec, rng)
    return Labelled("pasted", photo.origin, degrade(image, spec.jpeg_quality, rng), boxes)


def _paste_one(
    image: Image, boxes: Boxes, cutout: Cutout, spec: PasteSpec, rng: np.random.Generator
) -> Boxes:
    """Paste into ``image`` in place; returns the picture's boxes afterwards."""
    height, width = image.shape[:2]
    low, high = np.log(spec.person_px)
    factor = float(np.exp(rng.uniform(low, high))) / cutout.rgba.shape[0]
    factor = min(factor, 0.95 * height / cutout.rgba.shape[0], 0.95 * width / cutout.rgba.shape[1])
    rgba = cv2.resize(cutout.rgba, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA).astype(
        np.float32
    )
    own = cutout.boxes * np.array([1, factor, factor, factor, factor])
    if rng.random() < 0.5:
        rgba = rgba[:, ::-1]
        own[:, [1, 3]] = rgba.shape[1] - own[:, [3, 1]]
    left = int(rng.integers(0, width - rgba.shape[1] + 1))
    top = int(rng.integers(0, height - rgba.shape[0] + 1))
    opacity = rgba[:, :, 3:] / 255
    colour = np.clip(rgba[:, :, :3] * rng.uniform(0.6, 1.25), 0, 255)
    window = image[top : top + rgba.shape[0], left : left + rgba.shape[1]]
    window[:] = (window * (1 - opacity) + colour * opacity).astype(np.uint8)
    own = clip(own + np.array([0, left, top, left, top]), width, height)
    return np.concatenate([boxes[_hidden(boxes, own) <= _HIDDEN], own])


def _hidden(boxes: Boxes, pasted_boxes: Boxes) -> npt.NDArray[np.float64]:
    """Share of each box behind the pasted person's box."""
    person = pasted_boxes[pasted_boxes[:, 0].argmin()] if len(pasted_boxes) else np.zeros(5)
    across = np.minimum(boxes[:, 3], person[3]) - np.maximum(boxes[:, 1], person[1])
    down = np.minimum(boxes[:, 4], person[4]) - np.maximum(boxes[:, 2], person[2])
    area = (boxes[:, 3] - boxes[:, 1]) * (boxes[:, 4] - boxes[:, 2])
    return np.asarray(across.clip(0) * down.clip(0) / np.maximum(area, 1e-9))
