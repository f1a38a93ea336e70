"""Several streams at once, one process each: frames per second in all, Siaga and the peers in turns."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.machine import spread

_PEER = Path(__file__).with_name("peer.py")
PEERS = ("ultralytics_track", "supervision_loop")


def installed() -> bool:
    """Whether the peers can run here."""
    return all(importlib.util.find_spec(name) for name in ("ultralytics", "supervision", "torch"))


def contest(
    video: Path, model: str, *, streams: int, seconds: float, rounds: int, tuned: bool
) -> dict[str, Any]:
    """Let each contender run ``streams`` processes for ``seconds``, in turns, ``rounds`` times.

    Args:
        tuned: Every process is held to one core, so that no runtime takes more threads than that.
    """
    results: dict[str, list[dict[str, float]]] = {name: [] for name in ("siaga", *PEERS)}
    for _ in range(rounds):
        for name, runs in results.items():
            runs.append(_together(name, video, model, streams, seconds, tuned=tuned))
    ratios = {
        name: spread(
            [ours["fps"] / theirs["fps"] for ours, theirs in zip(results["siaga"], runs, strict=True)]
        )
        for name, runs in results.items()
        if name != "siaga"
    }
    return {
        "streams": streams,
        "fps": {name: spread([run["fps"] for run in runs]) for name, runs in results.items()},
        "cpu_ms_per_frame": {name: spread([run["cpu_ms"] for run in runs]) for name, runs in results.items()},
        "ratio": ratios,
    }


def _together(
    name: str, video: Path, model: str, streams: int, seconds: float, *, tuned: bool
) -> dict[str, float]:
    cores = sorted(os.sched_getaffinity(0))
    running = [
        subprocess.Popen(
            [
                *(sys.executable, str(_PEER), name, str(video), model, str(seconds)),
                *([str(cores[index % len(cores)])] if tuned else []),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for index in range(streams)
    ]
    for process in running:
        _await_ready(process, name)
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [json.loads(process.communicate()[0].strip().splitlines()[-1]) for process in running]
    return {
        "fps": sum(answer["fps"] for answer in said),
        "cpu_ms": sum(answer["cpu_ms"] for answer in said) / len(said),
    }


def _await_ready(process: "subprocess.Popen[str]", name: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == "ready":
            return
    raise RuntimeError(f"the contender {name} ended before it was ready (code {process.wait()})")
