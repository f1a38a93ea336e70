"""The camera model against numbers worked out by hand."""

import math
from dataclasses import dataclass

import numpy as np
import pytest

from siaga.core.errors import ConfigError
from siaga.sim.camera import Camera


def camera(k1: float = 0.0, fov: float = 90.0, width: int = 200, height: int = 100) -> Camera:
    """At (0, -10, 2), looking along +Y; with 90 degrees and 200 pixels the focal length is 100 pixels."""
    return Camera((0, -10, 2), (0, 0, 2), fov, k1, width, height)


@dataclass(frozen=True)
class ScenarioView:
    position: tuple[float, float, float] = (1, 2, 3)
    look_at: tuple[float, float, float] = (1, 5, 3)
    fov_deg: float = 60.0
    k1: float = -0.1


def test_projection_is_what_a_pinhole_does() -> None:
    # 10 m away: 1 m is 10 px. 5 m away: 1 m is 20 px.
    seen = camera().project([(0, 0, 2), (1, 0, 2), (0, 0, 3), (-2, -5, 1)])
    np.testing.assert_allclose(seen, [(100, 50, 10), (110, 50, 10), (100, 40, 10), (60, 70, 5)])


def test_projection_of_a_tilted_camera() -> None:
    tilted = Camera((0, -3, 4), (0, 0, 0), 90, 0, 200, 100)
    # forward = (0, .6, -.8), up = (0, .8, .6); the point one metre up lies .6 up and 4.2 deep.
    seen = tilted.project([(0, 0, 0), (0, 0, 1), (1, 0, 0)])
    np.testing.assert_allclose(seen[:, 2], [5, 4.2, 5])
    np.testing.assert_allclose(seen[:, :2], [(100, 50), (100, 50 - 100 * 0.6 / 4.2), (120, 50)])


def test_points_behind_the_camera_have_no_place_in_the_picture() -> None:
    seen = camera().project([(0, -11, 2), (0, 0, 2)])
    assert np.isnan(seen[0, :2]).all()
    assert seen[0, 2] == pytest.approx(-1)
    assert camera().box([(0, -11, 2)]) is None
    assert camera().box([(0, -11, 2), (0, 0, 2), (1, 0, 3)]) == pytest.approx((100, 40, 110, 50))


def test_the_lens_bends_by_its_coefficient() -> None:
    barrel = camera(k1=-0.1)
    centre = np.array(barrel.render_size) / 2
    # 0.5 of a focal length in the picture is 0.5 / (1 - 0.1 * 0.25) = 0.5128205 in the render.
    right = centre + np.array([51.28205, 0.0])
    np.testing.assert_allclose(barrel.distort([right, centre]), [(150, 50), (100, 50)], atol=1e-4)
    # The same radius along the direction (0.6, 0.8).
    slanted = centre + 51.28205 * np.array([0.6, 0.8])
    np.testing.assert_allclose(barrel.distort([slanted]), [(130, 90)], atol=1e-4)
    np.testing.assert_allclose(barrel.undistort([(150, 50), (130, 90)]), [right, slanted], atol=1e-4)


@pytest.mark.parametrize("k1", [-0.3, -0.12, 0.0])
def test_undistort_is_the_inverse_also_far_outside(k1: float) -> None:
    lens = camera(k1=k1)
    points = np.random.default_rng(3).uniform(-400, 600, (500, 2))
    np.testing.assert_allclose(lens.undistort(lens.distort(points)), points, atol=1e-6)


def test_what_is_far_outside_never_folds_back_into_the_picture() -> None:
    lens = camera(k1=-0.3)
    far = np.linspace(0, 5000, 2000)
    x = lens.distort(np.stack([far + lens.render_size[0] / 2, np.full(2000, lens.render_size[1] / 2)], 1))[
        :, 0
    ]
    assert (np.diff(x) > 0).all()


@pytest.mark.parametrize("k1", [-0.3, -0.12, 0.0])
def test_overscan_covers_every_corner_and_not_much_more(k1: float) -> None:
    lens = camera(k1=k1)
    width, height = lens.render_size
    assert width % 2 == 0
    assert height % 2 == 0
    corners = lens.undistort([(0, 0), (200, 0), (200, 100), (0, 100)])
    assert (corners >= 0).all()
    assert (corners <= (width, height)).all()
    assert corners[0, 0] < 1
    fov = math.degrees(2 * math.atan(width / 2 / lens.focal_px))
    assert lens.render_fov_deg == pytest.approx(fov)


def test_a_warped_render_shows_each_thing_where_distort_says() -> None:
    lens = camera(k1=-0.12, width=400, height=240)
    width, height = lens.render_size
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    spot = np.array([width / 2 - 150, height / 2 + 90])
    render = np.exp(-((x - spot[0]) ** 2 + (y - spot[1]) ** 2) / 50).astype(np.float32)
    picture = lens.warp(render)
    assert picture.shape == (240, 400)
    x, y = np.meshgrid(np.arange(400) + 0.5, np.arange(240) + 0.5)
    found = [(picture * x).sum() / picture.sum(), (picture * y).sum() / picture.sum()]
    np.testing.assert_allclose(found, lens.distort([spot])[0], atol=0.1)


def test_a_straight_lens_changes_nothing() -> None:
    render = np.random.default_rng(0).integers(0, 255, (100, 200, 3), np.uint8)
    assert camera().render_size == (200, 100)
    assert np.array_equal(camera().warp(render), render)


def test_a_render_of_another_size_is_refused() -> None:
    with pytest.raises(ConfigError, match="200 x 100"):
        camera().warp(np.zeros((100, 202, 3), np.uint8))


def test_blenders_camera_looks_along_minus_z() -> None:
    matrix = camera().matrix_world
    np.testing.assert_allclose(matrix @ (0, 0, -1, 0), (0, 1, 0, 0), atol=1e-12)
    np.testing.assert_allclose(matrix @ (0, 1, 0, 0), (0, 0, 1, 0), atol=1e-12)
    np.testing.assert_allclose(matrix[:3, 3], (0, -10, 2))


def test_a_camera_comes_from_a_scenarios_view() -> None:
    made = Camera.from_view(ScenarioView(), 640, 360)
    assert made == Camera((1, 2, 3), (1, 5, 3), 60.0, -0.1, 640, 360)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"look_at": (0, -10, 0)}, "straight"),
        ({"look_at": (0, -10, 2)}, "straight"),
        ({"k1": -0.6}, "-0.40 to 0"),
        ({"k1": 0.1}, "-0.40 to 0"),
        ({"fov_deg": 0.0}, "angle of view"),
    ],
)
def test_impossible_cameras_are_refused(changes: dict[str, object], words: str) -> None:
    given = {"position": (0, -10, 2), "look_at": (0, 0, 2), "fov_deg": 90.0, "k1": 0.0}
    with pytest.raises(ConfigError, match=words):
        Camera(**{**given, **changes}, width=200, height=100)  # type: ignore[arg-type]
