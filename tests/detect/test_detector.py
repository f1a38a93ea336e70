"""Every form of head, through a real ONNX file, from a frame to boxes in the full picture."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto

from siaga.core.detection import Detections
from siaga.core.settings import ObjectFilter
from siaga.detect import OnnxDetector, open_detector

from . import models

_GRAY = np.full((360, 640, 3), 90, np.uint8)
_FULL = (1920, 1080)

# Centre and size in input pixels; scores of person, helmet, head.
_SEEN = [
    ((110.0, 112.0, 100.0, 80.0), (0.90, 0.10, 0.05)),
    ((112.0, 112.0, 100.0, 80.0), (0.80, 0.10, 0.05)),
    ((110.0, 112.0, 100.0, 80.0), (0.10, 0.70, 0.05)),
    ((400.0, 200.0, 40.0, 60.0), (0.10, 0.05, 0.30)),
    ((500.0, 300.0, 40.0, 60.0), (0.20, 0.10, 0.05)),
]
_EXPECTED = [
    ("person", 0.9, [180.0, 180.0, 480.0, 420.0]),
    ("helmet", 0.7, [180.0, 180.0, 480.0, 420.0]),
    ("head", 0.3, [1140.0, 474.0, 1260.0, 654.0]),
]


def _yolov8() -> NDArray[np.float32]:
    return np.array([[*place, *scores] for place, scores in _SEEN], np.float32).T


def _yolov5() -> NDArray[np.float32]:
    return np.array(
        [[*place, 0.9, *(score / 0.9 for score in scores)] for place, scores in _SEEN], np.float32
    )


def _end2end() -> NDArray[np.float32]:
    rows = [
        [60, 72, 160, 152, 0.9, 0],
        [60, 72, 160, 152, 0.7, 1],
        [380, 170, 420, 230, 0.3, 2],
        [0, 0, 9, 9, 0.2, 0],
        [0, 0, 9, 9, 0.9, 3],
        [0, 0, 0, 0, 0, 0],
    ]
    return np.array(rows, np.float32)


_HEADS = {"yolov8": _yolov8, "yolov5": _yolov5, "end2end": _end2end}


def _open(folder: Path, model: onnx.ModelProto, form: str = "yolov8", **options: object) -> OnnxDetector:
    return open_detector(models.write(folder, model, form=form, **options), provider="cpu")  # type: ignore[arg-type]


def _rows(found: Detections) -> list[tuple[str, float, list[float]]]:
    return [
        (found.class_names[kind], round(float(score), 3), [round(float(side), 1) for side in box])
        for kind, score, box in zip(found.class_id, found.confidence, found.xyxy, strict=True)
    ]


@pytest.mark.parametrize("form", sorted(_HEADS))
def test_each_form_of_head_gives_the_same_boxes(form: str, tmp_path: Path) -> None:
    detector = _open(tmp_path, models.constant(_HEADS[form]()), form)
    (found,) = detector.detect([models.frame(_GRAY, _FULL)])
    assert _rows(found) == _EXPECTED
    assert (found.xyxy.dtype, found.confidence.dtype, found.class_id.dtype) == (
        np.float32,
        np.float32,
        np.int32,
    )


@pytest.mark.parametrize("form", sorted(_HEADS))
def test_nothing_seen_is_an_empty_result(form: str, tmp_path: Path) -> None:
    detector = _open(tmp_path, models.constant(np.zeros_like(_HEADS[form]())), form)
    (found,) = detector.detect([models.frame(_GRAY, _FULL)])
    assert len(found) == 0
    assert found.xyxy.shape == (0, 4)


@pytest.mark.parametrize("form", sorted(_HEADS))
def test_what_is_not_a_number_is_not_a_box(form: str, tmp_path: Path) -> None:
    output = _HEADS[form]()
    broken = np.full_like(output, np.nan)
    side = np.concatenate((output, broken), axis=1 if form == "yolov8" else 0)
    infinite = output.copy()
    infinite[(0, slice(None)) if form == "yolov8" else (slice(None), 0)] = np.inf
    side = np.concatenate((side, infinite), axis=1 if form == "yolov8" else 0)
    detector = _open(tmp_path, models.constant(side), form)
    (found,) = detector.detect([models.frame(_GRAY, _FULL)])
    assert _rows(found) == _EXPECTED


def test_each_class_has_its_own_threshold(tmp_path: Path) -> None:
    levels = {"person": 0.85, "helmet": 0.75, "head": 0.1}
    detector = _open(tmp_path, models.constant(_yolov8()), confidence=levels)
    (found,) = detector.detect([models.frame(_GRAY, _FULL)])
    assert [name for name, _, _ in _rows(found)] == ["person", "head"]


def test_filters_hold_for_their_camera_only(tmp_path: Path) -> None:
    manifest = models.write(tmp_path, models.constant(_yolov8()))
    filters = {
        "yard": {
            "person": ObjectFilter(min_score=0.95),
            "helmet": ObjectFilter(min_area=72_001),
            "head": ObjectFilter(max_area=21_600),
        },
        "roof": {
            "person": ObjectFilter(min_score=0.15),
            "helmet": ObjectFilter(min_area=72_000),
            "head": ObjectFilter(max_area=21_599),
            "harness": ObjectFilter(min_score=0.5),
        },
    }
    detector = open_detector(manifest, provider="cpu", filters=filters)
    seen = detector.detect([models.frame(_GRAY, _FULL, camera) for camera in ("gate", "yard", "roof")])
    names = [[(name, score) for name, score, _ in _rows(found)] for found in seen]
    assert names == [
        [("person", 0.9), ("helmet", 0.7), ("head", 0.3)],
        [("head", 0.3)],
        [("person", 0.9), ("helmet", 0.7), ("person", 0.2)],
    ]


@pytest.mark.parametrize(
    ("batch", "dynamic"), [(1, False), (4, False), ("b", True)], ids=["one", "four", "free"]
)
def test_several_frames_of_several_shapes_at_once(batch: int | str, dynamic: bool, tmp_path: Path) -> None:
    height, width = ("h", "w") if dynamic else (384, 640)
    model = models.constant(_yolov8(), (batch, 3, height, width))
    detector = _open(tmp_path, model, dynamic=dynamic)
    tall = np.full((384, 512, 3), 90, np.uint8)
    frames = [models.frame(_GRAY, _FULL), models.frame(tall, (1024, 768)), *[models.frame(_GRAY, _FULL)] * 4]
    found = detector.detect(frames)
    left, top = (0, 0) if dynamic else (64, 0)
    other = [(60 - left) * 2, (72 - top) * 2, (160 - left) * 2, (152 - top) * 2]
    assert [_rows(one)[0][2] for one in found] == [
        _EXPECTED[0][2],
        [max(side, 0) for side in other],
        *[_EXPECTED[0][2]] * 4,
    ]


def test_a_batch_keeps_the_pictures_apart(tmp_path: Path) -> None:
    detector = _open(tmp_path, models.seeing(batch=4))
    frames = [models.frame(models.drawn(640, 360, seed)) for seed in range(3)]
    together = detector.detect(frames)
    for one, alone in zip(together, (detector.detect([frame])[0] for frame in frames), strict=True):
        assert np.array_equal(one.xyxy, alone.xyxy)
    assert not np.array_equal(together[0].xyxy, together[1].xyxy)
    assert detector.detect([]) == []


def test_a_half_precision_model(tmp_path: Path) -> None:
    model = models.constant(_yolov8(), dtype=TensorProto.FLOAT16)
    detector = _open(tmp_path, model, dtype="float16")
    (found,) = detector.detect([models.frame(_GRAY, _FULL)])
    assert found.confidence.dtype == np.float32
    assert [name for name, _, _ in _rows(found)] == ["person", "helmet", "head"]
    np.testing.assert_allclose(found.xyxy[0], _EXPECTED[0][2], atol=1)


def test_openvino_finds_the_same(tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    manifest = models.write(tmp_path, models.seeing())
    frames = [models.frame(models.drawn(1280, 720, seed)) for seed in range(2)]
    ours = open_detector(manifest, provider="cpu").detect(frames)
    theirs = open_detector(manifest, provider="openvino").detect(frames)
    for one, other in zip(ours, theirs, strict=True):
        assert one.class_id.tolist() == other.class_id.tolist()
        np.testing.assert_allclose(one.xyxy, other.xyxy, atol=0.05)
        np.testing.assert_allclose(one.confidence, other.confidence, atol=1e-4)


def test_names_itself_and_the_size_it_wants(tmp_path: Path) -> None:
    detector = _open(tmp_path, models.constant(_yolov8()))
    assert detector.class_names == models.CLASSES
    assert detector.model.name == "tiny"
    assert len(detector.model.sha256) == 64
    assert detector.analysis_size((1920, 1080)) == (640, 360)
    assert detector.analysis_size((640, 480)) == (512, 384)
    assert detector.analysis_size((333, 500)) == (256, 384)
