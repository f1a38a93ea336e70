"""Zones: who is in, for how long, and when it counts."""

import pytest

from siaga.core.event import RuleKind, Severity
from siaga.core.verdict import Item
from tests.rules.script import PIT, Line, Story, at, check_grammar, judged, settings

NO_PPE = {"requires": []}
INSIDE, OUTSIDE = at(750), at(250)


def test_an_intrusion_begins_after_the_inertia_and_ends_on_leaving() -> None:
    story = Story(settings(NO_PPE, pit=PIT))
    story.frames(1.0, judged(1, OUTSIDE))
    story.frames(4.0, judged(1, INSIDE))
    story.frames(12.0, judged(1, OUTSIDE))
    assert story.lines() == [Line(1.4, "new", 1), Line(15.4, "end", 1, "left")]
    new, end = story.said
    assert (new.rule, new.zone, new.severity) == (RuleKind.ZONE_INTRUSION, "pit", Severity.ALERT)
    assert (new.t_start, new.items) == (1.0, ())
    assert end.utc_end is not None
    assert (end.utc_end - end.utc_start).total_seconds() == pytest.approx(4.4)


def test_flicker_at_the_edge_is_no_intrusion() -> None:
    story = Story(settings(NO_PPE, pit=PIT))
    for index in range(50):
        story.frame(judged(1, at(510 if index % 3 else 490)))
    assert story.said == []
    story.frames(1.0, judged(1, INSIDE))
    for index in range(100):
        story.frame(judged(1, at(490 if index % 3 else 510)))
    assert story.lines() == [Line(10.2, "new", 1)]


def test_the_anchor_decides() -> None:
    low = {"coordinates": "0,0.6,1,0.6,1,1,0,1", "exclusion": True}
    story = Story(settings(NO_PPE, low=low))
    story.frames(2.0, judged(1, at(300, 300)))
    assert story.said == []
    story.frames(2.0, judged(1, at(300, 450)))
    assert len(story.begun()) == 1
    story = Story(settings(NO_PPE, low=low | {"anchor": "top_center"}))
    story.frames(4.0, judged(1, at(300, 450)))
    assert story.said == []


def test_loitering_counts_from_the_entry() -> None:
    story = Story(settings(NO_PPE, pit=PIT | {"loitering_time": "5s"}))
    story.frames(1.0, judged(1, OUTSIDE))
    story.frames(4.8, judged(1, INSIDE))
    assert story.said == []
    story.frames(2.0, judged(1, INSIDE))
    (new,) = story.said
    assert (new.t, new.t_start) == (6.0, 1.0)


def test_passing_through_is_not_loitering() -> None:
    story = Story(settings(NO_PPE, pit=PIT | {"loitering_time": "5s"}))
    for _ in range(4):
        story.frames(4.0, judged(1, INSIDE))
        story.frames(4.0, judged(1, OUTSIDE))
    assert story.said == []


def test_a_change_of_track_id_does_not_restart_loitering_nor_the_violation() -> None:
    story = Story(settings(NO_PPE, pit=PIT | {"loitering_time": "5s"}))
    for number in range(1, 11):
        story.frames(1.0, judged(number, at(750 + number)))
    assert [line for line in story.lines() if line.state == "new"] == [Line(5.0, "new", 1)]
    assert {said.event_id.int for said in story.said} == {1}


def test_one_event_per_person() -> None:
    story = Story(settings(NO_PPE, pit=PIT))
    story.frames(3.0, judged(1, at(700)), judged(2, at(850)), judged(3, OUTSIDE))
    assert [said.subjects[0].track_id for said in story.said] == [1, 2]


def test_the_violation_begins_when_the_schedule_does() -> None:
    story = Story(settings(NO_PPE, pit=PIT | {"schedule": "day"}))
    story.t = 22.999 * 3600
    story.frames(10.0, judged(1, INSIDE))
    (new,) = story.said
    assert (new.utc_start.hour, new.utc_start.minute, new.t_start) == (7, 0, new.t)


def test_a_zone_requires_what_it_requires() -> None:
    ladder = {"coordinates": PIT["coordinates"], "requires": ["vest"]}
    story = Story(settings(NO_PPE, ladder=ladder))
    story.frames(3.0, judged(1, OUTSIDE, "m", vest="m"))
    assert story.said == []
    story.frames(3.0, judged(1, INSIDE, "m", vest="m"))
    (new,) = story.said
    assert (new.rule, new.zone, new.items) == (RuleKind.MISSING_PPE, "ladder", (Item.VEST,))
    assert new.severity is Severity.ALERT
    story.frames(12.0, judged(1, OUTSIDE, "m", vest="m"))
    assert [said.reason for said in story.ended()] == ["left"]


def test_a_zone_and_the_whole_picture_do_not_say_the_same_twice() -> None:
    ladder = {"coordinates": PIT["coordinates"], "requires": ["helmet"]}
    story = Story(settings({"requires": ["helmet", "vest"]}, ladder=ladder))
    story.frames(1.0, judged(1, INSIDE, "u", vest="u"))
    story.frames(8.0, judged(1, INSIDE, "m", vest="w"))
    assert [(said.zone, said.items) for said in story.said] == [("ladder", (Item.HELMET,))]
    story.frames(8.0, judged(1, INSIDE, "m", vest="m"))
    assert [(said.zone, said.items) for said in story.begun()] == [
        ("ladder", (Item.HELMET,)),
        (None, (Item.VEST,)),
    ]
    story.frames(12.0, judged(1, INSIDE, "w", vest="w"))
    assert sorted(said.reason or "" for said in story.ended()) == ["resolved", "resolved"]
    check_grammar(story.said)


@pytest.mark.parametrize(
    ("severity", "again"),
    [("info", False), ("warning", False), ("alert", True)],
    ids=str,
)
def test_who_is_reported_and_walks_into_a_zone_is_reported_again_only_if_it_is_worse(
    severity: str, again: bool
) -> None:
    edge = {"coordinates": PIT["coordinates"], "requires": ["helmet", "harness"], "severity": severity}
    story = Story(settings({"severity": "warning"}, edge=edge))
    story.frames(6.0, judged(1, OUTSIDE, "m", harness="u"))
    story.frames(6.0, judged(1, INSIDE, "m", harness="u"))
    assert [said.zone for said in story.begun()] == ([None, "edge"] if again else [None])
    story.frames(6.0, judged(1, INSIDE, "m", harness="m"))
    items = [(said.zone, said.items) for said in story.begun()[1:]]
    assert items == [("edge", (Item.HELMET,) if again else (Item.HARNESS,))]
    story.frames(15.0, judged(1, INSIDE, "w", harness="w"))
    assert [said.reason for said in story.ended()] == ["resolved", "resolved"]
    check_grammar(story.said)


def test_an_exclusion_zone_that_requires_too_gives_both() -> None:
    story = Story(settings(NO_PPE, pit=PIT | {"requires": ["helmet"]}))
    story.frames(3.0, judged(1, INSIDE, "m"))
    assert {said.rule for said in story.said} == {RuleKind.ZONE_INTRUSION, RuleKind.MISSING_PPE}
