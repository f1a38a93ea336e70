"""A tiny site: a bare-headed person stands there while the picture is bright, and a model sees it."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from siaga.core.settings import StreamUrl
from siaga.core.settings.load import Loaded, parse_settings
from siaga.edge.offline import OfflineJob
from tests.detect.models import write
from tests.support.clips import write_clip

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
SIZE = (320, 180)
HEAD = (150.0, 46.5, 170.0, 66.5)
"""Where the model sees the bare head, in pixels of the clip."""


def model_that_sees_in_bright_pictures(folder: Path, head: float = 0.8) -> Path:
    """Person and, with the score ``head``, bare head at a fixed place when the picture's mean is over 0.5."""
    answer = np.zeros((7, 2), np.float32)
    answer[:, 0] = (320, 220, 80, 240, 0.9, 0, 0)
    answer[:, 1] = (320, 125, 40, 40, 0, 0, head)
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Greater", ["mean", "half"], ["bright"]),
        helper.make_node("Cast", ["bright"], ["factor"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["factor", "answer"], ["output0"]),
    ]
    graph = helper.make_graph(
        nodes,
        "bright",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, (1, 3, 384, 640))],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, (1, 7, 2))],
        [
            numpy_helper.from_array(np.array([0.5], np.float32), "half"),
            numpy_helper.from_array(answer[None], "answer"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    write(folder, model)
    return folder / "tiny.yaml"


def stripes_on_the_head(rgb: NDArray[np.uint8]) -> None:
    """One-pixel stripes where the head is: nothing of them may survive."""
    x1, y1, x2, y2 = (round(value) for value in HEAD)
    rgb[y1:y2, x1:x2:2] = 255
    rgb[y1:y2, x1 + 1 : x2 : 2] = 0


def clip_with_a_person(path: Path, *, frames: int = 250, first: int = 50, last: int = 150) -> Path:
    """25 fps; the person is there from picture ``first`` to before ``last``."""

    def paint(rgb: NDArray[np.uint8], index: int) -> None:
        rgb[:] = 190 if first <= index < last else 90
        rgb[120:140, (index * 3) % 280 : (index * 3) % 280 + 20] = 30
        if first <= index < last:
            stripes_on_the_head(rgb)

    return write_clip(path, frames=frames, size=SIZE, gop=25, painter=paint)


def configured(folder: Path, cameras: str, *, more: str = "", head: float = 0.8) -> Loaded:
    """A configuration with the tiny model; ``cameras`` is the YAML under that key, indented by two."""
    model = model_that_sees_in_bright_pictures(folder, head)
    text = f"""
site: {{name: test}}
state_dir: {folder / "edge"}
model: {model}
ppe: {{requires: [helmet], repeat_interval: 1s, grouping: 1s}}
evidence: {{clip: {{pre_roll: 1, post_roll: 1, max_fps: 60}}, ballast: 100kB}}
{more}
cameras:
{cameras}
"""
    return parse_settings(text)


def offline_job(folder: Path, clip: Path, out: str = "out") -> OfflineJob:
    """Analyse ``clip`` with the tiny model."""
    loaded = configured(folder, "  gate: {ffmpeg: {inputs: [{path: 'file:x'}]}}")
    return OfflineJob(
        StreamUrl(f"file:{clip}"), loaded.settings, loaded.config_hash, "gate", folder / out, START
    )
