"""Puts a rendered rectangle into a frame: what moved is taken, the background's new noise is not."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .rectangles import Rect

Picture = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
_NOISE = 8.0
_SLOPE = 1 / 7.0
_EDGE_PX = 5


def paste(frame: Picture, patch: Picture, rect: Rect, moved: Mask) -> None:
    """Blend a rectangle into `frame`, in place.

    Inside `moved` and two pixels round it the patch counts; elsewhere it counts where it differs from the
    frame by more than the renderer's noise (shade at the feet, reflections), less and less towards its own
    edges.

    Args:
        frame: (height, width, 3) RGB, already with everything that is behind.
        patch: (rect height, rect width, 3) RGB.
        rect: Where it belongs.
        moved: (rect height, rect width) where something that moves shows.
    """
    under = frame[rect.slices].astype(np.float32)
    over = patch.astype(np.float32)
    size = (frame.shape[1], frame.shape[0])
    weight = np.maximum(_silhouette(moved), _differs(under, over) * _towards_edges(rect, size))[..., None]
    frame[rect.slices] = np.rint(under + (over - under) * weight).astype(np.uint8)


def darken(frame: Picture, by: npt.NDArray[np.float32]) -> Picture:
    """`frame` less `by` (height, width, 3), no darker than black."""
    return np.asarray(np.clip(frame.astype(np.float32) - by, 0, 255), np.uint8)


def _silhouette(moved: Mask) -> npt.NDArray[np.float32]:
    grown = cv2.dilate(moved.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(np.float32)
    return np.asarray(np.clip(cv2.GaussianBlur(grown, (0, 0), 1.0), 0, 1), np.float32)


def _differs(under: npt.NDArray[np.float32], over: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    calm = cv2.GaussianBlur(over - under, (0, 0), 1.2)
    share = np.clip((np.abs(calm).max(axis=-1) - _NOISE) * _SLOPE, 0, 1)
    return np.asarray(cv2.GaussianBlur(cv2.dilate(share, np.ones((3, 3))), (0, 0), 1.5), np.float32)


def _towards_edges(rect: Rect, size: tuple[int, int]) -> npt.NDArray[np.float32]:
    """1 inside, falling to 0 at those edges of the rectangle that are not edges of the frame."""
    across = _ramp(rect.width, rect.left > 0, rect.right < size[0])
    down = _ramp(rect.height, rect.top > 0, rect.bottom < size[1])
    return np.asarray(np.outer(down, across), np.float32)


def _ramp(length: int, falls_at_start: bool, falls_at_end: bool) -> npt.NDArray[np.float32]:
    rise = np.minimum(np.arange(length) / _EDGE_PX, 1.0)
    ramp = np.ones(length)
    if falls_at_start:
        ramp *= rise
    if falls_at_end:
        ramp *= rise[::-1]
    return ramp.astype(np.float32)
