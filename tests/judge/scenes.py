"""Scripted people with heads and helmets, in a picture of 1920 x 1080."""

import numpy as np

from siaga.core.detection import Detections
from siaga.core.geometry import Box
from siaga.core.person import Track

NAMES = ("person", "helmet", "head", "vest")
SIZE = (1920, 1080)

Found = tuple[str, Box, float]


def upright(x: float, y: float, height: float = 400.0) -> Box:
    """A standing person whose box begins at (x, y)."""
    return (x, y, x + 0.38 * height, y + height)


def head_of(person: Box, heads_down: float = 0.0, across: float = 0.5, scale: float = 1.0) -> Box:
    """A head in the person's box: so many of its own heights below the top, so far across."""
    x1, y1, x2, y2 = person
    size = scale * (y2 - y1) / 7
    left = x1 + across * (x2 - x1) - 0.4 * size
    top = y1 + heads_down * size
    return (left, top, left + 0.8 * size, top + size)


def track(number: int, box: Box) -> Track:
    return Track(number, box, 0.9)


def found(*parts: Found) -> Detections:
    return Detections(
        np.asarray([box for _, box, _ in parts], np.float32).reshape(-1, 4),
        np.asarray([score for *_, score in parts], np.float32),
        np.asarray([NAMES.index(name) for name, *_ in parts], np.int32),
        NAMES,
    )
