"""The three sites as data: ground without steps, simple polygons, places where a person can stand."""

import itertools
import math

import numpy as np
import pytest
from shapely.geometry import Polygon as Shape

from siaga.sim.sites import SITES, Box, Circle, Run, Site, inside
from siaga.sim.sites.relief import gradient_noise, noise_at

EVERY = pytest.mark.parametrize("site", list(SITES.values()), ids=list(SITES))


def test_there_are_three() -> None:
    assert list(SITES) == ["groundworks", "scaffold", "energy_yard"]
    assert all(name == site.name for name, site in SITES.items())


def test_noise_is_the_same_everywhere() -> None:
    x = np.array([0.25, 1.75, -3.4, 12.5])
    got = gradient_noise(x, x[::-1] * 0.5, 7)
    np.testing.assert_allclose(
        got, [0.239597536624, -0.052832542639, -0.090454105582, -0.215568514665], atol=1e-11
    )


def test_noise_at_a_point_is_the_same_noise() -> None:
    rng = np.random.default_rng(8)
    spots = rng.uniform(-40, 40, (200, 2))
    one_by_one = [noise_at(float(x), float(y), 5) for x, y in spots]
    np.testing.assert_allclose(one_by_one, gradient_noise(spots[:, 0], spots[:, 1], 5), atol=1e-12)


def test_noise_is_smooth_across_the_lattice_and_zero_on_it() -> None:
    before, after = gradient_noise(np.array([2 - 1e-7]), 0.3, 1), gradient_noise(np.array([2 + 1e-7]), 0.3, 1)
    assert abs(float(before[0] - after[0])) < 1e-5
    assert np.abs(gradient_noise(np.arange(5.0), np.arange(5.0), 1)).max() == 0.0


@EVERY
def test_ground_has_no_step(site: Site) -> None:
    line = np.arange(-12.0, 12.0, 0.05)
    for fixed in (-3.0, 0.37, 6.0):
        along = np.array([site.ground(float(x), fixed) for x in line])
        across = np.array([site.ground(fixed, float(y)) for y in line])
        assert np.abs(np.diff(along)).max() < 0.006
        assert np.abs(np.diff(across)).max() < 0.006
        assert np.abs(along).max() < 0.1


@EVERY
def test_areas_and_decks_are_simple_polygons(site: Site) -> None:
    for polygon in [*site.areas.values(), *(d.polygon for d in site.decks.values())]:
        shape = Shape(polygon)
        assert shape.is_valid
        assert shape.area > 1.0


@EVERY
def test_places_are_free_and_stood_on(site: Site) -> None:
    for name, place in site.places.items():
        x, y, z = place.position
        assert site.floor(x, y, z) == pytest.approx(z, abs=0.06), name
        if z == 0.0:
            assert site.clearance(x, y) > 0.25, name


@EVERY
def test_views_stand_clear_above_the_ground(site: Site) -> None:
    assert len(site.views) >= 2
    for view in site.views.values():
        assert view.position[2] - site.ground(*view.position[:2]) > 2.5
        assert 30.0 <= view.fov_deg <= 90.0
        assert math.dist(view.position, view.look_at) > 4.0


@EVERY
def test_ladders_end_where_they_say(site: Site) -> None:
    for name, ladder in site.ladders.items():
        assert site.floor(*ladder.base) == pytest.approx(ladder.base[2], abs=0.06), name
        assert site.floor(*ladder.step_off) == pytest.approx(ladder.top[2], abs=1e-9), name
        lean = math.hypot(ladder.top[0] - ladder.base[0], ladder.top[1] - ladder.base[1])
        assert 0.15 < lean / (ladder.top[2] - ladder.base[2]) < 0.45, name
        heading = math.radians(ladder.heading_deg)
        ahead = (ladder.top[0] - ladder.base[0]) * math.sin(heading) - (
            ladder.top[1] - ladder.base[1]
        ) * math.cos(heading)
        assert ahead == pytest.approx(lean, abs=1e-6), name


@EVERY
def test_solid_props_do_not_stand_in_each_other(site: Site) -> None:
    shapes = [(p.kind, p.x, p.y, shape) for p in site.props if (shape := p.obstacle())]
    for (kind, x, y, _), (other, _, _, shape) in itertools.permutations(shapes, 2):
        assert shape.distance(x, y) > 0.0, f"{kind} at {x, y} stands in {other}"


def test_floor_is_the_deck_under_the_feet() -> None:
    site = SITES["scaffold"]
    assert site.floor(-4.0, 5.15, 4.05) == 4.05
    assert site.floor(-4.0, 5.15, 2.1) == 2.05
    assert site.floor(-4.0, 5.15, 0.0) == pytest.approx(0.0, abs=0.05)
    assert site.floor_from(3.2)(5.0, 7.0) == 3.2
    assert site.floor(5.0, 5.5, 3.2) == pytest.approx(0.0, abs=0.05)


def test_distance_to_obstacles() -> None:
    assert Circle(1, 0, 0.5).distance(3, 0) == pytest.approx(1.5)
    turned = Box(0, 0, 2, 1, 90)
    assert turned.distance(0, 3) == pytest.approx(1.0)
    assert turned.distance(2, 0) == pytest.approx(1.0)
    assert turned.distance(0.2, 0) == pytest.approx(-0.8)
    assert turned.distance(4, 6) == pytest.approx(5.0)


def test_a_closed_run_returns_to_its_start_and_walls_are_solid() -> None:
    run = Run("fence", ((0, 0), (4, 0), (4, 3)), closed=True, solid=True)
    assert run.segments() == [((0, 0), (4, 0)), ((4, 0), (4, 3)), ((4, 3), (0, 0))]
    assert len(run.obstacles()) == 3
    assert min(wall.distance(2.0, 1.5) for wall in run.obstacles()) == pytest.approx(-0.06)
    assert Run("paint", ((0, 0), (4, 0))).obstacles() == []


def test_anchor_line_gives_its_nearest_point() -> None:
    line = SITES["scaffold"].anchors["slab"]
    assert line.nearest((5.0, 6.5, 3.2)) == pytest.approx((5.0, 8.3, 4.35))
    assert line.nearest((-3.0, 8.3, 4.35)) == pytest.approx(line.start)


def test_inside_is_even_odd() -> None:
    notch = ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (2.0, 1.0), (0.0, 4.0))
    assert inside(notch, 1.0, 1.0)
    assert not inside(notch, 2.0, 2.0)
    assert not inside(notch, 5.0, 1.0)
