"""Relief of the ground: gradient noise in numpy, the same on every machine (Perlin 1985; fade of 2002)."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

_INTS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)
_PRIMES = tuple(np.uint64(number) for number in _INTS)
_WORD = 2**64 - 1


def _corner(ix: NDArray[np.int64], iy: NDArray[np.int64], seed: int) -> NDArray[np.float64]:
    """Angle in [0, 2 pi) of the random gradient at integer lattice points."""
    with np.errstate(over="ignore"):
        mixed = ix.astype(np.uint64) * _PRIMES[0] ^ iy.astype(np.uint64) * _PRIMES[1]
        mixed = (mixed ^ np.uint64(seed) * _PRIMES[2]) * _PRIMES[1]
        mixed = (mixed ^ (mixed >> np.uint64(29))) * _PRIMES[0]
    return (mixed >> np.uint64(11)).astype(np.float64) * (2.0 * np.pi / 2.0**53)


def gradient_noise(x: ArrayLike, y: ArrayLike, seed: int) -> NDArray[np.float64]:
    """Smooth noise of period 1, about -0.7..0.7, continuous with its second derivative.

    Args:
        x, y: any shape, broadcast together; lattice units.
        seed: which noise.
    """
    px, py = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
    ix, iy = np.floor(px).astype(np.int64), np.floor(py).astype(np.int64)
    fx, fy = px - ix, py - iy
    ease_x = fx**3 * (fx * (fx * 6.0 - 15.0) + 10.0)
    ease_y = fy**3 * (fy * (fy * 6.0 - 15.0) + 10.0)

    def slope(dx: int, dy: int) -> NDArray[np.float64]:
        angle = _corner(ix + dx, iy + dy, seed)
        return np.asarray(np.cos(angle) * (fx - dx) + np.sin(angle) * (fy - dy))

    low = slope(0, 0) + ease_x * (slope(1, 0) - slope(0, 0))
    high = slope(0, 1) + ease_x * (slope(1, 1) - slope(0, 1))
    return np.asarray(low + ease_y * (high - low))


def noise_at(x: float, y: float, seed: int) -> float:
    """`gradient_noise` at one point, thirty times as fast."""
    ix, iy = math.floor(x), math.floor(y)
    fx, fy = x - ix, y - iy
    ease_x = fx**3 * (fx * (fx * 6.0 - 15.0) + 10.0)
    ease_y = fy**3 * (fy * (fy * 6.0 - 15.0) + 10.0)
    low, high = (
        left + ease_x * (_slope(ix + 1, iy + dy, fx - 1, fy - dy, seed) - left)
        for dy in (0, 1)
        for left in (_slope(ix, iy + dy, fx, fy - dy, seed),)
    )
    return low + ease_y * (high - low)


def _slope(ix: int, iy: int, dx: float, dy: float, seed: int) -> float:
    mixed = (ix * _INTS[0] & _WORD) ^ (iy * _INTS[1] & _WORD)
    mixed = (mixed ^ (seed * _INTS[2] & _WORD)) * _INTS[1] & _WORD
    mixed = (mixed ^ (mixed >> 29)) * _INTS[0] & _WORD
    angle = (mixed >> 11) * (2.0 * math.pi / 2.0**53)
    return math.cos(angle) * dx + math.sin(angle) * dy
