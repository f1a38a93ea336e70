"""What the records of a run claim."""

import pytest

from siaga.bench.reports import reports_of
from siaga.bench.run import START
from siaga.core.event import EventState, RuleKind
from siaga.core.verdict import Item
from tests.bench.made import LEFT, RIGHT, SIZE, event


def test_an_event_is_one_claim_from_its_start_to_its_end() -> None:
    records = [
        event(EventState.NEW, 7.0, seq=1),
        event(EventState.UPDATE, 9.0, seq=2, box=RIGHT),
        event(EventState.END, 14.0, seq=3, end_s=12.0),
    ]
    (claim,) = reports_of(records, START, SIZE, 30.0)
    assert (claim.rule, claim.item, claim.zone) == ("missing_ppe", Item.HELMET, None)
    assert (claim.start_s, claim.said_s, claim.end_s) == (5.0, 7.0, 12.0)
    assert claim.xyxy == pytest.approx(LEFT)


def test_what_never_ends_lasts_until_the_clip_does() -> None:
    (claim,) = reports_of([event(EventState.NEW, 7.0)], START, SIZE, 30.0)
    assert claim.span == (5.0, 30.0)


def test_every_missing_item_is_a_claim_from_when_it_was_named() -> None:
    both = (Item.HELMET, Item.VEST)
    records = [
        event(EventState.NEW, 7.0, seq=1),
        event(EventState.UPDATE, 9.0, seq=2, items=both, box=RIGHT),
        event(EventState.UPDATE, 11.0, seq=3, items=both),
    ]
    helmet, vest = reports_of(records, START, SIZE, 30.0)
    assert (helmet.item, helmet.start_s, helmet.said_s) == (Item.HELMET, 5.0, 7.0)
    assert (vest.item, vest.start_s, vest.said_s) == (Item.VEST, 9.0, 9.0)
    assert vest.xyxy == pytest.approx(RIGHT)
    assert helmet.event_id == vest.event_id


def test_zones_and_cameras_make_one_claim_without_item() -> None:
    zone = event(EventState.NEW, 8.0, rule=RuleKind.ZONE_INTRUSION, items=(), zone="pit", number=2, seq=1)
    down = event(EventState.NEW, 3.0, rule=RuleKind.CAMERA_UNMONITORED, items=(), box=None, seq=2)
    later = event(EventState.UPDATE, 9.0, rule=RuleKind.ZONE_INTRUSION, items=(), zone="pit", number=2, seq=3)
    first, second = reports_of([zone, down, later], START, SIZE, 30.0)
    assert (first.rule, first.item, first.xyxy) == ("camera_unmonitored", None, None)
    assert (second.rule, second.item, second.zone) == ("zone_intrusion", None, "pit")
