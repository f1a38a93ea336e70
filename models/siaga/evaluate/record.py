"""What was measured, as the manifest keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

_KEPT = {
    "ap50": "ap50",
    "ap50_95": "ap50_95",
    "precision": "precision",
    "recall": "recall",
    "truths": "boxes",
}


def measurement(result: Mapping[str, Any], tuned_on: bool) -> dict[str, Any]:
    """One entry of the manifest's ``measured`` from a result of ``summarise``, undefined ones left out."""
    metrics: dict[str, float] = {}
    for name, row in result["classes"].items():
        for key, short in _KEPT.items():
            if row[key] is not None:
                metrics[f"{name}_{short}"] = row[key]
    if "head" in result["classes"]:
        for call in ("head", "helmet", "nothing"):
            metrics[f"bare_heads_called_{call}"] = sum(row[f"bare_called_{call}"] for row in result["heads"])
    return {
        "source": result["source"],
        "split": result["split"],
        "tuned_on": tuned_on,
        "images": result["images"],
        "metrics": metrics,
    }


def record(path: Path, results: list[Mapping[str, Any]], tuned_on: bool) -> None:
    """Put results into the manifest at ``path``, in place of older ones of the same source and split."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    new = [measurement(result, tuned_on) for result in results]
    replaced = {(entry["source"], entry["split"]) for entry in new}
    old = [e for e in content.get("measured", []) if (e["source"], e["split"]) not in replaced]
    content["measured"] = old + new
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
