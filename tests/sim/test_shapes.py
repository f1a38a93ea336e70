"""Shapes of the site: closed, facing outwards, of the size they were asked for."""

import itertools
from collections import Counter

import numpy as np
import pytest

from siaga.sim.scene import shapes

CLOSED = {
    "box": shapes.box((1.0, 2.0, 3.0)),
    "broken edges": shapes.box((1.0, 2.0, 3.0), 0.05),
    "tube": shapes.tube((0, 0, 0), (1, 2, 3), 0.3),
    "cone": shapes.tube((0, 0, 0), (0, 0, 1), 0.3, 0.1, 7),
    "prism": shapes.prism([(0, 0), (2, 0), (2, 1), (1, 0.5), (0, 1)], 0.4),
}


def _volume(shape: shapes.Shape) -> float:
    """By the divergence theorem over fans; positive if the faces look outwards."""
    points, faces = shape
    fans = [(face[0], b, c) for face in faces for b, c in itertools.pairwise(face[1:])]
    a, b, c = (points[[fan[k] for fan in fans]] for k in range(3))
    return float(np.einsum("ni,ni->n", a, np.cross(b, c)).sum() / 6)


@pytest.mark.parametrize("name", CLOSED)
def test_every_edge_belongs_to_two_faces_the_other_way_round(name: str) -> None:
    _, faces = CLOSED[name]
    edges = Counter(edge for face in faces for edge in zip(face, (*face[1:], face[0]), strict=True))
    assert all(count == 1 and edges[(b, a)] == 1 for (a, b), count in edges.items())


def test_volumes() -> None:
    assert _volume(CLOSED["box"]) == pytest.approx(6.0)
    assert 5.9 < _volume(CLOSED["broken edges"]) < 6.0
    assert _volume(CLOSED["prism"]) == pytest.approx(0.6)
    assert _volume(CLOSED["tube"]) == pytest.approx(np.pi * 0.09 * np.sqrt(14), rel=0.06)


def test_a_profile_stands_upright() -> None:
    points, _ = shapes.profile([(0, 0), (2, 0), (2, 1)], -0.5, 0.5)
    np.testing.assert_allclose(points.min(axis=0), [0, -0.5, 0])
    np.testing.assert_allclose(points.max(axis=0), [2, 0.5, 1])


def test_a_rounded_bar_has_its_size() -> None:
    outline = shapes.rounded(3.9, 0.86)
    np.testing.assert_allclose(outline.max(axis=0) - outline.min(axis=0), [3.9, 0.86])


def test_turning_is_about_x_then_y_then_z() -> None:
    half = np.pi / 2
    np.testing.assert_allclose(shapes.turned(half, 0, 0) @ [0, 1, 0], [0, 0, 1], atol=1e-12)
    np.testing.assert_allclose(shapes.turned(half, half, half) @ [0, 1, 0], [0, 1, 0], atol=1e-12)
    np.testing.assert_allclose(shapes.placed(1, 2, 3, half) @ [1, 0, 0, 1], [1, 3, 3, 1], atol=1e-12)
