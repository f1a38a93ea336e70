"""Every branch of the rule by which reports and true events are matched."""

import pytest

from siaga.bench.matching import Fate, Matching, Outcome, match
from siaga.bench.reports import Report
from siaga.core.verdict import Item
from tests.bench.made import LEFT, PIT, RIGHT, bare, entered, person, report, truth

CORRECT, DUPLICATE, FALSE = Outcome.CORRECT, Outcome.DUPLICATE, Outcome.FALSE


def outcomes(matching: Matching) -> list[Outcome]:
    return [said.outcome for said in matching.told]


def fates(matching: Matching) -> list[Fate]:
    return [entry.fate for entry in matching.happened]


def test_a_report_of_what_happened_is_correct() -> None:
    matching = match(truth(bare("A", 5, 15)), [report(7.0, 16.0)])
    assert outcomes(matching) == [CORRECT]
    assert fates(matching) == [Fate.FOUND]
    assert (matching.told[0].who, matching.told[0].event) == ("A", 0)
    assert matching.happened[0].delay_s == pytest.approx(2.0)
    assert matching.merged_reports == 0


def test_silence_misses_what_could_be_told_and_only_that() -> None:
    never = {**bare("B", 5, 15), "could_tell_s": []}
    matching = match(truth(bare("A", 5, 15), never), [])
    assert fates(matching) == [Fate.MISSED, Fate.UNTELLABLE]
    assert [entry.tellable for entry in matching.happened] == [True, False]


def test_what_could_never_be_told_is_correct_when_it_is_reported_and_has_no_delay() -> None:
    never = {**bare("A", 5, 15), "could_tell_s": [[20, 22]]}
    matching = match(truth(never), [report(7, 16)])
    assert outcomes(matching) == [CORRECT]
    assert (matching.happened[0].tellable, matching.happened[0].delay_s) == (False, None)


def test_the_delay_counts_from_when_it_could_first_be_told() -> None:
    matching = match(
        truth(bare("A", 5, 15, (2.0, 4.0), (12.0, 13.0), (8.0, 9.0))), [report(6, 16, said_s=10)]
    )
    assert matching.happened[0].delay_s == pytest.approx(2.0)


def test_said_in_a_gap_or_before_it_could_be_told_is_not_false_and_not_late() -> None:
    matching = match(truth(bare("A", 5, 15, (12.0, 14.0))), [report(6, 16)])
    assert outcomes(matching) == [CORRECT]
    assert matching.happened[0].delay_s == 0.0


@pytest.mark.parametrize(
    "wrong",
    [
        report(7, 15, RIGHT),
        report(7, 15, item=Item.VEST),
        report(7, 15, zone="pit"),
        report(7, 15, rule="zone_intrusion", item=None, zone="pit"),
        report(16.1, 18),
        report(1, 3.9),
        report(7, 15, None),
        report(7, 15, (800, 50, 850, 150)),
    ],
    ids=["person", "item", "zone", "rule", "after", "before", "about nobody", "where nobody stands"],
)
def test_another_report_is_false_and_the_event_is_missed(wrong: Report) -> None:
    matching = match(truth(bare("A", 5, 15)), [wrong])
    assert outcomes(matching) == [FALSE]
    assert fates(matching) == [Fate.MISSED]


@pytest.mark.parametrize("near", [report(15.9, 18), report(1, 4.1)], ids=["after", "before"])
def test_within_a_second_of_it_is_about_it(near: Report) -> None:
    assert outcomes(match(truth(bare("A", 5, 15)), [near])) == [CORRECT]


def test_who_is_meant_is_where_the_box_overlaps_most() -> None:
    people = [person("A", LEFT), person("H", (115.0, 400.0, 165.0, 500.0), helmet="worn")]
    told = truth(bare("A", 5, 15), people=people)
    assert outcomes(match(told, [report(7, 15, LEFT)])) == [CORRECT]
    wrong = match(told, [report(7, 15, (112.0, 400.0, 162.0, 500.0))])
    assert (wrong.told[0].outcome, wrong.told[0].who) == (FALSE, "H")


def test_the_visible_part_of_somebody_half_hidden_counts_too() -> None:
    head = (100.0, 400.0, 150.0, 425.0)
    hidden = [person("A", LEFT) | {"visible_xyxy": head, "visibility": 0.25}]
    assert outcomes(match(truth(bare("A", 5, 15), people=hidden), [report(7, 15, head)])) == [CORRECT]
    assert outcomes(match(truth(bare("A", 5, 15)), [report(7, 15, head)])) == [FALSE]


def test_a_second_report_of_the_same_is_a_duplicate_and_the_event_is_split() -> None:
    matching = match(truth(bare("A", 5, 15)), [report(6, 8), report(9, 15, number=2)])
    # The one that overlaps longer is the event's own.
    assert outcomes(matching) == [DUPLICATE, CORRECT]
    assert (matching.happened[0].fate, matching.happened[0].reports) == (Fate.FOUND, 2)
    assert matching.happened[0].delay_s == pytest.approx(4.0)


def test_a_duplicate_is_one_of_the_event_that_it_overlaps_most() -> None:
    told = truth(bare("A", 5, 8), bare("A", 20, 30))
    matching = match(told, [report(6, 8), report(20, 30, number=2), report(22, 25, number=3)])
    assert [(said.outcome, said.event) for said in matching.told] == [
        (CORRECT, 0),
        (CORRECT, 1),
        (DUPLICATE, 1),
    ]
    assert [entry.reports for entry in matching.happened] == [1, 2]


def test_only_the_report_that_covers_both_merges_them() -> None:
    told = truth(bare("A", 5, 8), bare("A", 10, 20), bare("B", 5, 15))
    matching = match(told, [report(6, 20), report(6, 15, RIGHT, number=2)])
    assert fates(matching) == [Fate.MERGED, Fate.FOUND, Fate.FOUND]
    assert matching.merged_reports == 1


def test_one_report_over_two_events_finds_both_and_merges_them() -> None:
    matching = match(truth(bare("A", 5, 8), bare("A", 10, 20)), [report(6, 20)])
    assert outcomes(matching) == [CORRECT]
    assert fates(matching) == [Fate.MERGED, Fate.FOUND]
    assert matching.merged_reports == 1
    assert matching.happened[0].delay_s is None


def test_an_event_only_near_the_report_of_another_is_not_merged() -> None:
    matching = match(truth(bare("A", 5, 8), bare("A", 10, 20)), [report(8.5, 20)])
    assert fates(matching) == [Fate.MISSED, Fate.FOUND]
    assert matching.merged_reports == 0


def test_as_many_pairs_as_possible_come_before_longer_overlaps() -> None:
    # Alone, the first report would take the long event and leave the short one without any.
    told = truth(bare("A", 5, 8), bare("A", 10, 20))
    matching = match(told, [report(6, 20), report(18, 20, number=2)])
    assert outcomes(matching) == [CORRECT, CORRECT]
    assert [said.event for said in matching.told] == [0, 1]
    assert fates(matching) == [Fate.FOUND, Fate.FOUND]


def test_two_people_at_the_same_time_keep_their_own() -> None:
    told = truth(bare("A", 5, 15), bare("B", 5, 15), entered("B", 6, 9))
    zone = report(6.4, 9, RIGHT, rule="zone_intrusion", item=None, zone="pit", number=3)
    matching = match(told, [report(8, 15, RIGHT), report(7, 15, LEFT, number=2), zone])
    assert [(said.outcome, said.event) for said in matching.told] == [
        (CORRECT, 1),
        (CORRECT, 0),
        (CORRECT, 2),
    ]


def test_nothing_happened_and_nothing_was_said() -> None:
    assert match(truth(people=[]), []) == Matching((), (), 0)
    assert outcomes(match(truth(people=[]), [report(1, 2)])) == [FALSE]


def test_what_the_whole_site_asks_for_may_be_reported_for_a_zone_that_asks_too() -> None:
    asks = {"deck": {"coordinates": PIT["coordinates"], "exclusion": False, "requires": ["helmet"]}}
    told = truth(bare("A", 5, 15), zones=asks)
    assert outcomes(match(told, [report(7, 15, zone="deck")])) == [CORRECT]
    assert outcomes(match(told, [report(7, 15, zone="deck", item=Item.VEST)])) == [FALSE]
    both = match(told, [report(6, 9), report(9, 15, zone="deck")])
    assert sorted(outcomes(both)) == [CORRECT, DUPLICATE]


def test_a_track_says_whom_a_box_over_two_people_is_about() -> None:
    over_both = report(7, 15, RIGHT)
    assert outcomes(match(truth(bare("A", 5, 15)), [over_both], lambda _: "A")) == [CORRECT]
    assert outcomes(match(truth(bare("A", 5, 15)), [over_both], lambda _: None)) == [FALSE]
