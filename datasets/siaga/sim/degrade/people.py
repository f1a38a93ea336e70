"""What is done only where people are: their own distance in the haze, and the smear of their movement."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from .conditions import Plane, Rgb

Box = tuple[float, float, float, float]
_CHANGED_LEVELS = 10
_LEAST_SMEAR_PX = 0.8


@dataclass(frozen=True, slots=True)
class Mover:
    """One person in one frame.

    Attributes:
        xyxy: Picture pixels.
        depth: Metres from the camera.
        velocity: Picture pixels a second, x and y.
    """

    xyxy: Box
    depth: float
    velocity: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Patch:
    """Where one person is in the picture.

    Attributes:
        rows, columns: The rectangle.
        mask: (rows, columns) 0 to 1.
        depth: Metres from the camera.
        smear_px: How far the person moves while the shutter is open, x and y.
    """

    rows: slice
    columns: slice
    mask: Plane
    depth: float
    smear_px: tuple[float, float]


def find_people(picture: Rgb, plate: Rgb, movers: Sequence[Mover], exposure_s: float) -> list[Patch]:
    """Where people are: inside their boxes, where the picture is not what it is without people."""
    patches = []
    for mover in movers:
        dx, dy = (speed * exposure_s for speed in mover.velocity)
        box = _inside(mover.xyxy, picture, math.ceil(math.hypot(dx, dy)) + 2)
        if box is None:
            continue
        left, top, right, bottom = box
        rows, columns = slice(top, bottom), slice(left, right)
        difference = cv2.absdiff(picture[rows, columns], plate[rows, columns]).max(axis=2)
        changed = (difference > _CHANGED_LEVELS).astype(np.uint8)
        closed = cv2.morphologyEx(changed, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
        patches.append(Patch(rows, columns, np.asarray(closed, np.float32), mover.depth, (dx, dy)))
    return patches


def smear(picture: Rgb, people: Sequence[Patch]) -> Rgb:
    """Smear each person along their way while the shutter is open; a new picture if that changes it."""
    out = picture
    for patch in people:
        if math.hypot(*patch.smear_px) < _LEAST_SMEAR_PX:
            continue
        out = out.copy() if out is picture else out
        kernel = _line_kernel(*patch.smear_px)
        region = out[patch.rows, patch.columns]
        share = np.clip(cv2.filter2D(patch.mask, -1, kernel) * 1.5, 0, 1)
        moved = cv2.filter2D(region, -1, kernel, borderType=cv2.BORDER_REPLICATE)
        region[:] = cv2.blendLinear(moved, region, share, 1 - share)
    return out


def _line_kernel(dx: float, dy: float) -> Plane:
    size = 2 * math.ceil(max(abs(dx), abs(dy)) / 2) + 3
    kernel = np.zeros((size, size), np.float32)
    steps = np.linspace(-0.5, 0.5, 4 * size)
    x = np.round(size // 2 + dx * steps).astype(int)
    y = np.round(size // 2 + dy * steps).astype(int)
    np.add.at(kernel, (y, x), 1.0)
    return np.asarray(kernel / kernel.sum(), np.float32)


def _inside(box: Box, picture: Rgb, margin: int) -> tuple[int, int, int, int] | None:
    height, width = picture.shape[:2]
    left, top = max(0, math.floor(box[0]) - margin), max(0, math.floor(box[1]) - margin)
    right, bottom = min(width, math.ceil(box[2]) + margin), min(height, math.ceil(box[3]) + margin)
    return (left, top, right, bottom) if right - left > 2 and bottom - top > 2 else None
