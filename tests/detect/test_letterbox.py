"""The geometry of the letterbox in golden numbers, worked out by hand from ultralytics' rounding."""

import cv2
import numpy as np
import pytest

from siaga.detect.letterbox import Canvas, Fit, fit
from siaga.manifest import InputSpec

from . import models

_SPEC = InputSpec(name="images", width=640, height=384)


@pytest.mark.parametrize(
    ("source", "resized", "left", "top"),
    [
        ((1920, 1080), (640, 360), 0, 12),
        ((640, 360), (640, 360), 0, 12),
        ((640, 384), (640, 384), 0, 0),
        ((640, 480), (512, 384), 64, 0),
        ((333, 500), (256, 384), 192, 0),
        ((1366, 768), (640, 360), 0, 12),
        ((641, 359), (640, 358), 0, 13),
        ((1000, 567), (640, 363), 0, 10),
        ((999, 568), (640, 364), 0, 10),
        ((96, 52), (640, 347), 0, 18),
        ((3000, 1), (640, 1), 0, 191),
    ],
)
def test_where_a_picture_goes(source: tuple[int, int], resized: tuple[int, int], left: int, top: int) -> None:
    assert fit(source, (640, 384)) == Fit((640, 384), resized, left, top)


def test_an_input_with_free_sizes_shrinks_to_the_stride() -> None:
    assert fit((640, 480), (640, 384), 32) == Fit((512, 384), (512, 384), 0, 0)
    assert fit((1000, 500), (640, 384), 32) == Fit((640, 320), (640, 320), 0, 0)
    assert fit((1920, 1080), (640, 384), 32) == Fit((640, 384), (640, 360), 0, 12)


def test_boxes_go_back_to_the_full_picture_and_stay_in_it() -> None:
    place = fit((640, 360), (640, 384))
    boxes = np.array([[10, 22, 110, 112], [-5, 0, 700, 400]], np.float32)
    back = place.to_full(boxes, (1920, 1080))
    assert back.tolist() == [[30, 30, 330, 300], [0, 0, 1920, 1080]]
    assert back.dtype == np.float32


def test_each_side_goes_back_by_its_own_rounded_scale() -> None:
    back = fit((641, 359), (640, 384)).to_full(np.array([[0, 13, 640, 371]], np.float32), (641, 359))
    np.testing.assert_allclose(back, [[0, 0, 641, 359]], atol=1e-3)


def test_the_tensor_is_padded_scaled_and_in_rgb_order() -> None:
    rgb = np.zeros((360, 640, 3), np.uint8)
    rgb[:] = (255, 51, 0)
    canvas = Canvas(_SPEC, (640, 384), 1)
    canvas.place(0, rgb, fit((640, 360), (640, 384)))
    (tensor,) = canvas.tensor
    assert tensor.dtype == np.float32
    np.testing.assert_allclose(tensor[:, :12], 114 / 255, rtol=1e-6)
    np.testing.assert_allclose(tensor[:, 372:], 114 / 255, rtol=1e-6)
    for plane, value in zip(tensor, (1.0, 0.2, 0.0), strict=True):
        np.testing.assert_allclose(plane[12:372], value, rtol=1e-6)


def test_channels_mean_and_deviation_come_from_the_manifest() -> None:
    spec = _SPEC.model_copy(
        update={"channels": "BGR", "scale": 1.0, "mean": (100.0, 50.0, 10.0), "std": (50.0, 10.0, 2.0)}
    )
    rgb = np.zeros((384, 640, 3), np.uint8)
    rgb[:] = (20, 60, 200)
    canvas = Canvas(spec, (640, 384), 1)
    canvas.place(0, rgb, fit((640, 384), (640, 384)))
    assert canvas.tensor[0, :, 5, 5].tolist() == pytest.approx([2.0, 1.0, 5.0])


def test_a_picture_of_another_shape_leaves_nothing_of_the_one_before() -> None:
    canvas = Canvas(_SPEC, (640, 384), 1)
    fresh = Canvas(_SPEC, (640, 384), 1)
    for rgb in (models.drawn(640, 360, 1), models.drawn(300, 384, 2)):
        canvas.place(0, rgb, fit((rgb.shape[1], rgb.shape[0]), (640, 384)))
    fresh.place(0, rgb, fit((300, 384), (640, 384)))
    assert np.array_equal(canvas.tensor, fresh.tensor)


def test_a_picture_that_is_too_large_is_scaled_bilinearly() -> None:
    rgb = models.drawn(1280, 720, 3)
    canvas = Canvas(_SPEC, (640, 384), 1)
    canvas.place(0, rgb, fit((1280, 720), (640, 384)))
    scaled = cv2.resize(rgb, (640, 360), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_allclose(canvas.tensor[0, :, 12:372], scaled.transpose(2, 0, 1) / 255, atol=1e-6)
