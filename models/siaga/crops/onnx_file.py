"""A fitted crop classifier as an ONNX file with its manifest, and the gate that both must pass."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from siaga.core.errors import ModelUnsupported
from siaga.export.graph import write_bare

from .net import CropNet

OPSET = 17
INPUT, OUTPUT = "pixels", "logits"
MOST_APART = 1e-3
"""Greatest difference of a probability between the file and the framework."""


def export(net: CropNet, size: tuple[int, int], path: Path) -> None:
    """Write ``net`` to ``path`` as ONNX: (B, 3, height, width) float32 in, (B, K) logits out, B free.

    Args:
        size: Width and height in pixels.
    """
    import onnx
    import onnxslim

    pixels = torch.zeros(2, 3, size[1], size[0])
    part = path.with_suffix(".part")
    with warnings.catch_warnings():
        # The exporter that needs no further package is called deprecated; its files are checked below.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            net.eval(), (pixels,), str(part), input_names=[INPUT], output_names=[OUTPUT],
            dynamic_axes={INPUT: {0: "batch"}, OUTPUT: {0: "batch"}}, opset_version=OPSET, dynamo=False,
        )  # fmt: skip
    slim = onnxslim.slim(onnx.load(str(part), load_external_data=False))
    part.unlink()
    write_bare(slim, path)


def check_parity(file: npt.NDArray[np.float32], framework: npt.NDArray[np.float32], where: Path) -> float:
    """Greatest difference between probabilities (N, K) of the exported file and of the framework.

    Raises:
        ModelUnsupported: They are further apart than :data:`MOST_APART`.
    """
    apart = float(np.abs(file - framework).max(initial=0.0))
    if not apart <= MOST_APART:
        raise ModelUnsupported(
            f"The exported file's probabilities differ by {apart:.2g} from the framework's "
            f"(at most {MOST_APART:g} is allowed).",
            where=str(where),
            fix="Nothing was put in place. Try another version of torch or onnx.",
        )
    return apart


def probabilities(
    logits: Sequence[Sequence[float]] | npt.NDArray[np.float32], temperature: float
) -> npt.NDArray[np.float32]:
    """Softmax of logits (N, K) divided by ``temperature``."""
    values = torch.as_tensor(np.asarray(logits)) / temperature
    return np.asarray(torch.softmax(values, dim=1).numpy(), np.float32)
