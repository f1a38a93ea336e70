"""What a crop classifier is shown: the right pixels, at the right place, whatever the box."""

import numpy as np
import pytest

from siaga.core.geometry import Box
from siaga.detect.crops import cut, pixels
from siaga.manifest import CropManifest

from . import classifiers, models


def manifest(region: str = "head", margin: float = 0.0, side: int = 64, **changes: object) -> CropManifest:
    return classifiers.described(region=region, margin=margin, width=side, height=side, **changes)


def test_a_region_of_the_inputs_size_is_copied_pixel_for_pixel() -> None:
    picture = models.drawn(200, 160, 3)
    assert (cut(picture, (50, 40, 114, 104), manifest()) == picture[40:104, 50:114]).all()


def test_the_margin_is_added_on_every_side() -> None:
    picture = models.drawn(200, 160, 3)
    crop = cut(picture, (60, 50, 100, 90), manifest(margin=0.3))
    assert (crop == picture[38:102, 48:112]).all()


def test_a_head_is_a_square_round_its_centre() -> None:
    picture = models.drawn(200, 160, 3)
    assert (cut(picture, (70, 40, 94, 104), manifest()) == picture[40:104, 50:114]).all()


def test_a_person_keeps_its_shape_and_is_padded_beside() -> None:
    picture = models.drawn(200, 160, 3)
    crop = cut(picture, (70, 20, 102, 84), manifest("person"))
    assert (crop[:, 16:48] == picture[20:84, 70:102]).all()
    assert (crop[:, :16] == 114).all()
    assert (crop[:, 48:] == 114).all()


@pytest.mark.parametrize(
    ("box", "inside", "source"),
    [
        ((-20, 10, 44, 74), np.s_[:, 20:], np.s_[10:74, 0:44]),
        ((10, -20, 74, 44), np.s_[20:, :], np.s_[0:44, 10:74]),
        ((170, 10, 234, 74), np.s_[:, :30], np.s_[10:74, 170:200]),
        ((10, 130, 74, 194), np.s_[:30, :], np.s_[130:160, 10:74]),
    ],
    ids=["left", "top", "right", "bottom"],
)
def test_outside_the_picture_is_padded(box: Box, inside: object, source: object) -> None:
    picture = np.maximum(models.drawn(200, 160, 3), 115)
    crop = cut(picture, box, manifest())
    assert (crop[inside] == picture[source]).all()  # type: ignore[index]
    assert (crop == 114).all(axis=2).sum() == 64 * 64 - picture[source].shape[0] * picture[source].shape[1]  # type: ignore[index]


def test_a_box_outside_altogether_is_only_padding() -> None:
    assert (cut(models.drawn(200, 160, 3), (300, 300, 340, 340), manifest(pad_value=9)) == 9).all()


def test_shrinking_averages_and_growing_interpolates() -> None:
    fine = np.zeros((128, 128, 3), np.uint8)
    fine[::2] = 200
    assert (cut(fine, (0, 0, 128, 128), manifest()) == 100).all()
    coarse = np.zeros((32, 32, 3), np.uint8)
    coarse[:, 16:] = 200
    grown = cut(coarse, (0, 0, 32, 32), manifest())
    assert 0 < grown[0, 31, 0] < grown[0, 32, 0] < 200


def test_a_part_of_the_picture_gives_the_same_crop() -> None:
    picture = models.drawn(640, 480, 5)
    box = (300.4, 100.7, 341.2, 160.1)
    described = manifest(margin=0.25)
    left, top, right, bottom = pixels(box, described)
    part = picture[top - 4 : bottom + 2, left - 2 : right + 6]
    shifted = (box[0] - left + 2, box[1] - top + 4, box[2] - left + 2, box[3] - top + 4)
    assert (cut(part, shifted, described) == cut(picture, box, described)).all()


def test_a_box_without_area_and_a_huge_one_cost_one_crop() -> None:
    picture = models.drawn(200, 160, 3)
    assert cut(picture, (50, 50, 50, 50), manifest()).shape == (64, 64, 3)
    huge = cut(picture, (-1e6, -1e6, 1e6, 1e6), manifest(margin=2))
    assert huge.shape == (64, 64, 3)
    assert (huge == 114).mean() > 0.99
