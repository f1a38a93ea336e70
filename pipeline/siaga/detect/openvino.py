"""The same models run by OpenVINO, in float32."""

from typing import Any

import numpy as np

from siaga.core.errors import DependencyMissing, ModelUnsupported
from siaga.manifest import ModelFile

from .decode import Output
from .letterbox import Tensor
from .onnx import first_line


class OpenVinoRuntime:
    """A model in OpenVINO on the CPU.

    Threads are not pinned: two engines would share one core. The precision is float32 also where the CPU
    has bfloat16, because the thresholds in the manifest were tuned on float32 results.

    Args:
        manifest: Names the input and the output.
        model: The file's bytes, checked.
        threads: Threads of one inference.

    Raises:
        DependencyMissing: The package ``openvino`` is not installed.
        ModelUnsupported: OpenVINO cannot load it.
    """

    def __init__(self, manifest: ModelFile, model: bytes, threads: int) -> None:
        try:
            import openvino
        except ImportError as error:
            raise DependencyMissing(
                "The package openvino is not installed.", fix="pip install 'siaga[openvino]'"
            ) from error
        core = openvino.Core()
        try:
            compiled = core.compile_model(
                core.read_model(model=model),
                "CPU",
                {
                    "INFERENCE_NUM_THREADS": threads,
                    "NUM_STREAMS": 1,
                    "ENABLE_CPU_PINNING": False,
                    "INFERENCE_PRECISION_HINT": "f32",
                },
            )
            self._request: Any = compiled.create_infer_request()
        except RuntimeError as error:
            raise ModelUnsupported(
                f"OpenVINO cannot load the model: {first_line(error)}",
                where=str(manifest.path),
                fix="Use provider: cpu.",
            ) from error
        self._input, self._output = manifest.input.name, manifest.output.name
        batch = compiled.input(self._input).get_partial_shape()[0]
        self.batch: int = 1 if batch.is_dynamic else batch.get_length()

    def run(self, tensor: Tensor) -> Output:
        """See :class:`Runtime`.

        Raises:
            ModelUnsupported: The model failed on this input, or the runtime is closed.
        """
        if self._request is None:
            raise ModelUnsupported("The model was closed.", fix="Open it again.")
        try:
            self._request.infer({self._input: tensor}, share_inputs=True)
        except RuntimeError as error:
            raise ModelUnsupported(f"The model failed on a picture: {first_line(error)}") from error
        return np.asarray(self._request.get_tensor(self._output).data, np.float32)

    def close(self) -> None:
        """See :class:`Runtime`."""
        self._request = None
