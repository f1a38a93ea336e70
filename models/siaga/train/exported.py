"""A checkpoint to train from, made of an exported detector: the shipped weights are a start too.

An exported file holds its convolutions with the batch normalisation folded in. Here each gets its
normalisation back, with the mean and variance that the convolution gives on pictures of the set to train on,
and with scale and shift that undo exactly these: in evaluation the checkpoint says what the file says (but
for rounding), and in training the normalisation starts where it would have stood.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import onnx
import torch

from siaga.core.errors import ModelUnsupported
from siaga.data.boxes import read_image
from siaga.manifest import Manifest

from .checkpoint import prepare_framework

_ARCHITECTURES = tuple(f"{family}{scale}.yaml" for family in ("yolo11", "yolov8") for scale in "nsmlx")
_STEM = 64
"""Channels of the first convolution at width 1."""
_SIDE = 640
_MOST = 16
Weights = Mapping[str, npt.NDArray[np.float32]]


def write_checkpoint(manifest: Manifest, pictures: Sequence[Path], path: Path) -> Path:
    """Write an ultralytics checkpoint that finds what ``manifest`` finds; returns ``path``.

    Args:
        manifest: Of a float32 file that ``siaga export`` wrote (YOLO v8 or 11; names of the layers kept).
        pictures: To measure the normalisation on, of the kind that is trained on; the first 16 are taken,
            640 pixels on the longer side.

    Raises:
        ModelUnsupported: The file is of another architecture, in another precision, or changed.
    """
    manifest.verify_sha256()
    weights = _weights(manifest)
    model = _shaped(manifest, weights)
    with torch.no_grad():
        _fill(model, weights)
        _normalise(model, pictures[:_MOST])
    model.names = dict(enumerate(manifest.classes))
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"model": model, "train_args": {}, "epoch": -1, "optimizer": None}, path)
    return path


def _weights(manifest: Manifest) -> Weights:
    graph = onnx.load(str(manifest.path), load_external_data=False).graph
    arrays = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
    return {name: array for name, array in arrays.items() if array.dtype == np.float32}


def _shaped(manifest: Manifest, weights: Weights) -> Any:
    """An untrained model that every tensor of the file fits, and that no tensor is missing for."""
    prepare_framework()
    from ultralytics.nn.tasks import DetectionModel, yaml_model_load

    from .trainer import narrow_classes

    there = {name: one.shape for name, one in weights.items() if name.startswith("model.")}
    # The width of the head's class branch follows the class count of the file's first training.
    hidden = next((one[1] for name, one in there.items() if name.endswith("cv3.0.2.weight")), 0)
    for architecture in _ARCHITECTURES if hidden else ():
        scales = yaml_model_load(architecture)["scales"]
        if there.get("model.0.conv.weight", (0,))[0] != _STEM * scales[architecture[-6]][1]:
            continue
        model = DetectionModel(architecture, nc=hidden, verbose=False)
        narrow_classes(model, dict(enumerate(manifest.classes)), [-1] * len(manifest.classes))
        if _wanted(model) == there:
            return model.eval()
    raise ModelUnsupported(
        "No checkpoint can be made of this file: it is not the float32 export of a YOLO v8 or 11.",
        where=str(manifest.path),
        fix="Start from a checkpoint (.pt), or from the float32 file that this one was made of.",
    )


def _wanted(model: Any) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the tensors of the folded model."""
    shapes = {}
    for name, tensor in model.state_dict().items():
        if ".bn." not in name:
            shapes[name] = tuple(tensor.shape)
        elif name.endswith(".bn.bias"):
            shapes[name.replace(".bn.", ".conv.")] = tuple(tensor.shape)
    return shapes


def _fill(model: Any, weights: Weights) -> None:
    """Put the folded tensors in; each normalisation only adds its bias."""
    state = model.state_dict()
    for name, tensor in state.items():
        if ".bn." not in name:
            tensor.copy_(torch.from_numpy(weights[name].copy()))
    for name, layer in _normalisations(model):
        bias = torch.from_numpy(weights[f"{name.removesuffix('.bn')}.conv.bias"].copy())
        _set(layer, torch.zeros_like(bias), torch.ones_like(bias), bias)


def _normalise(model: Any, pictures: Sequence[Path]) -> None:
    """Measure what comes to each normalisation, then let it start from there."""
    sums: dict[Any, list[torch.Tensor]] = {}

    def add(layer: Any, inputs: tuple[torch.Tensor, ...]) -> None:
        values = inputs[0].double()
        count = torch.tensor(float(values[:, 0].numel()))
        new = [count, values.sum(dim=(0, 2, 3)), values.square().sum(dim=(0, 2, 3))]
        sums[layer] = [a + b for a, b in zip(sums[layer], new, strict=True)] if layer in sums else new

    layers = [layer for _, layer in _normalisations(model)]
    hooks = [layer.register_forward_pre_hook(add) for layer in layers]
    for picture in pictures:
        model(_tensor(picture))
    for hook in hooks:
        hook.remove()
    for layer, (count, total, squares) in sums.items():
        mean = total / count
        variance = (squares / count - mean.square()).clamp(min=1e-6)
        _set(layer, mean.float(), variance.float(), layer.bias + mean.float())


def _set(layer: Any, mean: torch.Tensor, variance: torch.Tensor, bias: torch.Tensor) -> None:
    """Statistics, with the scale that undoes them."""
    layer.running_mean.copy_(mean)
    layer.running_var.copy_(variance)
    layer.weight.copy_(torch.sqrt(variance + layer.eps))
    layer.bias.copy_(bias)


def _normalisations(model: Any) -> Iterator[tuple[str, Any]]:
    for name, layer in model.named_modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            yield name, layer


def _tensor(path: Path) -> torch.Tensor:
    """(1, 3, H, W) RGB 0..1, sides in multiples of 32."""
    image = cv2.cvtColor(read_image(path), cv2.COLOR_BGR2RGB)
    gain = _SIDE / max(image.shape[:2])
    height, width = (max(32, round(side * gain / 32) * 32) for side in image.shape[:2])
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return torch.from_numpy(np.ascontiguousarray(small.transpose(2, 0, 1))).float()[None] / 255
