"""Starts, watches, kills and restarts child processes. The only place that retries a process."""

import multiprocessing
import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

import structlog

from siaga.core.clock import Clock
from siaga.edge.child import SharedNumber, Tether

log = structlog.get_logger(__name__)

_FIRST_DELAY_S = 0.5
_LONGEST_DELAY_S = 5.0
_STABLE_AFTER_S = 60.0
_STOP_GRACE_S = 15.0
_START_S = 90.0
_NOT_YET = 0.0
_POLL_S = 0.1


@dataclass(frozen=True)
class Job:
    """A child process to keep running.

    Attributes:
        target: Called in the child as ``target(tether, *args)``; picklable.
        patience: Seconds without a sign of life after which the child counts as hung.
        stage: Children of a higher stage are stopped, and have ended, before those of a lower one.
    """

    name: str
    target: Callable[..., None]
    args: tuple[Any, ...] = ()
    patience: float = 30.0
    stage: int = 0


@dataclass
class _Worker:
    job: Job
    beat: SharedNumber
    stop: SharedNumber
    process: SpawnProcess | None = None
    started: float = 0.0
    retry_at: float = 0.0
    failures: int = 0
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class WorkerState:
    """A child as seen from outside."""

    name: str
    pid: int | None
    restarts: int
    silent_s: float


@dataclass
class Supervisor:
    """Keeps ``jobs`` running until told to stop.

    Args:
        secrets: Passed to each child's redactor.
        rng: Jitter of the restart delay (full jitter, 0.5 s doubling to 5 s).
    """

    jobs: Sequence[Job]
    clock: Clock
    rng: random.Random
    secrets: tuple[str, ...] = ()
    verbose: bool = False
    json_logs: bool = False
    _workers: list[_Worker] = field(default_factory=list)
    _context: SpawnContext = field(default_factory=lambda: multiprocessing.get_context("spawn"))

    def start(self) -> None:
        """Start every job once."""
        self.add(self.jobs)

    def add(self, jobs: Sequence[Job]) -> None:
        """Start more jobs, and keep them running too."""
        for job in jobs:
            worker = _Worker(job, self._context.RawValue("d", 0.0), self._context.RawValue("d", 0.0))
            self._workers.append(worker)
            self._launch(worker)

    def _launch(self, worker: _Worker) -> None:
        worker.started = self.clock.monotonic()
        worker.beat.value = _NOT_YET
        worker.stop.value = 0
        tether = Tether(worker.job.name, worker.beat, worker.stop, self.secrets, self.verbose, self.json_logs)
        process = self._context.Process(
            target=worker.job.target, args=(tether, *worker.job.args), name=worker.job.name, daemon=False
        )
        process.start()
        worker.process = process

    def tick(self) -> None:
        """Look after every child once: reap, kill what hangs, restart what is due."""
        now = self.clock.monotonic()
        for worker in self._workers:
            process = worker.process
            if process is None:
                if now >= worker.retry_at:
                    worker.restarts += 1
                    self._launch(worker)
            elif process.exitcode is not None:
                self._ended(worker, f"ended with code {process.exitcode}", now)
            elif (silent := self._silent(worker, now)) > self._patience(worker):
                process.kill()
                process.join()
                self._ended(worker, f"gave no sign of life for {silent:.0f} s; killed", now)

    def _silent(self, worker: _Worker, now: float) -> float:
        return now - max(worker.beat.value, worker.started)

    def _patience(self, worker: _Worker) -> float:
        # Importing native libraries takes long on a busy box, and nothing can hang on a camera before.
        return max(worker.job.patience, _START_S) if worker.beat.value == _NOT_YET else worker.job.patience

    def _ended(self, worker: _Worker, how: str, now: float) -> None:
        worker.process = None
        worker.failures = 1 if now - worker.started > _STABLE_AFTER_S else worker.failures + 1
        ceiling = min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2 ** min(worker.failures - 1, 10))
        delay = self.rng.uniform(_FIRST_DELAY_S / 2, ceiling)
        worker.retry_at = now + delay
        log.warning("process restarts", process=worker.job.name, why=how, in_s=round(delay, 1))

    def states(self) -> list[WorkerState]:
        """What runs now."""
        now = self.clock.monotonic()
        return [
            WorkerState(
                worker.job.name,
                worker.process.pid if worker.process else None,
                worker.restarts,
                self._silent(worker, now),
            )
            for worker in self._workers
        ]

    def stop(
        self,
        stages: Collection[int] | None = None,
        *,
        grace_s: float = _STOP_GRACE_S,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        """Ask the children to finish, highest stage first, and wait until each has really ended.

        They are not looked after any more; who has not ended after the grace is killed.

        Args:
            stages: Only these; None: all.
            meanwhile: Called again and again while waiting; it may stop lower stages itself.
        """
        wanted = {worker.job.stage for worker in self._workers} if stages is None else set(stages)
        for stage in sorted(wanted, reverse=True):
            members = [worker for worker in self._workers if worker.job.stage == stage]
            self._workers = [worker for worker in self._workers if worker.job.stage != stage]
            for worker in members:
                worker.stop.value = 1
            deadline = self.clock.monotonic() + grace_s
            for worker in members:
                self._await_end(worker, deadline, meanwhile)

    def _await_end(self, worker: _Worker, deadline: float, meanwhile: Callable[[], None]) -> None:
        process = worker.process
        if process is None:
            return
        while process.exitcode is None and self.clock.monotonic() < deadline:
            meanwhile()
            process.join(_POLL_S)
        if process.exitcode is None:
            log.warning("process did not finish in time; killed", process=worker.job.name)
            process.kill()
            process.join()
        worker.process = None
