"""A whole site: which processes there are, and who analyses which camera."""

import fcntl
import json
import multiprocessing
import os
import random
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import structlog

from siaga.core.canonical import sha256_hex
from siaga.core.clock import Clock, SystemClock
from siaga.core.errors import Conflict, StorageError
from siaga.core.settings import Settings
from siaga.core.settings.load import Loaded
from siaga.edge.check import check_site
from siaga.edge.child import follow_parent
from siaga.edge.companions import classifier_refs, crop_models
from siaga.edge.entries import camera_main, delivery_main, engine_main, first_steps
from siaga.edge.specs import CameraSpec, DeliverySpec, EngineSpec, StoreSpec, model_ref
from siaga.edge.supervisor import Job, Supervisor
from siaga.manifest import Manifest

log = structlog.get_logger(__name__)

_TICK_S = 0.25
_RING_SLACK_S = 15.0
_DELIVERY, _CAMERAS, _ENGINES = 0, 1, 2


@dataclass(frozen=True)
class SiteState:
    """What runs, as the processes last told it: plain values, ready for JSON."""

    engines: list[dict[str, Any]]
    delivery: dict[str, Any]
    restarts: dict[str, int]


def engine_count(settings: Settings) -> int:
    """One-thread engines: one per core, never more than cameras."""
    cameras = sum(camera.enabled for camera in settings.cameras.values())
    wanted = settings.detector.engines or len(os.sched_getaffinity(0))
    return max(1, min(wanted, cameras))


def plan_jobs(store: StoreSpec, manifest: Manifest, runtime: Path) -> list[Job]:
    """The processes of a site: delivery, then cameras, then engines.

    Args:
        runtime: A private folder for sockets and states.
    """
    settings, key = store.settings, secrets.token_bytes(32)
    names = [name for name, camera in settings.cameras.items() if camera.enabled]
    count = engine_count(settings)
    box = (manifest.input.width, manifest.input.height)
    jobs = [
        Job("delivery", delivery_main, (DeliverySpec(store, runtime / "delivery.json"),), 90.0, _DELIVERY)
    ]
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
        jobs.append(Job(f"camera {name}", camera_main, (spec,), patience, _CAMERAS))
    for index in range(count):
        engine = EngineSpec(
            name=f"engine{index}",
            cameras=tuple(names[index::count]),
            store=store,
            socket=runtime / f"engine{index}.sock",
            key=key,
            status=runtime / f"engine{index}.json",
        )
        jobs.append(Job(f"engine {index}", engine_main, (engine,), 60.0, _ENGINES))
    return jobs


def run_site(
    loaded: Loaded,
    stop: threading.Event,
    *,
    on_state: Callable[[SiteState], None] = lambda _: None,
    secrets_known: tuple[str, ...] = (),
    verbose: bool = False,
    json_logs: bool = False,
    clock: Clock | None = None,
) -> None:
    """Run the edge until ``stop`` is set.

    Args:
        on_state: Told every few ticks what runs.
        secrets_known: Texts that the child processes must never print.

    Raises:
        ConfigError, ModelError, DependencyMissing: Before anything starts.
        Conflict: Another edge uses the same state folder.
        StorageError: The state folder cannot be used.
    """
    clock = clock or SystemClock()
    # Every thread with a heap of its own makes long runs grow; two heaps are enough. Children inherit it.
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
    settings = loaded.settings
    manifest = check_site(settings)
    classifiers = classifier_refs(crop_models(settings, manifest))
    store = StoreSpec(settings, loaded.config_hash, model_ref(manifest), uuid4(), classifiers=classifiers)
    with _only_one(settings.state_dir), _runtime_folder(settings.state_dir) as runtime:
        prepare(store, manifest, clock)
        supervisor = Supervisor(
            plan_jobs(store, manifest, runtime), clock, random.Random(), secrets_known, verbose, json_logs
        )
        supervisor.start()
        try:
            while not stop.wait(_TICK_S):
                supervisor.tick()
                on_state(read_state(runtime, supervisor))
        finally:
            supervisor.stop()


def prepare(store: StoreSpec, manifest: Manifest, clock: Clock) -> None:
    """Try the model once and clean up after a crash, in a child: the supervisor stays small.

    Raises:
        ModelError, DependencyMissing, StorageError: What the child found.
    """
    # A child that waits for its first task holds both ends of the queue: it would never see the parent die.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=follow_parent) as pool:
        pool.submit(first_steps, store, manifest, clock).result()


def read_state(runtime: Path, supervisor: Supervisor) -> SiteState:
    """What the processes last wrote about themselves."""
    engines = [state for path in sorted(runtime.glob("engine*.json")) if (state := _read(path))]
    restarts = {worker.name: worker.restarts for worker in supervisor.states()}
    return SiteState(engines, _read(runtime / "delivery.json"), restarts)


def _read(path: Path) -> dict[str, Any]:
    try:
        state = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


@contextmanager
def _only_one(state_dir: Path) -> Iterator[None]:
    state_dir.mkdir(parents=True, exist_ok=True)
    with (state_dir / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Conflict(
                "another edge is running on this state folder",
                where=str(state_dir),
                fix="Stop it, or set another state_dir.",
            ) from error
        yield


@contextmanager
def _runtime_folder(state_dir: Path) -> Iterator[Path]:
    """A private folder for sockets and states, always the same one: what a killed run left in it goes."""
    name = sha256_hex(str(state_dir.resolve()).encode())[:16]
    folder = Path(tempfile.gettempdir()) / f"siaga-{os.getuid()}-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise StorageError(
            f"the folder for sockets cannot be made ({error.strerror})",
            where=str(folder),
            fix="Remove what is there, or set TMPDIR to a folder of this user.",
        ) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
