"""A camera's self-audit: what it says of pictures made to go wrong, and what it must not say."""

from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from siaga.core.health import Condition, HealthChange
from siaga.core.settings import Audit
from siaga.frames.audit import CameraAudit
from siaga.frames.edges import Luma

START = datetime(2026, 7, 1, tzinfo=UTC)
HEIGHT, WIDTH = 90, 160


def site(seed: int = 1) -> np.ndarray:
    """A scene of beams and boxes, (90, 160) float, luma 16..235."""
    rng = np.random.default_rng(seed)
    scene = np.full((HEIGHT, WIDTH), 120.0)
    for _ in range(40):
        x, y = int(rng.integers(0, WIDTH - 20)), int(rng.integers(0, HEIGHT - 12))
        w, h = int(rng.integers(6, 40)), int(rng.integers(4, 25))
        scene[y : y + h, x : x + w] = rng.uniform(40, 220)
    return scene


class Bench:
    """Feeds an audit five pictures a second."""

    def __init__(self, noise: float = 1.5) -> None:
        self.audit = CameraAudit("gate", Audit())
        self.changes: list[HealthChange] = []
        self.t = 60.0
        self._noise = noise
        self._rng = np.random.default_rng(0)

    def show(self, scene: np.ndarray, seconds: float, *, gop: float | None = 2.0) -> None:
        for _ in range(round(seconds * 5)):
            noisy = scene + self._rng.normal(0, self._noise, scene.shape)
            luma: Luma = np.clip(np.rint(noisy), 16, 235).astype(np.uint8)
            keyframes = 1 if gop is None else int((self.t + 0.01) / gop)
            utc = START + timedelta(seconds=self.t)
            self.changes += self.audit.feed(luma, self.t, utc, keyframes)
            self.t += 0.2

    @property
    def said(self) -> list[tuple[Condition, bool]]:
        return [(change.condition, change.active) for change in self.changes]


def test_a_quiet_live_scene_is_fine() -> None:
    bench = Bench()
    bench.show(site(), 120)
    assert bench.said == []


def test_the_same_picture_again_and_again_is_frozen_until_it_changes() -> None:
    bench = Bench(noise=0)
    bench.show(site(), 9.8)
    assert bench.said == []
    bench.show(site(), 2)
    assert bench.said == [(Condition.FROZEN, True)]
    bench.show(site(2), 0.2)
    assert bench.said[1:] == [(Condition.FROZEN, False)]


def test_an_encoder_that_skips_a_quiet_scene_within_long_groups_is_not_frozen() -> None:
    bench = Bench(noise=0)
    for group in range(4):
        bench.show(site() + group % 2, 15, gop=15)
    assert bench.said == []


def test_without_any_keyframe_frozen_takes_longer() -> None:
    bench = Bench(noise=0)
    bench.show(site(), 59, gop=None)
    assert bench.said == []
    bench.show(site(), 2, gop=None)
    assert bench.said == [(Condition.FROZEN, True)]


def test_dark_holds_before_it_is_said_and_before_it_ends() -> None:
    bench = Bench()
    bench.show(site(), 30)
    night = np.full((HEIGHT, WIDTH), 17.0)
    bench.show(night, 4)
    bench.show(site(), 2)
    assert bench.said == []
    bench.show(night, 6)
    assert bench.said == [(Condition.DARK, True)]
    bench.show(site(), 4)
    assert len(bench.said) == 1
    bench.show(site(), 2)
    assert bench.said[1:] == [(Condition.DARK, False)]


@pytest.mark.parametrize("bag", ["even", "blurred"])
def test_a_covered_lens(bag: str) -> None:
    bench = Bench()
    bench.show(site(), 40)
    cover = np.full((HEIGHT, WIDTH), 90.0) if bag == "even" else cv2.GaussianBlur(site(), (0, 0), 25)
    bench.show(cover, 7)
    assert bench.said == [(Condition.COVERED, True)]
    bench.show(site(), 7)
    assert bench.said[1:] == [(Condition.COVERED, False)]


def test_a_camera_turned_away_has_moved_until_it_is_turned_back() -> None:
    bench = Bench()
    bench.show(site(), 40)
    bench.show(np.roll(site(), (11, 37), (0, 1)), 200)
    assert bench.said == [(Condition.MOVED, True)]
    bench.show(site(), 7)
    assert bench.said[1:] == [(Condition.MOVED, False)]


@pytest.mark.parametrize("gain", [0.5, 1.4])
def test_other_light_is_no_other_view(gain: float) -> None:
    bench = Bench()
    bench.show(site(), 40)
    bench.show(16 + (site() - 16) * gain, 60)
    assert bench.said == []


def test_a_lorry_over_part_of_the_picture_is_no_other_view() -> None:
    bench = Bench()
    bench.show(site(), 40)
    with_lorry = site()
    with_lorry[30:, 20:100] = site(5)[30:, 20:100]
    bench.show(with_lorry, 60)
    for step in range(60):
        passing = site()
        passing[20:80, step * 2 : step * 2 + 15] = 60
        bench.show(passing, 0.2)
    assert bench.said == []


def test_offline_begins_and_ends() -> None:
    audit = CameraAudit("gate", Audit())
    last: float | None = None
    said = []
    for second in range(40):
        last = float(second) if second >= 30 else last
        said += audit.tick(float(second), START, last)
    assert [(change.condition, change.active, change.t) for change in said] == [
        (Condition.OFFLINE, True, 10.0),
        (Condition.OFFLINE, False, 30.0),
    ]
    assert said[0].detail == {"seconds_without_data": 10.0}
    assert audit.active == frozenset()


def test_a_camera_that_stops_is_offline_too() -> None:
    audit = CameraAudit("gate", Audit())
    said = [change for second in range(30) for change in audit.tick(float(second), START, min(second, 12.0))]
    assert [(change.active, change.t) for change in said] == [(True, 22.0)]


def test_a_clock_that_is_off_is_said_and_an_unknown_one_is_not() -> None:
    audit = CameraAudit("gate", Audit())
    said: list[HealthChange] = []
    for second in range(40):
        offset = None if second < 10 else -3600.0 if second < 20 else 1.0
        said += audit.tick(float(second), START, float(second), clock_offset=offset)
    assert [(change.condition, change.active, change.t) for change in said] == [
        (Condition.CLOCK_OFF, True, 15.0),
        (Condition.CLOCK_OFF, False, 25.0),
    ]


def test_pictures_kept_back_for_long_are_corrupt() -> None:
    audit = CameraAudit("gate", Audit())
    said: list[HealthChange] = []
    for second in range(40):
        blind = 5 <= second < 8 or 15 <= second < 25
        said += audit.tick(float(second), START, float(second), blind=blind)
    assert [(change.condition, change.active, change.t) for change in said] == [
        (Condition.CORRUPT, True, 20.0),
        (Condition.CORRUPT, False, 30.0),
    ]
