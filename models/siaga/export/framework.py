"""A checkpoint as one ONNX file."""

from __future__ import annotations

import logging
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any

from siaga.train.checkpoint import prepare_framework

from . import graph

OPSET = 17


def to_onnx(weights: Path, target: Path, size: tuple[int, int], dynamic: bool) -> None:
    """Write ``target`` from an ultralytics checkpoint that :func:`siaga.train.checkpoint.load` could open.

    Args:
        size: (width, height) of the input.
        dynamic: Batch, height and width stay free; otherwise one picture of exactly ``size``.
    """
    prepare_framework()
    from ultralytics import YOLO
    from ultralytics.utils import LOGGER

    level = LOGGER.level
    # It would praise files in a folder that is gone a moment later.
    LOGGER.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            # Of torch, about the exporter that ultralytics chose and the traces that it takes.
            warnings.simplefilter("ignore")
            _export(YOLO, weights, target, size, dynamic)
    finally:
        LOGGER.setLevel(level)


def _export(framework: Any, weights: Path, target: Path, size: tuple[int, int], dynamic: bool) -> None:
    # Ultralytics writes beside the checkpoint, over what may be there.
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(shutil.copy(weights, scratch))
        written = framework(str(copy)).export(
            format="onnx",
            imgsz=(size[1], size[0]),
            dynamic=dynamic,
            simplify=True,
            opset=OPSET,
            device="cpu",
            verbose=False,
        )
        graph.write_bare(graph.read(Path(written)), target)
