"""A recording from start to end through the same loop, faster than real time and the same every time."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

from siaga.core.canonical import canonical_json, sha256_hex
from siaga.core.clock import ManualClock, SystemClock
from siaga.core.event import Event
from siaga.core.scene import Scene
from siaga.core.settings import Settings, StreamUrl
from siaga.edge.annotate import AnnotatedVideo
from siaga.edge.archive import Archive, open_archive
from siaga.edge.clip_cutter import cut
from siaga.edge.companions import classifier_refs, crop_models
from siaga.edge.engine import Engine
from siaga.edge.lane import Lane
from siaga.edge.link import ClipRequest
from siaga.edge.parts import Parts, build_parts
from siaga.edge.recorder import Occurrence
from siaga.edge.specs import StoreSpec, model_ref
from siaga.frames.audit import CameraAudit
from siaga.frames.capture import Capture, Picture, picture_to_frame
from siaga.frames.open import open_source
from siaga.frames.packets import PacketRing
from siaga.frames.source import VideoSource
from siaga.manifest import resolve

_RING_BYTES = 256 * 2**20
_RING_SLACK_S = 10.0


@dataclass(frozen=True)
class OfflineJob:
    """One source to analyse.

    Attributes:
        camera: Which camera of the settings it stands for.
        out: Folder for the results; made, must not hold an earlier result.
        start: Wall time of the first picture of a file.
        duration: Stop after so many seconds of stream time; None: to the end (a live stream never ends).
        annotate: Also write a video with boxes, verdicts and zones (heads pixelated).
    """

    source: StreamUrl
    settings: Settings
    config_hash: str
    camera: str
    out: Path
    start: datetime
    duration: float | None = None
    annotate: bool = False


@dataclass(frozen=True)
class OfflineResult:
    """What came out. ``seconds``: stream time analysed; ``frames``: pictures analysed."""

    events: tuple[Event, ...]
    seconds: float
    frames: int
    corrupt: int


def analyse(
    job: OfflineJob,
    progress: Callable[[float], None] = lambda _: None,
    on_scene: Callable[[Scene], None] = lambda _: None,
) -> OfflineResult:
    """Run one source through the edge's loop.

    Writes ``events.jsonl``, ``ledger.json``, ``evidence/`` and, if asked for, ``annotated.mp4`` into
    ``job.out``. For a file everything that is written depends on the file, the settings and the model alone.

    Args:
        progress: Told the stream time (seconds) reached.
        on_scene: Told every analysed picture's people as they were judged.

    Raises:
        SourceError: The source cannot be read; what was read before a damaged part is written all the same.
        ModelError, StorageError: See there.
    """
    settings = job.settings.model_copy(update={"state_dir": job.out})
    clock = ManualClock(job.start)
    seed = _seed(job)
    manifest = resolve(settings.model)
    store = StoreSpec(
        settings,
        job.config_hash,
        model_ref(manifest),
        UUID(int=0, version=4),
        seed,
        classifier_refs(crop_models(settings, manifest)),
    )
    # The source first: a path that is wrong leaves nothing behind.
    with (
        open_source(job.source, clock=SystemClock(), start_utc=job.start, epoch=1) as source,
        closing(open_archive(store, clock)) as archive,
    ):
        parts = build_parts(settings, (job.camera,), clock, seed=seed)
        with closing(parts):
            run = _Run(job, parts, archive, clock, source, on_scene)
            try:
                run.through(progress)
            finally:
                run.write_results()
            return run.result()


def _seed(job: OfflineJob) -> bytes:
    about = {"source": job.source.path.name if job.source.is_file else "live", "config": job.config_hash}
    return bytes.fromhex(sha256_hex(canonical_json(about)))


class _Run:
    def __init__(
        self,
        job: OfflineJob,
        parts: Parts,
        archive: Archive,
        clock: ManualClock,
        source: VideoSource,
        on_scene: Callable[[Scene], None],
    ) -> None:
        self._job = job
        self._on_scene = on_scene
        self._archive = archive
        self._clock = clock
        self._lane: Lane = parts.lanes[job.camera]
        self._engine = Engine(parts.detector, parts.lanes, self._record)
        self._audit = CameraAudit(job.camera, self._lane.camera.audit)
        clip = job.settings.evidence.clip
        self._ring = PacketRing(clip.pre_roll + clip.post_roll + _RING_SLACK_S, _RING_BYTES)
        camera = self._lane.camera
        self._capture = Capture(
            source,
            fps=camera.detect.fps,
            analysis_size=parts.detector.analysis_size,
            masks=tuple(mask.coordinates for mask in camera.masks.values()),
            ring=self._ring,
            clock=SystemClock(),
        )
        self._video = AnnotatedVideo(job.out / "annotated.mp4", self._lane) if job.annotate else None
        self._frames = 0
        self._seconds = 0.0
        self._corrupt = 0

    def _record(self, said: Occurrence) -> None:
        self._archive.recorder.record(said)

    def through(self, progress: Callable[[float], None]) -> None:
        try:
            for picture in self._capture:
                if self._job.duration is not None and picture.pts > self._job.duration:
                    break
                self._look(picture)
                progress(picture.pts)
        finally:
            self._end()

    def _look(self, picture: Picture) -> None:
        self._clock.set(max(self._clock.monotonic(), picture.pts))
        self._frames += 1
        self._seconds = picture.pts
        frame = picture_to_frame(picture, self._job.camera, self._frames)
        # Live streams are counted in stream time here too: there is one camera and one clock.
        frame = replace(frame, t=picture.pts)
        for change in self._audit.feed(picture.luma, frame.t, frame.utc, picture.keyframes):
            self._engine.health(change)
        scenes = self._engine.step([frame]) if self._lane.can_judge else []
        for scene in scenes:
            self._on_scene(scene)
        if self._video is not None:
            self._video.add(frame, scenes[0] if scenes else None)
        self._cut_clips(frame.t)

    def _cut_clips(self, t: float, *, all_of_them: bool = False) -> None:
        for wanted, clip_job in self._lane.clips.due(t, self._lane.heads, all_of_them=all_of_them):
            request = ClipRequest(wanted.ticket, clip_job)
            answer = cut(self._ring, request, self._job.settings.evidence.clip, same_stream=True)
            self._archive.recorder.attach_clip(wanted, answer)

    def _end(self) -> None:
        self._corrupt = self._capture.stats.corrupt
        self._engine.close(self._clock)
        self._cut_clips(self._seconds, all_of_them=True)
        self._archive.recorder.abandon_clips("recording_ended")
        self._lane.ledger.frames(self._clock.utc(), self._frames, 0, self._corrupt)
        if self._video is not None:
            self._video.close()

    def events(self) -> list[Event]:
        return self._archive.outbox.records_after(0, limit=1_000_000)

    def write_results(self) -> None:
        lines = [canonical_json(event.model_dump(mode="json")).decode() for event in self.events()]
        (self._job.out / "events.jsonl").write_text("".join(f"{line}\n" for line in lines))
        rows = [row.model_dump(mode="json") for row in self._lane.ledger.rows()]
        (self._job.out / "ledger.json").write_bytes(canonical_json(rows) + b"\n")

    def result(self) -> OfflineResult:
        return OfflineResult(tuple(self.events()), self._seconds, self._frames, self._corrupt)
