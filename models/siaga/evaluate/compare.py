"""Two models on the same pictures: what changed, and whether that can be told from chance.

Both are resampled together: the same cameras (or pictures) are drawn for both, so that what is hard for both
falls out of the difference (the paired bootstrap; Efron and Tibshirani, An Introduction to the Bootstrap,
1993).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from siaga.core.errors import BadRequest

from .bootstrap import Interval, interval
from .metrics import Floats
from .report import Table, number
from .run import SourceResult
from .tally import Rate, Tally

_RATES: tuple[tuple[str, bool, Callable[[Tally], Rate]], ...] = (
    ("missing: recall", True, Tally.missing_recall),
    ("missing: precision", True, Tally.missing_precision),
    ("bare head judged worn", False, Tally.bare_judged_worn),
    ("helmet judged missing", False, Tally.worn_judged_missing),
    ("unknown", False, Tally.unknown_share),
)


@dataclass(frozen=True, slots=True)
class Change:
    """One number of two models.

    Attributes:
        name: What was measured.
        more_is_better: Whether a greater number is the better one.
        difference: The second model's number less the first's.
        interval: Its middle 95 % over paired resamples; None with fewer than two clusters to draw from.
    """

    name: str
    more_is_better: bool
    before: float
    after: float
    difference: float
    interval: Interval | None

    @property
    def told(self) -> str:
        """``better``, ``worse``, or ``cannot be told`` where the interval holds 0 or there is none."""
        if self.interval is None or self.interval[0] <= 0 <= self.interval[1]:
            return "cannot be told"
        return "better" if (self.difference > 0) == self.more_is_better else "worse"


def compare(before: SourceResult, after: SourceResult) -> list[Change]:
    """What both models have: the rates of the person-level table, and AP50 by class.

    Args:
        before: One source; ``after``: the same pictures, in the same order, with the same draws.

    Raises:
        BadRequest: They were not measured on the same pictures with the same draws.
    """
    same = [one.sha256 for one in before.found] == [one.sha256 for one in after.found]
    if not same or not (before.draws.weights.shape == after.draws.weights.shape):
        raise BadRequest(
            "These results are not of the same pictures.", fix="Evaluate both on one set, with one seed."
        )
    several = before.draws.clusters > 1
    changes: list[Change] = []
    if before.people is not None and after.people is not None:
        for name, more_is_better, rate in _RATES:
            a, b = rate(before.people), rate(after.people)
            if a.value is not None and b.value is not None:
                resampled = (b.resampled - a.resampled) if several else None
                changes.append(_change(name, more_is_better, a.value, b.value, resampled))
    known = {one.name: one for one in after.classes}
    for one in before.classes:
        if one.name in known and one.score.truths:
            other = known[one.name]
            resampled = (other.ap50s - one.ap50s) if several else None
            changes.append(_change(f"{one.name}: AP50", True, one.score.ap50, other.score.ap50, resampled))
    return changes


def change_table(changes: list[Change]) -> Table:
    """For people."""
    rows = []
    for one in changes:
        sides = ", ".join(f"{side:+.3f}" for side in one.interval) if one.interval else ""
        both = f"{one.difference:+.3f}" + (f" [{sides}]" if sides else "")
        rows.append((one.name, number(one.before), number(one.after), both, one.told))
    header = ("number", "before", "after", "difference", "which is")
    return Table("Before and after", header, tuple(rows), "Brackets: 95 %, both models resampled together.")


def _change(name: str, more_is_better: bool, a: float, b: float, resampled: Floats | None) -> Change:
    middle = None if resampled is None else interval(resampled)
    return Change(name, more_is_better, a, b, b - a, middle)
