"""How far a number would move with other pictures: the bootstrap, resampling pictures or whole cameras.

Percentile intervals (Efron and Tibshirani 1993, ch. 13). Pictures of one camera show the same people and
light: where cameras are known, cameras are drawn (cluster bootstrap), and the interval is honestly wider.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .metrics import RECALLS, Floats, Ranking

Ints = npt.NDArray[np.intp]
Interval = tuple[float, float]
COVERAGE = 0.95


@dataclass(frozen=True, slots=True)
class Draws:
    """Resamples of many pictures.

    Attributes:
        weights: (R, K) how often each cluster was drawn.
        cluster: (P,) the cluster of each picture.
    """

    weights: Floats
    cluster: Ints

    @property
    def clusters(self) -> int:
        """How many clusters there are to draw from."""
        return int(self.weights.shape[1])


def draw(clusters: Sequence[str], resamples: int, seed: int) -> Draws:
    """Draw as many clusters as there are, with replacement, ``resamples`` times.

    Args:
        clusters: The cluster of each picture.
    """
    names, index = np.unique(np.asarray(clusters, dtype=np.str_), return_inverse=True)
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=resamples)
    return Draws(weights.astype(np.float64), index.astype(np.intp))


def together(parts: Sequence[Draws]) -> Draws:
    """Draws over several sources, each resampled within itself (stratified)."""
    offsets = np.cumsum([0, *(part.clusters for part in parts)])[:-1]
    return Draws(
        np.concatenate([part.weights for part in parts], axis=1),
        np.concatenate([part.cluster + offset for part, offset in zip(parts, offsets, strict=True)]),
    )


def interval(values: Floats) -> Interval | None:
    """The middle 95 % of resampled values; None when none is defined."""
    defined = values[np.isfinite(values)]
    if not len(defined):
        return None
    low, high = np.quantile(defined, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    return float(low), float(high)


def ratio(draws: Draws, part: Ints, whole: Ints) -> Floats:
    """(R,) resampled values of ``part.sum() / whole.sum()``; both (P,) counts per picture."""
    above, below = (draws.weights @ _per_cluster(draws, counts) for counts in (part, whole))
    return np.asarray(np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0))


def rate_interval(draws: Draws, part: Ints, whole: Ints) -> Interval | None:
    """The interval of a rate.

    A rate of 0 or 1 is 0 or 1 in every resample, which proves nothing. Its open side is bounded as by
    Clopper and Pearson (1934), each cluster that could have shown otherwise counting as one trial.
    """
    if not whole.sum():
        return None
    trials = int((_per_cluster(draws, whole) > 0).sum())
    bound = ((1 - COVERAGE) / 2) ** (1 / trials)
    if part.sum() == 0:
        return 0.0, 1 - bound
    if part.sum() == whole.sum():
        return bound, 1.0
    return interval(ratio(draws, part, whole))


def average_precisions(draws: Draws, ranking: Ranking) -> Floats:
    """(R,) resampled values of :func:`siaga.evaluate.metrics.average_precision`, exact.

    Only the counts at the hits matter: in between precision falls and recall stands still. So each
    resample costs two sums over clusters for each hit, which are matrix products.
    """
    hits = np.flatnonzero(ranking.hits)
    truths = draws.weights @ _per_cluster(draws, ranking.truths_in)
    if not len(hits):
        return np.where(truths > 0, 0.0, np.nan)
    cluster = draws.cluster[ranking.scene]
    upto = np.searchsorted(hits, np.arange(len(ranking.hits)))
    counted = upto < len(hits)
    hit_counts = draws.weights @ _cumulative(draws, cluster[hits], np.arange(len(hits)), len(hits))
    all_counts = draws.weights @ _cumulative(draws, cluster[counted], upto[counted], len(hits))
    precision = hit_counts / np.maximum(all_counts, 1.0)
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    recall = hit_counts / np.maximum(truths, 1.0)[:, None]
    padded = np.pad(envelope, ((0, 0), (0, 1)))
    values = np.array(
        [row[np.searchsorted(recalls, RECALLS)].mean() for row, recalls in zip(padded, recall, strict=True)]
    )
    return np.where(truths > 0, values, np.nan)


def _per_cluster(draws: Draws, counts: Ints) -> Floats:
    sums = np.bincount(draws.cluster, weights=counts, minlength=draws.clusters)
    return np.asarray(sums, np.float64)


def _cumulative(draws: Draws, cluster: Ints, column: Ints, columns: int) -> Floats:
    """(K, columns): for each cluster how many entries stand up to each column."""
    table = np.zeros((draws.clusters, columns))
    np.add.at(table, (cluster, column), 1.0)
    return np.asarray(table.cumsum(axis=1))
