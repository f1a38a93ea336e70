"""What was measured, as the classifier's manifest keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


def record(path: Path, result: Mapping[str, Any]) -> None:
    """Put a :func:`siaga.crops.judge.report` into the manifest at ``path``, in place of older results."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    new = [_measurement(source) for source in result["sources"]]
    replaced = {(entry["source"], entry["split"]) for entry in new}
    old = [e for e in content.get("measured", []) if (e["source"], e["split"]) not in replaced]
    content["measured"] = old + new
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def _measurement(source: Mapping[str, Any]) -> dict[str, Any]:
    metrics: dict[str, float] = {"worn": source["worn"], "missing": source["missing"]}
    for name, figure in source["figures"].items():
        for key, suffix in (("value", ""), ("low", "_low"), ("high", "_high")):
            if figure[key] is not None:
                metrics[f"{name}{suffix}"] = figure[key]
    return {
        "source": source["source"],
        "split": source["split"],
        "tuned_on": source["split"] == "val",
        "images": source["crops"],
        "metrics": metrics,
    }
