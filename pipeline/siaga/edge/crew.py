"""The processes of a site, and how they are changed while it runs."""

import multiprocessing
import os
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from uuid import UUID

import structlog

from siaga.core.clock import Clock
from siaga.core.errors import ModelUnsupported
from siaga.core.settings import Settings
from siaga.core.settings.load import Loaded
from siaga.edge.check import check_site
from siaga.edge.child import follow_parent
from siaga.edge.companions import classifier_refs, crop_models
from siaga.edge.entries import camera_main, delivery_main, engine_main, first_steps, trial_main
from siaga.edge.specs import CameraSpec, DeliverySpec, EngineSpec, StoreSpec, model_ref
from siaga.edge.supervisor import Job, Supervisor
from siaga.manifest import Manifest

log = structlog.get_logger(__name__)

DELIVERY, CAMERAS, ENGINES = 0, 1, 2
"""Stages of a site's processes: a stop begins with the highest."""

_RING_SLACK_S = 15.0
_HALT_GRACE_S = 1.0
_TRIAL_S = 300.0


def engine_count(settings: Settings) -> int:
    """One-thread engines: one per core, never more than cameras."""
    cameras = sum(camera.enabled for camera in settings.cameras.values())
    wanted = settings.detector.engines or len(os.sched_getaffinity(0))
    return max(1, min(wanted, cameras))


def store_spec(loaded: Loaded, manifest: Manifest, boot_id: UUID) -> StoreSpec:
    """Where and under which settings a site's processes record."""
    settings = loaded.settings
    classifiers = classifier_refs(crop_models(settings, manifest))
    return StoreSpec(settings, loaded.config_hash, model_ref(manifest), boot_id, classifiers=classifiers)


def plan_jobs(store: StoreSpec, manifest: Manifest, runtime: Path) -> list[Job]:
    """The processes of a site: delivery, then cameras, then engines.

    Args:
        runtime: A private folder for sockets and states.
    """
    settings, key = store.settings, secrets.token_bytes(32)
    names = [name for name, camera in settings.cameras.items() if camera.enabled]
    count = engine_count(settings)
    box = (manifest.input.width, manifest.input.height)
    jobs = [Job("delivery", delivery_main, (DeliverySpec(store, runtime / "delivery.json"),), 90.0, DELIVERY)]
    for index, name in enumerate(names):
        camera = settings.cameras[name]
        spec = CameraSpec(
            name=name,
            camera=camera,
            analysis_box=(camera.detect.width or box[0], camera.detect.height or box[1]),
            clip=settings.evidence.clip,
            engine=runtime / f"engine{index % count}.sock",
            engine_key=key,
            ring_s=settings.evidence.clip.pre_roll + settings.evidence.clip.post_roll + _RING_SLACK_S,
        )
        patience = 2 * camera.ffmpeg.timeout + 10.0
        jobs.append(Job(f"camera {name}", camera_main, (spec,), patience, CAMERAS))
    for index in range(count):
        engine = EngineSpec(
            name=f"engine{index}",
            cameras=tuple(names[index::count]),
            store=store,
            socket=runtime / f"engine{index}.sock",
            key=key,
            status=runtime / f"engine{index}.json",
        )
        jobs.append(Job(f"engine {index}", engine_main, (engine,), 60.0, ENGINES))
    return jobs


class Crew:
    """A site's processes under one supervisor.

    Attributes:
        halted: No camera is decoded; only delivery runs.
    """

    def __init__(self, supervisor: Supervisor, runtime: Path, boot_id: UUID) -> None:
        self._supervisor = supervisor
        self._runtime = runtime
        self._boot_id = boot_id
        self._jobs: list[Job] = []
        self.halted = False

    def start(self, loaded: Loaded, *, halted: bool) -> None:
        """Run a configuration. Raises ModelError, ConfigError before anything starts."""
        self._launch(self._plan(loaded), halted=halted)

    def _plan(self, loaded: Loaded) -> list[Job]:
        manifest = check_site(loaded.settings)
        return plan_jobs(store_spec(loaded, manifest, self._boot_id), manifest, self._runtime)

    def _launch(self, jobs: list[Job], *, halted: bool) -> None:
        self._jobs = jobs
        self.halted = halted
        self._supervisor.add([job for job in jobs if job.stage == DELIVERY or not halted])

    def halt(self) -> None:
        """Stop decoding at once; what was seen until now is written down and delivered."""
        if self.halted:
            return
        self.halted = True
        self._supervisor.stop([CAMERAS], grace_s=_HALT_GRACE_S)
        self._supervisor.stop([ENGINES])
        self._forget_states()

    def resume(self) -> None:
        """Watch again."""
        if self.halted:
            self.halted = False
            self._supervisor.add([job for job in self._jobs if job.stage != DELIVERY])

    def change(self, loaded: Loaded, urgent: Callable[[], None]) -> None:
        """Run another configuration; every event of the one before is written down first.

        Args:
            urgent: Called while the processes end; it may halt.

        Raises:
            ModelError, ConfigError: It cannot be run; nothing has changed.
        """
        jobs = self._plan(loaded)
        self._supervisor.stop([ENGINES], meanwhile=urgent)
        self._supervisor.stop([CAMERAS, DELIVERY], meanwhile=urgent)
        self._forget_states()
        self._launch(jobs, halted=self.halted)

    def _forget_states(self) -> None:
        for path in self._runtime.glob("engine*.json"):
            path.unlink(missing_ok=True)


def prepare(store: StoreSpec, manifest: Manifest, clock: Clock) -> None:
    """Try the model once and clean up after a crash, in a child: the supervisor stays small.

    Raises:
        ModelError, DependencyMissing, StorageError: What the child found.
        ModelUnsupported: The child did not survive it.
    """
    # A child that waits for its first task holds both ends of the queue: it would never see the parent die.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=follow_parent) as pool:
        try:
            pool.submit(first_steps, store, manifest, clock).result()
        except BrokenProcessPool as error:
            raise ModelUnsupported("the process that tried the models ended without a word") from error


class ModelTrial:
    """Tries a configuration's models in a child, beside the work."""

    def __init__(self, settings: Settings) -> None:
        context = multiprocessing.get_context("spawn")
        self._answer, told = context.Pipe(duplex=False)
        self._late = time.monotonic() + _TRIAL_S
        self._process = context.Process(target=trial_main, args=(told, settings), name="trial", daemon=True)
        self._process.start()
        told.close()

    def done(self) -> bool:
        """Whether it has ended; one that takes too long is ended."""
        if time.monotonic() > self._late:
            self.end()
        return not self._process.is_alive()

    def result(self) -> None:
        """Raise what is wrong with the models, if anything is. Raises SiagaError."""
        self._process.join()
        if self._answer.poll():
            try:
                raise self._answer.recv()
            except EOFError:
                pass
        if self._process.exitcode != 0:
            raise ModelUnsupported(f"trying the models ended with code {self._process.exitcode}")

    def end(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.join()
