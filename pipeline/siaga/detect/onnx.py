"""ONNX files: read once, checked, and run by onnxruntime in one thread."""

import hashlib
from collections.abc import Sequence

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as _state

from siaga.core.errors import DependencyMissing, ModelMissing, ModelTampered, ModelUnsupported
from siaga.manifest import ModelFile

from .decode import Output
from .letterbox import Tensor

ORT_ERRORS: tuple[type[Exception], ...] = tuple(
    kind for kind in vars(_state).values() if isinstance(kind, type) and issubclass(kind, Exception)
)
"""What onnxruntime raises; they have no common base but Exception."""


def read_model(manifest: ModelFile) -> bytes:
    """The model file's bytes, compared with the manifest before anything parses them.

    The bytes that were hashed are the bytes that are given to the runtime: the file is opened once.

    Raises:
        ModelMissing: The file cannot be read.
        ModelTampered: Its size or sha256 is not the manifest's.
    """
    try:
        with manifest.path.open("rb") as stream:
            data = stream.read(manifest.bytes + 1)
    except OSError as error:
        raise ModelMissing(
            "The model file cannot be read.",
            where=str(manifest.path),
            fix="Fetch it again, or choose another model.",
        ) from error
    digest = hashlib.sha256(data).hexdigest()
    if len(data) != manifest.bytes or digest != manifest.sha256:
        raise ModelTampered(
            f"The model file is not the one in its manifest ({manifest.bytes} bytes, "
            f"sha256 {manifest.sha256[:12]}…); it was not opened.",
            where=str(manifest.path),
            fix="Fetch it again, or export it anew together with its manifest.",
        )
    return data


def session_options(threads: int) -> onnxruntime.SessionOptions:
    """Options for ``threads`` threads that sleep when there is nothing to do.

    Several sessions with onnxruntime's own pool, one thread per core each and spinning, take the cores
    from each other: one thread per session and one session per core gives the most frames.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    return options


class OrtRuntime:
    """A model in onnxruntime.

    Args:
        manifest: Names the input and the output.
        model: The file's bytes, from :func:`read_model`.
        providers: onnxruntime's names, the wanted one first.
        threads: Threads of the CPU provider.

    Raises:
        ModelUnsupported: onnxruntime cannot load it.
        DependencyMissing: The wanted provider is listed but did not start (its libraries are missing);
            onnxruntime itself would silently run on the CPU.
    """

    def __init__(self, manifest: ModelFile, model: bytes, providers: Sequence[str], threads: int) -> None:
        self._input, self._outputs = manifest.input.name, [manifest.output.name]
        try:
            self._session: onnxruntime.InferenceSession | None = onnxruntime.InferenceSession(
                model, session_options(threads), providers=list(providers)
            )
        except ORT_ERRORS as error:
            raise ModelUnsupported(
                f"onnxruntime cannot load the model: {first_line(error)}",
                where=str(manifest.path),
                fix="Export it for an opset that this onnxruntime knows.",
            ) from error
        if providers[0] not in self._session.get_providers():
            raise DependencyMissing(
                f"onnxruntime could not start {providers[0]}: its libraries do not load.",
                fix="Install the CUDA or TensorRT that this onnxruntime asks for, or use provider: cpu.",
            )
        batch = self._session.get_inputs()[0].shape[0]
        self.batch: int = batch if isinstance(batch, int) else 1

    def run(self, tensor: Tensor) -> Output:
        """See :class:`Runtime`.

        Raises:
            ModelUnsupported: The model failed on this input, or the runtime is closed.
        """
        if self._session is None:
            raise ModelUnsupported("The model was closed.", fix="Open it again.")
        try:
            (output,) = self._session.run(self._outputs, {self._input: tensor})
        except ORT_ERRORS as error:
            raise ModelUnsupported(f"The model failed on a picture: {first_line(error)}") from error
        return np.asarray(output, np.float32)

    def close(self) -> None:
        """See :class:`Runtime`."""
        self._session = None


def first_line(error: Exception) -> str:
    """The first line of a runtime's message, at most 300 characters."""
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:300]
