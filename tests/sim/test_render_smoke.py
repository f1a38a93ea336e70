"""One tiny frame, rendered for real: only where Blender is installed as a module."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from siaga.sim.raw import read_raw
from siaga.sim.scenario import load_scenario


def test_a_tiny_frame_with_its_record(tmp_path: Path) -> None:
    pytest.importorskip("bpy", reason="bpy is not installed (make sim)")
    from siaga.sim.render.clip import render_clip

    whole = load_scenario("groundworks")
    cast = {name: whole.cast[name] for name in ("sweating",)}
    scenario = whole.model_copy(update={"cast": cast, "width": 160, "height": 90, "duration_s": 0.1})
    render_clip(scenario, "gate", tmp_path, samples=1)
    picture, plate = (cv2.imread(str(tmp_path / name)) for name in ("frames/000000.png", "plate.png"))
    assert picture is not None
    assert plate is not None
    person = read_raw(tmp_path / "raw" / "000000.json").actors[0].parts["person"]
    assert person.visible_px > 50
    assert person.visible_xyxy is not None
    left, top, right, bottom = (int(value) for value in person.visible_xyxy)
    changed = np.abs(picture.astype(int) - plate).max(axis=-1) > 12
    assert changed[top:bottom, left:right].mean() > 0.3
    assert changed[:20, :70].mean() < 0.02, "only people and machines differ from the plate"
    assert np.load(tmp_path / "depth.npy").min() > 1.0
