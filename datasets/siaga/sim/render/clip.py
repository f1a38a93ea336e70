"""Clips and stills of a scenario: one plate, then for each frame only what moved."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress

from siaga.core.errors import ConfigError
from siaga.sim.scenario import Scenario

from .frames import Player
from .job import Job
from .stage import Stage


def render_clip(
    scenario: Scenario, camera: str, out: Path, *, samples: int = 4, every: int = 1, threads: int = 0
) -> None:
    """Render every `every`-th frame of a scenario through one of its cameras into a job's folder.

    What is there is not rendered again; several processes may work on the same folder.

    Args:
        samples: Paths per pixel of what moves; the plate gets twice as many.
        threads: Cores to use; 0: all.

    Raises:
        ConfigError: No such camera.
        StorageError: The folder cannot be written, or holds a broken picture.
    """
    _render(scenario, camera, out, range(0, scenario.frame_count, every), samples, threads)


def render_stills(
    scenario: Scenario, camera: str, out: Path, *, count: int, samples: int = 4, threads: int = 0
) -> list[int]:
    """Render `count` frames spread over a scenario, settled by its seed; returns their numbers.

    Raises:
        ConfigError: No such camera.
        StorageError: The folder cannot be written, or holds a broken picture.
    """
    count = min(count, scenario.frame_count)
    chance = random.Random(scenario.seed)
    bounds = np.linspace(0, scenario.frame_count, count + 1).astype(int).tolist()
    frames = [chance.randrange(low, high) for low, high in itertools.pairwise(bounds)]
    _render(scenario, camera, out, frames, samples, threads)
    return frames


def _render(
    scenario: Scenario, camera: str, out: Path, frames: Sequence[int], samples: int, threads: int
) -> None:
    if camera not in scenario.cameras:
        known = ", ".join(sorted(scenario.cameras))
        raise ConfigError(f"{scenario.name} has no camera {camera!r}", fix=f"It has: {known}.")
    job = Job(out)
    left = [frame for frame in frames if not job.is_done(frame)]
    if not left:
        return
    # Blender's own reports on standard output are switched off while it renders: the bar goes the other way.
    with (
        closing(Stage(scenario, camera, samples, threads, job)) as stage,
        Progress(console=Console(stderr=True)) as progress,
    ):
        player = Player(stage)
        bar = progress.add_task(f"{scenario.name} {camera}", total=len(frames))
        for claim, part in job.chunks(frames):
            for picture, record in player.play(part):
                job.finish(picture, record)
                job.claims.touch(claim)
                progress.update(bar, completed=sum(map(job.is_done, frames)))
