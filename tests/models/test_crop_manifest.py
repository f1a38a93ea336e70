"""The crop classifier's manifest: what is refused, and that the two kinds are never taken for each other."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from siaga.core.errors import ModelMissing, ModelTampered, ModelUnsupported
from siaga.manifest import (
    CropManifest,
    Manifest,
    crop_region,
    names,
    resolve,
    resolve_any,
    resolve_classifier,
)
from tests.detect import classifiers

from . import test_manifest as detectors


def save(folder: Path, **changes: Any) -> Path:
    path = folder / "tiny-head.yaml"
    path.write_text(yaml.safe_dump(classifiers.body(**changes)), encoding="utf-8")
    return path


def save_detector(folder: Path, **changes: Any) -> Path:
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(detectors.content(**changes)), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"item": "vest"}, "item"),
        ({"region": "torso"}, "region"),
        ({"margin": -0.1}, "margin"),
        ({"temperature": 0}, "temperature"),
        ({"classes": ["worn", "unclear"]}, "classes must contain worn and missing"),
        ({"classes": ["worn", "missing", "worn"]}, "classes must not repeat"),
        ({"thresholds": {"worn": 0.5}}, "thresholds.missing"),
        ({"thresholds": {"worn": 1.5, "missing": 0.5}}, "thresholds.worn"),
        ({"gates": {"min_head_px": 5}}, "gates.min_head_px"),
        ({"file": "../tiny.onnx"}, "bare file name"),
        ({"output": {"name": "o", "form": "yolov8"}}, "output.form"),
        ({"colour": "RGB"}, "colour"),
    ],
)
def test_a_bad_field_is_named(tmp_path: Path, changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ModelUnsupported) as caught:
        CropManifest.load(save(tmp_path, **changes))
    assert named in str(caught.value)
    assert "tiny-head.yaml" in str(caught.value)


def test_an_input_of_any_size_is_allowed(tmp_path: Path) -> None:
    assert CropManifest.load(save(tmp_path, width=98, height=71)).input.width == 98


def test_a_detector_is_not_taken_for_a_classifier(tmp_path: Path) -> None:
    with pytest.raises(ModelUnsupported, match=r"This is a detector \(task: detect\); a crop classifier"):
        CropManifest.load(save_detector(tmp_path))


def test_a_classifier_is_not_taken_for_a_detector(tmp_path: Path) -> None:
    with pytest.raises(ModelUnsupported, match=r"This is a crop classifier \(task: classify\); a detector"):
        Manifest.load(save(tmp_path))


def test_found_by_name_path_and_model_file_and_verified(tmp_path: Path) -> None:
    written = classifiers.write(tmp_path)
    save_detector(tmp_path)
    assert resolve_classifier("tiny-head", tmp_path) == resolve_classifier(tmp_path / "tiny-head.onnx")
    assert resolve_any("tiny-head", tmp_path) == written
    assert resolve_any("tiny", tmp_path) == resolve("tiny", tmp_path)
    assert names(tmp_path) == ("tiny", "tiny-head")
    assert (names(tmp_path, "detect"), names(tmp_path, "classify")) == (("tiny",), ("tiny-head",))
    written.verify_sha256()
    written.path.write_bytes(written.path.read_bytes() + b"\0")
    with pytest.raises(ModelTampered):
        written.verify_sha256()
    with pytest.raises(ModelMissing, match="tony"):
        resolve_classifier("tony", tmp_path)


def test_a_detector_finds_the_companions_that_lie_beside_it(tmp_path: Path) -> None:
    written = classifiers.write(tmp_path)
    manifest = Manifest.load(save_detector(tmp_path, head_model="tiny-head", harness_model="not-there"))
    assert manifest.companion(manifest.head_model) == written
    assert manifest.companion(manifest.harness_model) is None
    assert manifest.companion(None) is None
    with pytest.raises(ModelUnsupported, match="head_model"):
        Manifest.load(save_detector(tmp_path, head_model="../tiny-head"))


def test_the_region_of_a_head_is_square_and_of_a_person_is_not() -> None:
    assert crop_region((10, 20, 30, 60), "head", 0.0) == (0, 20, 40, 60)
    assert crop_region((10, 20, 30, 60), "head", 0.25) == (-10, 10, 50, 70)
    assert crop_region((10, 20, 30, 60), "person", 0.25) == (0, 10, 40, 70)
