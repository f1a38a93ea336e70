"""The training framework's own model behind the edge's detector: what an exported file is held against."""

from __future__ import annotations

from typing import Any

import numpy as np

from siaga.detect.decode import Output
from siaga.detect.letterbox import Tensor


class TorchRuntime:
    """A model in torch on the CPU, as a runtime of the detector (``siaga.detect.runtime``).

    Args:
        model: In evaluation mode; its first output is the one that is exported.
    """

    batch = 1

    def __init__(self, model: Any) -> None:
        self._model = model

    def run(self, tensor: Tensor) -> Output:
        """See ``Runtime``."""
        import torch

        with torch.inference_mode():
            # A copy: the detector paints the next picture over this tensor.
            given = self._model(torch.from_numpy(tensor.astype(np.float32)))
        output = given[0] if isinstance(given, tuple | list) else given
        return np.asarray(output.numpy(), np.float32)

    def close(self) -> None:
        """See ``Runtime``."""
        self._model = None
