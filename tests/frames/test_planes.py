"""Scaling of planes: the cheap way gives what the ordinary one gives."""

import av
import cv2
import numpy as np
import pytest

from siaga.frames import planes
from siaga.frames.planes import Size


def _noise(size: Size) -> av.VideoFrame:
    width, height = size
    pixels = np.random.default_rng(width * height).integers(16, 236, (height * 3 // 2, width), np.uint8)
    return av.VideoFrame.from_ndarray(pixels, format="yuv420p")


@pytest.mark.parametrize(
    ("full", "small"),
    [
        ((1920, 1080), (640, 360)),
        ((640, 480), (640, 480)),
        ((1280, 720), (640, 360)),
        ((3200, 1800), (640, 360)),
        ((1920, 1080), (640, 480)),
        ((1920, 1088), (640, 362)),
        ((960, 540), (960, 180)),
    ],
)
def test_every_plane_is_scaled_bilinearly(full: Size, small: Size) -> None:
    frame = _noise(full)
    out = np.zeros((small[1] * 3 // 2, small[0]), np.uint8)
    planes.write_i420(frame, out)
    source = planes.planes_of(frame.to_ndarray(format="yuv420p"))
    for plane, scaled in zip(source, planes.planes_of(out), strict=True):
        expected = cv2.resize(plane, scaled.shape[::-1], interpolation=cv2.INTER_LINEAR)
        np.testing.assert_array_equal(scaled, expected)
