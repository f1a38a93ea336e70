"""A picture of one camera, and when it was."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]


Pixels = tuple[int, int, int, int]
"""Left, top, right, bottom in whole pixels; right and bottom are the first outside."""


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A part of a full-resolution picture.

    Attributes:
        rgb: (h, w, 3) uint8 RGB, a copy.
        x: Column of the full picture at which it begins.
        y: Row of the full picture at which it begins.
    """

    rgb: Rgb
    x: int
    y: int


def no_full_picture() -> Rgb | None:
    """The full picture of a frame that keeps none."""
    return None


def no_patch(_: Pixels) -> Patch | None:
    """A part of the full picture of a frame that keeps none."""
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One analysed picture.

    Attributes:
        camera: The camera's name in the configuration.
        seq: Counts the frames published by this camera run; a gap means frames were overwritten unseen.
        epoch: Counts the connections of this camera run; ``pts`` compares only within one epoch.
        t: Seconds on the clock that rules count in: CLOCK_MONOTONIC at receipt for a live stream, stream
            time for a file. Never wall time.
        pts: Presentation time in seconds since the epoch's first frame.
        utc: Aware UTC wall time: at receipt for a live stream; the start given plus ``pts`` for a file.
        rgb: (h, w, 3) uint8, RGB, at analysis scale (same aspect as the full picture). Read-only.
        size: (width, height) in pixels of the full-resolution picture. All boxes are in these pixels.
        full: Gives the full-resolution picture (H, W, 3) uint8 RGB as a copy, privacy masks applied, or
            None when it has been overwritten since.
        patch: Gives the part of the full-resolution picture that lies in the box, which may reach outside,
            and at most two pixels around it; privacy masks applied. Costs that part alone. None when it has
            been overwritten since, or the box lies outside altogether.
    """

    camera: str
    seq: int
    epoch: int
    t: float
    pts: float
    utc: datetime
    rgb: Rgb
    size: tuple[int, int]
    full: Callable[[], Rgb | None] = no_full_picture
    patch: Callable[[Pixels], Patch | None] = no_patch

    @property
    def scale(self) -> tuple[float, float]:
        """Factors (x, y) from analysis pixels to full-resolution pixels."""
        height, width = self.rgb.shape[:2]
        return self.size[0] / width, self.size[1] / height
