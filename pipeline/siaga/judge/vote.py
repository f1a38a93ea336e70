"""From single looks to a verdict: a vote over a time window, with hysteresis."""

from collections import Counter, deque
from dataclasses import dataclass

from siaga.core.verdict import Item, Look, Reason, State, Verdict, Votes


@dataclass(frozen=True, slots=True)
class VoteRules:
    """How many looks make a verdict; the model's manifest states them.

    Attributes:
        window_s: Seconds over which looks count.
        min_looks: Least looks that saw the item's place, for any verdict.
        worn: Least share of the looks to enter ``worn``.
        missing: Least share of the looks to enter ``missing``.
        hysteresis: A verdict holds until its share falls this far under the one it was entered with.
        dilution: What an unknown look weighs in the whole: it speaks for nothing, but a verdict that stands
            on a few clear looks among many unclear ones is not one.
    """

    window_s: float = 3.0
    min_looks: int = 5
    worn: float = 0.6
    missing: float = 0.7
    hysteresis: float = 0.2
    dilution: float = 0.25


class Voter:
    """The looks at one item of one person."""

    __slots__ = ("_item", "_looks", "_rules", "_state")

    def __init__(self, item: Item, rules: VoteRules) -> None:
        self._item = item
        self._rules = rules
        self._looks: deque[tuple[float, Look]] = deque()
        self._state = State.UNKNOWN

    def add(self, look: Look, t: float) -> Verdict:
        """Count ``look``, taken at ``t`` (seconds, rule clock), and say what holds now."""
        self._looks.append((t, look))
        return self.hold(t)

    def hold(self, t: float) -> Verdict:
        """Say what holds at ``t`` without a new look: nobody looked, which speaks for nothing."""
        while self._looks and t - self._looks[0][0] > self._rules.window_s:
            self._looks.popleft()
        votes = self._count()
        self._state = self._decide(votes)
        agreeing = [seen.confidence for _, seen in self._looks if seen.state is self._state]
        if self._state is State.UNKNOWN:
            return Verdict(self._item, State.UNKNOWN, 0.0, votes, self._reason(votes))
        return Verdict(self._item, self._state, sum(agreeing) / len(agreeing), votes)

    def _count(self) -> Votes:
        states = [look.state for _, look in self._looks]
        return Votes(states.count(State.WORN), states.count(State.MISSING), states.count(State.UNKNOWN))

    def _decide(self, votes: Votes) -> State:
        rules, clear = self._rules, votes.worn + votes.missing
        # A verdict that holds may live on fewer clear looks than it took to reach it.
        if clear < max(1, (rules.min_looks + 1) // 2):
            return State.UNKNOWN
        whole = clear + rules.dilution * votes.unknown
        shares = {State.WORN: votes.worn / whole, State.MISSING: votes.missing / whole}
        enter = {State.WORN: rules.worn, State.MISSING: rules.missing}
        leading = max(shares, key=lambda state: shares[state])
        if leading is self._state and shares[leading] >= enter[leading] - rules.hysteresis:
            return leading
        if clear >= rules.min_looks and votes.worn != votes.missing and shares[leading] >= enter[leading]:
            return leading
        return State.UNKNOWN

    def _reason(self, votes: Votes) -> Reason:
        if votes.worn + votes.missing + votes.unknown < self._rules.min_looks:
            return self._always() or Reason.NOT_ENOUGH_LOOKS
        reasons = Counter(look.reason for _, look in self._looks if look.reason is not None)
        if votes.unknown >= votes.worn + votes.missing and reasons:
            return reasons.most_common(1)[0][0]
        return Reason.AMBIGUOUS if votes.worn and votes.missing else Reason.NOT_ENOUGH_LOOKS

    def _always(self) -> Reason | None:
        """What more looks cannot change."""
        last = self._looks[-1][1].reason if self._looks else None
        return last if last is Reason.NOT_JUDGED_BY_MODEL else None
