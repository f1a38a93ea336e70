"""``siaga tune``: thresholds and the head gate of a detector.

Chosen on validation pictures, with the exported file, for what the alarms need:

- ``helmet``: the least threshold with a precision of 0.92: a wrong helmet hides a bare head.
- ``head``: the least threshold at which at most three of a hundred helmeted heads are called bare. A false
  alarm costs more trust than a late one costs safety: votes over the track make up for missed looks. The
  plain precision of bare heads is no guide here: many in the validation pictures carry no box.
- the others: the greatest F1.
- the head gate: the least head height from which on nine of ten heads that are called anything are called
  what they are. Heads that are not found are no harm here: a missed look is no vote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from siaga.manifest import manifest_path, resolve

from .heads import Look
from .job import Bar
from .metrics import Ranking, at_threshold, rank
from .predict import Predictions
from .run import Findings, findings
from .samples import LabelledSet

GRID = tuple(round(float(step), 2) for step in np.arange(0.10, 0.90, 0.01))
HELMET_PRECISION = 0.92
HELMETED_CALLED_BARE = 0.03
RIGHT_CALLS = 0.90
_GATES = (8, 10, 12, 14, 16, 18, 20, 25, 30, 40)
_LEAST_HEADS = 10


@dataclass(frozen=True, slots=True)
class Tuned:
    """Thresholds by class, and the gate in pixels of the picture that the model is given.

    ``head_input_px``: None where the model does not tell bare heads from helmets.
    """

    confidence: dict[str, float]
    head_input_px: float | None


def best_f1(ranking: Ranking) -> float:
    """The threshold with the greatest F1."""

    def f1(threshold: float) -> float:
        precision, recall = at_threshold(ranking, threshold)
        total = precision + recall
        return 2 * precision * recall / total if total > 0 else 0.0

    return max(GRID, key=f1)


def precise(ranking: Ranking, least: float) -> float:
    """The least threshold with that precision; the greatest tried where none has it."""
    return next((step for step in GRID if at_threshold(ranking, step)[0] >= least), GRID[-1])


def safe_head(looks: Sequence[Look], helmet: float, most_wrong: float) -> float:
    """The least head threshold at which at most that share of helmeted heads is called bare."""
    helmeted = [look for look in looks if not look.bare]

    def wrong(threshold: float) -> float:
        return sum(look.called(threshold, helmet) == "head" for look in helmeted) / max(len(helmeted), 1)

    return next((step for step in GRID if wrong(step) <= most_wrong), GRID[-1])


def gate(looks: Sequence[Look], head: float, helmet: float, right: float) -> float:
    """The least height from which on called heads, up to half as tall again, are right often enough."""
    for low in _GATES:
        inside = [look for look in looks if low <= look.height_px < 1.5 * low]
        calls = [(look.called(head, helmet), "head" if look.bare else "helmet") for look in inside]
        called = [pair for pair in calls if pair[0] != "nothing"]
        if len(called) >= _LEAST_HEADS and sum(a == b for a, b in called) / len(called) >= right:
            return float(low)
    return float(_GATES[-1])


def tune(found: Sequence[Findings], classes: Sequence[str]) -> Tuned:
    """Thresholds for all of ``classes`` from findings on validation pictures."""
    rankings = {
        name: rank([scene for part in found for scene in part.scenes.get(name, ())], 0.5) for name in classes
    }
    confidence = {name: best_f1(ranking) for name, ranking in rankings.items()}
    if not {"head", "helmet"} <= set(classes):
        return Tuned(confidence, None)
    looks = [look for part in found for look in part.looks]
    helmet = precise(rankings["helmet"], HELMET_PRECISION)
    head = safe_head(looks, helmet, HELMETED_CALLED_BARE)
    confidence |= {"head": head, "helmet": helmet}
    return Tuned(confidence, gate(looks, head, helmet, RIGHT_CALLS))


def at_input_scale(part: Findings) -> Findings:
    """The same findings, head heights in pixels of the model's input instead of the picture's."""
    return replace(part, looks=[replace(look, height_px=look.height_px * look.scale) for look in part.looks])


def with_thresholds(content: Mapping[str, Any], tuned: Tuned) -> dict[str, Any]:
    """A manifest's content with the thresholds and the gate in it."""
    thresholds = dict(content["thresholds"]) | {"confidence": tuned.confidence}
    gates = dict(content.get("gates", {}))
    if tuned.head_input_px is not None:
        gates["min_head_px"] = round(tuned.head_input_px, 1)
    return dict(content) | {"thresholds": thresholds, "gates": gates}


def tune_file(model: str, parts: Sequence[LabelledSet], cache: Path | None, bar: Bar, write: bool) -> Tuned:
    """Run the exported file over ``parts`` and choose; ``write``: into its manifest.

    Args:
        model: Name or path of the manifest.
        cache: Folder that keeps what the model found on each picture; None: nothing is kept.
        bar: Shows how far it is.

    Raises:
        ModelError: The model cannot be used.
        ConfigError: A picture or label file is broken.
    """
    manifest = resolve(model)
    predictions = Predictions(manifest, cache)
    try:
        found = [
            at_input_scale(findings(part, predictions.over(part, bar(part.card.name)), manifest))
            for part in parts
        ]
    finally:
        predictions.close()
    tuned = tune(found, manifest.classes)
    if write:
        path = manifest_path(model)
        content = with_thresholds(yaml.safe_load(path.read_text(encoding="utf-8")), tuned)
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return tuned
