"""What the camera does to a render: each stage where it should be and nowhere else, and repeatable."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from siaga.sim.camera import Camera
from siaga.sim.degrade import Conditions, Degrader
from siaga.sim.degrade.people import Mover, find_people, smear
from siaga.sim.degrade.sensor import Sensor
from siaga.sim.degrade.stamp import Stamp, text_mask
from siaga.sim.degrade.weather import Haze

CAMERA = Camera((0, -10, 2), (0, 0, 2), 60, -0.1, 320, 180)
CLEAR = Conditions("gate_north", datetime(2026, 3, 1, 23, 59, 58, tzinfo=UTC), 10, seed=3, noise=0.0)
SIZE = (320, 180)


def grey(level: int = 120, size: tuple[int, int] = CAMERA.render_size) -> np.ndarray:
    return np.full((size[1], size[0], 3), level, np.uint8)


def textured() -> np.ndarray:
    width, height = CAMERA.render_size
    rng = np.random.default_rng(2)
    coarse = rng.integers(40, 200, (height // 8 + 1, width // 8 + 1, 3), np.uint8)
    return np.ascontiguousarray(coarse.repeat(8, 0).repeat(8, 1)[:height, :width])


def depth(metres: float) -> np.ndarray:
    return np.full(CAMERA.render_size[::-1], metres, np.float32)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"rain": 0.9},
        {"dust": 0.8},
        {"dirt": 0.9},
        {"light": "night"},
        {"light": "infrared"},
        {"noise": 1},
    ],
    ids=str,
)
def test_the_same_frame_is_the_same_picture_in_any_order(changes: dict[str, object]) -> None:
    conditions = replace(CLEAR, **changes)  # type: ignore[arg-type]
    one, other = (Degrader(CAMERA, conditions, grey(), depth(20)) for _ in range(2))
    first = one.apply(textured(), 7)
    other.apply(textured(), 3)
    assert np.array_equal(first, other.apply(textured(), 7))
    assert first.shape == (180, 320, 3)
    assert first.dtype == np.uint8
    assert not np.array_equal(first, one.apply(textured(), 8)), "noise is new in each frame"


def test_another_seed_and_another_camera_are_other_noise() -> None:
    frames = [
        Degrader(CAMERA, conditions).apply(textured(), 0)
        for conditions in (CLEAR, replace(CLEAR, seed=4), replace(CLEAR, camera="gate_south"))
    ]
    assert not np.array_equal(frames[0], frames[1])
    # The names differ in the upper rows; the noise below them.
    assert not np.array_equal(frames[0][40:], frames[2][40:])


def test_noise_has_the_strength_that_it_says_and_grows_in_the_dark() -> None:
    for noise in (0.2, 0.8):
        conditions = replace(CLEAR, noise=noise)
        sensor = Sensor(conditions, SIZE)
        flat = [sensor.apply(grey(128, SIZE), frame)[60:120, 100:220].mean(axis=2) for frame in range(8)]
        measured = float(np.std(flat))
        assert 0.7 < measured / conditions.noise_levels < 1.5
    sensor = Sensor(replace(CLEAR, noise=0.6), SIZE)
    dark, bright = (
        float(sensor.apply(grey(level, SIZE), 0)[60:120, 100:220].mean(axis=2).std()) for level in (30, 220)
    )
    assert dark > 1.5 * bright


def test_part_of_the_noise_lives_for_some_frames() -> None:
    sensor = Sensor(replace(CLEAR, noise=1.0), SIZE)

    def noise(frame: int) -> np.ndarray:
        shot = sensor.apply(grey(128, SIZE), frame)[40:140, 60:260].astype(float).mean(axis=2)
        return (shot - shot.mean()).ravel()

    def alike(one: int, other: int) -> float:
        return float(np.corrcoef(noise(one), noise(other))[0, 1])

    far = alike(0, 11)
    # Blotches fade into others at every fifth frame: there too, neighbours are alike.
    assert min(alike(0, 1), alike(4, 5)) > far + 0.08


def test_infrared_has_no_colour_and_a_bright_middle() -> None:
    conditions = replace(CLEAR, light="infrared")
    picture = Sensor(conditions, SIZE).apply(grey(120, SIZE), 0).astype(int)
    assert (picture[..., 0] == picture[..., 1]).all()
    assert (picture[..., 0] == picture[..., 2]).all()
    assert picture[80:100, 150:170].mean() > 1.3 * picture[:10, :10].mean()


def test_a_dark_scene_is_amplified_at_night_only() -> None:
    dark = grey(20, SIZE)
    night = Sensor(replace(CLEAR, light="night"), SIZE, dark).apply(dark, 0)[80:100, 150:170].mean()
    day = Sensor(CLEAR, SIZE, dark).apply(dark, 0)[80:100, 150:170].mean()
    assert day == pytest.approx(20, abs=2)
    assert night == pytest.approx(60, abs=4)


def test_haze_follows_the_law_of_airlight() -> None:
    conditions = replace(CLEAR, rain=1.0)
    picture = grey(20, SIZE)
    near, far = (
        float(Haze(conditions, np.full((180, 320), metres, np.float32)).apply(picture, [], 0).mean())
        for metres in (10.0, 100.0)
    )
    # Mist of 0.008 per metre before air of mean level 174: 20 e^-0.08 + 174 (1 - e^-0.08), and with e^-0.8.
    assert near == pytest.approx(31.8, abs=1)
    assert far == pytest.approx(104.8, abs=1)
    assert np.array_equal(Haze(CLEAR, depth(10)).apply(picture, [], 0), picture)


def test_people_stand_before_the_haze_that_is_behind_them() -> None:
    conditions = replace(CLEAR, rain=1.0)
    plate = grey(100, SIZE)
    picture = plate.copy()
    picture[60:120, 100:130] = 20
    patches = find_people(picture, plate, [Mover((100, 60, 130, 120), 5.0)], 0.0)
    hazy = Haze(conditions, np.full((180, 320), 100, np.float32)).apply(picture, patches, 0)
    assert hazy[70:110, 105:125].mean() < 30
    assert hazy[70:110, 10:40].mean() > 130


def test_movement_smears_along_its_way_only() -> None:
    plate = grey(100, SIZE)
    picture = plate.copy()
    picture[60:120, 100:130] = 20
    still, moving = (
        smear(picture, find_people(picture, plate, [Mover((100, 60, 130, 120), 5.0, (speed, 0.0))], 1 / 25))
        for speed in (0.0, 250.0)
    )
    assert still is picture
    # 250 px/s for 1/25 s is 10 px: the edge's middle stays, 4 px outside it is no longer untouched.
    assert 20 < moving[90, 96, 0] < 100
    assert 20 < moving[90, 103, 0] < 100
    assert moving[90, 115, 0] == 20
    assert moving[90, 88, 0] == 100
    assert (moving[55, 100:130, 0] == 100).all()


def test_dirt_and_drops_stay_where_they_are() -> None:
    clean, dirty = (Degrader(CAMERA, replace(CLEAR, dirt=dirt)) for dirt in (0.0, 1.0))
    changed = [
        np.abs(dirty.apply(textured(), frame).astype(int) - clean.apply(textured(), frame)).max(axis=2) > 25
        for frame in (0, 5)
    ]
    assert 0.02 < changed[0].mean() < 0.9
    assert (changed[0] == changed[1]).mean() > 0.9


def test_rain_falls_elsewhere_in_each_frame() -> None:
    degrader, dry = (Degrader(CAMERA, replace(CLEAR, rain=rain, light="overcast")) for rain in (0.39, 0.0))
    streaks = [
        degrader.apply(grey(60), frame)[40:].astype(int) - dry.apply(grey(60), frame)[40:] > 6
        for frame in (0, 1)
    ]
    share = [float(streak.mean()) for streak in streaks]
    assert min(share) > 0.002
    assert float((streaks[0] & streaks[1]).mean()) < 0.5 * share[0]


def test_the_stamp_says_camera_and_time() -> None:
    stamp = Stamp(CLEAR, SIZE)
    assert stamp.text(0) == ("CAM GATE NORTH", "2026-03-01  23:59:58")
    assert stamp.text(19) == ("CAM GATE NORTH", "2026-03-01  23:59:59")
    assert stamp.text(20) == ("CAM GATE NORTH", "2026-03-02  00:00:00")
    picture = grey(120, SIZE)
    stamp.draw(picture, 0)
    written = picture != 120
    assert written[:20, :150].any()
    assert written[:20, 170:].any()
    assert not written[25:].any()
    assert picture.max() > 220
    assert picture.min() < 60


def test_letters_differ() -> None:
    masks = {
        letter: text_mask(letter, 28)[0].round(1).tobytes()
        for letter in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    }
    assert len(set(masks.values())) == len(masks)
    assert not text_mask("~", 28)[0].any(), "what the font lacks is blank"
