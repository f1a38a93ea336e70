"""The whole path against its floor: pure decoding plus pure inference of the same pictures, turn by turn."""

import itertools
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import av
import cv2
import numpy as np
import onnxruntime as ort

from benchmarks.machine import Stopwatch, spread
from siaga.core.clock import SystemClock
from siaga.core.settings.load import Loaded, parse_settings
from siaga.edge.archive import Archive, open_archive
from siaga.edge.clip_cutter import cut
from siaga.edge.engine import Engine
from siaga.edge.link import ClipRequest
from siaga.edge.parts import build_parts
from siaga.edge.recorder import Occurrence
from siaga.edge.specs import StoreSpec, model_ref
from siaga.frames.audit import CameraAudit
from siaga.frames.capture import Capture
from siaga.frames.open import open_source
from siaga.frames.packets import PacketRing
from siaga.frames.slot import FrameSlot
from siaga.manifest import Manifest, resolve


@dataclass
class Costs:
    """CPU milliseconds per picture, one entry per round."""

    decode: list[float]
    runtime: list[float]
    path: list[float]

    def result(self) -> dict[str, Any]:
        """Medians and the ratio of the whole path to the floor, round by round."""
        floors = [decode + run for decode, run in zip(self.decode, self.runtime, strict=True)]
        ratios = [path / floor for path, floor in zip(self.path, floors, strict=True)]
        return {
            "decode_ms": spread(self.decode),
            "runtime_ms": spread(self.runtime),
            "path_ms": spread(self.path),
            "ratio_to_floor": spread(ratios),
        }


def configuration(folder: Path, video: Path, *, evidence: bool, model: str) -> Loaded:
    """One camera, analysed at every picture; with evidence also a zone that people walk into."""
    zone = "zones: {all: {coordinates: '0,0,1,0,1,1,0,1', exclusion: true}}" if evidence else ""
    return parse_settings(
        f"""
site: {{name: bench}}
state_dir: {folder}
model: {model}
ppe: {{requires: [helmet], repeat_interval: 60s}}
cameras:
  bench:
    ffmpeg: {{inputs: [{{path: "file:{video}"}}]}}
    detect: {{fps: 30}}
    {zone}
"""
    )


class WholePath:
    """Everything that happens to a picture between the camera's packet and the rules, in one process."""

    def __init__(self, loaded: Loaded, *, evidence: bool) -> None:
        cv2.setNumThreads(1)
        clock = SystemClock()
        settings = loaded.settings
        store = StoreSpec(settings, loaded.config_hash, model_ref(resolve(settings.model)), uuid4())
        self._archive: Archive | None = open_archive(store, clock) if evidence else None
        self._settings = settings
        self._parts = build_parts(settings, ("bench",), clock)
        self._lane = self._parts.lanes["bench"]
        self._engine = Engine(self._parts.detector, self._parts.lanes, self._record)
        self._audit = CameraAudit("bench", self._lane.camera.audit)
        self._ring = PacketRing(25.0, 64 * 2**20)
        self._slot = FrameSlot.create((1920, 1080), (1920, 1088), "bench")
        self.events = 0
        source = open_source(settings.cameras["bench"].ffmpeg.url("detect"), clock=clock, epoch=1)
        self._pictures = iter(
            Capture(
                source,
                fps=30,
                analysis_size=self._parts.detector.analysis_size,
                ring=self._ring,
                clock=clock,
            )
        )

    def _record(self, said: Occurrence) -> None:
        self.events += said.clip_wanted
        if self._archive is not None:
            self._archive.recorder.record(said)

    def step(self, count: int) -> None:
        """Take ``count`` pictures all the way."""
        for picture in itertools.islice(self._pictures, count):
            self._slot.publish(picture)
            self._audit.feed(picture.luma, picture.t, picture.utc, picture.keyframes)
            newest = self._slot.read()
            assert newest is not None
            frame = newest[0]
            self._engine.step([frame])
            if self._archive is not None:
                self._cut(frame.t)

    def _cut(self, t: float) -> None:
        assert self._archive is not None
        for wanted, job in self._lane.clips.due(t, self._lane.heads):
            request = ClipRequest(wanted.ticket, job)
            answer = cut(self._ring, request, self._settings.evidence.clip, same_stream=True)
            self._archive.recorder.attach_clip(wanted, answer)


def _decoded(video: Path) -> Iterator[av.VideoFrame]:
    with av.open(str(video)) as container:
        container.streams.video[0].thread_type = "NONE"
        yield from container.decode(video=0)


def _session(manifest: Manifest) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return ort.InferenceSession(str(manifest.path), sess_options=options, providers=["CPUExecutionProvider"])


def measure(video: Path, model: str, *, rounds: int, pictures: int, evidence: bool) -> dict[str, Any]:
    """Decode, infer and run the whole path, one picture each in turn; ``rounds`` of ``pictures`` pictures."""
    manifest = resolve(model)
    with tempfile.TemporaryDirectory() as folder:
        loaded = configuration(Path(folder), video, evidence=evidence, model=model)
        path = WholePath(loaded, evidence=evidence)
        frames, session = _decoded(video), _session(manifest)
        tensor = np.random.default_rng(1).random(
            (1, 3, manifest.input.height, manifest.input.width), np.float32
        )
        costs = Costs([], [], [])
        path.step(5)
        list(itertools.islice(frames, 5))
        for _ in range(3):
            session.run(None, {manifest.input.name: tensor})
        for _ in range(rounds):
            # Picture by picture: what else the machine does falls on all three alike.
            spent = [0.0, 0.0, 0.0]
            for _turn in range(pictures):
                with Stopwatch() as decoding:
                    next(frames)
                with Stopwatch() as running:
                    session.run(None, {manifest.input.name: tensor})
                with Stopwatch() as stepping:
                    path.step(1)
                for index, watch in enumerate((decoding, running, stepping)):
                    spent[index] += watch.cpu / pictures * 1000
            for values, value in zip((costs.decode, costs.runtime, costs.path), spent, strict=True):
                values.append(value)
        return costs.result() | {"violations": path.events, "pictures": rounds * pictures}
