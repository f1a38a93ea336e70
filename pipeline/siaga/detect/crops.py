"""Cutting what a crop classifier looks at out of a picture: the one implementation, for training too."""

import math

import cv2
import numpy as np

from siaga.core.frame import Rgb
from siaga.core.geometry import Box
from siaga.manifest import CropManifest, crop_region

from .letterbox import fit

Pixels = tuple[int, int, int, int]


def cut(rgb: Rgb, xyxy: Box, manifest: CropManifest) -> Rgb:
    """What ``manifest``'s model is shown of the box ``xyxy``: (input.height, input.width, 3) uint8 RGB.

    The region is rounded to whole pixels, scaled with its aspect kept (by area when it shrinks, bilinear
    when it grows) and centred; what lies outside the picture and beside the region is
    ``input.pad_value``.

    Args:
        rgb: (H, W, 3) uint8 RGB, the full-resolution picture, or a part of it that holds all of the region.
        xyxy: The head's or the person's box in pixels of ``rgb``; may reach outside.
    """
    x1, y1, x2, y2 = pixels(xyxy, manifest)
    height, width = rgb.shape[:2]
    left, top, right, bottom = max(x1, 0), max(y1, 0), min(x2, width), min(y2, height)
    spec = manifest.input
    out = np.full((spec.height, spec.width, 3), spec.pad_value, np.uint8)
    if left >= right or top >= bottom:
        return out
    place = fit((x2 - x1, y2 - y1), (spec.width, spec.height))
    # What is inside the picture is scaled alone: a region far larger than the picture costs no memory.
    across = _scaled(left - x1, right - x1, place.resized[0] / (x2 - x1), place.left)
    down = _scaled(top - y1, bottom - y1, place.resized[1] / (y2 - y1), place.top)
    size = across[1] - across[0], down[1] - down[0]
    way = cv2.INTER_AREA if size[0] < right - left else cv2.INTER_LINEAR
    out[slice(*down), slice(*across)] = cv2.resize(rgb[top:bottom, left:right], size, interpolation=way)
    return out


def _scaled(start: int, end: int, gain: float, offset: int) -> tuple[int, int]:
    first = math.floor(start * gain + 0.5)
    return offset + first, offset + max(math.floor(end * gain + 0.5), first + 1)


def pixels(xyxy: Box, manifest: CropManifest) -> Pixels:
    """The region that ``manifest``'s model looks at for ``xyxy``, in whole pixels; may lie outside."""
    x1, y1, x2, y2 = crop_region(xyxy, manifest.region, manifest.margin)
    left, top = math.floor(x1 + 0.5), math.floor(y1 + 0.5)
    return left, top, max(math.floor(x2 + 0.5), left + 1), max(math.floor(y2 + 0.5), top + 1)
