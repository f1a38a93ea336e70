"""What a figure was measured on, and small helpers that every benchmark shares."""

import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def commit() -> str:
    """The commit that is measured, with ``+`` when the tree has changes."""
    head = _git("rev-parse", "--short", "HEAD")
    return (
        head + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "") if head else "unknown"
    )


def _git(*words: str) -> str:
    answer = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return answer.stdout.strip()


def describe() -> dict[str, Any]:
    """Commit, date and hardware of this run."""
    info = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    names = [line.split(":")[1].strip() for line in info.splitlines() if "model name" in line]
    flags = {word for line in info.splitlines() if line.startswith("flags") for word in line.split()}
    return {
        "commit": commit(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "cpu": names[0] if names else "unknown",
        "cores": len(os.sched_getaffinity(0)),
        "cpu_features": sorted(flags & {"avx2", "avx512f", "avx512_vnni", "amx_bf16", "amx_int8"}),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def cpu_seconds() -> float:
    """CPU seconds of this process so far, all threads."""
    return time.process_time()


class Stopwatch:
    """CPU and wall seconds of a block."""

    def __enter__(self) -> "Stopwatch":
        self._cpu, self._wall = cpu_seconds(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.cpu = cpu_seconds() - self._cpu
        self.wall = time.perf_counter() - self._wall


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, least and most."""
    return {
        "median": round(statistics.median(values), 4),
        "min": round(min(values), 4),
        "max": round(max(values), 4),
    }


def last_line(result: dict[str, Any]) -> None:
    """Print the result as one JSON object: the last line of output."""
    print(json.dumps(result, sort_keys=True), flush=True)
