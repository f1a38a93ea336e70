"""A checkpoint as one ONNX file: dynamic batch, height and width, simplified."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

OPSET = 17


def export_onnx(weights: Path, target: Path) -> tuple[str, ...]:
    """Write ``target`` from an ultralytics checkpoint; returns the class names in order of their ids."""
    # Before ultralytics is imported: it must neither look for updates nor send anything.
    os.environ.setdefault("YOLO_OFFLINE", "true")
    from ultralytics import YOLO

    model: Any = YOLO(str(weights))
    written = Path(
        model.export(format="onnx", imgsz=640, dynamic=True, simplify=True, opset=OPSET, device="cpu")
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(str(written), target)
    _without_metadata(target)
    return tuple(str(name) for name in model.names.values())


def _without_metadata(path: Path) -> None:
    """Take out what ultralytics notes in the file: paths of this machine. The manifest says the rest."""
    import onnx

    model = onnx.load(str(path), load_external_data=False)
    del model.metadata_props[:]
    model.doc_string = ""
    onnx.save(model, str(path))


def tensor_names(path: Path) -> tuple[str, str]:
    """Names of the first input and the first output of an ONNX file."""
    import onnx

    graph = onnx.load(str(path), load_external_data=False).graph
    return graph.input[0].name, graph.output[0].name
