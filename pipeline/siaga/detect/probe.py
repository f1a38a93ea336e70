"""The child that opens a model for the first time: ``python -m siaga.detect.probe``.

Standard input: a JSON line ``{"memory_bytes": .., "cpu_s": .., "manifest": {..}}``, then the model file.
Standard output: one JSON line, ``{"fault": null}`` or what is wrong with the model and the way out. A model
that breaks a limit ends this process and nothing else.
"""

import json
import resource
import sys
from pathlib import Path

import numpy as np
import onnxruntime

from siaga.core.errors import ModelUnsupported, SiagaError
from siaga.manifest import CropManifest, Manifest, ModelFile

from .decode import expected_channels
from .onnx import ORT_ERRORS, OrtRuntime, first_line, session_options
from .wire import has_external_data

_TYPES = {"float32": "tensor(float)", "float16": "tensor(float16)"}


def limit_process(memory_bytes: int, cpu_s: int) -> None:
    """From now on: at most ``memory_bytes`` more of address space, ``cpu_s`` seconds, no written file."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    memory = pages * resource.getpagesize() + memory_bytes
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + cpu_s
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    # The soft limit's signal tells a slow model from one that the kernel killed for memory.
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 2))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def check_model(manifest: Manifest | CropManifest, model: bytes) -> None:
    """Load the model on the CPU, run it once on a gray picture and compare it with its manifest.

    Raises:
        ModelUnsupported: It keeps tensors in other files, does not load, or is not what the manifest says.
    """
    if has_external_data(model):
        raise ModelUnsupported(
            "The model keeps its weights in other files, which its sha256 does not cover.",
            fix="Export it as one file.",
        )
    try:
        session = onnxruntime.InferenceSession(model, session_options(1), providers=["CPUExecutionProvider"])
    except ORT_ERRORS as error:
        raise ModelUnsupported(f"onnxruntime cannot load the model: {first_line(error)}") from error
    batch = _check_input(manifest, session)
    _check_names(manifest.output.name, [one.name for one in session.get_outputs()], "output")
    del session
    shape = _output_shape(manifest, model, batch)
    if isinstance(manifest, Manifest):
        _check_boxes(manifest, shape, batch)
    else:
        _check_logits(manifest, shape, batch)


def _check_names(wanted: str, present: list[str], role: str) -> None:
    if wanted not in present:
        raise ModelUnsupported(
            f"The model has no {role} {wanted!r}; it has {', '.join(map(repr, present)) or 'none'}.",
            fix=f"Write the right name into {role}.name of the manifest.",
        )


def _check_input(manifest: Manifest | CropManifest, session: onnxruntime.InferenceSession) -> int:
    """The batch to try."""
    spec, inputs = manifest.input, session.get_inputs()
    _check_names(spec.name, [one.name for one in inputs], "input")
    if len(inputs) != 1:
        raise ModelUnsupported(
            f"The model asks for {len(inputs)} inputs.", fix="Export it with the picture as its only input."
        )
    (only,) = inputs
    if only.type != _TYPES[spec.dtype]:
        raise ModelUnsupported(
            f"The model's input is {only.type}, the manifest says {spec.dtype}.", fix="Correct input.dtype."
        )
    wanted = (None, 3, spec.height, spec.width)
    sizes = [size if isinstance(size, int) else None for size in only.shape]
    fixed = [(has, want) for has, want in zip(sizes, wanted, strict=False) if want and has]
    if len(sizes) != 4 or any(has != want for has, want in fixed):
        raise ModelUnsupported(
            f"The model's input is {only.shape}, the manifest says (B, 3, {spec.height}, {spec.width}).",
            fix="Correct input.width and input.height, or export the model for that size.",
        )
    if isinstance(manifest, CropManifest):
        return _free_batch(sizes[0])
    if spec.dynamic and (sizes[0] or sizes[2] or sizes[3]):
        raise ModelUnsupported(
            f"The manifest says that the model's sizes are free, but its input is {only.shape}.",
            fix="Set input.dynamic to false.",
        )
    return sizes[0] or (2 if spec.dynamic else 1)


def _free_batch(size: int | None) -> int:
    """The batch to try with a classifier."""
    if size:
        raise ModelUnsupported(
            f"The classifier takes {size} crops at a time; their number must be free.",
            fix="Export it with a dynamic batch.",
        )
    return 2


def _output_shape(manifest: ModelFile, model: bytes, batch: int) -> tuple[int, ...]:
    """Of the output for ``batch`` gray pictures."""
    spec = manifest.input
    runtime = OrtRuntime(manifest, model, ["CPUExecutionProvider"], threads=1)
    return runtime.run(np.full((batch, 3, spec.height, spec.width), 0.5, spec.dtype)).shape


def _check_boxes(manifest: Manifest, shape: tuple[int, ...], batch: int) -> None:
    axis, length = expected_channels(manifest.output, len(manifest.classes))
    if len(shape) != 3 or shape[0] != batch or shape[axis] != length:
        wanted = ["B", "N", "N"]
        wanted[axis] = str(length)
        raise ModelUnsupported(
            f"The model's output is {shape}; a {manifest.output.form} head of {len(manifest.classes)} "
            f"classes gives ({', '.join(wanted)}).",
            fix="Correct output.form or classes in the manifest.",
        )


def _check_logits(manifest: CropManifest, shape: tuple[int, ...], batch: int) -> None:
    if shape != (batch, len(manifest.classes)):
        raise ModelUnsupported(
            f"The model's output is {shape}; a classifier of {len(manifest.classes)} classes gives "
            f"(B, {len(manifest.classes)}).",
            fix="Correct classes in the manifest, or export the classifier without more outputs.",
        )


def main() -> None:
    """Read the task from standard input, answer on standard output."""
    header, _, model = sys.stdin.buffer.read().partition(b"\n")
    task = json.loads(header)
    limit_process(task["memory_bytes"], task["cpu_s"])
    answer: dict[str, str | None] = {"fault": None, "fix": None}
    try:
        kind = CropManifest if task["manifest"]["task"] == "classify" else Manifest
        check_model(kind.model_validate(task["manifest"]), model)
    except SiagaError as error:
        answer = {"fault": error.what, "fix": error.fix}
    except MemoryError:
        answer = {"fault": "The model asks for more memory than the limit.", "fix": None}
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
