"""Exact intervals for counts and rates; counts are taken for Poisson (docs/statistics.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import binomtest, chi2, nbinom

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """Both ends belong to it. ``high`` None: without bound."""

    low: float
    high: float | None


@dataclass(frozen=True, slots=True)
class Counted:
    """How many in how much: ``exposure`` in person-hours (or any unit, the rate is per that unit)."""

    count: int
    exposure: float


@dataclass(frozen=True, slots=True)
class Ratio:
    """A rate as a multiple of another.

    Attributes:
        value: None where nothing was counted before.
        p_value: How likely so unequal a split is where both rates are the same (two-sided, exact).
    """

    value: float | None
    interval: Interval
    p_value: float


def poisson_interval(count: int, level: float = LEVEL) -> Interval:
    """The exact interval of a Poisson mean (F. Garwood, Biometrika 28, 1936, 437-442).

    Raises:
        ValueError: ``count`` is negative.
    """
    if count < 0:
        raise ValueError("a count is not negative")
    tail = (1 - level) / 2
    low = 0.0 if count == 0 else float(chi2.ppf(tail, 2 * count)) / 2
    return Interval(low, float(chi2.isf(tail, 2 * count + 2)) / 2)


def rate_interval(counted: Counted, level: float = LEVEL) -> Interval:
    """The exact interval of a rate per unit of exposure.

    Raises:
        ValueError: There was no exposure.
    """
    if counted.exposure <= 0:
        raise ValueError("a rate needs exposure")
    mean = poisson_interval(counted.count, level)
    return Interval(mean.low / counted.exposure, (mean.high or 0.0) / counted.exposure)


def rate_ratio(before: Counted, after: Counted, level: float = LEVEL) -> Ratio | None:
    """How the rate after compares with the rate before, exact given their sum.

    Given n = a + b events, b is binomial with p = T_b R / (T_a + T_b R), R the ratio; the Clopper-Pearson
    interval of p gives that of R (Przyborowski and Wilenski, Biometrika 31, 1940, 313-323).

    Returns:
        None where nothing was counted, or nothing observed on one side.
    """
    total = before.count + after.count
    if total == 0 or before.exposure <= 0 or after.exposure <= 0:
        return None
    odds = before.exposure / after.exposure
    found = binomtest(after.count, total, after.exposure / (before.exposure + after.exposure))
    share = found.proportion_ci(confidence_level=level, method="exact")
    high = None if share.high >= 1 else share.high / (1 - share.high) * odds
    value = None if before.count == 0 else after.count / before.count * odds
    return Ratio(value, Interval(share.low / (1 - share.low) * odds, high), float(found.pvalue))


def dispersion(periods: Sequence[Counted]) -> float | None:
    """How much more unequal periods are than Poisson counts of one rate: Pearson's chi squared per degree
    of freedom. About 1 for Poisson; well above, the intervals are too narrow.

    Returns:
        None with fewer than two periods, or without events.
    """
    seen = [period for period in periods if period.exposure > 0]
    events = sum(period.count for period in seen)
    if len(seen) < 2 or events == 0:
        return None
    rate = events / sum(period.exposure for period in seen)
    squares = sum((p.count - rate * p.exposure) ** 2 / (rate * p.exposure) for p in seen)
    return squares / (len(seen) - 1)


def surprise(before: Counted, after: Counted, usual_rate: float) -> float:
    """How unlikely so many events are, given what is known of before: P(X >= ``after.count``).

    The rate before is uncertain: with a gamma prior worth one event at ``usual_rate`` it is
    Gamma(1 + n, 1 / usual_rate + T), and the number to expect afterwards is negative binomial.

    Args:
        usual_rate: Events per unit of exposure at the site; above 0.
    """
    if after.exposure <= 0:
        return 1.0
    known = 1 / usual_rate + before.exposure
    p_value = nbinom.sf(after.count - 1, 1 + before.count, known / (known + after.exposure))
    return float(min(1.0, max(p_value, 1e-300)))
