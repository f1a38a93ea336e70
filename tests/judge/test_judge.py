"""Verdicts stay with the person."""

from siaga.core.geometry import Box
from siaga.core.person import Part, Person
from siaga.core.verdict import Item, Reason, State
from siaga.judge import Judge
from tests.judge.scenes import SIZE, head_of, upright

CLASSES = ("person", "helmet", "head", "vest")
STEP = 0.2


def bare(number: int, box: Box) -> Person:
    return Person(number, box, 0.9, head=Part(head_of(box), 0.8), head_px=(box[3] - box[1]) / 7)


def helmeted(number: int, box: Box) -> Person:
    return Person(number, box, 0.9, helmet=Part(head_of(box), 0.8), head_px=(box[3] - box[1]) / 7)


def make(*items: Item) -> Judge:
    return Judge(items or (Item.HELMET,), CLASSES)


def state(judge: Judge, t: float, *people: Person) -> list[State]:
    judged = judge.update(people, t, SIZE)
    assert [entry.person for entry in judged] == list(people)
    return [entry.verdicts[0].state for entry in judged]


def watch(judge: Judge, person: Person, frames: int, t: float = 0.0) -> float:
    for _ in range(frames):
        state(judge, t, person)
        t += STEP
    return t


def test_everybody_is_judged_alone() -> None:
    judge = make()
    for index in range(6):
        states = state(judge, index * STEP, bare(1, upright(300, 300)), helmeted(2, upright(900, 300)))
    assert states == [State.MISSING, State.WORN]


def test_every_item_asked_for_gets_a_verdict() -> None:
    (judged,) = make(Item.HELMET, Item.HARNESS).update([bare(1, upright(300, 300))], 0.0, SIZE)
    assert [look.state for look in judged.looks] == [State.MISSING, State.UNKNOWN]
    harness = judged.verdict(Item.HARNESS)
    assert harness is not None
    assert harness.reason is Reason.NOT_JUDGED_BY_MODEL
    assert judged.verdict(Item.VEST) is None


def test_a_change_of_number_keeps_the_votes() -> None:
    judge = make()
    t = watch(judge, bare(1, upright(300, 300)), 6)
    assert state(judge, t + 0.4, bare(7, upright(340, 305))) == [State.MISSING]


def test_a_person_who_walks_on_while_hidden_keeps_the_votes() -> None:
    judge = make()
    t = watch(judge, bare(1, upright(300, 300)), 6)
    assert state(judge, t + 0.6, bare(7, upright(520, 300))) == [State.MISSING]
    judge = make()
    t = watch(judge, bare(1, upright(300, 300)), 6)
    assert state(judge, t, bare(7, upright(520, 300))) == [State.UNKNOWN]


def test_the_old_number_starts_anew_when_it_comes_back() -> None:
    judge = make()
    t = watch(judge, bare(1, upright(300, 300)), 6)
    state(judge, t, bare(7, upright(310, 300)))
    assert state(judge, t + STEP, bare(7, upright(310, 300)), bare(1, upright(900, 300))) == [
        State.MISSING,
        State.UNKNOWN,
    ]


def test_votes_do_not_pass_to_somebody_else() -> None:
    judge = make()
    t = watch(judge, bare(1, upright(300, 300)), 6)
    far, small = upright(900, 300), upright(300, 300, 150)
    assert state(judge, t, bare(2, far), bare(3, small)) == [State.UNKNOWN, State.UNKNOWN]
    judge = make()
    t = watch(judge, bare(1, upright(300, 300)), 6)
    assert state(judge, t, bare(1, upright(300, 300)), bare(2, upright(310, 300))) == [
        State.MISSING,
        State.UNKNOWN,
    ]
    judge = make()
    t = watch(judge, bare(1, upright(300, 300)), 6)
    assert state(judge, t + 1.2, bare(2, upright(300, 300))) == [State.UNKNOWN]


def test_one_person_is_taken_over_once_by_the_nearest() -> None:
    judge = make()
    t = watch(judge, bare(1, upright(300, 300)), 6)
    assert sorted(state(judge, t, bare(2, upright(320, 300)), bare(3, upright(330, 300)))) == [
        State.MISSING,
        State.UNKNOWN,
    ]


def test_people_who_are_gone_are_forgotten() -> None:
    judge = make()
    t = watch(judge, bare(1, upright(300, 300)), 6)
    judge.update([], t + 10.0, SIZE)
    judge.inherit(1, 2)
    assert state(judge, t + 10.2, bare(2, upright(300, 300))) == [State.UNKNOWN]


def test_votes_can_be_handed_over_by_hand() -> None:
    judge = make()
    t = watch(judge, bare(1, upright(300, 300)), 6)
    judge.inherit(1, 9)
    assert state(judge, t, bare(9, upright(1200, 500))) == [State.MISSING]
