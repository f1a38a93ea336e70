"""One process of one contender: reads the video for a while and says how many frames a second it made.

Usage: peer.py NAME VIDEO MODEL SECONDS [CORE]. Every contender finds, tracks and tests people against a zone
at every frame, on the same ONNX file with onnxruntime on the CPU. With CORE it runs on that core alone,
which is how a user tunes the peers to one thread: onnxruntime takes as many threads as it sees cores.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ZONE = ((0.3, 0.3), (0.7, 0.3), (0.7, 0.9), (0.3, 0.9))


def siaga(video: Path, model: str) -> Iterator[int]:
    """Siaga's own path: capture, slot, detect, track, judge, rules, ledger."""
    sys.path.insert(0, str(ROOT))
    from benchmarks.floor import WholePath, configuration

    with tempfile.TemporaryDirectory() as folder:
        loaded = configuration(Path(folder), video, evidence=False, model=model)
        path = WholePath(loaded, evidence=False)
        while True:
            path.step(1)
            yield 1


def _model(name: str) -> tuple[str, tuple[int, int]]:
    """The ONNX file and its input (height, width), the same for everybody."""
    from siaga.manifest import resolve

    manifest = resolve(name)
    return str(manifest.path), (manifest.input.height, manifest.input.width)


def ultralytics_track(video: Path, model: str) -> Iterator[int]:
    """``YOLO(...).track(...)`` with its default settings."""
    from ultralytics import YOLO

    file, size = _model(model)
    yolo = YOLO(file, task="detect")
    for _ in yolo.track(str(video), stream=True, verbose=False, imgsz=size):
        yield 1


def supervision_loop(video: Path, model: str) -> Iterator[int]:
    """The loop of the tutorials: OpenCV, ultralytics predict, ByteTrack, PolygonZone."""
    import cv2
    import numpy as np
    import supervision as sv
    from trackers import ByteTrackTracker
    from ultralytics import YOLO

    file, image_size = _model(model)
    yolo = YOLO(file, task="detect")
    tracker, capture, zone = ByteTrackTracker(), cv2.VideoCapture(str(video)), None
    while True:
        there, picture = capture.read()
        if not there:
            return
        if zone is None:
            size = np.array([picture.shape[1], picture.shape[0]])
            zone = sv.PolygonZone(polygon=(np.array(ZONE) * size).astype(int))
        found = sv.Detections.from_ultralytics(yolo(picture, verbose=False, imgsz=image_size)[0])
        zone.trigger(tracker.update(found))
        yield 1


CONTENDERS: dict[str, Callable[[Path, str], Iterator[int]]] = {
    "siaga": siaga,
    "ultralytics_track": ultralytics_track,
    "supervision_loop": supervision_loop,
}


def main(name: str, video: str, model: str, seconds: str, core: str | None = None) -> None:
    """Warm up for a few frames, wait for the common start, count."""
    if core is not None:
        os.sched_setaffinity(0, {int(core)})
    os.environ |= {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false", "YOLO_VERBOSE": "false"}
    contender = CONTENDERS[name](Path(video), model)
    for _ in range(5):
        next(contender)
    print("ready", flush=True)
    sys.stdin.readline()
    start, cpu, frames = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - start < float(seconds):
        frames += next(contender)
    wall = time.perf_counter() - start
    cpu_ms = (time.process_time() - cpu) / frames * 1000
    print(json.dumps({"fps": frames / wall, "cpu_ms": cpu_ms}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
