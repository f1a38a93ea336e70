"""The crop classifier: right probabilities in bounded batches, and a model file as hostile as any."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from siaga.core.errors import ModelMissing, ModelTampered, ModelUnsupported
from siaga.core.frame import Rgb
from siaga.detect import OnnxClassifier, classifier, open_classifier
from siaga.detect.classifier import MAX_BATCH, softmax
from siaga.detect.letterbox import Tensor

from . import classifiers

WORN, MISSING, UNCLEAR = (0, 255, 0), (255, 0, 0), (0, 0, 255)


def plain(colour: tuple[int, int, int], side: int = 64) -> Rgb:
    return np.full((side, side, 3), colour, np.uint8)


def test_the_colour_decides_and_each_crop_keeps_its_place(tmp_path: Path) -> None:
    with_model = open_classifier(classifiers.write(tmp_path), provider="cpu")
    colours = [WORN, MISSING, UNCLEAR] * (MAX_BATCH // 3 + 3)
    found = with_model.classify([plain(colour) for colour in colours])
    assert found.shape == (len(colours), 3)
    assert found.dtype == np.float32
    assert found.argmax(axis=1).tolist() == [0, 1, 2] * (MAX_BATCH // 3 + 3)
    assert found.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    assert with_model.classify([]).shape == (0, 3)
    assert with_model.model.name == "tiny-head"
    assert with_model.model.sha256 == with_model.manifest.sha256
    with_model.close()


@pytest.mark.parametrize(("temperature", "worn"), [(1.0, 0.8808), (2.0, 0.7311), (0.5, 0.9820)])
def test_the_temperature_divides_the_logits(tmp_path: Path, temperature: float, worn: float) -> None:
    weights = np.array([[0, 2, 0], [0, 0, 0]], np.float32)
    manifest = classifiers.write(
        tmp_path, classifiers.by_colour(weights), classes=["worn", "missing"], temperature=temperature
    )
    found = open_classifier(manifest, provider="cpu").classify([plain(WORN)])
    assert found[0] == pytest.approx([worn, 1 - worn], abs=1e-4)


def test_a_crop_of_another_size_is_letterboxed(tmp_path: Path) -> None:
    opened = open_classifier(classifiers.write(tmp_path), provider="cpu")
    assert opened.classify([plain(MISSING, 200)[:, :150]])[0, 1] > 0.99


def test_no_run_of_the_model_takes_more_than_the_bound() -> None:
    class Runtime:
        batch = 1
        sizes: list[int] = []  # noqa: RUF012

        def run(self, tensor: Tensor) -> NDArray[np.float32]:
            self.sizes.append(len(tensor))
            return np.zeros((len(tensor), 3), np.float32)

        def close(self) -> None: ...

    choice = classifier.Choice("cpu", "test", {})
    OnnxClassifier(classifiers.described(), Runtime(), choice).classify([plain(WORN)] * (2 * MAX_BATCH + 3))
    assert Runtime.sizes == [MAX_BATCH, MAX_BATCH, 3]


def test_what_is_no_number_speaks_for_nothing() -> None:
    logits = np.array([[np.nan, 1], [np.inf, 0], [1e38, -1e38]], np.float32)
    assert softmax(logits, 0.01).tolist() == [[0, 0], [0, 0], [1, 0]]


@pytest.mark.parametrize("change", ["flip", "longer", "missing"])
def test_a_tampered_file_is_never_parsed(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = classifiers.write(tmp_path)
    data = bytearray(manifest.path.read_bytes())
    data[len(data) // 2] ^= 1
    changed = {"flip": bytes(data), "longer": manifest.path.read_bytes() + b"\0"}
    manifest.path.unlink()
    if change in changed:
        manifest.path.write_bytes(changed[change])
    monkeypatch.setattr(sys, "executable", "/nothing/may/be/started")
    with pytest.raises(ModelMissing if change == "missing" else ModelTampered):
        open_classifier(manifest, provider="cpu")


def outside(folder: Path) -> bytes:
    """A classifier that keeps its weights in another file."""
    onnx.save_model(
        classifiers.by_colour(),
        str(folder / "split.onnx"),
        save_as_external_data=True,
        location="split.bin",
        size_threshold=0,
    )
    return (folder / "split.onnx").read_bytes()


@pytest.mark.parametrize(
    ("model", "changes", "words"),
    [
        ("external", {}, "weights in other files"),
        (b"no model at all", {}, "not ONNX"),
        (classifiers.by_colour(batch=4), {}, "takes 4 crops at a time; their number must be free"),
        (None, {"classes": ["worn", "missing"]}, "a classifier of 2 classes gives (B, 2)"),
        (None, {"width": 32}, "the manifest says (B, 3, 64, 32)"),
        (None, {"output": {"name": "output0"}}, "no output 'output0'; it has 'logits'"),
    ],
    ids=["external", "text", "fixed batch", "classes", "size", "output"],
)
def test_a_model_that_is_not_the_manifests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Any, changes: dict[str, Any], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    manifest = classifiers.write(tmp_path, outside(tmp_path) if model == "external" else model, **changes)
    with pytest.raises(ModelUnsupported) as caught:
        open_classifier(manifest, provider="cpu")
    assert words in caught.value.what
    assert caught.value.where == str(manifest.path)


def test_the_first_load_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest, remembered = classifiers.write(tmp_path), tmp_path / "models.json"
    open_classifier(manifest, provider="cpu", remembered=remembered).close()
    monkeypatch.setattr(sys, "executable", "/nothing/may/be/started")
    known = open_classifier(manifest, provider="cpu", remembered=remembered)
    assert known.classify([plain(WORN)])[0].argmax() == classifiers.CLASSES.index("worn")
    known.close()
    with pytest.raises(FileNotFoundError):
        open_classifier(manifest, provider="cpu", remembered=tmp_path / "others.json")
