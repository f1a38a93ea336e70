"""Which provider runs the model, and what is said about it."""

from pathlib import Path

import numpy as np
import pytest

from siaga.core.errors import DependencyMissing
from siaga.detect import Machine, Wish, choose, open_detector
from siaga.detect.onnx import OrtRuntime
from siaga.detect.providers import without

from . import models

_PLAIN = Machine("1.31.1", ("AzureExecutionProvider", "CPUExecutionProvider"), None, ("avx2",))
_RICH = Machine(
    "1.31.1",
    ("TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"),
    "2026.4.1",
    ("amx_bf16",),
)


@pytest.mark.parametrize(
    ("wish", "machine", "provider", "words"),
    [
        ("auto", _PLAIN, "cpu", "auto: onnxruntime 1.31.1 with CPUExecutionProvider (CPU with avx2)"),
        ("auto", _RICH, "cuda", "auto: onnxruntime 1.31.1 with CUDAExecutionProvider"),
        ("cpu", _RICH, "cpu", "asked for: onnxruntime 1.31.1 with CPUExecutionProvider (CPU with amx_bf16)"),
        ("openvino", _RICH, "openvino", "asked for: version 2026.4.1, run in float32 (CPU with amx_bf16)"),
        ("tensorrt", _RICH, "tensorrt", "asked for: onnxruntime 1.31.1 with TensorrtExecutionProvider"),
    ],
)
def test_what_is_chosen_and_why(wish: Wish, machine: Machine, provider: str, words: str) -> None:
    choice = choose(wish, machine)
    assert (choice.provider, choice.reason) == (provider, words)
    assert provider not in choice.alternatives
    assert len(choice.alternatives) == 3


def test_the_others_say_why_not() -> None:
    assert choose("auto", _PLAIN).alternatives == {
        "openvino": "the package is not installed",
        "cuda": "onnxruntime has no CUDAExecutionProvider (installed: AzureExecutionProvider, "
        "CPUExecutionProvider)",
        "tensorrt": "onnxruntime has no TensorrtExecutionProvider (installed: AzureExecutionProvider, "
        "CPUExecutionProvider)",
    }


@pytest.mark.parametrize("wish", ["openvino", "cuda", "tensorrt"])
def test_what_is_asked_for_and_missing_is_an_error(wish: Wish) -> None:
    with pytest.raises(DependencyMissing, match=f"provider {wish} cannot run here") as caught:
        choose(wish, _PLAIN)
    assert caught.value.fix


def test_a_provider_that_does_not_start_is_an_error_and_not_a_silent_fall_back(tmp_path: Path) -> None:
    manifest = models.write(tmp_path, models.constant(np.zeros((7, 20), np.float32)))
    with (
        pytest.warns(UserWarning, match="CUDAExecutionProvider"),
        pytest.raises(DependencyMissing, match="could not start CUDAExecutionProvider"),
    ):
        OrtRuntime(
            manifest, manifest.path.read_bytes(), ["CUDAExecutionProvider", "CPUExecutionProvider"], threads=1
        )


def test_only_auto_gives_way_to_the_cpu(tmp_path: Path) -> None:
    manifest = models.write(tmp_path, models.constant(np.zeros((7, 20), np.float32)))
    remembered = tmp_path / "models.json"
    with pytest.warns(UserWarning, match="CUDAExecutionProvider"):
        detector = open_detector(manifest, provider="auto", machine=_RICH, remembered=remembered)
    assert detector.choice.provider == "cpu"
    assert "cuda did not start" in detector.choice.reason
    with (
        pytest.warns(UserWarning, match="CUDAExecutionProvider"),
        pytest.raises(DependencyMissing, match="could not start"),
    ):
        open_detector(manifest, provider="cuda", machine=_RICH, remembered=remembered)


def test_an_automatic_choice_that_does_not_start_gives_way_and_says_so() -> None:
    choice = without(choose("auto", _RICH), "its libraries do not load.")
    assert (choice.provider, choice.ort_names) == ("cpu", ("CPUExecutionProvider",))
    assert choice.reason == "auto: cuda did not start (its libraries do not load.)"
    assert choice.alternatives["cuda"] == "its libraries do not load."


def test_this_machine_can_run_a_model(tmp_path: Path) -> None:
    machine = Machine.look()
    assert "CPUExecutionProvider" in machine.ort_providers
    manifest = models.write(tmp_path, models.constant(np.zeros((7, 20), np.float32)))
    assert open_detector(manifest, provider="cpu").choice.provider == "cpu"
