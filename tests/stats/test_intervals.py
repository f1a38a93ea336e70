"""Golden numbers: from tables in print, or worked out by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from siaga.stats.intervals import (
    Counted,
    dispersion,
    poisson_interval,
    rate_interval,
    rate_ratio,
    surprise,
)


@pytest.mark.parametrize(
    ("count", "low", "high"),
    # As printed in tables of exact Poisson limits.
    [(0, 0.0, 3.689), (1, 0.0253, 5.572), (5, 1.624, 11.668), (10, 4.795, 18.390), (100, 81.36, 121.63)],
)
def test_intervals_are_those_of_the_printed_table(count: int, low: float, high: float) -> None:
    found = poisson_interval(count)
    assert found.low == pytest.approx(low, rel=1e-3)
    assert found.high == pytest.approx(high, rel=1e-3)


@given(st.integers(0, 500))
def test_an_interval_ends_where_each_tail_has_a_fortieth(count: int) -> None:
    found = poisson_interval(count)
    assert found.high is not None
    assert poisson.cdf(count, found.high) == pytest.approx(0.025, rel=1e-6)
    if count:
        assert poisson.sf(count - 1, found.low) == pytest.approx(0.025, rel=1e-6)


def test_a_rate_is_per_unit_of_exposure() -> None:
    found = rate_interval(Counted(10, 200.0))
    assert found.low == pytest.approx(4.795 / 200, rel=1e-3)
    assert found.high == pytest.approx(18.390 / 200, rel=1e-3)
    with pytest.raises(ValueError, match="exposure"):
        rate_interval(Counted(1, 0.0))
    with pytest.raises(ValueError, match="negative"):
        poisson_interval(-1)


def test_a_ratio_of_rates_by_hand() -> None:
    # 6 in 100 h before, 2 in 100 h after: 2 of 8 with p = 1/2. Clopper-Pearson of 2/8: 0.03185 to 0.65086.
    found = rate_ratio(Counted(6, 100), Counted(2, 100))
    assert found is not None
    assert found.value == pytest.approx(1 / 3)
    assert found.interval.low == pytest.approx(0.03185 / 0.96815, rel=1e-3)
    assert found.interval.high == pytest.approx(0.65086 / 0.34914, rel=1e-3)
    # P(X <= 2 or X >= 6) = 2 (1 + 8 + 28) / 256.
    assert found.p_value == pytest.approx(74 / 256)


def test_a_ratio_counts_unequal_exposure() -> None:
    found = rate_ratio(Counted(10, 1000), Counted(10, 250))
    assert found is not None
    assert found.value == pytest.approx(4.0)
    assert 1 < found.interval.low < 4


def test_a_ratio_without_bound_or_without_sense() -> None:
    found = rate_ratio(Counted(0, 100), Counted(3, 100))
    assert found is not None
    assert (found.value, found.interval.high) == (None, None)
    assert rate_ratio(Counted(0, 100), Counted(0, 100)) is None
    assert rate_ratio(Counted(3, 100), Counted(3, 0)) is None


def test_dispersion_by_hand() -> None:
    assert dispersion([Counted(4, 1), Counted(4, 1), Counted(4, 1)]) == 0
    # Mean 4: (16 + 0 + 16) / 4 over 2 degrees of freedom.
    assert dispersion([Counted(0, 1), Counted(4, 1), Counted(8, 1)]) == pytest.approx(4.0)
    assert dispersion([Counted(4, 1)]) is None
    assert dispersion([Counted(0, 1), Counted(0, 1)]) is None


def test_surprise_by_hand() -> None:
    # Nothing known but the usual rate of 1: the number in one unit is geometric, P(X >= 3) = 1/8.
    assert surprise(Counted(0, 0.0), Counted(3, 1.0), 1.0) == pytest.approx(1 / 8)
    assert surprise(Counted(0, 0.0), Counted(0, 1.0), 1.0) == 1.0
    assert surprise(Counted(5, 5.0), Counted(3, 0.0), 1.0) == 1.0
    # With much known, as good as Poisson.
    known = surprise(Counted(10_000, 10_000.0), Counted(6, 2.0), 1.0)
    assert known == pytest.approx(poisson.sf(5, 2.0), rel=0.01)
    assert math.isfinite(math.log10(surprise(Counted(0, 1e6), Counted(10_000, 1.0), 1e-6)))
