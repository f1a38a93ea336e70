"""What ONNX files are made of, as far as exporting needs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_WITH_BIAS = 3
"""Inputs of a convolution: pixels, weights, bias."""


def read(path: Path) -> Any:
    """The ``onnx.ModelProto`` in ``path``; tensors outside the file are not read."""
    import onnx

    return onnx.load(str(path), load_external_data=False)


def write_bare(model: Any, path: Path) -> None:
    """Write ``model`` without notes of the programs that made it: they name paths of this machine."""
    import onnx

    del model.metadata_props[:]
    model.doc_string = ""
    onnx.save(model, str(path))


def tensor_names(path: Path) -> tuple[str, str]:
    """Names of the first input and the first output of an ONNX file."""
    graph = read(path).graph
    return graph.input[0].name, graph.output[0].name


def tail(model: Any) -> list[str]:
    """Names of the nodes from the last convolutions with a bias to the outputs, these included.

    In a YOLO head they give scores and distances, and make boxes in pixels of them. Distances up to the
    picture's width do not fit into 8 bits, nor exactly into 16.
    """
    producers = {output: node for node in model.graph.node for output in node.output}
    found: dict[str, None] = {}
    pending = [output.name for output in model.graph.output]
    while pending:
        node = producers.get(pending.pop())
        if node is None or node.name in found:
            continue
        found[node.name] = None
        # A shape says nothing of the pixels: behind it lies the body of the model.
        if node.op_type != "Shape" and not (node.op_type == "Conv" and len(node.input) == _WITH_BIAS):
            pending.extend(node.input)
    return list(found)
