"""The notebooks run from top to bottom on the sample, and reach what they say they reach."""

import json
import re
from pathlib import Path

import pytest

from siaga.evaluate.tune import GRID
from siaga.manifest import resolve
from tests.notebooks.running import NOTEBOOKS, execute

FILES = sorted(NOTEBOOKS.glob("*.ipynb"))
# Each is a minute or two of computing; on a busy machine that takes a while.
SLOW = pytest.mark.timeout(3000)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_committed_notebook_is_small_has_no_outputs_and_knows_no_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text) < 30_000
    content = json.loads(text)
    code = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
    assert [cell["id"] for cell in code if cell["outputs"] or cell["execution_count"]] == []
    assert set(content["metadata"]) == {"kernelspec", "language_info"}
    assert not re.search(r"/(home|root|work|tmp|Users|mnt)/", text)
    assert sum("parameters" in cell["metadata"].get("tags", ()) for cell in code) == 1


def test_every_notebook_stands_on_the_page() -> None:
    page = (NOTEBOOKS.parent / "docs/notebooks.md").read_text(encoding="utf-8")
    assert len(FILES) == 3
    for path in FILES:
        assert path.name in page
        asked = set(re.findall(r"SIAGA_[A-Z_]+", path.read_text(encoding="utf-8")))
        table = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][1]["source"])
        assert {name for name in asked if name not in table} == set(), path.name


@SLOW
def test_from_raw_pictures_to_a_gated_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("ultralytics")
    ran = execute("01_retrain_on_your_images", tmp_path / "work", monkeypatch)
    manifest = resolve(ran.work / "weights/own-ppe.yaml")
    manifest.verify_sha256()
    assert ran.result["model"] == ["own-ppe.md", "own-ppe.onnx", "own-ppe.yaml"]
    assert ran.result["gate_passed"]
    assert manifest.parity is not None
    assert manifest.parity.images == ran.result["parity_images"] == 8
    assert manifest.parity.boxes > 0
    assert manifest.classes == ("person", "helmet", "head", "vest")
    assert set(manifest.thresholds.confidence.values()) <= set(GRID)
    assert [one.split for one in manifest.measured] == ["test"]
    assert manifest.training is not None
    assert manifest.training.start == "siaga-ppe-n.pt"
    assert '"errors": 0' in ran.text
    assert "does not annotate vest" in ran.text
    assert json.loads((ran.work / "sources/own-ppe/autolabelled.json").read_text())["classes"] == ["vest"]
    assert "## People: is the helmet worn?" in ran.text
    assert "## Parity" in manifest.path.with_suffix(".md").read_text()
    assert ran.pictures >= 9


@SLOW
def test_errors_are_shown_and_thresholds_tried_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = resolve("siaga-ppe-n")
    ran = execute("02_errors_and_thresholds", tmp_path / "work", monkeypatch)
    assert sum(ran.result["errors_on_val"].values()) > 0
    assert set(ran.result["thresholds"]) == set(shipped.classes)
    assert ran.result["thresholds"] != dict(shipped.thresholds.confidence)
    assert set(ran.result["told_on_test"].values()) <= {"better", "worse", "cannot be told"}
    assert "missing: recall" in ran.result["told_on_test"]
    assert "## People by head height" in ran.text
    assert "test: 16 pictures of 2 cameras" in ran.text
    assert ran.pictures >= 5
    assert resolve("siaga-ppe-n").thresholds == shipped.thresholds


@SLOW
def test_reviewed_events_become_a_candidate_that_the_sample_cannot_promote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("ultralytics")
    ran = execute("03_from_reviewed_events", tmp_path / "work", monkeypatch)
    assert ran.result["reviewed"] == 20
    assert 10 < ran.result["conclusive"] < 20
    assert ran.result["held_out_cameras"] == 2
    assert ran.result["gate_passed"]
    assert ran.result["promote"] is False
    assert "only 2 cameras were held out, of the 5 that an answer needs" in ran.text
    held = list((ran.work / "sources/own-reviewed/test/images").iterdir())
    assert {path.name.partition("__")[2].partition("_")[0] for path in held} == {"yard-west", "yard-east"}
    trained = list((ran.work / "prepared/images").glob("train_*"))
    assert len(trained) > 5
    assert resolve(ran.work / "weights/own-reviewed.yaml").parity is not None
    assert ran.pictures >= 3
