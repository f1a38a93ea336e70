"""Seeded gradient noise and cloth folds on rest-pose points. numpy only."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .fields import Array


def _hash(cells: npt.NDArray[np.int64], seed: int) -> npt.NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        value = cells.astype(np.uint64) @ np.array([73856093, 19349663, 83492791], np.uint64)
        value = value + np.uint64(seed * 2654435761 % 2**32)
        for shift, factor in ((33, 0xFF51AFD7ED558CCD), (33, 0xC4CEB9FE1A85EC53)):
            value = (value ^ (value >> np.uint64(shift))) * np.uint64(factor)
    return np.asarray(value ^ (value >> np.uint64(33)))


def gradient_noise(points: Array, seed: int) -> Array:
    """Smooth noise (N,), about -0.6 to 0.6, with features one unit across."""
    cell = np.floor(points).astype(np.int64)
    place = points - cell
    fade = place**3 * (place * (place * 6 - 15) + 10)
    total = np.zeros(len(points))
    for corner in np.ndindex(2, 2, 2):
        bits = _hash(cell + np.array(corner), seed)
        slope = np.stack([(bits >> np.uint64(s)) & np.uint64(1023) for s in (0, 10, 20)], 1) / 511.5 - 1.0
        weight = np.prod(np.where(corner, fade, 1.0 - fade), axis=1)
        total += weight * np.sum(slope * (place - corner), axis=1)
    return total


def folds(points: Array, seed: int, scale: float) -> Array:
    """Cloth folds (N,), about -1 to 1: sharp ridges over soft hollows, warped so that none runs straight.

    ``scale`` is in folds per metre.
    """
    base = points * scale
    warp = np.stack([gradient_noise(base * 0.6, seed + n) for n in (1, 2, 3)], axis=1)
    ridged = 1.0 - 2.0 * np.abs(gradient_noise(base + warp, seed))
    fine = gradient_noise(base * 2.3 + warp, seed + 4)
    return np.asarray((ridged - 0.72) * 1.6 + 0.5 * fine)
