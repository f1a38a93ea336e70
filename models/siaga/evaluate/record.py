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
_PEOPLE = ("missing_precision", "missing_recall", "bare_heads_judged_worn", "unknown_share")


def measurement(result: Mapping[str, Any], tuned_on: bool) -> dict[str, Any]:
    """One entry of the manifest's ``measured`` from ``SourceResult.plain``, undefined ones left out."""
    metrics: dict[str, float] = {}
    for name, row in result["classes"].items():
        for key, short in _KEPT.items():
            if row[key] is not None:
                metrics[f"{name}_{short}"] = row[key]
    if "head" in result["classes"]:
        for call in ("head", "helmet", "nothing"):
            metrics[f"bare_heads_called_{call}"] = sum(row[f"bare_called_{call}"] for row in result["heads"])
    for group, prefix in (("people", "people"), ("people_above_gate", "above_gate")):
        metrics |= _of_people(result.get(group), prefix)
    return {
        "source": result["source"],
        "split": result["split"],
        "tuned_on": tuned_on,
        "images": result["images"],
        "metrics": metrics,
    }


def _of_people(people: Mapping[str, Any] | None, prefix: str) -> dict[str, float]:
    if people is None:
        return {}
    metrics: dict[str, float] = {f"{prefix}_judged": people["people"]}
    for name in _PEOPLE:
        if people[name]["value"] is not None:
            metrics[f"{prefix}_{name}"] = people[name]["value"]
    return metrics


def record(path: Path, results: list[Mapping[str, Any]], tuned_on: bool) -> None:
    """Put results into the manifest at ``path``, in place of older ones of the same source and split."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    new = [measurement(result, tuned_on) for result in results]
    replaced = {(entry["source"], entry["split"]) for entry in new}
    old = [e for e in content.get("measured", []) if (e["source"], e["split"]) not in replaced]
    content["measured"] = old + new
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
