"""What a crop classifier is worth on crops it never saw, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Judged:
    """One crop: what is true, what was said, and how much ``missing`` outweighs ``worn`` (log odds)."""

    truth: str
    call: str
    odds: float
    group: str
    height_px: float


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its 95 % interval (NaN: undefined)."""

    value: float
    low: float
    high: float


def _share(of: npt.NDArray[np.bool_], among: npt.NDArray[np.bool_]) -> float:
    return float(of[among].mean()) if among.any() else float("nan")


class Table:
    """Columns of many :class:`Judged`, only those whose truth is worn or missing."""

    def __init__(self, rows: Sequence[Judged]) -> None:
        kept = [row for row in rows if row.truth in ("worn", "missing")]
        self.worn = np.array([row.truth == "worn" for row in kept], np.bool_)
        self.called_worn = np.array([row.call == "worn" for row in kept], np.bool_)
        self.called_missing = np.array([row.call == "missing" for row in kept], np.bool_)
        self.odds = np.array([row.odds for row in kept], np.float64)
        self.groups = np.array([row.group for row in kept])

    def take(self, rows: npt.NDArray[np.int64]) -> Table:
        """The rows ``rows``, some of them more than once."""
        other = Table(())
        for name in ("worn", "called_worn", "called_missing", "odds", "groups"):
            setattr(other, name, getattr(self, name)[rows])
        return other


def balanced_accuracy(table: Table) -> float:
    """Mean of the shares of worn and of missing that are called so, among those that are called anything."""
    decided = table.called_worn | table.called_missing
    worn = _share(table.called_worn, table.worn & decided)
    missing = _share(table.called_missing, ~table.worn & decided)
    return (worn + missing) / 2


def unknown(table: Table) -> float:
    """Share of the crops that are called neither, both states counting alike."""
    silent = ~(table.called_worn | table.called_missing)
    return (_share(silent, table.worn) + _share(silent, ~table.worn)) / 2


def missing_called_worn(table: Table) -> float:
    """The worst error: share of the truly missing that are called worn."""
    return _share(table.called_worn, ~table.worn)


def worn_called_missing(table: Table) -> float:
    """The false alarm: share of the truly worn that are called missing."""
    return _share(table.called_missing, table.worn)


def area_under_roc(table: Table) -> float:
    """How often a missing one has the greater odds of being missing than a worn one (ties half)."""
    positive, negative = table.odds[~table.worn], np.sort(table.odds[table.worn])
    if not len(positive) or not len(negative):
        return float("nan")
    below = np.searchsorted(negative, positive, "left") + np.searchsorted(negative, positive, "right")
    return float(below.mean() / 2 / len(negative))


def forced_accuracy(table: Table) -> float:
    """Balanced accuracy when it must always say one or the other: the greater of the two."""
    said_missing = table.odds > 0
    return (_share(~said_missing, table.worn) + _share(said_missing, ~table.worn)) / 2


FIGURES: Mapping[str, Callable[[Table], float]] = {
    "balanced_accuracy": balanced_accuracy,
    "unknown": unknown,
    "missing_called_worn": missing_called_worn,
    "worn_called_missing": worn_called_missing,
    "auc": area_under_roc,
    "forced_balanced_accuracy": forced_accuracy,
}


def score(rows: Sequence[Judged], seed: int = 0, resamples: int = RESAMPLES) -> dict[str, Figure]:
    """All figures with 95 % bootstrap intervals; whole groups (pictures, cameras) are drawn."""
    table = Table(rows)
    names, inverse = np.unique(table.groups, return_inverse=True)
    members = [np.flatnonzero(inverse == index) for index in range(len(names))]
    rng = np.random.default_rng(seed)
    drawn: dict[str, list[float]] = {name: [] for name in FIGURES}
    for _ in range(resamples if len(names) else 0):
        chosen = rng.integers(len(names), size=len(names))
        sample = table.take(np.concatenate([members[index] for index in chosen]))
        for name, figure in FIGURES.items():
            drawn[name].append(figure(sample))
    return {name: _figure(figure(table), drawn[name]) for name, figure in FIGURES.items()}


def _figure(value: float, drawn: Sequence[float]) -> Figure:
    known = np.array(drawn)[~np.isnan(drawn)] if drawn else np.array([])
    if not len(known):
        return Figure(value, float("nan"), float("nan"))
    low, high = np.quantile(known, [0.025, 0.975])
    return Figure(value, float(low), float(high))
