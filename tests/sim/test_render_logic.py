"""The renderer without Blender: rectangles, z-buffer, shadows, pasting, claims, holding still."""

from pathlib import Path

import numpy as np
import pytest

from siaga.sim.camera import Camera
from siaga.sim.motion.performance import perform
from siaga.sim.raw import RawFrame
from siaga.sim.render.claims import STALE_S, Claims
from siaga.sim.render.compose import darken, paste
from siaga.sim.render.hold import STANDING_S, STILL_PX, held_times, joints
from siaga.sim.render.job import CHUNK, Job
from siaga.sim.render.machine import swing_at
from siaga.sim.render.raster import FAR, rasterise
from siaga.sim.render.rectangles import Rect, around_points, merged
from siaga.sim.render.shadow import LampView, ShadowCaster, world_points
from siaga.sim.scenario import load_scenario
from siaga.sim.script import MachineStep

CAMERA = Camera((0.0, -8.0, 4.0), (0.0, 0.0, 0.0), 60.0, 0.0, 160, 90)
QUAD = np.array([[0, 1, 2], [0, 2, 3]])


def test_rectangles_near_each_other_become_one_and_far_ones_stay() -> None:
    near, beside, far = Rect(0, 0, 10, 10), Rect(11, 0, 20, 10), Rect(200, 200, 210, 220)
    assert merged([near, beside, far], overhead=100) == [Rect(0, 0, 20, 10), far]
    assert merged([near, beside, far], overhead=0) == [near, beside, far]


def test_overlapping_rectangles_are_always_joined() -> None:
    chain = [Rect(i * 8, 0, i * 8 + 10, 10) for i in range(5)]
    assert merged(chain, overhead=0) == [Rect(0, 0, 42, 10)]
    assert merged([Rect(0, 0, 100, 2), Rect(50, 1, 51, 90)], overhead=0) == [Rect(0, 0, 100, 90)]


def test_rectangle_around_points_is_cut_at_the_picture() -> None:
    points = np.array([[-20.0, 4.2], [12.7, 80.0], [np.nan, np.nan]])
    assert around_points(points, 3, (100, 60)) == Rect(0, 1, 16, 60)
    assert around_points(points - [500, 0], 3, (100, 60)) is None
    assert around_points(points[2:], 3, (100, 60)) is None


def test_raster_fills_a_triangle_and_keeps_the_nearest() -> None:
    square = np.array([[10.0, 10, 5], [30, 10, 5], [30, 30, 5], [10, 30, 5]])
    nearer = np.array([[20.0, 20, 2], [40, 20, 2], [40, 40, 2], [20, 40, 2]])
    points, triangles = np.concatenate([square, nearer]), np.concatenate([QUAD, QUAD + 4])
    buffer = rasterise(points, triangles, np.array([3, 3, 9, 9]), Rect(0, 0, 50, 50))
    assert (buffer.code == 3).sum() == 300
    assert (buffer.code == 9).sum() == 400
    assert (buffer.code[10:20, 10:30] == 3).all()
    assert buffer.code[25, 25] == 9
    assert buffer.depth[25, 25] == pytest.approx(2.0, abs=1e-3)
    assert buffer.depth[0, 0] == FAR


def test_raster_in_a_rectangle_is_a_cut_of_the_whole() -> None:
    rng = np.random.default_rng(4)
    points = np.c_[rng.uniform(0, 60, (90, 2)), rng.uniform(1, 9, 90)]
    triangles, codes = np.arange(90).reshape(30, 3), np.arange(30)
    whole = rasterise(points, triangles, codes, Rect(0, 0, 60, 60))
    part = rasterise(points, triangles, codes, Rect(13, 22, 51, 47))
    np.testing.assert_array_equal(part.code, whole.code[22:47, 13:51])


def test_raster_leaves_out_what_is_behind_the_camera() -> None:
    points = np.array([[np.nan, np.nan, -1.0], [5.0, 0, 1], [0, 5, 1], [1, 1, 2], [8, 1, 2], [1, 8, 2]])
    buffer = rasterise(points, np.array([[0, 1, 2], [3, 4, 5]]), np.array([1, 2]), Rect(0, 0, 9, 9))
    assert set(np.unique(buffer.code)) == {-1, 2}


def _flat_ground() -> np.ndarray:
    """Depth of the plane z = 0 in CAMERA, by intersecting each pixel's ray."""
    ray = world_points(CAMERA, np.ones((90, 160), np.float32)) - np.array(CAMERA.position)
    down = np.where(ray[..., 2] < -1e-3, -CAMERA.position[2] / ray[..., 2], 1e10)
    return down.astype(np.float32)


def test_world_points_of_the_plane_lie_in_it() -> None:
    depth = _flat_ground()
    world = world_points(CAMERA, depth)
    assert np.abs(world[depth < 100][:, 2]).max() < 1e-3
    back = CAMERA.project(world[80, 100][None])[0]
    assert back[:2] == pytest.approx([100.5, 80.5], abs=1e-3)


@pytest.mark.parametrize("lamp", ["sun", "mast"])
def test_shadow_falls_where_the_light_is_blocked(lamp: str) -> None:
    depth = _flat_ground()
    plate, unlit = np.full((90, 160, 3), 180, np.uint8), np.full((90, 160, 3), 80, np.uint8)
    plane = np.array([[-0.5, -0.5, 2.0], [0.5, -0.5, 2.0], [0.5, 0.5, 2.0], [-0.5, 0.5, 2.0]])
    if lamp == "sun":
        view, middle = LampView.of((0, 0, 0), (1, 0, -1), None, 0.0), (2.0, 0.0, 0.0)
    else:
        view, middle = LampView.of((0, 0, 0), None, (-3, 0, 6), 0.0), (1.5, 0.0, 0.0)
    caster = ShadowCaster(view, CAMERA, depth, plate, unlit)
    shade = caster.shade_of(plane, QUAD)
    assert shade is not None
    darkens = caster.darkening([shade])
    assert darkens is not None
    x, y = (int(v) for v in CAMERA.project(np.array([middle]))[0][:2])
    assert darkens[y, x].min() > 70
    under = CAMERA.project(np.zeros((1, 3)))[0][:2].astype(int)
    assert darkens[under[1], under[0]].max() < 5
    assert darkens[85, 10].max() == 0.0


def test_no_shadow_where_the_lamp_gave_no_light() -> None:
    depth, dark = _flat_ground(), np.full((90, 160, 3), 80, np.uint8)
    plane = np.array([[-0.5, -0.5, 2.0], [0.5, -0.5, 2.0], [0.5, 0.5, 2.0], [-0.5, 0.5, 2.0]])
    caster = ShadowCaster(LampView.of((0, 0, 0), (1, 0, -1), None, 0.0), CAMERA, depth, dark, dark)
    shade = caster.shade_of(plane, QUAD)
    assert shade is not None
    assert caster.darkening([shade]) is None


def test_pasting_takes_the_mover_and_leaves_noise() -> None:
    rng = np.random.default_rng(2)
    frame = np.full((60, 80, 3), 120, np.uint8)
    before, rect = frame.copy(), Rect(10, 10, 50, 50)
    patch = np.clip(120 + rng.normal(0, 4, (40, 40, 3)), 0, 255).astype(np.uint8)
    moved = np.zeros((40, 40), bool)
    moved[15:25, 15:25] = True
    patch[moved] = (200, 40, 30)
    paste(frame, patch, rect, moved)
    assert (frame[28:32, 28:32] == (200, 40, 30)).all()
    background = np.ones((60, 80), bool)
    background[18:42, 18:42] = False
    np.testing.assert_array_equal(frame[background], before[background])


def test_pasting_keeps_new_shade_but_not_at_the_border() -> None:
    frame, rect = np.full((60, 80, 3), 120, np.uint8), Rect(10, 10, 50, 50)
    paste(frame, np.full((40, 40, 3), 60, np.uint8), rect, np.zeros((40, 40), bool))
    assert frame[30, 30, 0] == 60
    assert frame[10, 30, 0] == frame[9, 30, 0] == 120
    at_the_edge = np.full((60, 80, 3), 120, np.uint8)
    paste(at_the_edge, np.full((60, 40, 3), 60, np.uint8), Rect(0, 0, 40, 60), np.zeros((60, 40), bool))
    assert at_the_edge[0, 0, 0] == 60


def test_darkening_stops_at_black() -> None:
    assert darken(np.full((2, 2, 3), 10, np.uint8), np.full((2, 2, 3), 25.0, np.float32)).max() == 0


def test_a_claim_is_for_one_and_a_stale_one_is_taken_over(tmp_path: Path) -> None:
    now = 1_000_000.0
    claims, others = Claims(tmp_path, lambda: now), Claims(tmp_path, lambda: now)
    assert claims.take("plate")
    claims.touch("plate")
    assert not others.take("plate")
    now += STALE_S - 1
    assert not others.take("plate")
    claims.touch("plate")
    now += STALE_S - 1
    assert not others.take("plate")
    now += 2
    assert others.take("plate")
    others.give_back("plate")
    assert claims.take("plate")


def _finish(job: Job, frame: int) -> None:
    job.finish(np.zeros((4, 4, 3), np.uint8), RawFrame(frame, frame / 10, ()))


def test_two_processes_share_a_job_and_nothing_is_done_twice(tmp_path: Path) -> None:
    first, second = Job(tmp_path), Job(tmp_path)
    frames = list(range(3 * CHUNK))
    mine, theirs = first.chunks(frames), second.chunks(frames)
    assert next(mine)[1] == frames[:CHUNK]
    assert next(theirs)[1] == frames[CHUNK : 2 * CHUNK]
    for frame in frames[:CHUNK]:
        _finish(first, frame)
    assert next(mine)[1] == frames[2 * CHUNK :]
    assert list(mine) == []


def test_a_job_goes_on_where_it_stopped(tmp_path: Path) -> None:
    job = Job(tmp_path)
    for frame in (0, 2, 4):
        _finish(job, frame)
    assert [part for _, part in job.chunks(range(6))] == [[1, 3, 5]]
    for frame in (1, 3, 5):
        _finish(job, frame)
    assert list(job.chunks(range(6))) == []
    assert not list((tmp_path / "claims").iterdir())
    assert (tmp_path / "raw" / "000003.json").exists()


def test_pictures_come_back_as_they_were_and_leave_no_scraps(tmp_path: Path) -> None:
    job, picture = Job(tmp_path), np.arange(36, dtype=np.uint8).reshape(3, 4, 3)
    job.save(tmp_path / "plate.png", picture)
    np.testing.assert_array_equal(job.load("plate.png"), picture)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "claims",
        "frames",
        "machines",
        "plate.png",
        "raw",
    ]


def test_who_stands_still_is_held_and_who_walks_is_not() -> None:
    scenario = load_scenario("groundworks")
    camera = Camera.from_view(scenario.cameras["gate"], 1280, 720)
    acts = perform(scenario)
    times = [4 + i / 10 for i in range(10)]
    far = held_times(acts["far_cap"].at, camera, times)
    walker = held_times(acts["bareheaded"].at, camera, times)
    assert walker == times
    assert len(set(far)) < 8
    assert all(kept is not None and kept <= time for kept, time in zip(far, times, strict=True))
    for kept, time in zip(far, times, strict=True):
        now, then = acts["far_cap"].at(time), acts["far_cap"].at(kept or 0.0)
        assert now is not None
        assert then is not None
        moved = np.abs(camera.project(joints(now)) - camera.project(joints(then)))[:, :2].max()
        assert moved <= STILL_PX or time - (kept or 0.0) < STANDING_S


def test_nobody_is_held_before_coming_on() -> None:
    scenario = load_scenario("groundworks")
    camera = Camera.from_view(scenario.cameras["gate"], 1280, 720)
    state_at = perform(scenario)["visitor"].at
    enters = scenario.cast["visitor"].enters_s
    assert held_times(state_at, camera, [enters - 0.2, enters - 0.1, enters + 0.1])[:2] == [None, None]


def test_a_machine_swings_gently_and_rests() -> None:
    script = [MachineStep(stop=2), MachineStep(swing_deg=40, seconds=4), MachineStep(stop=1)]
    degrees = [np.degrees(swing_at(script, time)) for time in (0, 2, 3, 4, 6, 60)]
    assert degrees == pytest.approx([0, 0, 6.25, 20, 40, 40], abs=0.41)
    fine = np.degrees([swing_at(script, 2 + i / 10) for i in range(41)])
    assert np.diff(fine).min() >= 0
    assert np.diff(fine).max() < 2.5
