"""Wear crops down to what CCTV shows: small, blurred, noisy, compressed, in bad light, half covered."""

from __future__ import annotations

import math
import random

import albumentations
import cv2
import numpy as np

from siaga.core.geometry import Box
from siaga.detect.crops import cut
from siaga.manifest import CropManifest

from .recipe import Augment
from .sets import Rgb

LEAST_PX = 4
"""Of a picture's sides: with less, libraries take the one that is left for the colours."""


class Wear:
    """The random changes of one training run; the same seed gives the same pictures in the same order."""

    def __init__(self, settings: Augment, manifest: CropManifest, seed: int) -> None:
        self._settings = settings
        self._manifest = manifest
        self._rng = np.random.default_rng([seed, 2])
        low, high = settings.jpeg
        self._optics = albumentations.Compose(
            [
                albumentations.OneOf(
                    [
                        albumentations.MotionBlur(blur_limit=(3, 7)),
                        albumentations.GaussianBlur(blur_limit=(3, 5)),
                    ],
                    p=settings.blur,
                ),
                albumentations.RandomBrightnessContrast(
                    brightness_limit=(-0.4, 0.5), contrast_limit=(-0.7, 0.3), p=settings.light
                ),
                albumentations.RandomGamma(gamma_limit=(40, 250), p=settings.light / 2),
                albumentations.HueSaturationValue(settings.hue, 40, 10, p=settings.light / 2),
                albumentations.ToGray(p=settings.grey),
                albumentations.OneOf(
                    [albumentations.GaussNoise(std_range=(0.01, 0.09)), albumentations.ISONoise()],
                    p=settings.noise,
                ),
                albumentations.ImageCompression(quality_range=(low, high), p=0.9),
            ],
            seed=seed,
        )
        self._turn = random.Random(seed)

    def __call__(self, picture: Rgb, xyxy: Box) -> Rgb:
        """What the model is shown of the crop ``picture``: (input.height, input.width, 3) uint8 RGB."""
        box = self._jitter(xyxy)
        picture, box = self._shrink(picture, box)
        picture, box = self._turned(picture, box)
        if self._turn.random() < self._settings.cover:
            picture = self._covered(picture, box)
        worn = np.asarray(self._optics(image=picture)["image"], np.uint8)
        return cut(worn, box, self._manifest)

    def _jitter(self, xyxy: Box) -> Box:
        x1, y1, x2, y2 = xyxy
        longer = max(x2 - x1, y2 - y1)
        dx, dy = self._rng.uniform(-1, 1, 2) * self._settings.shift * longer
        zoom = self._rng.uniform(*self._settings.zoom, 2) / 2
        x, y, half_w, half_h = (
            (x1 + x2) / 2 + dx,
            (y1 + y2) / 2 + dy,
            (x2 - x1) * zoom[0],
            (y2 - y1) * zoom[1],
        )
        return (x - half_w, y - half_h, x + half_w, y + half_h)

    def _shrink(self, picture: Rgb, xyxy: Box) -> tuple[Rgb, Box]:
        if self._turn.random() >= self._settings.shrink:
            return picture, xyxy
        low, high = (math.log(value) for value in self._settings.height_px)
        return shrink(picture, xyxy, math.exp(self._rng.uniform(low, high)))

    def _turned(self, picture: Rgb, xyxy: Box) -> tuple[Rgb, Box]:
        """Mirrored half of the time, and turned by a few degrees about the box's middle."""
        height, width = picture.shape[:2]
        x1, y1, x2, y2 = xyxy
        if self._turn.random() < 0.5:
            picture, (x1, x2) = np.ascontiguousarray(picture[:, ::-1]), (width - x2, width - x1)
        angle = self._turn.gauss(0, 5)
        matrix = cv2.getRotationMatrix2D(((x1 + x2) / 2, (y1 + y2) / 2), angle, 1.0)
        turned = cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(turned, np.uint8), (x1, y1, x2, y2)

    def _covered(self, picture: Rgb, xyxy: Box) -> Rgb:
        """Something plain in front of up to a third of the box, from one side."""
        x1, y1, x2, y2 = (round(value) for value in xyxy)
        share = self._rng.uniform(0.1, 0.33)
        left, top, right, bottom = x1, y1, x2, y2
        side = int(self._rng.integers(3))
        if side == 0:
            top = round(y2 - share * (y2 - y1))
        elif side == 1:
            right = round(x1 + share * (x2 - x1))
        else:
            left = round(x2 - share * (x2 - x1))
        out = picture.copy()
        colour = picture.reshape(-1, 3)[int(self._rng.integers(picture.shape[0] * picture.shape[1]))]
        out[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = colour
        return out


def shrink(picture: Rgb, xyxy: Box, height_px: float) -> tuple[Rgb, Box]:
    """The picture with the box ``height_px`` high, never enlarged; the box in its pixels."""
    gain = height_px / max(xyxy[3] - xyxy[1], 1e-6)
    if gain >= 1:
        return picture, xyxy
    size = max(LEAST_PX, round(picture.shape[1] * gain)), max(LEAST_PX, round(picture.shape[0] * gain))
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    gain_x, gain_y = size[0] / picture.shape[1], size[1] / picture.shape[0]
    return small, (xyxy[0] * gain_x, xyxy[1] * gain_y, xyxy[2] * gain_x, xyxy[3] * gain_y)
