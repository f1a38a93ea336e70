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
_LEAST_CALLS = 20


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


def choose(looks: Looks, at: float, most_wrong: float) -> dict[str, float]:
    """The least thresholds at which at most that share of the other state is called so.

    Args:
        at: The temperature.
        most_wrong: For ``worn``: of the truly missing that are called worn; for ``missing``: the other way.
    """
    shares = looks.probabilities(at)
    leading = shares.argmax(axis=1)
    chosen: dict[str, float] = {}
    for state, other in (("worn", "missing"), ("missing", "worn")):
        index, wrong = looks.classes.index(state), looks.truth == looks.classes.index(other)
        score = np.where(leading == index, shares[:, index], 0.0)[wrong]
        chosen[state] = next((step for step in GRID if (score >= step).mean() <= most_wrong), GRID[-1])
    return chosen


def gate(
    by_height: Mapping[float, Looks], at: float, thresholds: Mapping[str, float], least_right: float
) -> float:
    """The least height from which on calls are right that often, every state counting alike.

    Args:
        by_height: The same validation crops shrunk to each height in pixels.
    """
    for height in sorted(by_height):
        if all(
            _right(by_height[taller], at, thresholds) >= least_right
            for taller in by_height
            if taller >= height
        ):
            return float(height)
    return float(max(by_height))


def _right(looks: Looks, at: float, thresholds: Mapping[str, float]) -> float:
    found = calls(looks.probabilities(at), looks.classes, thresholds)
    rights: list[float] = []
    for state in ("worn", "missing"):
        truth = looks.truth == looks.classes.index(state)
        called = [call for call, own in zip(found, truth, strict=True) if own and call != "unknown"]
        if len(called) < min(_LEAST_CALLS, int(truth.sum())):
            return 0.0
        rights.append(sum(call == state for call in called) / max(len(called), 1))
    return min(rights)
