"""The manifest of a freshly made file, as plain types."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from siaga.core.errors import ConfigError
from siaga.manifest import Manifest, file_sha256

from .graph import tensor_names

_START_THRESHOLD = 0.25


def training_facts(runs: Sequence[Path]) -> dict[str, Any]:
    """What ``siaga train`` wrote about runs that continue each other, with the hours of all of them.

    Raises:
        ConfigError: A folder is not that of a run.
    """
    facts: list[dict[str, Any]] = []
    commands: list[str] = []
    seconds = 0.0
    for run in runs:
        try:
            facts.append(yaml.safe_load((run / "training.yaml").read_text(encoding="utf-8")))
            with (run / "results.csv").open(encoding="utf-8") as stream:
                rows = list(csv.DictReader(stream))
        except OSError as error:
            raise ConfigError(
                "This is no training run.", where=str(run), fix="Name folders that siaga train wrote."
            ) from error
        seconds += float(rows[-1]["time"])
        # A run that was killed between log and checkpoint has an epoch twice.
        epochs = len({row["epoch"] for row in rows})
        commands.append(f"{facts[-1]['command']} ({epochs} epochs)")
    known = {key: facts[-1][key] for key in ("framework", "commit", "date", "hardware")}
    return known | {
        "start": facts[0]["start"],
        "command": "; then ".join(commands),
        "hours": round(seconds / 3600, 2),
        "sources": facts[-1]["sources"],
    }


def of_checkpoint(
    model: Path, classes: Sequence[str], size: tuple[int, int], dynamic: bool, form: str
) -> dict[str, Any]:
    """The manifest's content of an exported detector. No result is claimed and every threshold is 0.25:
    ``siaga tune`` and ``siaga eval`` fill them in from this file."""
    input_name, output_name = tensor_names(model)
    return _file(model) | {
        "licence": "AGPL-3.0-or-later",
        "classes": list(classes),
        "input": {
            "name": input_name,
            "width": size[0],
            "height": size[1],
            "stride": 32,
            "dynamic": dynamic,
        },
        "output": {"name": output_name, "form": form},
        "thresholds": {"confidence": dict.fromkeys(classes, _START_THRESHOLD), "nms_iou": 0.6},
    }


def of_model(model: Path, source: Manifest) -> dict[str, Any]:
    """The manifest's content of a file made from the file of ``source``: what that says of thresholds,
    gates, votes and training holds here too; what was measured does not."""
    content = source.model_dump(mode="json", exclude={"measured", "parity"}, exclude_none=True)
    return content | _file(model)


def _file(model: Path) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "name": model.stem,
        "task": "detect",
        "file": model.name,
        "sha256": file_sha256(model),
        "bytes": model.stat().st_size,
    }


def write(path: Path, content: dict[str, Any]) -> Manifest:
    """Write a manifest and read it back.

    Raises:
        ModelUnsupported: The content is not valid.
    """
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return Manifest.load(path)
