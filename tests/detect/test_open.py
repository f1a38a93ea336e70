"""A model file is hostile input: each bad one gets one clear error, and costs only a child process."""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from siaga.core.errors import ModelError, ModelMissing, ModelTampered, ModelUnsupported
from siaga.detect import Limits, open_detector

from . import models

_GIB = 1 << 30


def _good() -> onnx.ModelProto:
    return models.constant(np.zeros((7, 20), np.float32))


def _fault(kind: type[ModelError], manifest: models.Manifest, limits: Limits | None = None) -> str:
    with pytest.raises(kind) as caught:
        open_detector(manifest, provider="cpu", limits=limits)
    assert type(caught.value) is kind
    assert caught.value.where == str(manifest.path)
    assert caught.value.fix
    return caught.value.what


def test_a_missing_file(tmp_path: Path) -> None:
    manifest = models.write(tmp_path, _good())
    manifest.path.unlink()
    assert "cannot be read" in _fault(ModelMissing, manifest)


@pytest.mark.parametrize("change", ["flip", "longer", "shorter"])
def test_a_tampered_file_is_never_parsed(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = models.write(tmp_path, _good())
    data = bytearray(manifest.path.read_bytes())
    data[len(data) // 2] ^= 1
    changed = {"flip": bytes(data), "longer": manifest.path.read_bytes() + b"\0", "shorter": bytes(data[:-1])}
    manifest.path.write_bytes(changed[change])
    monkeypatch.setattr(sys, "executable", "/nothing/may/be/started")
    assert "not the one in its manifest" in _fault(ModelTampered, manifest)


def test_a_truncated_file(tmp_path: Path) -> None:
    data = models.seeing().SerializeToString()
    assert "cut short" in _fault(ModelUnsupported, models.write(tmp_path, data[: len(data) // 2]))


def test_a_text_file(tmp_path: Path) -> None:
    assert "not ONNX" in _fault(ModelUnsupported, models.write(tmp_path, b"This is no model.\n" * 50))


def test_a_message_that_is_no_model(tmp_path: Path) -> None:
    assert "onnxruntime cannot load" in _fault(ModelUnsupported, models.write(tmp_path, b"\x08\x08"))


def test_weights_in_other_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = models.seeing()
    onnx.save_model(
        model,
        str(tmp_path / "split.onnx"),
        save_as_external_data=True,
        location="split.bin",
        size_threshold=0,
    )
    manifest = models.write(tmp_path, (tmp_path / "split.onnx").read_bytes())
    monkeypatch.chdir(tmp_path)
    assert "weights in other files" in _fault(ModelUnsupported, manifest)


@pytest.mark.parametrize(
    ("output", "form"),
    [((8, 20), "yolov8"), ((20, 7), "yolov8"), ((20, 7), "yolov5"), ((20, 7), "end2end")],
)
def test_an_output_that_is_not_the_manifests(output: tuple[int, int], form: str, tmp_path: Path) -> None:
    manifest = models.write(tmp_path, models.constant(np.zeros(output, np.float32)), form=form)
    assert f"a {form} head of 3 classes gives" in _fault(ModelUnsupported, manifest)


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        ({"name": "image"}, "has no input 'image'; it has 'images'"),
        ({"width": 320}, "the manifest says (B, 3, 384, 320)"),
        ({"dtype": "float16"}, "input is tensor(float), the manifest says float16"),
        ({"dynamic": True}, "sizes are free, but its input is [1, 3, 384, 640]"),
    ],
    ids=["name", "size", "dtype", "dynamic"],
)
def test_an_input_that_is_not_the_manifests(picture: dict[str, object], words: str, tmp_path: Path) -> None:
    assert words in _fault(ModelUnsupported, models.write(tmp_path, _good(), **picture))


def test_a_second_input(tmp_path: Path) -> None:
    model = _good()
    model.graph.input.append(helper.make_tensor_value_info("more", TensorProto.FLOAT, [1]))
    assert "asks for 2 inputs" in _fault(ModelUnsupported, models.write(tmp_path, model))


def test_a_model_that_eats_memory_dies_elsewhere(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("ConstantOfShape", ["size"], ["heap"]),
        helper.make_node("ReduceMean", ["heap"], ["mean"], keepdims=0),
        helper.make_node("ReduceMean", ["images"], ["look"], keepdims=0),
        helper.make_node("Add", ["mean", "look"], ["one"]),
        helper.make_node("Expand", ["one", "shape"], ["output0"]),
    ]
    constants = [
        numpy_helper.from_array(np.array([3 * _GIB // 4], np.int64), "size"),
        numpy_helper.from_array(np.array([1, 7, 20], np.int64), "shape"),
    ]
    model = models.assemble(nodes, constants, (1, 3, 384, 640), (1, 7, 20))
    manifest = models.write(tmp_path, model)
    fault = _fault(ModelUnsupported, manifest, Limits(memory_bytes=_GIB, cpu_s=60))
    assert "memory" in fault


def test_a_model_that_never_ends_is_ended(tmp_path: Path) -> None:
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Sin", ["had"], ["has"])],
        "body",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("had", TensorProto.FLOAT, []),
        ],
        [
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("has", TensorProto.FLOAT, []),
        ],
    )
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["look"], keepdims=0),
        helper.make_node("Loop", ["turns", "", "look"], ["last"], body=body),
        helper.make_node("Expand", ["last", "shape"], ["output0"]),
    ]
    constants = [
        numpy_helper.from_array(np.array(1 << 60, np.int64), "turns"),
        numpy_helper.from_array(np.array([1, 7, 20], np.int64), "shape"),
    ]
    model = models.assemble(nodes, constants, (1, 3, 384, 640), (1, 7, 20))
    fault = _fault(ModelUnsupported, models.write(tmp_path, model), Limits(cpu_s=1))
    assert fault == "The model did not finish its first run in 1 s of processor time."


def test_a_model_that_passed_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remembered = tmp_path / "state" / "models.json"
    manifest = models.write(tmp_path, _good())
    open_detector(manifest, provider="cpu", remembered=remembered)
    other = models.write(tmp_path, models.seeing())
    open_detector(other, provider="cpu", remembered=remembered)
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", "/nothing/may/be/started")
        open_detector(other, provider="cpu", remembered=remembered)
        open_detector(models.write(tmp_path, _good()), provider="cpu", remembered=remembered)
        with pytest.raises(FileNotFoundError):
            open_detector(manifest, provider="cpu")
    assert sorted(path.name for path in remembered.parent.iterdir()) == ["models.json"]


def test_what_passed_for_one_manifest_is_tried_for_another(tmp_path: Path) -> None:
    remembered = tmp_path / "models.json"
    open_detector(models.write(tmp_path, _good()), provider="cpu", remembered=remembered)
    asks_more = models.write(tmp_path, _good(), classes=("person", "helmet", "head", "vest"))
    with pytest.raises(ModelUnsupported):
        open_detector(asks_more, provider="cpu", remembered=remembered)
    with pytest.raises(ModelUnsupported):
        open_detector(asks_more, provider="cpu", remembered=remembered)


@pytest.mark.parametrize("text", ["", "[]", '{"passed": 3}', "{", '{"passed": [1]}'])
def test_a_broken_memory_is_written_anew(text: str, tmp_path: Path) -> None:
    remembered = tmp_path / "models.json"
    remembered.write_text(text, encoding="utf-8")
    manifest = models.write(tmp_path, _good())
    open_detector(manifest, provider="cpu", remembered=remembered)
    (entry,) = json.loads(remembered.read_text(encoding="utf-8"))["passed"]
    assert entry.startswith(manifest.sha256)


def test_a_memory_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    manifest = models.write(tmp_path, _good())
    detector = open_detector(manifest, provider="cpu", remembered=tmp_path / "file" / "models.json")
    assert detector.model.sha256 == manifest.sha256


def test_a_closed_detector_says_so(tmp_path: Path) -> None:
    detector = open_detector(models.write(tmp_path, _good()), provider="cpu")
    detector.close()
    with pytest.raises(ModelUnsupported, match="was closed"):
        detector.detect([models.frame(np.zeros((360, 640, 3), np.uint8))])
