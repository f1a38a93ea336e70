"""One tiny frame with a person in it, where Blender is installed."""

from pathlib import Path

import pytest

pytest.importorskip("bpy")


def test_a_person_is_rendered_with_labels(tmp_path: Path) -> None:
    import json

    import cv2

    from siaga.sim.worker.crops import make_crops

    assert make_crops(1, 2, tmp_path, samples=1, threads=1) == 1
    line = json.loads((tmp_path / "crops.jsonl").read_text())
    picture = cv2.imread(str(tmp_path / line["file"]))
    assert picture.shape == (line["height"], line["width"], 3)
    assert picture.std() > 5
    assert line["parts"]["head"]["visible_px"] > 0
    assert make_crops(1, 2, tmp_path, samples=1, threads=1) == 0
