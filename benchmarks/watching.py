"""What the processes of a running edge take and say, sampled from outside."""

import time
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks import rig

EVERY_S = 5.0
_MB = 1e6


class Watch:
    """Samples memory and the cameras' states.

    Resident memory counts pages that two processes share (picture slots, libraries) twice; proportional
    memory (PSS) counts each page once over all processes.
    """

    def __init__(self, folder: Path, edge: rig.Program) -> None:
        self._folder, self._edge = folder, edge
        self.began = datetime.now(UTC)
        self._began = time.monotonic()
        self._first = rig.states(folder)
        self._last = self._first
        self._worst_age: dict[str, int] = {}
        self._totals: list[tuple[float, float]] = []
        self._pss: list[tuple[float, float]] = []
        self._each: dict[str, list[float]] = defaultdict(list)

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return self._totals[-1][0] if self._totals else time.monotonic() - self._began

    def sample(self) -> None:
        """Look once."""
        total, shared_out, at = 0.0, 0.0, time.monotonic() - self._began
        for index, process in enumerate(self._edge.family()):
            try:
                resident = process.memory_info().rss / _MB
            except psutil.NoSuchProcess:
                continue
            total += resident
            shared_out += _proportional(process.pid) / _MB
            self._each[f"{index} pid {process.pid}"].append(resident)
        self._totals.append((at, total))
        self._pss.append((at, shared_out))
        self._last = rig.states(self._folder) or self._last
        for name, camera in self._last.items():
            age = camera["age_p95_ms"] or 0
            self._worst_age[name] = max(self._worst_age.get(name, 0), age)

    def line(self) -> str:
        """How it stands."""
        frames = {name: camera["analysed"] for name, camera in self._last.items()}
        return f"frames {frames}, memory {self._totals[-1][1]:.0f} MB"

    def summary(self) -> dict[str, Any]:
        """Frames, ages and memory."""
        return {
            "seconds": round(self.seconds, 1),
            "cameras": {name: self._camera(name) for name in sorted(self._last)},
            "memory_mb": round(self._totals[-1][1], 1),
            "memory_mb_most": round(max(total for _, total in self._totals), 1),
            "memory_slope_mb_per_h": round(slope_per_hour(self._totals), 1),
            "memory_pss_mb": round(self._pss[-1][1], 1),
            "memory_pss_slope_mb_per_h": round(slope_per_hour(self._pss), 1),
            "memory_by_process_mb": {
                name: [round(values[0], 1), round(values[len(values) // 2], 1), round(values[-1], 1)]
                for name, values in self._each.items()
            },
        }

    def _camera(self, name: str) -> dict[str, Any]:
        first, last = self._first.get(name, {}), self._last[name]
        capture = last["state"] or {}
        span = last["at"] - first.get("at", last["at"])
        analysed = last["analysed"] - first.get("analysed", 0)
        return {
            "analysed": analysed,
            "fps": round(analysed / span, 2) if span > 0 else None,
            "overwritten": last["overwritten"] - first.get("overwritten", 0),
            "corrupt": capture.get("corrupt"),
            "connects": capture.get("connects"),
            "age_p95_ms": last["age_p95_ms"],
            "age_p95_ms_worst": self._worst_age.get(name),
        }


def _proportional(pid: int) -> float:
    """Bytes of a process with shared pages split among their users; 0 where the kernel does not tell."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((float(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0.0)


def slope_per_hour(totals: list[tuple[float, float]]) -> float:
    """Straight line through the second half of (seconds, value), per hour; 0 for fewer than 3 points."""
    half = totals[len(totals) // 2 :]
    if len(half) < 3:
        return 0.0
    seconds, values = np.asarray(half).T
    return float(np.polyfit(seconds, values, 1)[0] * 3600)


def complaints(log: Path) -> dict[str, Any]:
    """Tracebacks, restarts, and how often each warning or error was said."""
    lines = list(rig.log_lines(log))
    loud = [line for line in lines if line.get("level") in ("warning", "error", "critical")]
    said = Counter(f"{line['level']}: {line.get('event')}" for line in loud)
    return {
        "tracebacks": sum("Traceback" in str(line) for line in lines),
        "restarts": sum(line.get("event") == "process restarts" for line in loud),
        "warnings_and_errors": dict(said.most_common(20)),
        "not_json": sum("raw" in line for line in lines),
    }
