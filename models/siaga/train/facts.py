"""What a training run was, written beside its checkpoints for the manifest and the card."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from siaga.core.errors import ConfigError
from siaga.data.cards import Card

FILE = "training.yaml"


def hardware(device: str | None = None) -> str:
    """The GPU that ``device`` (as ultralytics names it; None: the first one) stands for, or the processor."""
    import torch

    if device != "cpu" and torch.cuda.is_available():
        return str(torch.cuda.get_device_name())
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        models = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        name = models[0].partition(":")[2].strip() if models else name
    return name


def commit() -> str:
    """The checkout's commit, or "unknown" outside a repository."""
    command = ["git", "rev-parse", "HEAD"]  # no user input
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip() or "unknown"


def sources(prepared: Path, cards: Path) -> list[dict[str, str | int]]:
    """Licence, address and number of training pictures of every source in a prepared set.

    Raises:
        ConfigError: The set's report is missing or broken, or a source has no card.
    """
    report = prepared / "report.json"
    try:
        images: Mapping[str, Mapping[str, int]] = json.loads(report.read_text(encoding="utf-8"))["images"]
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(
            "The prepared set does not say what it is made of.",
            where=str(report),
            fix="Make it with: siaga data prepare.",
        ) from error
    rows: list[dict[str, str | int]] = []
    for name, count in images["train"].items():
        card = Card.load(cards / f"{name}.yaml")
        rows.append({"name": name, "licence": card.licence, "url": card.origin, "images": count})
    if count := images.get("pasted", {}).get("pasted", 0):
        rows.append(
            {
                "name": "rendered people pasted into the above",
                "licence": "AGPL-3.0-or-later",
                "url": "datasets/cutouts/README.md",
                "images": count,
            }
        )
    return rows


def collect(
    prepared: Path, cards: Path, start: Path, command: Sequence[str], now: datetime, device: str | None
) -> dict[str, Any]:
    """What the manifest will say about this run. ``now``: aware, when it started.

    Raises:
        ConfigError: See :func:`sources`.
    """
    return {
        "start": start.name,
        "framework": f"ultralytics {version('ultralytics')}, torch {version('torch')}",
        "command": " ".join(command),
        "commit": commit(),
        "date": now.date().isoformat(),
        "hardware": hardware(device),
        "sources": sources(prepared, cards),
    }


def write(out: Path, facts: Mapping[str, Any]) -> None:
    """Write ``training.yaml`` into the new folder ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    (out / FILE).write_text(yaml.safe_dump(dict(facts), sort_keys=False), encoding="utf-8")
