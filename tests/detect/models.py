"""Small ONNX models made on the spot, with their manifests, and pictures to show them."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import yaml
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from siaga.core.frame import Frame, Rgb
from siaga.manifest import Manifest

CLASSES = ("person", "helmet", "head")
Shape = Sequence[int | str]


def write(
    folder: Path,
    model: onnx.ModelProto | bytes,
    *,
    form: str = "yolov8",
    classes: Sequence[str] = CLASSES,
    confidence: dict[str, float] | None = None,
    nms_iou: float = 0.6,
    **picture: Any,
) -> Manifest:
    """Write ``model`` and the manifest of it into ``folder``; ``picture`` goes into ``input``."""
    data = model if isinstance(model, bytes) else model.SerializeToString()
    (folder / "tiny.onnx").write_bytes(data)
    body = {
        "schema_version": 1,
        "name": "tiny",
        "task": "detect",
        "file": "tiny.onnx",
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "licence": "AGPL-3.0-or-later",
        "classes": list(classes),
        "input": {"name": "images", "width": 640, "height": 384, **picture},
        "output": {"name": "output0", "form": form},
        "thresholds": {"confidence": confidence or dict.fromkeys(classes, 0.25), "nms_iou": nms_iou},
    }
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(body), encoding="utf-8")
    return Manifest.load(path)


def constant(
    output: NDArray[np.float32], shape: Shape = (1, 3, 384, 640), dtype: int = TensorProto.FLOAT
) -> onnx.ModelProto:
    """A model that gives ``output`` (without batch axis) for every picture of its batch."""
    batch = shape[0]
    nodes = [
        helper.make_node("ReduceMin", ["images"], ["low"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Reshape", ["low", "per_picture"], ["flat"]),
        helper.make_node("Mul", ["flat", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "answer"], ["output0"]),
    ]
    kind = helper.tensor_dtype_to_np_dtype(dtype)
    constants = [
        numpy_helper.from_array(np.array([-1, 1, 1], np.int64), "per_picture"),
        numpy_helper.from_array(np.zeros(1, kind), "zero"),
        numpy_helper.from_array(output[None].astype(kind), "answer"),
    ]
    return assemble(nodes, constants, shape, (batch, *output.shape), dtype)


def seeing(seed: int = 7, batch: int = 1) -> onnx.ModelProto:
    """A v8-style model of one convolution with fixed weights: boxes and scores depend on the pixels."""
    random = np.random.RandomState(seed)
    height, width, step, channels = 384, 640, 32, 4 + len(CLASSES)
    rows, columns = height // step, width // step
    kernel = random.normal(0, 1 / 25, (channels, 3, step, step)) + random.normal(
        0, 1 / 700, (channels, 3, 1, 1)
    )
    bias = np.array([0, 0, 0, 0, -3, -3, -3])
    gain = np.array([16, 16, 30, 30, 1, 1, 1]).reshape(1, channels, 1)
    y, x = np.divmod(np.arange(rows * columns), columns)
    base = np.zeros((1, channels, rows * columns))
    base[0, :4] = np.stack((x * step + 16, y * step + 16, np.full_like(x, 120), np.full_like(x, 130)))
    nodes = [
        helper.make_node("Conv", ["images", "kernel", "bias"], ["grid"], strides=[step, step]),
        helper.make_node("Reshape", ["grid", "flat"], ["cells"]),
        helper.make_node("Slice", ["cells", "s0", "s4", "axis"], ["places"]),
        helper.make_node("Slice", ["cells", "s4", "s7", "axis"], ["scores"]),
        helper.make_node("Tanh", ["places"], ["moved"]),
        helper.make_node("Sigmoid", ["scores"], ["likely"]),
        helper.make_node("Concat", ["moved", "likely"], ["all"], axis=1),
        helper.make_node("Mul", ["all", "gain"], ["scaled"]),
        helper.make_node("Add", ["scaled", "base"], ["output0"]),
    ]
    constants = [
        numpy_helper.from_array(kernel.astype(np.float32), "kernel"),
        numpy_helper.from_array(bias.astype(np.float32), "bias"),
        numpy_helper.from_array(gain.astype(np.float32), "gain"),
        numpy_helper.from_array(base.astype(np.float32), "base"),
        numpy_helper.from_array(np.array([0, channels, -1], np.int64), "flat"),
        *(numpy_helper.from_array(np.array([n], np.int64), f"s{n}") for n in (0, 4, 7)),
        numpy_helper.from_array(np.array([1], np.int64), "axis"),
    ]
    model = assemble(nodes, constants, (batch, 3, height, width), (batch, channels, rows * columns))
    described = {"task": "detect", "stride": "32", "batch": str(batch), "imgsz": f"[{height}, {width}]"}
    described["names"] = repr(dict(enumerate(CLASSES)))
    helper.set_model_props(model, described)
    return model


def assemble(
    nodes: list[onnx.NodeProto],
    constants: list[onnx.TensorProto],
    shape: Shape,
    output_shape: Shape,
    dtype: int = TensorProto.FLOAT,
) -> onnx.ModelProto:
    """A model with the input ``images`` and the output ``output0``."""
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("images", dtype, list(shape))],
        [helper.make_tensor_value_info("output0", dtype, list(output_shape))],
        constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def drawn(width: int, height: int, seed: int) -> Rgb:
    """A picture of rectangles over a slope of colour, with noise; the same for the same arguments."""
    random = np.random.RandomState(seed)
    y, x = np.mgrid[0:height, 0:width]
    rgb = np.stack((x * 255 // width, y * 255 // height, (x + y) % 256), axis=2).astype(np.int64)
    for _ in range(24):
        left, top = random.randint(0, width - 8), random.randint(0, height - 8)
        wide, high = random.randint(4, width // 2), random.randint(4, height // 2)
        rgb[top : top + high, left : left + wide] = random.randint(0, 256, 3)
    rgb += random.randint(-20, 21, rgb.shape)
    return rgb.clip(0, 255).astype(np.uint8)


def frame(rgb: Rgb, size: tuple[int, int] | None = None, camera: str = "gate") -> Frame:
    """A frame of ``rgb``, read-only as frames are; ``size`` is the full picture's, default: the same."""
    rgb = rgb.copy()
    rgb.flags.writeable = False
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Frame(camera, 1, 1, 0.0, 0.0, now, rgb, size or (rgb.shape[1], rgb.shape[0]))
