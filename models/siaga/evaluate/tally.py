"""The person-level table: counts of outcomes, the rates that users feel, and their intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from .bootstrap import Draws, Interval, Ints, rate_interval, ratio
from .heads import EDGES
from .metrics import Floats
from .people import Outcome

CALLS = ("worn", "missing", "unknown", "not_found")
Chosen = Callable[[Outcome], bool]


@dataclass(frozen=True, slots=True)
class Rate:
    """``part`` of ``whole``; ``value`` and ``interval`` (95 %) are None where nothing can be said.

    ``resampled``: (R,) the same of each resample, NaN where nothing can be said.
    """

    part: int
    whole: int
    value: float | None
    interval: Interval | None
    resampled: Floats

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        low_high = [_short(side) for side in self.interval] if self.interval else None
        return {"count": self.part, "of": self.whole, "value": _short(self.value), "interval": low_high}


class Tally:
    """Outcomes of one or more sources.

    Args:
        outcomes: Of all pictures; ``picture`` indexes into the draws.
        draws: Resamples of the pictures.
        bare_heads: Whether bare heads are labelled: otherwise no verdict ``missing`` can be held against
            the truth, and what depends on that is None.
    """

    def __init__(self, outcomes: Sequence[Outcome], draws: Draws, bare_heads: bool) -> None:
        self._outcomes = tuple(outcomes)
        self._draws = draws
        self._bare_heads = bare_heads

    def only(self, chosen: Chosen) -> Tally:
        """The same over some of the outcomes."""
        return Tally([one for one in self._outcomes if chosen(one)], self._draws, self._bare_heads)

    def by_head_px(self) -> list[tuple[int, int, Tally]]:
        """By height of the head in pixels of the picture: (from, to, tally)."""
        return [(low, high, self.only(_between(low, high))) for low, high in pairwise(EDGES)]

    def above_gate(self) -> Tally:
        """Only heads that the model's gate lets through."""
        return self.only(lambda one: one.px > 0 and not one.gated)

    def count(self, chosen: Chosen) -> int:
        """How many outcomes."""
        return sum(map(chosen, self._outcomes))

    def confusion(self) -> dict[str, dict[str, int]]:
        """``confusion[truth][call]`` of people; truth ``nobody``: found people where none is."""
        truths: dict[str, Chosen] = {
            "missing": lambda one: _true(one) and one.worn is False,
            "worn": lambda one: _true(one) and one.worn is True,
            "not_known": lambda one: one.whose == "person" and one.worn is None,
            "nobody": lambda one: one.whose == "nobody",
        }
        return {
            truth: {call: self.count(_both(chosen, _called(call))) for call in CALLS}
            for truth, chosen in truths.items()
        }

    def missing_precision(self) -> Rate:
        """Of the verdicts ``missing``, those on people whose head is bare.

        Wrong: on people with a helmet, on a second box of such a person, and where nobody is.
        """
        right = _both(_bare, _called("missing"))
        wrong = _both(lambda one: one.worn is True or one.whose == "nobody", _called("missing"))
        return self._rate(right, lambda one: right(one) or wrong(one), self._bare_heads)

    def missing_recall(self) -> Rate:
        """Of the people whose head is bare, those judged ``missing``."""
        return self._rate(_both(_bare, _called("missing")), _bare, self._bare_heads)

    def missing_recall_judged(self) -> Rate:
        """The same among those who were judged at all."""
        judged = _both(_bare, lambda one: one.call in ("worn", "missing"))
        return self._rate(_both(_bare, _called("missing")), judged, self._bare_heads)

    def bare_judged_worn(self) -> Rate:
        """Of the people whose head is bare, those judged ``worn``: the silent, worst error."""
        return self._rate(_both(_bare, _called("worn")), _bare, self._bare_heads)

    def worn_judged_missing(self) -> Rate:
        """Of the people who wear a helmet, those judged ``missing``: a false alarm."""
        return self._rate(_both(_helmeted, _called("missing")), _helmeted)

    def worn_recall(self) -> Rate:
        """Of the people who wear a helmet, those judged ``worn``."""
        return self._rate(_both(_helmeted, _called("worn")), _helmeted)

    def unknown_share(self) -> Rate:
        """Of the people whose truth is known, those without a verdict, not found ones included."""
        return self._rate(_both(_known, lambda one: one.call in ("unknown", "not_found")), _known)

    def not_found_share(self) -> Rate:
        """Of the people whose truth is known, those on whom there is no box."""
        return self._rate(_both(_known, _called("not_found")), _known)

    def reasons(self) -> dict[str, int]:
        """Why verdicts on people whose truth is known are ``unknown``."""
        found: dict[str, int] = {}
        for one in self._outcomes:
            if _known(one) and one.reason is not None:
                found[one.reason] = found.get(one.reason, 0) + 1
        return dict(sorted(found.items()))

    def plain(self) -> dict[str, Any]:
        """Everything, as JSON has it."""
        return {
            "people": self.count(_known),
            "missing_precision": self.missing_precision().plain(),
            "missing_recall": self.missing_recall().plain(),
            "missing_recall_judged": self.missing_recall_judged().plain(),
            "bare_heads_judged_worn": self.bare_judged_worn().plain(),
            "worn_judged_missing": self.worn_judged_missing().plain(),
            "worn_recall": self.worn_recall().plain(),
            "unknown_share": self.unknown_share().plain(),
            "not_found_share": self.not_found_share().plain(),
            "unknown_reasons": self.reasons(),
            "confusion": self.confusion(),
        }

    def _rate(self, part: Chosen, whole: Chosen, defined: bool = True) -> Rate:
        above, below = self._per_picture(part), self._per_picture(whole)
        part_sum, whole_sum = int(above.sum()), int(below.sum())
        resampled = ratio(self._draws, above, below)
        if not defined or not whole_sum:
            return Rate(part_sum, whole_sum, None, None, resampled)
        spread = rate_interval(self._draws, above, below)
        return Rate(part_sum, whole_sum, part_sum / whole_sum, spread, resampled)

    def _per_picture(self, chosen: Chosen) -> Ints:
        pictures = np.array([one.picture for one in self._outcomes if chosen(one)], np.intp)
        return np.bincount(pictures, minlength=len(self._draws.cluster)).astype(np.intp)


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _true(one: Outcome) -> bool:
    return one.whose == "person"


def _known(one: Outcome) -> bool:
    return _true(one) and one.worn is not None


def _bare(one: Outcome) -> bool:
    return _true(one) and one.worn is False


def _helmeted(one: Outcome) -> bool:
    return _true(one) and one.worn is True


def _called(call: str) -> Chosen:
    return lambda one: one.call == call


def _both(a: Chosen, b: Chosen) -> Chosen:
    return lambda one: a(one) and b(one)


def _between(low: int, high: int) -> Chosen:
    return lambda one: one.px > 0 and low <= one.px < high
