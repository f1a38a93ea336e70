"""The same model in 8-bit integers, by static quantisation with real pictures."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from siaga.detect.letterbox import Canvas, Tensor, fit
from siaga.evaluate.pictures import Rgb
from siaga.manifest import InputSpec

from . import graph

OPERATORS = ("Conv", "Sigmoid", "Mul", "Concat", "Add", "MaxPool", "Resize", "Split")
"""What is computed in integers. With convolutions alone the file is slower than in float32: every SiLU
between them would go back to floating point."""

Reader = Callable[[Path], Rgb]


def letterboxed(rgb: Rgb, spec: InputSpec) -> Tensor:
    """(1, 3, height, width): the picture as the edge's detector shows it to the model."""
    size = (rgb.shape[1], rgb.shape[0])
    place = fit(size, (spec.width, spec.height), spec.stride if spec.dynamic else None)
    canvas = Canvas(spec, place.target, slots=1)
    canvas.place(0, rgb, place)
    return canvas.tensor


def sample(pictures: Sequence[Path], count: int, seed: int = 7) -> list[Path]:
    """At most ``count`` of the pictures, the same ones every time."""
    ordered = sorted(set(pictures))
    return random.Random(seed).sample(ordered, min(count, len(ordered)))


def to_int8(
    source: Path,
    target: Path,
    pictures: Sequence[Path],
    spec: InputSpec,
    read: Reader,
    progress: Callable[[int, int], None],
) -> None:
    """Write ``source`` with 8-bit weights and activations to ``target`` (QDQ form).

    Weights per channel, signed, in 7 bits: on processors with AVX2 or AVX-512 but no VNNI, products of
    8-bit numbers overflow. Activations unsigned, their ranges the mean of the extremes of each picture. The
    head's tail (:func:`graph.tail`) and attention stay float32. Method and names: onnxruntime's
    ``quantize_static``.

    Args:
        pictures: What the ranges are taken from: pictures like those that the model will see.
        spec: How the model is fed.
        read: Decodes a picture to (H, W, 3) uint8 RGB.
        progress: Called with pictures done and in all.
    """
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as scratch:
        prepared = Path(scratch) / "prepared.onnx"
        # Its symbolic shapes do not cover a YOLO head whose sizes are free.
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        quantised = Path(scratch) / "quantised.onnx"
        quantize_static(
            str(prepared),
            str(quantised),
            _feed(spec.name, _tensors(pictures, spec, read, progress)),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(OPERATORS),
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=graph.tail(graph.read(source)),
            calibrate_method=CalibrationMethod.MinMax,
            # The mean of every picture's extremes: the extremes of all pictures make coarse steps.
            extra_options={"CalibMovingAverage": True},
        )
        graph.write_bare(graph.read(quantised), target)


def _tensors(
    pictures: Sequence[Path], spec: InputSpec, read: Reader, progress: Callable[[int, int], None]
) -> Iterator[Tensor]:
    for done, path in enumerate(pictures, 1):
        yield letterboxed(read(path), spec)
        progress(done, len(pictures))


def _feed(name: str, tensors: Iterator[Tensor]) -> Any:
    """The iterator as onnxruntime wants it: a dictionary at a time, None at the end."""
    from onnxruntime.quantization import CalibrationDataReader

    class _Feed(CalibrationDataReader):  # type: ignore[misc]
        def get_next(self) -> dict[str, Tensor] | None:
            tensor = next(tensors, None)
            return None if tensor is None else {name: tensor}

    return _Feed()
