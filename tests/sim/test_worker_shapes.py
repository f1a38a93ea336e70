"""Clay, meshes, bones: what people of the simulated site are shaped with."""

import numpy as np
import pytest

from siaga.sim.skeleton import BONES, JOINTS, pose
from siaga.sim.worker import fields as f
from siaga.sim.worker import lanyard, skinning
from siaga.sim.worker.noise import folds, gradient_noise
from siaga.sim.worker.ribbon import lay, ribbon
from siaga.sim.worker.surface import Surface, clip, mesh, normals

BALL = f.ellipsoid((0.1, 0.2, 0.3), (0.2, 0.2, 0.2))


def ball() -> Surface:
    return mesh(BALL, (-0.2, -0.1, 0.0), (0.4, 0.5, 0.6), 0.02)


def volume(surface: Surface) -> float:
    a, b, c = (surface.vertices[surface.faces[:, i]] for i in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


def edge_uses(surface: Surface) -> set[int]:
    edges = np.sort(surface.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    return set(np.unique(edges, axis=0, return_counts=True)[1].tolist())


def test_a_mesh_is_closed_faces_outwards_and_lies_on_the_field() -> None:
    made = ball()
    assert edge_uses(made) == {2}
    assert volume(made) == pytest.approx(4 / 3 * np.pi * 0.2**3, rel=0.01)
    assert np.abs(BALL(made.vertices)).max() < 3e-4
    outward = made.vertices - (0.1, 0.2, 0.3)
    assert (np.einsum("ij,ij->i", normals(made), outward) > 0.19).all()


def test_a_clip_cuts_exactly_along_the_line() -> None:
    made = ball()
    half = clip(made, made.vertices[:, 2] - 0.3)
    assert half.vertices[:, 2].min() == pytest.approx(0.3, abs=1e-9)
    rim = half.vertices[np.abs(half.vertices[:, 2] - 0.3) < 1e-9]
    assert np.hypot(*(rim[:, :2] - (0.1, 0.2)).T) == pytest.approx(0.2, abs=2e-3)
    other = clip(made, 0.3 - made.vertices[:, 2])
    area = sum(np.linalg.norm(np.cross(*_sides(part)), axis=1).sum() / 2 for part in (half, other))
    assert area == pytest.approx(4 * np.pi * 0.2**2, rel=0.01)


def _sides(surface: Surface) -> tuple[np.ndarray, np.ndarray]:
    a, b, c = (surface.vertices[surface.faces[:, i]] for i in range(3))
    return b - a, c - a


def test_blending_fills_the_seam_and_carving_takes_away() -> None:
    left, right = f.ellipsoid((-0.1, 0, 0), (0.11,) * 3), f.ellipsoid((0.1, 0, 0), (0.11,) * 3)
    waist = np.array([[0.0, 0.06, 0.0]])
    assert f.blend(0.0, left, right)(waist)[0] > 0.0 > f.blend(0.08, left, right)(waist)[0]
    assert f.carve(0.0, left, right)(np.array([[0.0, 0.0, 0.0]]))[0] > 0
    assert f.symmetric(right)(np.array([[-0.1, 0, 0]]))[0] < 0


def test_noise_is_the_same_for_the_same_seed_and_smooth() -> None:
    points = np.random.default_rng(0).uniform(-5, 5, (2000, 3))
    assert np.array_equal(gradient_noise(points, 3), gradient_noise(points, 3))
    assert abs(np.corrcoef(gradient_noise(points, 3), gradient_noise(points, 4))[0, 1]) < 0.1
    assert np.abs(gradient_noise(points + 1e-4, 3) - gradient_noise(points, 3)).max() < 2e-3
    assert 0.2 < folds(points, 1, 6.0).std() < 0.8


def test_every_point_has_bones_and_left_stays_left() -> None:
    points = np.random.default_rng(1).uniform((-0.6, -0.2, 0), (0.6, 0.2, 1.75), (3000, 3))
    weights = skinning.weights(points)
    assert weights.sum(1) == pytest.approx(1.0)
    names = [bone.name for bone in BONES]
    left = [i for i, name in enumerate(names) if name.endswith("L")]
    assert weights[points[:, 0] < -0.05][:, left].max() == 0.0
    wrist = skinning.weights(JOINTS["wrR"][None] * (1, 1, 1))[0]
    assert names[int(wrist.argmax())] in ("farmR", "handR")


def test_the_rest_pose_moves_nothing_and_a_bent_knee_only_what_is_below() -> None:
    rest = np.repeat(np.eye(4)[None], len(BONES), axis=0)
    points = np.random.default_rng(2).uniform((-0.3, -0.2, 0), (0.3, 0.2, 1.75), (500, 3))
    assert skinning.skin(points, skinning.weights(points), rest) == pytest.approx(points)
    toe, head = JOINTS["toL"][None], JOINTS["top"][None]
    bent, straight = pose(knee_L=1.5), pose()
    for place, moved in ((toe, True), (head, False)):
        ways = [skinning.skin(place, skinning.weights(place), bones) for bones in (bent, straight)]
        assert bool(np.linalg.norm(ways[0] - ways[1]) > 0.3) is moved


def test_a_strap_lies_over_the_body_and_is_as_wide_as_it_should() -> None:
    body = f.ellipsoid((0, 0, 1.2), (0.16, 0.11, 0.3))
    line = lay(body, [(x, -0.4, 1.2) for x in np.linspace(-0.1, 0.1, 7)], 0.01)
    assert body(line).min() > 0.0099
    strap = ribbon(body, line, 0.046)
    rows = strap.vertices.reshape(4, -1, 3)
    assert np.linalg.norm(rows[1] - rows[2], axis=1) == pytest.approx(0.046, abs=1e-6)


def test_a_clipped_rope_hangs_between_its_ends_with_its_length() -> None:
    ring, anchor = np.array([0.0, 0.0, 1.4]), np.array([0.9, 0.3, 1.4])
    path = lanyard.clipped_path(ring, anchor)
    assert path[0] == pytest.approx(ring)
    assert path[-1] == pytest.approx(anchor)
    assert np.linalg.norm(np.diff(path, axis=0), axis=1).sum() == pytest.approx(lanyard.LENGTH_M, rel=0.12)
    assert path[:, 2].min() < 1.0
    far = lanyard.clipped_path(ring, anchor * (4, 1, 1))
    assert np.linalg.norm(np.diff(far, axis=0), axis=1).sum() < 1.06 * np.linalg.norm(far[-1] - far[0])


def test_a_loose_rope_ends_above_the_floor_and_has_always_the_same_points() -> None:
    path = lanyard.hanging_path(np.array([0, 0.15, 1.35]), np.array([0.0, 1, 0]), 0.0)
    assert 0.1 < path[-1, 2] < 0.5
    assert (path[5:, 1] > 0.15).all()
    sizes = {len(lanyard.rope(way)[0].vertices) for way in (path, path * 0.5)}
    assert len(sizes) == 1
    away = lanyard.clear_of_body(path, (np.array([0, 0.1, 0.9]), np.array([0, 0.1, 1.4])), 0.17)
    beside = away[6:][away[6:, 2] > 0.65]
    gap = np.hypot(beside[:, 0], beside[:, 1] - 0.1)
    assert gap.min() > 0.169
