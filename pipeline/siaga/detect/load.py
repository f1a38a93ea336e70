"""From a manifest to a model that runs: bytes checked, tried once in a limited child, then loaded here."""

from pathlib import Path

from siaga.core.errors import DependencyMissing
from siaga.manifest import ModelFile

from .first_load import Limits, check_once
from .onnx import OrtRuntime, read_model
from .openvino import OpenVinoRuntime
from .providers import Choice, Machine, Wish, choose, without
from .runtime import Runtime


def load(
    manifest: ModelFile,
    *,
    provider: Wish,
    threads: int,
    remembered: Path | None,
    limits: Limits | None,
    machine: Machine | None,
) -> tuple[Runtime, Choice]:
    """The model, and what runs it. Arguments and errors: see ``open_detector``."""
    choice = choose(provider, machine)
    model = read_model(manifest)
    check_once(manifest, model, remembered, limits)
    try:
        runtime = _start(choice, manifest, model, threads)
    except DependencyMissing as error:
        if provider != "auto" or choice.provider == "cpu":
            raise
        choice = without(choice, error.what)
        runtime = _start(choice, manifest, model, threads)
    return runtime, choice


def _start(choice: Choice, manifest: ModelFile, model: bytes, threads: int) -> Runtime:
    if choice.provider == "openvino":
        return OpenVinoRuntime(manifest, model, threads)
    return OrtRuntime(manifest, model, choice.ort_names, threads)
