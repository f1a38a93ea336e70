"""Pictures of a result: precision over recall, and what was taken for what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from siaga.core.errors import DependencyMissing

from .confusion import Counts
from .metrics import at_threshold, curve
from .run import SourceResult
from .tally import CALLS

_COLOURS = {"person": "#1f77b4", "helmet": "#2ca02c", "head": "#d62728", "vest": "#ff7f0e"}
_OTHER = "#7f7f7f"
_PEOPLE = ("missing", "worn", "nobody")


def need_matplotlib() -> None:
    """Say early that pictures cannot be drawn.

    Raises:
        DependencyMissing: matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise DependencyMissing(
            "the pictures of a report need matplotlib",
            fix="Install it: pip install 'siaga[bench]', or leave out --out.",
        ) from error


def draw_curves(result: SourceResult, thresholds: Mapping[str, float], path: Path) -> None:
    """Precision over recall at IoU 0.5, a line per class, a dot where the edge's threshold stands."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 5.2), layout="constrained")
    axes = figure.subplots()
    for one in result.classes:
        if not one.score.truths:
            continue
        colour = _COLOURS.get(one.name, _OTHER)
        precision, recall = curve(one.ranking)
        label = f"{one.name}: AP50 {one.score.ap50:.3f} ({one.score.truths} boxes)"
        axes.plot(recall, precision, color=colour, label=label)
        at = at_threshold(one.ranking, thresholds[one.name])
        if np.isfinite(at).all():
            axes.plot(at[1], at[0], "o", color=colour)
    axes.set(xlim=(0, 1.01), ylim=(0, 1.02), xlabel="recall", ylabel="precision")
    axes.set_title(f"{result.name} ({result.split}); dots: thresholds of the manifest", loc="left")
    axes.grid(alpha=0.3)
    if result.classes:
        axes.legend(loc="lower left")
    figure.savefig(path, dpi=110)


def draw_confusion(result: SourceResult, boxes: Counts, path: Path) -> None:
    """Two tables of counts: boxes by class, and people by verdict."""
    from matplotlib.figure import Figure

    names = [one.name for one in result.classes]
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    _table(left, boxes, [*names, "nothing there"], [*names, "not found"], "boxes: truth by class found")
    if result.people is None:
        right.set_axis_off()
    else:
        counts = result.people.confusion()
        people = np.array([[counts[truth][call] for call in CALLS] for truth in _PEOPLE], np.int64)
        calls = [call.replace("_", " ") for call in CALLS]
        _table(right, people, [f"truth: {truth}" for truth in _PEOPLE], calls, "people: truth by verdict")
    figure.savefig(path, dpi=110)


def _table(axes: Any, counts: Counts, rows: Sequence[str], columns: Sequence[str], title: str) -> None:
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_title(title, loc="left")
    for (row, column), count in np.ndenumerate(counts):
        ink = "white" if shares[row, column] > 0.6 else "black"
        axes.text(column, row, str(count), ha="center", va="center", color=ink)
