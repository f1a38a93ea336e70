"""Small crop classifiers made on the spot: the mean colour of the crop decides."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import yaml
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from siaga.manifest import CropManifest

CLASSES = ("worn", "missing", "unclear")
GREEN_RED_BLUE = np.array([[0, 20, 0], [20, 0, 0], [0, 0, 20]], np.float32)
"""Logits (worn, missing, unclear) of a mean colour (R, G, B) in 0..1: green, red, blue."""


def body(
    data: bytes = b"unread",
    name: str = "tiny-head",
    region: str = "head",
    margin: float = 0.0,
    width: int = 64,
    height: int = 64,
    pad_value: int = 114,
    **changes: Any,
) -> dict[str, Any]:
    """The manifest of ``data`` as it is written."""
    picture = {"name": "images", "width": width, "height": height, "stride": 1, "pad_value": pad_value}
    return {
        "schema_version": 1,
        "name": name,
        "task": "classify",
        "file": f"{name}.onnx",
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "licence": "AGPL-3.0-or-later",
        "item": "helmet" if region == "head" else "harness",
        "region": region,
        "margin": margin,
        "input": picture,
        "output": {"name": "logits"},
        "classes": list(CLASSES),
        "temperature": 1.0,
        "thresholds": {"worn": 0.8, "missing": 0.8},
        "gates": {"min_px": 8},
    } | changes


def described(**changes: Any) -> CropManifest:
    """A manifest without a file."""
    return CropManifest.model_validate(body(**changes))


def by_colour(
    weights: NDArray[np.float32] = GREEN_RED_BLUE, side: Sequence[int] = (64, 64), batch: int | str = "batch"
) -> onnx.ModelProto:
    """A model whose logits (K) are ``weights`` (K, 3) times the mean colour of the crop."""
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["colour"], axes=[2, 3], keepdims=0),
        helper.make_node("MatMul", ["colour", "weights"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "by_colour",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [batch, 3, *side])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [batch, len(weights)])],
        [numpy_helper.from_array(np.ascontiguousarray(weights.T), "weights")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def write(folder: Path, model: onnx.ModelProto | bytes | None = None, **changes: Any) -> CropManifest:
    """Write ``model`` (default: :func:`by_colour`) and its manifest into ``folder``."""
    made = by_colour() if model is None else model
    data = made if isinstance(made, bytes) else made.SerializeToString()
    content = body(data, **changes)
    (folder / content["file"]).write_bytes(data)
    path = folder / f"{content['name']}.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return CropManifest.load(path)
