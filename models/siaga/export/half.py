"""The same model in 16-bit floating point."""

from __future__ import annotations

import warnings
from pathlib import Path

from . import graph


def to_half(source: Path, target: Path) -> None:
    """Write ``source`` with float16 weights and arithmetic to ``target``; input and output stay float32.

    Boxes lose a little: from 512 pixels on, neighbouring float16 numbers are half a pixel apart. Method:
    onnxruntime's ``convert_float_to_float16``.
    """
    from onnxruntime.transformers.float16 import convert_float_to_float16

    with warnings.catch_warnings():
        # It tells of every weight that is too small for float16 and becomes the smallest one.
        warnings.simplefilter("ignore", UserWarning)
        half = convert_float_to_float16(graph.read(source), keep_io_types=True)
    graph.write_bare(half, target)
