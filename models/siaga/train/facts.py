"""What a training run was, written beside its checkpoints for the manifest and the card."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import yaml

from siaga.data.cards import Card

FILE = "training.yaml"


def hardware() -> str:
    """The processor and how many of its threads this process may use."""
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
    """Licence, address and number of training pictures of every source in a prepared set."""
    images: Mapping[str, Mapping[str, int]] = json.loads((prepared / "report.json").read_text())["images"]
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


def write(out: Path, prepared: Path, cards: Path, start: Path, command: Sequence[str], now: datetime) -> None:
    """Write ``training.yaml`` into ``out``. ``now``: aware, when the run started."""
    facts = {
        "start": start.name,
        "framework": f"ultralytics {version('ultralytics')}, torch {version('torch')}",
        "command": " ".join(command),
        "commit": commit(),
        "date": now.date().isoformat(),
        "hardware": hardware(),
        "sources": sources(prepared, cards),
    }
    out.mkdir(parents=True, exist_ok=True)
    (out / FILE).write_text(yaml.safe_dump(facts, sort_keys=False), encoding="utf-8")
