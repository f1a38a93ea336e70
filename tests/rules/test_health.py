"""A camera that does not watch says so, and what was open ends."""

import pytest

from siaga.core.event import RuleKind
from siaga.core.health import Condition
from tests.rules.script import PIT, Story, at, check_grammar, judged, settings


def test_offline_is_an_event_that_names_the_zones() -> None:
    story = Story(settings(pit=PIT, gate=PIT))
    story.health(Condition.OFFLINE, True, silent_s=12.5, zones="mine")
    story.t = 60.0
    story.health(Condition.OFFLINE, False)
    new, end = story.said
    assert (new.rule, new.zone, new.reason) == (RuleKind.CAMERA_UNMONITORED, None, "offline")
    assert new.detail == (("condition", "offline"), ("zones", "pit, gate"), ("silent_s", 12.5))
    assert (end.event_id, end.reason, end.t, end.t_start) == (new.event_id, "resolved", 60.0, 0.0)
    check_grammar(story.said)


def test_what_is_said_twice_counts_once() -> None:
    story = Story(settings())
    story.health(Condition.DARK, False)
    story.health(Condition.DARK, True)
    story.health(Condition.DARK, True)
    story.health(Condition.FROZEN, True)
    assert [said.reason for said in story.said] == ["dark", "frozen"]


@pytest.mark.parametrize(
    ("condition", "reasons"),
    [
        (Condition.OFFLINE, ["camera_down"]),
        (Condition.FROZEN, ["camera_down"]),
        (Condition.DARK, ["camera_down"]),
        (Condition.COVERED, ["camera_down"]),
        (Condition.MOVED, ["camera_down"]),
        (Condition.CLOCK_OFF, []),
        (Condition.CORRUPT, []),
    ],
)
def test_a_blind_camera_ends_what_is_open(condition: Condition, reasons: list[str]) -> None:
    story = Story(settings())
    story.frames(3.0, judged(1, at(300), "m"))
    story.health(condition, True)
    assert [said.reason for said in story.ended()] == reasons


def test_what_had_stopped_before_keeps_its_reason() -> None:
    story = Story(settings())
    story.frames(3.0, judged(1, at(300), "m"))
    story.frames(3.0, judged(1, at(300), "w"))
    story.health(Condition.OFFLINE, True)
    assert [said.reason for said in story.ended()] == ["resolved"]
    check_grammar([said for said in story.said if said.rule is RuleKind.MISSING_PPE])


def test_closing_ends_everything() -> None:
    story = Story(settings(pit=PIT))
    story.frames(3.0, judged(1, at(750), "m"))
    story.health(Condition.CLOCK_OFF, True)
    story.close()
    assert [said.reason for said in story.ended()] == ["closed"] * 3
    check_grammar(story.said)
    story.close()
    assert len(story.ended()) == 3
