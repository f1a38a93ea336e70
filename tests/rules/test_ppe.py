"""Missing equipment: one event per person and violation, however long it lasts and whatever the ids do."""

import pytest

from siaga.core.event import EventState, RuleKind, Severity
from siaga.core.verdict import Item
from tests.rules.script import START, Line, Story, at, check_grammar, judged, settings


def test_one_event_per_violation_not_per_frame() -> None:
    story = Story(settings())
    story.frames(1.0, judged(1, at(300), "u"))
    story.frames(20.0, judged(1, at(300), "m"))
    story.frames(12.0, judged(1, at(300), "w"))
    assert story.lines() == [Line(1.0, "new", 1), Line(31.0, "end", 1, "resolved")]
    new, end = story.said
    assert (new.rule, new.zone, new.severity) == (RuleKind.MISSING_PPE, None, Severity.WARNING)
    assert (new.items, new.camera, new.t_start) == ((Item.HELMET,), "gate", 1.0)
    assert new.subjects[0].track_id == 1
    assert new.subjects[0].verdicts[0].item is Item.HELMET
    assert end.utc_end is not None
    assert (end.utc_end - START).total_seconds() == pytest.approx(21.0)


def test_who_cannot_be_judged_is_no_violation() -> None:
    story = Story(settings())
    story.frames(60.0, judged(1, at(300), "u"), judged(2, at(600)))
    assert story.said == []


def test_two_people_are_two_events() -> None:
    story = Story(settings())
    story.frames(5.0, judged(1, at(300), "m"), judged(2, at(360), "m"), judged(3, at(420), "w"))
    assert [said.subjects[0].track_id for said in story.said] == [1, 2]


def test_a_change_of_track_id_is_the_same_violation() -> None:
    story = Story(settings())
    story.frames(6.0, judged(1, at(300), "m"))
    story.frames(0.4)
    story.frames(6.0, judged(9, at(320), "m"))
    story.frames(11.0)
    assert story.lines() == [
        Line(0.0, "new", 1),
        Line(6.4, "update", 1, "track_changed"),
        Line(22.2, "end", 1, "left"),
    ]
    assert story.said[1].subjects[0].track_id == 9


def test_who_walks_on_while_hidden_is_the_same_person() -> None:
    story = Story(settings())
    story.frames(6.0, judged(1, at(300), "m"))
    story.frames(1.0)
    story.frames(1.0, judged(9, at(460), "w"))
    story.frames(10.0)
    assert [said.reason for said in story.ended()] == ["resolved"]


def test_a_revived_track_does_not_share_its_successors_violation() -> None:
    story = Story(settings())
    story.frames(2.0, judged(1, at(300), "m"))
    story.frames(2.0, judged(9, at(300), "m"))
    story.frames(2.0, judged(9, at(300), "m"), judged(1, at(700), "m"))
    assert [said.event_id.int for said in story.begun()] == [1, 2]


def test_out_of_view_for_a_moment_is_not_the_end() -> None:
    story = Story(settings())
    for _ in range(5):
        story.frames(4.0, judged(1, at(300), "m"))
        story.frames(1.6)
    assert story.lines() == [Line(0.0, "new", 1)]


def test_who_leaves_ends_it_at_the_time_of_leaving() -> None:
    story = Story(settings())
    story.frames(4.0, judged(1, at(300), "m"))
    story.frames(15.0)
    (end,) = story.ended()
    assert end.reason == "left"
    assert end.utc_end is not None
    assert (end.utc_end - START).total_seconds() == pytest.approx(3.8)
    assert end.t == pytest.approx(13.8)


def test_lost_from_sight_is_never_resolved() -> None:
    story = Story(settings())
    story.frames(4.0, judged(1, at(300), "m"))
    story.frames(14.8, judged(1, at(300), "u"))
    story.frames(4.0, judged(1, at(300), "m"))
    assert [line.state for line in story.lines()] == ["new"]
    story.frames(30.0, judged(1, at(300), "u"))
    (end,) = story.ended()
    assert end.reason == "lost_sight"
    assert end.utc_end is not None
    assert (end.utc_end - START).total_seconds() == pytest.approx(22.6)
    assert end.t == pytest.approx(37.8)


def test_a_helmet_seen_after_being_lost_from_sight_resolves_it() -> None:
    story = Story(settings({"grouping": 30}))
    story.frames(2.0, judged(1, at(300), "m"))
    story.frames(20.0, judged(1, at(300), "u"))
    story.frames(31.0, judged(1, at(300), "w"))
    assert [said.reason for said in story.ended()] == ["resolved"]


def test_the_same_person_within_the_grouping_time_continues() -> None:
    story = Story(settings())
    story.frames(6.0, judged(1, at(300), "m"))
    story.frames(8.0, judged(1, at(300), "w"))
    story.frames(6.0, judged(1, at(300), "m"))
    story.frames(12.0)
    assert [(line.state, line.event, line.reason) for line in story.lines()] == [
        ("new", 1, None),
        ("update", 1, "continued"),
        ("end", 1, "left"),
    ]


def test_somebody_who_appears_where_one_left_continues() -> None:
    story = Story(settings())
    story.frames(6.0, judged(1, at(300), "m"))
    story.frames(5.0)
    story.frames(3.0, judged(2, at(380), "m"))
    assert [(line.state, line.event, line.reason) for line in story.lines()] == [
        ("new", 1, None),
        ("update", 1, "continued"),
    ]


@pytest.mark.parametrize(
    ("away", "x"), [pytest.param(5.0, 800, id="elsewhere"), pytest.param(10.4, 300, id="later")]
)
def test_somebody_else_is_another_violation(away: float, x: float) -> None:
    story = Story(settings())
    story.frames(6.0, judged(1, at(300), "m"))
    story.frames(away)
    story.frames(3.0, judged(2, at(x), "m"))
    assert [said.event_id.int for said in story.begun()] == [1, 2]


def test_a_bystander_does_not_continue_the_violation_of_one_who_left() -> None:
    story = Story(settings())
    bystander = at(380)
    story.frames(6.0, judged(1, at(300), "m"), judged(2, bystander, "u"))
    story.frames(3.0, judged(2, bystander, "u"))
    story.frames(1.0, judged(2, bystander, "m"))
    assert [said.event_id.int for said in story.begun()] == [1, 2]


def test_a_resolved_violation_passes_to_nobody() -> None:
    story = Story(settings())
    story.frames(6.0, judged(1, at(300), "m"))
    story.frames(2.0, judged(1, at(300), "w"))
    story.frames(3.0)
    story.frames(3.0, judged(2, at(330), "m"))
    assert [said.event_id.int for said in story.begun()] == [1, 2]


def test_the_same_violation_is_repeated_only_after_the_interval() -> None:
    story = Story(settings({"repeat_interval": 60, "grouping": 2}))
    for _ in range(12):
        story.frames(5.0, judged(1, at(300), "m"))
        story.frames(5.0, judged(1, at(300), "w"))
    assert [said.t for said in story.begun()] == [0.0, 60.0]
    check_grammar(story.said)


def test_more_missing_items_are_an_update_at_most_every_five_seconds() -> None:
    story = Story(settings({"requires": ["helmet", "vest"]}))
    story.frames(1.0, judged(1, at(300), "m", vest="u"))
    for _ in range(10):
        story.frames(1.0, judged(1, at(300), "m", vest="m"))
        story.frames(1.0, judged(1, at(300), "m", vest="w"))
    updates = [said for said in story.said if said.state is EventState.UPDATE]
    assert updates[0].t == 5.0
    assert set(updates[0].items) == {Item.HELMET, Item.VEST}
    assert {said.reason for said in updates} == {"items_changed"}
    story.frames(11.0, judged(1, at(300), "w", vest="u"))
    assert [said.reason for said in story.ended()] == ["resolved"]
    check_grammar(story.said)


def test_an_item_that_is_never_judged_does_not_keep_another_open() -> None:
    story = Story(settings({"requires": ["helmet", "harness"]}))
    story.frames(3.0, judged(1, at(300), "m", harness="u"))
    story.frames(11.0, judged(1, at(300), "w", harness="u"))
    assert [said.reason for said in story.ended()] == ["resolved"]


def test_nothing_is_asked_for() -> None:
    story = Story(settings({"requires": []}))
    assert story.book.items == ()
    story.frames(5.0, judged(1, at(300), "m"))
    assert story.said == []


def test_outside_the_schedule_nothing_is_asked_and_open_violations_end() -> None:
    story = Story(settings({"schedule": "day"}))
    story.t = 10.99 * 3600
    story.frames(60.0, judged(1, at(300), "m"))
    assert [(line.state, line.reason) for line in story.lines()] == [("new", None), ("end", "schedule_off")]
    assert story.ended()[0].utc.hour == 19


def test_a_camera_asks_for_what_its_rules_ask_for() -> None:
    pit = {"coordinates": "0.5,0,1,0,1,1,0.5,1", "requires": ["helmet", "harness"]}
    assert Story(settings(pit=pit)).book.items == (Item.HELMET, Item.HARNESS)
