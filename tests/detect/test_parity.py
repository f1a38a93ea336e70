"""The same boxes as ultralytics, from the same ONNX file and the same pictures.

Compared are the ends of both roads: pixels in, boxes in the full picture out. So letterbox, channel order,
scaling, the head, the thresholds, NMS and the way back must all agree.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from siaga.core.detection import Detections
from siaga.core.frame import Rgb
from siaga.detect import open_detector

from . import models

_REPOSITORY = Path(__file__).parents[2]
_DATA = _REPOSITORY.parent / "shared" / "data"
_WEIGHTS = _DATA / "weights" / "yolo11n_coco.onnx"
_SOURCES = ("cctv_plant", "elbeih_helmet", "panly_shwd_bareheads", "rf100_construction_safety", "syook_ppe")
_PER_SOURCE = 13
_GOLDEN = Path(__file__).parent / "golden" / "seeing.json"
_SIZES = ((1280, 720), (1920, 1080), (640, 480), (333, 500), (641, 359), (96, 52), (1024, 1024), (640, 384))
_CONFIDENCE, _IOU = 0.25, 0.6

needs_ultralytics = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("ultralytics", "torchvision")),
    reason="needs ultralytics",
)


def _reference(folder: Path, model: Path, pictures: list[Rgb]) -> list[list[list[float]]]:
    paths = []
    for index, rgb in enumerate(pictures):
        paths.append(folder / f"{index}.npy")
        np.save(paths[-1], rgb)
    done = subprocess.run(
        [sys.executable, "-m", "tests.detect.reference", model, str(_CONFIDENCE), str(_IOU), *paths],
        cwd=_REPOSITORY,
        env={**os.environ, "YOLO_OFFLINE": "true", "YOLO_CONFIG_DIR": str(folder), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    found: list[list[list[float]]] = json.loads(done.stdout.splitlines()[-1])
    return found


def _agree(ours: Detections, theirs: list[list[float]]) -> None:
    expected = np.asarray(theirs, np.float32).reshape(-1, 6)
    assert len(ours) == len(expected)
    assert ours.class_id.tolist() == expected[:, 5].astype(int).tolist()
    np.testing.assert_allclose(ours.confidence, expected[:, 4], atol=1e-3, rtol=0)
    np.testing.assert_allclose(ours.xyxy, expected[:, :4], atol=1, rtol=0)


def _drawn() -> list[Rgb]:
    return [models.drawn(width, height, seed) for seed, (width, height) in enumerate(_SIZES)]


def test_agrees_with_what_ultralytics_found_on_drawn_pictures(tmp_path: Path) -> None:
    manifest = models.write(tmp_path, models.seeing(), nms_iou=_IOU)
    golden = json.loads(_GOLDEN.read_text(encoding="utf-8"))
    detector = open_detector(manifest, provider="cpu")
    found = detector.detect([models.frame(rgb) for rgb in _drawn()])
    assert [entry["size"] for entry in golden] == [list(size) for size in _SIZES]
    assert sum(len(entry["boxes"]) for entry in golden) > 100
    for ours, entry in zip(found, golden, strict=True):
        _agree(ours, entry["boxes"])


@needs_ultralytics
def test_the_golden_boxes_are_what_ultralytics_finds_today(tmp_path: Path) -> None:
    models.write(tmp_path, models.seeing(), nms_iou=_IOU)
    found = _reference(tmp_path, tmp_path / "tiny.onnx", _drawn())
    golden = json.loads(_GOLDEN.read_text(encoding="utf-8"))
    for theirs, entry in zip(found, golden, strict=True):
        np.testing.assert_allclose(theirs, entry["boxes"], atol=1e-2)


@pytest.mark.data
@needs_ultralytics
@pytest.mark.skipif(not _WEIGHTS.exists(), reason="needs ../shared/data")
def test_agrees_with_ultralytics_on_real_pictures(tmp_path: Path) -> None:
    pictures = [_read(path) for source in _SOURCES for path in _some(source)]
    assert len(pictures) >= 60
    assert len({rgb.shape[1] / rgb.shape[0] for rgb in pictures}) >= 10
    classes = [f"class {index}" for index in range(80)]
    manifest = models.write(
        tmp_path, _WEIGHTS.read_bytes(), classes=classes, nms_iou=_IOU, width=640, height=640
    )
    theirs = _reference(tmp_path, tmp_path / "tiny.onnx", pictures)
    detector = open_detector(manifest, provider="cpu")
    for rgb, expected in zip(pictures, theirs, strict=True):
        _agree(detector.detect([models.frame(rgb)])[0], expected)
    assert sum(map(len, theirs)) > 100


def _some(source: str) -> list[Path]:
    paths = sorted(path for path in (_DATA / "images" / source).rglob("images/*") if path.is_file())
    return paths[:: max(1, len(paths) // _PER_SOURCE)][:_PER_SOURCE]


def _read(path: Path) -> Rgb:
    bgr = cv2.imread(str(path))
    assert bgr is not None
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)
