"""Nothing of what was in a region may be left in it."""

import cv2
import numpy as np
import pytest

from siaga.core.geometry import Box, Polygon
from siaga.core.video import HeadSample
from siaga.evidence.blur import (
    BLOCKS,
    HeadTimeline,
    black_out,
    black_out_yuv,
    head_region,
    pixelate,
    pixelate_yuv,
)
from tests.support.clips import draw_frame_number, read_frame_number


def noise(height: int = 240, width: int = 320) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 256, (height, width, 3), np.uint8)


def yuv_planes(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    height, width, _ = rgb.shape
    luma, blue, red = np.split(
        cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420).reshape(-1), [height * width, height * width * 5 // 4]
    )
    half = (height // 2, width // 2)
    return luma.reshape(height, width), blue.reshape(half), red.reshape(half)


def flat_share(plane: np.ndarray) -> float:
    """Share of neighbours that are equal, along rows and columns: 1 - block edges."""
    rows = np.diff(plane.astype(int), axis=0) == 0
    columns = np.diff(plane.astype(int), axis=1) == 0
    return float((rows.sum() + columns.sum()) / (rows.size + columns.size))


def distinct_columns(plane: np.ndarray) -> int:
    return 1 + int((np.diff(plane.astype(int), axis=1) != 0).any(axis=0).sum())


@pytest.mark.parametrize(
    "box", [(40, 30, 200, 190), (41, 33, 99, 71), (-20, -20, 60, 50), (300, 200, 400, 400)]
)
def test_a_region_keeps_a_few_flat_blocks_and_nothing_else(box: Box) -> None:
    rgb = noise()
    before = rgb.copy()
    assert pixelate(rgb, [box]) == 1
    x1, y1, x2, y2 = (int(max(value, 0)) for value in box)
    inside = rgb[y1:y2, x1:x2]
    for channel in range(3):
        assert distinct_columns(inside[..., channel]) <= BLOCKS + 1
        assert distinct_columns(inside[..., channel].T) <= BLOCKS + 1
    assert len(np.unique(inside.reshape(-1, 3), axis=0)) <= (BLOCKS + 1) ** 2
    outside = np.ones(rgb.shape[:2], bool)
    outside[max(y1 - 2, 0) : y2 + 2, max(x1 - 2, 0) : x2 + 2] = False
    assert (rgb[outside] == before[outside]).all()


def test_a_bar_code_under_a_region_is_gone() -> None:
    rgb = np.full((360, 640, 3), 128, np.uint8)
    draw_frame_number(rgb, 1234)
    assert read_frame_number(rgb) == 1234
    pixelate(rgb, [(0, 0, 640, 50)])
    with pytest.raises(ValueError, match="bar code"):
        read_frame_number(rgb)


def test_all_three_planes_are_pixelated() -> None:
    luma, blue, red = planes = yuv_planes(noise())
    assert pixelate_yuv(planes, [(40, 40, 136, 136)]) == 1
    assert distinct_columns(luma[40:136, 40:136]) <= BLOCKS
    assert distinct_columns(blue[20:68, 20:68]) <= BLOCKS
    assert distinct_columns(red[20:68, 20:68]) <= BLOCKS
    assert flat_share(luma[150:, :]) < 0.1, "the rest of the picture stays as it was"


def test_different_faces_with_the_same_means_look_the_same() -> None:
    """Irreversible: what differs only inside a block cannot be told apart afterwards."""
    block = 96 // BLOCKS
    fine = np.indices((96, 96)).sum(axis=0) % 2 * 100 + 50
    coarse = np.full((96, 96), 100)
    made = []
    for pattern in (fine, coarse):
        rgb = np.full((200, 200, 3), 128, np.uint8)
        rgb[40:136, 40:136] = pattern[..., None]
        pixelate(rgb, [(40, 40, 136, 136)])
        made.append(rgb)
    assert block > 8
    assert (made[0] == made[1]).all()


def test_a_small_region_has_blocks_of_eight_pixels() -> None:
    rgb = noise()
    pixelate(rgb, [(100, 100, 116, 116)])
    assert distinct_columns(rgb[100:116, 100:116, 0]) <= 2


def test_regions_outside_the_picture_are_not_counted() -> None:
    rgb = noise()
    before = rgb.copy()
    assert pixelate(rgb, [(-50, -50, -1, -1), (400, 10, 500, 20), (50, 50, 50, 90)]) == 0
    assert (rgb == before).all()


def test_masks_are_black_in_rgb_and_in_all_planes() -> None:
    mask = Polygon([(0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75)])
    rgb = noise()
    black_out(rgb, [mask])
    assert (rgb[60:180, 80:240] == 0).all()
    assert rgb[:58].max() > 200
    luma, blue, red = planes = yuv_planes(noise())
    black_out_yuv(planes, [mask])
    assert (luma[60:180, 80:240] == 16).all()
    assert (blue[30:90, 40:120] == 128).all()
    assert (red[30:90, 40:120] == 128).all()


PERSON = (100.0, 100.0, 160.0, 280.0)
HEAD = (115.0, 105.0, 145.0, 140.0)


def test_a_found_head_is_padded_by_at_least_a_third_on_every_side() -> None:
    x1, y1, x2, y2 = head_region(PERSON, HEAD)
    width, height = HEAD[2] - HEAD[0], HEAD[3] - HEAD[1]
    assert HEAD[0] - x1 >= 0.35 * width
    assert x2 - HEAD[2] >= 0.35 * width
    assert HEAD[1] - y1 >= 0.35 * height
    assert y2 - HEAD[3] >= 0.35 * height


def test_without_a_head_the_upper_third_is_covered_and_more_of_who_bends() -> None:
    x1, y1, x2, y2 = head_region(PERSON, None)
    assert x1 < PERSON[0]
    assert x2 > PERSON[2]
    assert y1 < PERSON[1]
    assert y2 == pytest.approx(100 + 180 / 3)
    bent = (100.0, 100.0, 190.0, 200.0)
    assert head_region(bent, None)[3] > 100 + 0.5 * 100
    lying = (100.0, 100.0, 300.0, 160.0)
    covered = head_region(lying, None)
    assert covered[0] <= 100
    assert covered[2] >= 300
    assert covered[3] >= 160


def contains(box: Box, inner: Box) -> bool:
    return box[0] <= inner[0] and box[1] <= inner[1] and box[2] >= inner[2] and box[3] >= inner[3]


def moved(box: Box, dx: float) -> Box:
    return (box[0] + dx, box[1], box[2] + dx, box[3])


def sample(pts: float, dx: float = 0.0, *, track: int = 1, head: bool = True) -> HeadSample:
    return HeadSample(pts, track, moved(PERSON, dx), moved(HEAD, dx) if head else None)


def test_heads_are_followed_between_analysed_frames() -> None:
    timeline = HeadTimeline([sample(0.2, 40), sample(0.0)])
    for step in range(21):
        share = step / 20
        regions = timeline.regions(0.2 * share)
        assert any(contains(region, moved(HEAD, 40 * share)) for region in regions)


def test_a_head_that_was_missed_once_stays_covered_on_the_way() -> None:
    timeline = HeadTimeline([sample(0.0), sample(0.2, 60, head=False), sample(0.4, 120)])
    for step in range(41):
        regions = timeline.regions(step / 100)
        assert any(contains(region, moved(HEAD, 3 * step)) for region in regions), step


def test_between_a_found_and_a_guessed_head_both_places_are_covered() -> None:
    """Who bent down with the head seen low, and was then not seen: the head may still be low."""
    low = (115.0, 200.0, 145.0, 235.0)
    timeline = HeadTimeline([HeadSample(0.0, 1, PERSON, low), HeadSample(0.2, 1, PERSON, None)])
    for region in (timeline.regions(0.01), timeline.regions(0.19)):
        assert any(contains(box, low) for box in region)
        assert any(contains(box, HEAD) for box in region)


def test_the_first_and_last_region_hold_a_while_and_not_forever() -> None:
    timeline = HeadTimeline([sample(5.0), sample(5.2)])
    assert timeline.regions(4.5)
    assert timeline.regions(5.9)
    assert timeline.regions(3.0) == []
    assert timeline.regions(7.0) == []


def test_both_ends_of_a_long_gap_stay_covered() -> None:
    timeline = HeadTimeline([sample(0.0), sample(4.0, 200)])
    assert any(contains(region, HEAD) for region in timeline.regions(0.5))
    assert any(contains(region, moved(HEAD, 200)) for region in timeline.regions(3.5))


def test_each_track_is_covered_on_its_own() -> None:
    timeline = HeadTimeline([sample(0.0), sample(0.0, 100, track=2)])
    assert set(timeline.by_track(0.0)) == {1, 2}
    assert len(timeline.regions(0.1)) == 2
