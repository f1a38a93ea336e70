"""Figures of a crop classifier against ones worked out by hand."""

import math

import numpy as np
import pytest

from siaga.crops.calibrate import Looks, calls, choose, settle, temperature
from siaga.crops.score import Judged, score

CLASSES = ("worn", "missing", "unclear")


def _rows() -> list[Judged]:
    """Worn: 8 called worn, 1 missing, 1 unknown. Missing: 3 called missing, 1 worn, 1 unknown."""
    said = [("worn", "worn")] * 8 + [("worn", "missing"), ("worn", "unknown")]
    said += [("missing", "missing")] * 3 + [("missing", "worn"), ("missing", "unknown")]
    odds = {"worn": -2.0, "missing": 2.0, "unknown": 0.5}
    return [Judged(truth, call, odds[call], f"g{i}", 30.0) for i, (truth, call) in enumerate(said)]


def test_figures() -> None:
    figures = score(_rows(), resamples=0)
    assert figures["balanced_accuracy"].value == pytest.approx((8 / 9 + 3 / 4) / 2)
    assert figures["unknown"].value == pytest.approx((1 / 10 + 1 / 5) / 2)
    assert figures["missing_called_worn"].value == pytest.approx(1 / 5)
    assert figures["worn_called_missing"].value == pytest.approx(1 / 10)
    # Pairs: 3 missing beat 9 worn and tie with 1; the unknown one beats 8, ties with 1; the wrong one ties 8.
    assert figures["auc"].value == pytest.approx((3 * 9.5 + 8.5 + 4) / 50)
    assert figures["forced_balanced_accuracy"].value == pytest.approx((8 / 10 + 4 / 5) / 2)


def test_what_is_neither_counts_nowhere() -> None:
    with_unclear = [*_rows(), Judged("unclear", "worn", -9.0, "x", 30.0)]
    assert repr(score(with_unclear, resamples=0)) == repr(score(_rows(), resamples=0))


def test_intervals_hold_the_value_and_narrow_with_more_groups() -> None:
    few, many = score(_rows()), score([row for n in range(9) for row in _regrouped(n)])
    for name in ("balanced_accuracy", "unknown"):
        assert few[name].low <= few[name].value <= few[name].high
        assert many[name].high - many[name].low < 0.6 * (few[name].high - few[name].low)


def test_a_group_is_drawn_as_a_whole() -> None:
    together = [Judged(r.truth, r.call, r.odds, "one camera", r.height_px) for r in _rows()]
    figure = score(together)["balanced_accuracy"]
    assert figure.low == figure.value == figure.high


def test_nothing_to_count_is_no_number() -> None:
    assert all(math.isnan(figure.value) for figure in score([]).values())


def _regrouped(number: int) -> list[Judged]:
    return [Judged(r.truth, r.call, r.odds, f"{number}-{r.group}", r.height_px) for r in _rows()]


def _looks(sharpness: float, count: int = 3000) -> Looks:
    """Logits whose true temperature is ``sharpness``."""
    rng = np.random.default_rng(5)
    plain = rng.normal(0, 1.5, (count, 3))
    shares = np.exp(plain) / np.exp(plain).sum(1, keepdims=True)
    truth = np.array([rng.choice(3, p=row) for row in shares])
    return Looks(CLASSES, plain * sharpness, truth)


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_temperature_is_found(sharpness: float) -> None:
    assert temperature(_looks(sharpness)) == pytest.approx(sharpness, rel=0.12)


def test_calls_need_the_lead_and_the_threshold() -> None:
    shares = np.array([[0.8, 0.1, 0.1], [0.55, 0.4, 0.05], [0.1, 0.65, 0.25], [0.2, 0.1, 0.7]])
    found = calls(shares, CLASSES, {"worn": 0.6, "missing": 0.6})
    assert found == ["worn", "unknown", "missing", "unknown"]


def test_thresholds_keep_the_wrong_calls_rare() -> None:
    looks = _looks(1.0)
    thresholds = choose(looks, 1.0, {"worn": 0.05, "missing": 0.02})
    found = np.array(calls(looks.probabilities(1.0), CLASSES, thresholds))
    for state, other, most in (("worn", 1, 0.05), ("missing", 0, 0.02)):
        wrong = (found[looks.truth == other] == state).mean()
        just_under = {**thresholds, state: thresholds[state] - 0.01}
        more = np.array(calls(looks.probabilities(1.0), CLASSES, just_under))
        assert wrong <= most < (more[looks.truth == other] == state).mean()


def _sharp(share_right: float) -> Looks:
    """200 looks, half worn; of either state that share is seen clearly, the others hardly."""
    truth = np.array([0, 1] * 100)
    clear = np.arange(200) // 2 < 100 * share_right
    logits = np.zeros((200, 3))
    logits[np.arange(200), truth] = np.where(clear, 6.0, 0.1)
    return Looks(CLASSES, logits, truth)


def test_the_gate_is_the_least_height_from_which_few_are_unknown() -> None:
    by_height = {8.0: _sharp(0.3), 12.0: _sharp(0.6), 16.0: _sharp(0.9), 24.0: _sharp(0.95)}
    settled = settle(by_height, 1.0, {"worn": 0.02, "missing": 0.005}, 0.2)
    assert settled.min_px == 16.0
    assert settle(by_height, 1.0, {"worn": 0.02, "missing": 0.005}, 0.45).min_px == 12.0


def test_small_heads_under_the_gate_do_not_make_it_stricter_for_large_ones() -> None:
    truth = np.array([0, 1] * 100)
    wrong = Looks(CLASSES, np.eye(3)[1 - truth] * 5.0, truth)
    settled = settle({8.0: wrong, 16.0: _sharp(1.0)}, 1.0, {"worn": 0.02, "missing": 0.005}, 0.2)
    assert settled.min_px == 16.0
    assert settled.thresholds["worn"] < 0.5
