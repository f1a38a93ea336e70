"""Any sequence of decisions and undoings keeps the rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siaga.core.errors import Conflict, SiagaError
from siaga.review.errors import NotAllowed
from siaga.review.machine import (
    NEXT,
    REASONS,
    Assignee,
    Decision,
    DecisionKind,
    ReviewReason,
    ReviewState,
    Standing,
    Wanted,
    decide,
    effective,
    standing,
    undo,
)

S, R = ReviewState, ReviewReason
CREW = Assignee("Scaffold crew")

WANTED = st.builds(
    Wanted,
    st.sampled_from(S),
    st.one_of(st.none(), st.sampled_from(R)),
    st.one_of(st.none(), st.just(CREW)),
)
STEPS = st.lists(st.one_of(WANTED, st.just("undo")), max_size=30)


def _made(steps: list[Wanted | str]) -> list[Decision]:
    history: list[Decision] = []
    for step in steps:
        try:
            history.append(undo(history) if isinstance(step, str) else decide(history, step))
        except SiagaError:
            continue
    return history


def _replayed(history: list[Decision]) -> Standing:
    """An independent account: a stack on which an undo pops."""
    stack = [Standing()]
    for decision in history:
        if decision.kind is DecisionKind.UNDO:
            stack.pop()
        else:
            stack.append(decision.standing)
    return stack[-1]


@given(STEPS)
def test_what_holds_is_what_a_stack_of_decisions_says(steps: list[Wanted | str]) -> None:
    history = _made(steps)
    assert standing(history) == _replayed(history)
    assert [decision.version for decision in history] == list(range(1, len(history) + 1))


@given(STEPS)
def test_what_holds_makes_sense_after_any_steps(steps: list[Wanted | str]) -> None:
    for holds in (decision.standing for decision in _made(steps)):
        assert (holds.state is S.UNREVIEWED) == (holds.verdict is None)
        if holds.verdict is not None:
            assert holds.reason is None or holds.reason in REASONS[holds.verdict]
        if holds.state in (S.ASSIGNED, S.CORRECTED):
            assert holds.assignee == CREW
            assert holds.verdict in (S.CONFIRMED, S.UNCLEAR)
        if holds.state in (S.CONFIRMED, S.FALSE_ALARM, S.UNCLEAR):
            assert holds.verdict is holds.state
            assert holds.assignee is None


@given(STEPS)
def test_each_undo_takes_back_one_decision_that_counted(steps: list[Wanted | str]) -> None:
    history = _made(steps)
    for i, decision in enumerate(history):
        if decision.kind is DecisionKind.UNDO:
            assert decision.undoes in {d.version for d in effective(history[:i])}
            assert decision.undoes not in {d.version for d in effective(history)}
    undoes = [d.undoes for d in history if d.undoes is not None]
    assert len(undoes) == len(set(undoes))


@given(STEPS)
def test_undoing_everything_leads_back_to_the_beginning(steps: list[Wanted | str]) -> None:
    history = _made(steps)
    while effective(history):
        history.append(undo(history))
    assert standing(history) == Standing()
    with pytest.raises(Conflict, match="nothing to undo"):
        undo(history)


def test_the_whole_way() -> None:
    history: list[Decision] = []
    for wanted in (
        Wanted(S.UNCLEAR, R.INCONCLUSIVE),
        Wanted(S.CONFIRMED, R.BAD_BBOX),
        Wanted(S.ASSIGNED, assignee=CREW),
        Wanted(S.CORRECTED),
        Wanted(S.CLOSED),
    ):
        history.append(decide(history, wanted))
    assert standing(history) == Standing(S.CLOSED, S.CONFIRMED, R.BAD_BBOX, CREW)
    history.append(undo(history))
    assert standing(history).state is S.CORRECTED
    assert history[-1].undoes == 5


@pytest.mark.parametrize("state", S)
def test_only_the_drawn_arrows_exist(state: ReviewState) -> None:
    history = [Decision(1, DecisionKind.DECIDE, Standing(state, S.CONFIRMED, None, CREW))]
    for wanted in S:
        reason = next(iter(REASONS.get(wanted, ())), None)
        asked = Wanted(wanted, reason, CREW if wanted is S.ASSIGNED else None)
        if wanted in NEXT[state]:
            assert decide(history, asked).standing.state is wanted
        else:
            with pytest.raises(Conflict, match=f"{state} cannot become {wanted}"):
                decide(history, asked)


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(S.CONFIRMED, R.FALSE_POSITIVE),
        Wanted(S.FALSE_ALARM),
        Wanted(S.UNCLEAR),
        Wanted(S.UNCLEAR, R.WRONG_CLASS),
        Wanted(S.CONFIRMED, assignee=CREW),
    ],
)
def test_reasons_and_assignees_out_of_place_are_refused(wanted: Wanted) -> None:
    with pytest.raises(NotAllowed):
        decide([], wanted)
