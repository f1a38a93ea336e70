"""Votes: slow to say, slow to take back, and never sure of what was not seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siaga.core.verdict import Item, Look, Reason, State, Verdict, Votes
from siaga.judge import VoteRules
from siaga.judge.vote import Voter

RULES = VoteRules(window_s=3.0, min_looks=5, worn=0.6, missing=0.7, hysteresis=0.2, dilution=0.25)
STEP = 0.2
WORN = Look(Item.HELMET, State.WORN, 0.8)
MISSING = Look(Item.HELMET, State.MISSING, 0.6)
UNSEEN = Look(Item.HELMET, State.UNKNOWN, reason=Reason.NOT_SEEN)
SMALL = Look(Item.HELMET, State.UNKNOWN, reason=Reason.TOO_SMALL)
LOOKS = {"w": WORN, "m": MISSING, "u": UNSEEN, "s": SMALL}


def vote(script: str, rules: VoteRules = RULES, step: float = STEP) -> list[Verdict]:
    voter = Voter(Item.HELMET, rules)
    return [voter.add(LOOKS[letter], index * step) for index, letter in enumerate(script)]


def states(script: str) -> str:
    return "".join(verdict.state.value[0] for verdict in vote(script))


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("mmmmmm", "uuuumm"),
        ("wwwwww", "uuuuww"),
        ("uuuuuuuuuuuuuuuuuuuu", "uuuuuuuuuuuuuuuuuuuu"),
        # One wrong look in a row of right ones changes nothing.
        ("mmmmmwmmmm", "uuuummmmmm"),
        ("mmwwmmmmmm", "uuuuuummmm"),
        # Half and half is neither.
        ("mwmwmwmwmwmwmw", "uuuuuuuuuuuuuu"),
    ],
)
def test_how_verdicts_come(script: str, expected: str) -> None:
    assert states(script) == expected


def test_a_verdict_is_left_later_than_it_is_entered() -> None:
    assert states("mmmmmmmmww")[-1] == "m"
    assert states("mmmmmmmmww" + "ww")[-1] == "m"
    # 8 of 14: enough to stay (0.5), not enough to have entered (0.7).
    assert states("mmmmmmmmwwwwww")[-1] == "m"
    assert states("wwwwwwmmmmmmmm")[-1] == "u"
    assert states("mmmmmmmm" + "w" * 16)[-1] == "w"


def test_unclear_looks_do_not_vote_but_dilute() -> None:
    assert states("mmmmm" + "u" * 8)[-1] == "m"
    assert states("uuuuuuuuuum" + "mmmm")[-1] == "u"
    assert states("uuuummmmm")[-1] == "m"


def test_a_verdict_ends_when_nothing_is_seen_any_more() -> None:
    verdict = vote("mmmmmmm" + "u" * 14)[-1]
    assert verdict == Verdict(Item.HELMET, State.UNKNOWN, 0.0, Votes(0, 2, 14), Reason.NOT_SEEN)


def test_looks_outside_the_window_are_forgotten() -> None:
    assert vote("mmmmmm", step=1.0)[-1].votes == Votes(0, 4, 0)
    assert vote("mmmmmm", step=1.0)[-1].state is State.UNKNOWN


def test_votes_and_confidence_are_told() -> None:
    verdict = vote("mmmmmwu")[-1]
    assert (verdict.state, verdict.votes) == (State.MISSING, Votes(1, 5, 1))
    assert verdict.confidence == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("m", Reason.NOT_ENOUGH_LOOKS),
        ("uuuu", Reason.NOT_ENOUGH_LOOKS),
        ("uuuuu", Reason.NOT_SEEN),
        ("sssuu", Reason.TOO_SMALL),
        ("mmmuu", Reason.NOT_ENOUGH_LOOKS),
        ("mwmwmw", Reason.AMBIGUOUS),
    ],
)
def test_the_reason_for_not_knowing(script: str, reason: Reason) -> None:
    assert vote(script)[-1].reason is reason


def test_what_the_model_cannot_judge_needs_no_looks_to_say_so() -> None:
    look = Look(Item.HARNESS, State.UNKNOWN, reason=Reason.NOT_JUDGED_BY_MODEL)
    assert Voter(Item.HARNESS, RULES).add(look, 0.0).reason is Reason.NOT_JUDGED_BY_MODEL


@given(st.text(alphabet="us", min_size=1, max_size=60))
def test_unknown_looks_alone_never_make_a_verdict(script: str) -> None:
    assert all(verdict.state is State.UNKNOWN and verdict.reason for verdict in vote(script))


@given(st.text(alphabet="wmus", min_size=1, max_size=80), st.floats(0.03, 0.7))
def test_a_verdict_has_its_looks_behind_it(script: str, step: float) -> None:
    for verdict in vote(script, step=step):
        leading, other = verdict.votes.missing, verdict.votes.worn
        if verdict.state is State.WORN:
            leading, other = other, leading
        assert (verdict.reason is None) == (verdict.state is not State.UNKNOWN)
        if verdict.state is not State.UNKNOWN:
            assert leading >= other
            assert leading >= 2
