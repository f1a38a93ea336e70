"""Probabilities that mean something, and the thresholds and the size gate that follow from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from .sets import State

Floats = npt.NDArray[np.float64]
GRID = tuple(round(float(step), 2) for step in np.arange(0.40, 1.00, 0.01))
GATES = (6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 64, 80, 96, 112, 128, 160, 192)
_LEAST_CROPS = 10


@dataclass(frozen=True, slots=True)
class Looks:
    """Crops that a classifier looked at. ``logits`` (N, K), ``truth`` (N,) indices into ``classes``."""

    classes: tuple[State, ...]
    logits: Floats
    truth: npt.NDArray[np.int64]

    def probabilities(self, temperature: float) -> Floats:
        """(N, K)."""
        return np.asarray(softmax(self.logits / temperature, axis=1))


def temperature(looks: Looks) -> float:
    """The one divisor of the logits at which the classes' mean log-likelihood is greatest.

    Guo et al. 2017, "On calibration of modern neural networks"; every class counts alike, so that the result
    does not depend on how rare bare heads are in the validation set.
    """
    weight = np.zeros(len(looks.truth))
    for index in range(len(looks.classes)):
        inside = looks.truth == index
        weight[inside] = 1 / max(int(inside.sum()), 1)

    def loss(log_t: float) -> float:
        likely = log_softmax(looks.logits / np.exp(log_t), axis=1)
        return float(-(weight * likely[np.arange(len(weight)), looks.truth]).sum())

    return float(np.exp(minimize_scalar(loss, bounds=(-2.5, 2.5), method="bounded").x))


def calls(probabilities: Floats, classes: Sequence[State], thresholds: Mapping[str, float]) -> list[str]:
    """``worn``, ``missing`` or ``unknown`` for each row."""
    ids = {name: list(classes).index(name) for name in ("worn", "missing")}
    leading = probabilities.argmax(axis=1)
    found = ["unknown"] * len(probabilities)
    for row, best in enumerate(leading):
        for name, index in ids.items():
            if best == index and probabilities[row, index] >= thresholds[name]:
                found[row] = name
    return found


def choose(looks: Looks, at: float, most_wrong: Mapping[str, float]) -> dict[str, float]:
    """The least thresholds at which at most that share of the other state is called so.

    Args:
        at: The temperature.
        most_wrong: ``worn``: of the truly missing that are called worn; ``missing``: the other way.
    """
    shares = looks.probabilities(at)
    leading = shares.argmax(axis=1)
    chosen: dict[str, float] = {}
    for state, other in (("worn", "missing"), ("missing", "worn")):
        index, wrong = looks.classes.index(state), looks.truth == looks.classes.index(other)
        score = np.where(leading == index, shares[:, index], 0.0)[wrong]
        chosen[state] = next((step for step in GRID if (score >= step).mean() <= most_wrong[state]), GRID[-1])
    return chosen


@dataclass(frozen=True, slots=True)
class Settled:
    """Thresholds, and the height in pixels under which nothing is judged."""

    thresholds: dict[str, float]
    min_px: float


def settle(
    by_height: Mapping[float, Looks], at: float, most_wrong: Mapping[str, float], most_unknown: float
) -> Settled:
    """The least gate at which the thresholds leave few people unjudged, and those thresholds.

    The lower the gate, the stricter the thresholds must be for the small ones, and the more of the large
    ones go unjudged too. So: the least height from which on, with the thresholds of all heights from there,
    at most ``most_unknown`` of either state are called neither at every height. Where none is enough, the
    one that leaves the fewest.

    Args:
        by_height: The same validation crops shrunk to each height in pixels.
    """
    tried: list[tuple[float, float, dict[str, float]]] = []
    for least in sorted(by_height):
        above = [by_height[height] for height in by_height if height >= least]
        thresholds = choose(together(above), at, most_wrong)
        silent = max(_unknown(looks, at, thresholds) for looks in above)
        tried.append((silent, least, thresholds))
        if silent <= most_unknown:
            break
    silent, least, thresholds = min(tried, key=lambda one: (one[0], one[1]))
    return Settled(thresholds, least)


def together(parts: Sequence[Looks]) -> Looks:
    """All looks of several parts, with the classes of the first."""
    logits, truth = (np.concatenate([getattr(part, name) for part in parts]) for name in ("logits", "truth"))
    return Looks(parts[0].classes, logits, truth)


def _unknown(looks: Looks, at: float, thresholds: Mapping[str, float]) -> float:
    """The greater share of the two states that is called neither; 0 for a state with too few crops to say."""
    found = np.array(calls(looks.probabilities(at), looks.classes, thresholds))
    shares = [0.0]
    for state in ("worn", "missing"):
        own = found[looks.truth == looks.classes.index(state)]
        if len(own) >= _LEAST_CROPS:
            shares.append(float((own == "unknown").mean()))
    return max(shares)
