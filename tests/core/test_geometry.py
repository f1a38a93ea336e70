"""Golden numbers of boxes and polygons."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siaga.core.geometry import (
    Box,
    Polygon,
    anchor_point,
    area,
    as_boxes,
    clip_box,
    contained,
    displacement,
    grow,
    intersection,
    iou,
)

A: Box = (0.0, 0.0, 10.0, 10.0)
B: Box = (5.0, 5.0, 15.0, 15.0)
FAR: Box = (100.0, 100.0, 110.0, 120.0)


def test_boxes_stack_and_none_is_an_empty_stack() -> None:
    assert as_boxes([A, B]).shape == (2, 4)
    assert as_boxes([]).shape == (0, 4)
    assert as_boxes([A]).dtype == np.float32


def test_areas_and_inverted_boxes() -> None:
    assert area(as_boxes([A, FAR, (10.0, 10.0, 0.0, 0.0)])).tolist() == [100.0, 200.0, 0.0]


def test_intersection_union_and_containment() -> None:
    boxes, others = as_boxes([A, B]), as_boxes([A, B, FAR])
    assert intersection(boxes, others).tolist() == [[100.0, 25.0, 0.0], [25.0, 100.0, 0.0]]
    assert iou(boxes, others)[0] == pytest.approx([1.0, 25 / 175, 0.0])
    assert contained(as_boxes([(4.0, 4.0, 6.0, 14.0)]), as_boxes([A, FAR]))[0] == pytest.approx([0.6, 0.0])
    assert iou(as_boxes([]), others).shape == (0, 3)
    assert iou(as_boxes([(3.0, 3.0, 3.0, 3.0)]), as_boxes([A])).tolist() == [[0.0]]


def test_clip_and_grow() -> None:
    assert clip_box((-5.0, 2.0, 130.0, 90.0), 100, 80) == (0.0, 2.0, 100, 80)
    assert grow((10.0, 10.0, 20.0, 30.0), 0.5) == (5.0, 0.0, 25.0, 40.0)


def test_anchors() -> None:
    box: Box = (10.0, 20.0, 30.0, 60.0)
    assert anchor_point(box) == (20.0, 60.0)
    assert anchor_point(box, "center") == (20.0, 40.0)
    assert anchor_point(box, "top_center") == (20.0, 20.0)


def test_displacement_is_in_heights() -> None:
    assert displacement((0.0, 0.0, 10.0, 20.0), (30.0, 40.0, 40.0, 60.0)) == pytest.approx(2.5)
    assert displacement(A, A) == 0.0
    assert displacement(A, (0.0, 0.0, 10.0, 21.0)) == math.inf
    assert displacement(A, (0.0, 5.0, 10.0, 5.0)) == math.inf


SQUARE = Polygon([(0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75)])


@pytest.mark.parametrize(
    ("point", "inside"),
    [((320, 180), True), ((160, 90), True), ((159, 180), False), ((480, 270), True), ((320, 271), False)],
)
def test_what_is_inside_counts_the_outline(point: tuple[float, float], inside: bool) -> None:
    assert SQUARE.contains(point, (640, 360)) is inside


def test_feet_below_the_picture_count_at_its_lower_edge() -> None:
    floor = Polygon([(0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)])
    assert floor.contains((320, 366), (640, 360))


def test_a_concave_zone() -> None:
    arrow = Polygon([(0.0, 0.0), (1.0, 0.0), (0.5, 0.5), (1.0, 1.0), (0.0, 1.0)])
    assert not arrow.contains((90, 50), (100, 100))
    assert arrow.contains((30, 50), (100, 100))


def test_pixels_are_rounded() -> None:
    assert Polygon([(0.0, 0.0), (0.999, 0.0), (0.5, 1.0)]).pixels((640, 360)).tolist() == [
        [0, 0],
        [639, 0],
        [320, 360],
    ]


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ([(0, 0), (1, 1)], "this one has 2"),
        ([(0, 0), (1, 1), (1, 0), (0, 1)], "crosses itself"),
        ([(0, 0), (0.5, 0.5), (1, 1)], "no area"),
        ([(0, 0), (1, 0), (1, -0.1)], "outside the picture"),
        ([(0, 0), (1, 0), (math.nan, 1)], "outside the picture"),
    ],
)
def test_polygons_that_are_none(points: list[tuple[float, float]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Polygon(points)


def test_equal_outlines_are_equal_and_hash_alike() -> None:
    same = Polygon(list(SQUARE.points))
    assert same == SQUARE
    assert hash(same) == hash(SQUARE)
    assert Polygon([(0, 0), (1, 0), (1, 1)]) != SQUARE


COORDINATE = st.floats(0, 1000, width=32)
BOXES = st.lists(st.tuples(COORDINATE, COORDINATE, COORDINATE, COORDINATE), min_size=1, max_size=4)


@given(BOXES, BOXES)
def test_iou_is_symmetric_and_between_none_and_all(a: list[Box], b: list[Box]) -> None:
    there, back = iou(as_boxes(a), as_boxes(b)), iou(as_boxes(b), as_boxes(a)).T
    assert np.allclose(there, back)
    assert ((there >= 0) & (there <= 1 + 1e-5)).all()
