"""Two stills: the picture itself and a drawn copy, neither with a face or a word of metadata."""

import cv2
import numpy as np
import pytest

from siaga.core.event import Subject
from siaga.core.geometry import Polygon
from siaga.core.settings import Snapshot
from siaga.core.verdict import Item, State, Verdict, Votes
from siaga.evidence.snapshot import Still, snapshot

ZONE = Polygon([(0.1, 0.6), (0.9, 0.6), (0.9, 0.95), (0.1, 0.95)])
SUBJECT = Subject(
    1,
    (300.0, 100.0, 380.0, 340.0),
    (320.0, 110.0, 360.0, 150.0),
    (Verdict(Item.HELMET, State.MISSING, 0.9, Votes(missing=5)),),
)


def picture(width: int = 640, height: int = 360) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (height, width, 3), np.uint8)


def decoded(jpeg: bytes) -> np.ndarray:
    bgr = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)


def shoot(rgb: np.ndarray, *, max_width: int = 1920, blur: bool = True, quality: int = 95) -> Still:
    settings = Snapshot(max_width=max_width, quality=quality)
    caption = ("No helmet", "gate  2026-01-01 08:00:00 UTC")
    return snapshot(rgb, [], [SUBJECT], ZONE, caption, settings, blur=blur)


def roughness(rgb: np.ndarray, box: tuple[int, int, int, int]) -> float:
    x1, y1, x2, y2 = box
    return float(np.abs(np.diff(rgb[y1:y2, x1:x2, 1].astype(float), axis=1)).mean())


@pytest.mark.parametrize("which", ["clean", "annotated"])
def test_the_subjects_head_is_covered_in_both_even_if_nobody_names_it(which: str) -> None:
    rgb = picture()
    still = shoot(rgb)
    shown = decoded(getattr(still, which))
    # The blocks' edges are all that is left of the texture.
    assert roughness(shown, (322, 112, 358, 148)) < 8
    assert roughness(shown, (20, 100, 200, 200)) > 30


def test_other_heads_that_are_named_are_covered_too() -> None:
    still = snapshot(picture(), [(50.0, 100.0, 120.0, 180.0)], [], None, (), Snapshot())
    assert roughness(decoded(still.clean), (52, 102, 118, 178)) < 8


def test_nothing_is_drawn_on_the_clean_one_nor_on_the_callers_picture() -> None:
    rgb = np.full((360, 640, 3), 90, np.uint8)
    still = shoot(rgb)
    assert np.ptp(decoded(still.clean).astype(int)) <= 12
    assert (rgb == 90).all()
    drawn = decoded(still.annotated)
    red = (drawn[..., 0] > 170) & (drawn[..., 1] < 100)
    yellow = (drawn[..., 0] > 190) & (drawn[..., 1] > 140) & (drawn[..., 2] < 90)
    assert red.sum() > 500, "the person's box"
    assert yellow.sum() > 500, "the zone"
    assert drawn[:30, :150].min() < 60, "the caption's ground"
    assert drawn[:30, :150].max() > 200, "the caption's letters"


def test_a_wide_picture_is_scaled_down_and_boxes_with_it() -> None:
    big = cv2.resize(picture(), (1280, 720), interpolation=cv2.INTER_NEAREST)
    subject = Subject(1, (600.0, 200.0, 760.0, 680.0), (640.0, 220.0, 720.0, 300.0))
    still = snapshot(big, [], [subject], None, (), Snapshot(max_width=640))
    assert (still.width, still.height) == (640, 360)
    assert decoded(still.clean).shape == (360, 640, 3)
    assert roughness(decoded(still.clean), (322, 112, 358, 148)) < 8


def test_colours_are_not_swapped() -> None:
    rgb = np.zeros((360, 640, 3), np.uint8)
    rgb[..., 0] = 200
    shown = decoded(snapshot(rgb, [], [], None, (), Snapshot()).clean)
    assert abs(int(shown[180, 320, 0]) - 200) < 8
    assert shown[180, 320, 2] < 10


def test_there_is_no_metadata_in_the_file() -> None:
    still = shoot(picture())
    for jpeg in (still.clean, still.annotated):
        assert jpeg[:2] == b"\xff\xd8"
        assert b"Exif" not in jpeg
        assert b"\xff\xe1" not in jpeg[: jpeg.index(b"\xff\xda")]


def test_letters_that_cannot_be_drawn_do_not_break_it() -> None:
    still = snapshot(picture(), [], [SUBJECT], None, ("Cổng số 1 不戴头盔",), Snapshot())
    assert decoded(still.annotated).shape == (360, 640, 3)


def test_blur_can_only_be_turned_off_by_name() -> None:
    assert roughness(decoded(shoot(picture(), blur=False).clean), (322, 112, 358, 148)) > 30
