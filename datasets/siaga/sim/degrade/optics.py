"""The lens and its window: vignette, and dirt and drops that stay where they are."""

from __future__ import annotations

import cv2
import numpy as np

from .conditions import Conditions, Plane, Rgb

_VIGNETTE = 0.16
_VEIL_RGB = (150.0, 146.0, 138.0)


def vignette(size: tuple[int, int], conditions: Conditions) -> Plane:
    """(H, W) gain, 1 in the middle; infrared lamps beside the lens light the middle more than the corners."""
    width, height = size
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    strength = 0.5 if conditions.light == "infrared" else _VIGNETTE
    gain = 1 - strength * (x * x + 0.7 * y * y) / 1.7
    return np.asarray(gain, np.float32)


class DirtyWindow:
    """Grease, dried splashes and drops on the window: they blur, veil and darken, out of focus."""

    def __init__(self, conditions: Conditions, size: tuple[int, int]) -> None:
        wet = max(0.0, conditions.rain - 0.4) * 0.6
        self._clean = conditions.dirt == 0 and wet == 0
        if self._clean:
            return
        rng = conditions.rng("dirt")
        smear = _blobs(rng, size, round(10 + 26 * conditions.dirt), (0.02, 0.09)) * (0.95 * conditions.dirt)
        drops = _blobs(rng, size, round(40 * wet), (0.008, 0.02)) * min(1.0, 2 * wet)
        grease = cv2.resize(rng.uniform(0, 1, (5, 8)).astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
        smear = np.clip(smear + np.clip(grease - 0.45, 0, 1) * 0.9 * conditions.dirt, 0, 0.95)
        self._blurred_share = np.clip(np.maximum(smear, drops), 0, 0.95).astype(np.float32)
        specks = _blobs(rng, size, round(60 * conditions.dirt), (0.002, 0.008))
        dark = 1 - 0.35 * specks * conditions.dirt
        veil = (smear * 0.30).astype(np.float32)[..., None] * np.array(_VEIL_RGB, np.float32)
        if conditions.light in ("night", "infrared"):
            veil *= 0.35
        self._passed = ((1 - 0.30 * smear) * dark).astype(np.float32)
        # blendLinear adds the veil with the share that the dirt keeps away.
        self._veil = np.clip(veil / np.maximum(1 - self._passed, 1e-3)[..., None], 0, 255).astype(np.uint8)

    def apply(self, picture: Rgb) -> Rgb:
        """Look through the window: (H, W, 3) RGB uint8 in and out."""
        if self._clean:
            return picture
        height, width = picture.shape[:2]
        small = cv2.resize(picture, (width // 8, height // 8), interpolation=cv2.INTER_AREA)
        small = cv2.GaussianBlur(small, (0, 0), 2.0)
        blurred = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
        share = self._blurred_share
        mixed = cv2.blendLinear(picture, blurred, 1 - share, share)
        return np.asarray(cv2.blendLinear(mixed, self._veil, self._passed, 1 - self._passed), np.uint8)


def _blobs(rng: np.random.Generator, size: tuple[int, int], count: int, radius: tuple[float, float]) -> Plane:
    """(H, W) 0 to 1: soft spots; radii are shares of the width."""
    width, height = size
    spots = np.zeros((height, width), np.float32)
    for _ in range(count):
        centre = round(rng.uniform(0, width)), round(rng.uniform(0, height))
        half = rng.uniform(*radius) * width
        axes = max(1, round(half)), max(1, round(half * rng.uniform(0.5, 1.0)))
        layer = np.zeros_like(spots)
        cv2.ellipse(layer, centre, axes, rng.uniform(0, 180), 0, 360, (rng.uniform(0.4, 1.0),), -1)
        np.maximum(spots, layer, out=spots)
    soft = 0.35 * radius[0] * width + 0.4 * radius[1] * width
    return np.asarray(cv2.GaussianBlur(spots, (0, 0), max(0.6, soft)), np.float32)
