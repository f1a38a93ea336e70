"""The renderer's records: measured in the picture, and the same after a way over the disk."""

from pathlib import Path

import numpy as np
import pytest

from siaga.core.errors import StorageError
from siaga.sim.camera import Camera
from siaga.sim.raw import RawActor, RawFrame, RawPart, measure, read_raw, write_raw

CAMERA = Camera((0, -10, 2), (0, 0, 2), 90, 0.0, 200, 100)
NOTHING = np.zeros((100, 200), bool)


def frame() -> RawFrame:
    head = RawPart((1.5, 2.0, 3.0, 4.0), 10, 4, (1.5, 2.0, 2.5, 3.0))
    hidden = RawPart((-5.0, 2.0, 3.0, 4.0), 0, 0, None)
    actor = RawActor(
        "A",
        {"person": hidden, "head": head},
        (1.0, 2.0, 0.0),
        0.5,
        ((1.0, 2.0, 0.0), (1.0, 2.2, 0.1)),
        "hand",
        True,
        "clipped",
        "bucket",
    )
    return RawFrame(3, 0.3, (actor,))


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    write_raw(tmp_path / "000003.json", frame())
    assert read_raw(tmp_path / "000003.json") == frame()
    assert [file.name for file in tmp_path.iterdir()] == ["000003.json"]


@pytest.mark.parametrize(
    ("old", "new"),
    [('"version":1', '"version":0'), ('"feet"', '"foot"'), ("}", ""), ("[1.0,2.2,0.1]", "[1]")],
)
def test_a_record_that_is_not_one_is_refused_by_name(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "000003.json"
    write_raw(path, frame())
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(StorageError, match="000003"):
        read_raw(path)


def test_a_missing_record_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="000007"):
        read_raw(tmp_path / "000007.json")


def test_a_part_is_measured_with_points_and_masks() -> None:
    full = NOTHING.copy()
    full[40:60, 100:110] = True
    visible = full.copy()
    visible[50:, :] = False
    part = measure(CAMERA, [(0, 0, 1), (1, 0, 3)], visible, full)
    assert part == RawPart((100, 40, 110, 60), 200, 100, (100, 40, 110, 50))
    crop = measure(CAMERA, [(0, 0, 1), (1, 0, 3)], visible[30:70, 90:120], full[30:70, 90:120], (90, 30))
    assert crop == part


def test_what_cannot_be_seen_has_no_visible_box() -> None:
    part = measure(CAMERA, [(0, 0, 1)], NOTHING, NOTHING)
    assert part == RawPart((100, 60, 100, 60), 0, 0, None)
    assert measure(CAMERA, [(0, -20, 1)], NOTHING, NOTHING) is None


def test_pixels_of_the_overscan_do_not_count() -> None:
    lens = Camera((0, -10, 2), (0, 0, 2), 90, -0.2, 200, 100)
    width, height = lens.render_size
    everything = np.ones((height, width), bool)
    part = measure(lens, [(0, 0, 2)], everything, everything)
    assert part is not None
    assert part.visible_px == part.full_px == lens.in_picture.sum() < width * height
    assert part.visible_xyxy == (0, 0, 200, 100)
