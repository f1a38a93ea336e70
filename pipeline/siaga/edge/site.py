"""A whole site: run from its start to its end, as its own file and the service say."""

import fcntl
import json
import os
import random
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import structlog

from siaga.core.canonical import sha256_hex
from siaga.core.clock import Clock, SystemClock
from siaga.core.errors import Conflict, SiagaError, StorageError
from siaga.core.settings.load import Loaded
from siaga.deliver.link_state import LinkState
from siaga.edge.check import check_site
from siaga.edge.crew import Crew, ModelTrial, prepare, store_spec
from siaga.edge.steering import Standing, Steering
from siaga.edge.supervisor import Supervisor

log = structlog.get_logger(__name__)

_TICK_S = 0.25


@dataclass(frozen=True)
class SiteState:
    """What runs, as the processes last told it: plain values, ready for JSON.

    ``link``: ``halted``, and the version of the service's ``configuration`` (None: the box's own file).
    """

    engines: list[dict[str, Any]]
    delivery: dict[str, Any]
    restarts: dict[str, int]
    link: dict[str, Any] = field(default_factory=dict)


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
        loaded: The box's own file; the service may set another configuration if it allows that.
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
    settings, boot_id = loaded.settings, uuid4()
    given = tuple(os.environ.get(name, "") for name in settings.deliver.link.variables)
    with _only_one(settings.state_dir), _runtime_folder(settings.state_dir) as runtime:
        steering = Steering(
            loaded, LinkState(settings.state_dir, settings.deliver.link.service_key), ModelTrial
        )
        supervisor = Supervisor([], clock, random.Random(), (*secrets_known, *given), verbose, json_logs)
        crew = Crew(supervisor, runtime, boot_id)
        _begin(steering, boot_id, clock)
        try:
            crew.start(steering.standing.loaded, halted=steering.halt is not None)
            _say_halt(steering, crew)
            while not stop.wait(_TICK_S):
                supervisor.tick()
                follow(steering, crew)
                on_state(read_state(runtime, supervisor, steering, crew))
        finally:
            steering.close()
            supervisor.stop()


def _begin(steering: Steering, boot_id: UUID, clock: Clock) -> None:
    """Find what can be run: what is ordered, else the last good configuration, else the box's own file."""
    for standing in steering.begin():
        try:
            manifest = check_site(standing.loaded.settings)
            prepare(store_spec(standing.loaded, manifest, boot_id), manifest, clock)
        except StorageError:
            raise
        except SiagaError as error:
            if standing.configuration is None:
                raise
            steering.refuse(standing.configuration, error)
            continue
        steering.run(standing)
        return


def follow(steering: Steering, crew: Crew) -> None:
    """Do what the service ordered since the last call. The kill switch goes before everything else."""
    if steering.look():
        _say_halt(steering, crew)
        _obey_halt(steering, crew)
        if steering.halt is None:
            crew.resume()
    changed = steering.change()
    if changed is not None:
        _change(steering, crew, changed)
    steering.settled(halted=crew.halted)


def _change(steering: Steering, crew: Crew, changed: Standing) -> None:
    log.info("configuration of the service", version=_version(changed), hash=changed.loaded.config_hash)
    if changed.loaded.config_hash != steering.standing.loaded.config_hash:
        try:
            crew.change(changed.loaded, lambda: _obey_halt(steering, crew))
        except SiagaError as error:
            if changed.configuration is not None:
                steering.refuse(changed.configuration, error)
            return
    steering.run(changed)


def _obey_halt(steering: Steering, crew: Crew) -> None:
    if steering.ordered_halt() is not None:
        crew.halt()


def _say_halt(steering: Steering, crew: Crew) -> None:
    if steering.halt is not None:
        log.warning(
            "the service halted this box: no camera is decoded until it is lifted there",
            since=steering.halt.since.isoformat(),
            reason=steering.halt.reason,
        )
    elif crew.halted:
        log.info("the halt is lifted: the cameras are watched again")


def _version(standing: Standing) -> int | None:
    return standing.configuration.version if standing.configuration else None


def read_state(runtime: Path, supervisor: Supervisor, steering: Steering, crew: Crew) -> SiteState:
    """What the processes last wrote about themselves, and what the service made of the box."""
    engines = [state for path in sorted(runtime.glob("engine*.json")) if (state := _read(path))]
    restarts = {worker.name: worker.restarts for worker in supervisor.states()}
    link = {"halted": crew.halted, "configuration": _version(steering.standing)}
    return SiteState(engines, _read(runtime / "delivery.json"), restarts, link)


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
