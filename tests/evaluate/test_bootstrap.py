"""Resampled numbers are the numbers of resampled pictures."""

import numpy as np
import pytest

from siaga.evaluate.bootstrap import (
    Draws,
    average_precisions,
    draw,
    interval,
    rate_interval,
    ratio,
    together,
)
from siaga.evaluate.metrics import average_precision, rank
from tests.evaluate.test_coco import PICTURES, made_up


def test_a_resample_scores_as_its_pictures_do() -> None:
    scenes = made_up(7)
    draws = draw([str(n) for n in range(PICTURES)], 12, seed=3)
    values = average_precisions(draws, rank(scenes, 0.5))
    for weights, value in zip(draws.weights, values, strict=True):
        repeated = [
            scenes[i] for i, cluster in enumerate(draws.cluster) for _ in range(int(weights[cluster]))
        ]
        assert value == pytest.approx(average_precision(rank(repeated, 0.5)), abs=1e-9)
    assert len(set(values.round(6))) == 12


def test_pictures_of_a_camera_are_drawn_together() -> None:
    draws = draw(["a", "b", "a", "c", "b"], 50, seed=0)
    assert draws.clusters == 3
    assert draws.cluster.tolist() == [0, 1, 0, 2, 1]
    assert (draws.weights.sum(axis=1) == 3).all()
    ones = np.array([1, 1, 1, 1, 1])
    assert set(ratio(draws, np.array([1, 0, 1, 0, 0]), ones).round(3)) <= {0, 0.333, 0.4, 0.5, 0.667, 0.8, 1}


def test_the_same_seed_gives_the_same_draws() -> None:
    names = [str(n) for n in range(20)]
    assert (draw(names, 9, 1).weights == draw(names, 9, 1).weights).all()
    assert (draw(names, 9, 1).weights != draw(names, 9, 2).weights).any()


def test_sources_are_resampled_within_themselves() -> None:
    both = together([draw(["a", "b"], 5, 0), draw(["a", "a", "c"], 5, 1)])
    assert both.cluster.tolist() == [0, 1, 2, 2, 3]
    assert (both.weights[:, :2].sum(axis=1) == 2).all()
    assert (both.weights[:, 2:].sum(axis=1) == 2).all()


def test_the_interval_is_the_middle_95_percent_of_what_is_defined() -> None:
    values = np.concatenate([np.arange(0, 101) / 100, [np.nan]])
    assert interval(values) == pytest.approx((0.025, 0.975))
    assert interval(np.array([np.nan])) is None


def test_none_of_twenty_is_not_certainly_none() -> None:
    draws = draw([str(n) for n in range(20)], 100, 0)
    none, all_of = np.zeros(20, np.intp), np.ones(20, np.intp)
    # Clopper and Pearson: 1 - 0.025 ** (1 / 20).
    assert rate_interval(draws, none, all_of) == pytest.approx((0.0, 0.16843), abs=1e-5)
    assert rate_interval(draws, all_of, all_of) == pytest.approx((0.83157, 1.0), abs=1e-5)
    # Twenty heads before one camera are one trial.
    assert rate_interval(draw(["cam"] * 20, 100, 0), none, all_of) == pytest.approx((0.0, 0.975))
    assert rate_interval(draws, none, none) is None


def test_a_rate_moves_with_the_pictures() -> None:
    draws = draw([str(n) for n in range(100)], 2000, 0)
    half = np.arange(100) % 2
    low, high = rate_interval(draws, half, np.ones(100, np.intp)) or (0, 0)
    # Binomial: 0.5 +- 1.96 * 0.05.
    assert (low, high) == pytest.approx((0.402, 0.598), abs=0.012)


def test_without_a_hit_precision_is_zero_and_without_truth_undefined() -> None:
    scenes = made_up(1)
    draws = Draws(np.array([[0.0] * PICTURES, [1.0] * PICTURES]), np.arange(PICTURES))
    values = average_precisions(draws, rank(scenes, 0.5))
    assert np.isnan(values[0])
    assert values[1] == pytest.approx(average_precision(rank(scenes, 0.5)), abs=1e-9)
    strict = rank(scenes, 1.1)
    assert average_precisions(draws, strict)[1] == 0.0
