"""The manifest: what is refused, by which error, and that the model file is really the one named."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from siaga.core.errors import ModelMissing, ModelTampered, ModelUnsupported
from siaga.manifest import Manifest, names, resolve, resolve_any, weights_dir

MODEL = b"not parsed here"


def content(**changes: Any) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "name": "tiny",
        "task": "detect",
        "file": "tiny.onnx",
        "sha256": hashlib.sha256(MODEL).hexdigest(),
        "bytes": len(MODEL),
        "licence": "AGPL-3.0-or-later",
        "classes": ["person", "head"],
        "input": {"name": "images", "width": 640, "height": 384, "stride": 32, "dynamic": True},
        "output": {"name": "output0", "form": "yolov8"},
        "thresholds": {"confidence": {"person": 0.3, "head": 0.4}},
    } | changes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tiny.onnx").write_bytes(MODEL)
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(content()), encoding="utf-8")
    return tmp_path


def save(folder: Path, **changes: Any) -> Path:
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(content(**changes)), encoding="utf-8")
    return path


def test_defaults_and_file_are_known_without_touching_the_model(folder: Path) -> None:
    (folder / "tiny.onnx").unlink()
    manifest = Manifest.load(folder / "tiny.yaml")
    assert manifest.path == folder / "tiny.onnx"
    assert manifest.classes == ("person", "head")
    assert manifest.input.scale == pytest.approx(1 / 255)
    assert (manifest.input.pad_value, manifest.input.channels) == (114, "RGB")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"task": "classify"}, "task"),
        ({"schema_version": 2}, "schema_version"),
        ({"sha256": "abc"}, "sha256"),
        ({"bytes": 0}, "bytes"),
        ({"classes": ["head", "head"]}, "classes must not repeat"),
        ({"classes": ["person", "head", "vest"]}, "must name every class"),
        ({"file": "../tiny.onnx"}, "bare file name"),
        ({"file": "/tiny.onnx"}, "bare file name"),
        ({"output": {"name": "o", "form": "yolov9"}}, "output.form"),
        ({"input": {"name": "i", "width": 650, "height": 384}}, "multiples of the stride"),
        ({"input": {"name": "i", "std": [0, 1, 1]}}, "std must be positive"),
        ({"thresholds": {"confidence": {"person": 1.3, "head": 0.4}}}, "thresholds.confidence.person"),
        ({"votes": {"window": 4, "min_looks": 5}}, "min_looks cannot exceed window"),
        ({"colour": "RGB"}, "colour"),
    ],
)
def test_a_bad_field_is_named(folder: Path, changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ModelUnsupported) as caught:
        Manifest.load(save(folder, **changes))
    assert named in str(caught.value)
    assert "tiny.yaml" in str(caught.value)


def test_text_that_is_no_yaml_is_refused(folder: Path) -> None:
    (folder / "tiny.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(ModelUnsupported, match="not YAML"):
        Manifest.load(folder / "tiny.yaml")


def test_a_list_is_no_manifest(folder: Path) -> None:
    (folder / "tiny.yaml").write_text("- 1\n", encoding="utf-8")
    with pytest.raises(ModelUnsupported, match="not valid"):
        Manifest.load(folder / "tiny.yaml")


def test_the_right_file_verifies(folder: Path) -> None:
    resolve("tiny", folder).verify_sha256()


def test_a_changed_byte_is_found(folder: Path) -> None:
    (folder / "tiny.onnx").write_bytes(MODEL[:-1] + b"X")
    with pytest.raises(ModelTampered, match=r"tiny\.onnx"):
        resolve("tiny", folder).verify_sha256()


def test_a_wrong_size_alone_is_found(folder: Path) -> None:
    with pytest.raises(ModelTampered):
        Manifest.load(save(folder, bytes=len(MODEL) + 1)).verify_sha256()


def test_a_missing_model_file_is_said(folder: Path) -> None:
    (folder / "tiny.onnx").unlink()
    with pytest.raises(ModelMissing):
        resolve("tiny", folder).verify_sha256()


def test_found_by_name_by_path_and_by_the_model_file(folder: Path) -> None:
    by_name = resolve("tiny", folder)
    assert by_name == resolve(folder / "tiny.yaml") == resolve(str(folder / "tiny.onnx"))
    assert by_name.path == folder / "tiny.onnx"
    assert names(folder) == ("tiny",)


def test_an_unknown_name_lists_the_known_ones(folder: Path) -> None:
    with pytest.raises(ModelMissing, match="tiny"):
        resolve("tony", folder)


def test_a_path_that_leaves_the_folder_is_not_a_name(folder: Path) -> None:
    with pytest.raises(ModelMissing):
        resolve("../tiny", folder / "..")


@pytest.mark.parametrize("name", names())
def test_every_shipped_model_is_whole_and_has_a_card(name: str) -> None:
    manifest = resolve_any(name)
    manifest.verify_sha256()
    assert manifest.name == name
    assert (weights_dir() / f"{name}.md").is_file()
    assert manifest.training is not None
    assert manifest.training.sources
    assert {source.licence for source in manifest.training.sources} <= {"CC-BY-4.0", "AGPL-3.0-or-later"}


def test_two_manifests_of_one_file_stay_apart() -> None:
    from siaga.manifest import manifest_path

    assert manifest_path("siaga-ppe-n-640").name == "siaga-ppe-n-640.yaml"
    assert resolve("siaga-ppe-n-640").path == resolve("siaga-ppe-n").path
    assert resolve("siaga-ppe-n-640").input.width == 640
