"""Decisions, comments and corrections in a database, on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select

from siaga.access import Role, Scope
from siaga.core.errors import Conflict, NotFound
from siaga.db import Database
from siaga.db.tables import archive
from siaga.db.tables import review as tables
from siaga.db.tables.people import user_roles, users
from siaga.review.errors import Meanwhile, NotAllowed
from siaga.review.machine import Assignee, ReviewReason, ReviewState, Wanted
from siaga.review.queue import EventFilter
from siaga.review.reviews import Member, Reviews
from siaga.review.views import CorrectionWanted, LabelledBox
from tests.review.conftest import NOON, AddEvent, Notes, caller

S, R = ReviewState, ReviewReason
CONFIRMED = Wanted(S.CONFIRMED)
FALSE = Wanted(S.FALSE_ALARM, R.FALSE_POSITIVE)
SOUTH = Scope(frozenset({"south"}))
A = "a" * 64


def test_a_decision_is_kept_with_who_and_when(reviews: Reviews, add_event: AddEvent, notes: Notes) -> None:
    event = add_event()
    reviews.decide(caller("mai"), Member(event, 0), FALSE, "A bucket on the shelf")
    detail = reviews.undo(caller("an", minutes=1), Member(event, 1))
    assert (detail.review.state, detail.review.version, detail.review.by) == (S.UNREVIEWED, 2, "an")
    assert [(row.kind, row.state, row.by, row.undoes) for row in detail.history] == [
        ("decide", "false_alarm", "mai", None),
        ("undo", "unreviewed", "an", 1),
    ]
    assert [comment.text for comment in detail.comments] == ["A bucket on the shelf"]
    assert [(e.action, e.details["version"]) for e in notes.entries] == [
        ("review.decide", 1),
        ("review.undo", 2),
    ]


def test_who_decides_on_an_old_picture_of_things_is_told_who_was_first(
    reviews: Reviews, add_event: AddEvent
) -> None:
    event = add_event()
    reviews.decide(caller("mai"), Member(event, 0), CONFIRMED)
    with pytest.raises(Meanwhile, match="mai has decided meanwhile: it is confirmed now") as caught:
        reviews.decide(caller("an"), Member(event, 0), FALSE)
    assert (caught.value.version, caught.value.by, caught.value.state) == (1, "mai", "confirmed")
    assert reviews.one(caller(), event).review.version == 1


def test_of_many_who_decide_at_once_exactly_one_does(reviews: Reviews, add_event: AddEvent) -> None:
    event = add_event()
    start = threading.Barrier(8)
    outcomes: list[str] = []

    def decide(name: str) -> None:
        start.wait()
        try:
            reviews.decide(caller(name), Member(event, 0), CONFIRMED)
            outcomes.append("kept")
        except Meanwhile:
            outcomes.append("meanwhile")

    threads = [threading.Thread(target=decide, args=(f"p{i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["kept"] + ["meanwhile"] * 7
    assert len(reviews.one(caller(), event).history) == 1


def test_another_sites_event_is_not_there(reviews: Reviews, add_event: AddEvent) -> None:
    event = add_event()
    for foreign in (caller(scope=SOUTH), caller(scope=Scope.nothing())):
        with pytest.raises(NotFound):
            reviews.one(foreign, event)
        with pytest.raises(NotFound):
            reviews.decide(foreign, Member(event, 0), CONFIRMED)
        with pytest.raises(NotFound):
            reviews.comment(foreign, event, "hello")
        with pytest.raises(NotFound):
            reviews.decide_together(foreign, [Member(event, 0)], CONFIRMED)
        assert reviews.queue(foreign, EventFilter(), 10) == ()
        assert sum(reviews.counts(foreign, EventFilter()).values()) == 0
    assert len(reviews.queue(caller(scope=Scope.everything()), EventFilter(), 10)) == 1


def test_duplicates_are_what_overlaps_at_one_place(reviews: Reviews, add_event: AddEvent) -> None:
    first = add_event(0, 5)
    second = add_event(4, 5)
    third = add_event(8, None)
    add_event(4, 5, camera="crane")
    add_event(4, 5, zone="pit")
    add_event(4, 5, rule="zone_intrusion")
    add_event(4, 5, site="south")
    before = add_event(-2, 2)
    found = [item.event_id for item in reviews.duplicates(caller(minutes=10), second)]
    assert found == [first, second, third]
    assert [item.event_id for item in reviews.duplicates(caller(minutes=10), before)] == [before]


def test_duplicates_are_decided_and_undone_together(
    reviews: Reviews, add_event: AddEvent, notes: Notes
) -> None:
    events = [add_event(minutes, 5) for minutes in (0, 4, 8)]
    members = [Member(event, 0) for event in events]
    bulk = reviews.decide_together(caller(minutes=20), members, FALSE)
    shown = [reviews.one(caller(), event) for event in events]
    assert {d.review.state for d in shown} == {S.FALSE_ALARM}
    assert {d.history[0].bulk_id for d in shown} == {bulk}
    assert notes.entries[-1].details == {"state": "false_alarm", "events": 3}
    reviews.undo_together(caller(minutes=21), bulk)
    assert {reviews.one(caller(), event).review.state for event in events} == {S.UNREVIEWED}
    with pytest.raises(Conflict):
        reviews.undo_together(caller(minutes=22), bulk)


def test_events_of_two_situations_are_not_decided_together(reviews: Reviews, add_event: AddEvent) -> None:
    events = [add_event(0, 5), add_event(5, 5)]
    with pytest.raises(NotAllowed, match="one situation"):
        reviews.decide_together(caller(minutes=20), [Member(event, 0) for event in events], FALSE)
    assert {reviews.one(caller(), event).review.version for event in events} == {0}


def test_deciding_together_is_all_or_nothing(reviews: Reviews, add_event: AddEvent) -> None:
    events = [add_event(0, 5), add_event(4, 5)]
    reviews.decide(caller("an"), Member(events[1], 0), CONFIRMED)
    with pytest.raises(Meanwhile, match="an has decided"):
        reviews.decide_together(caller(minutes=20), [Member(event, 0) for event in events], FALSE)
    assert reviews.one(caller(), events[0]).review.version == 0


def add_user(database: Database, name: str) -> str:
    user = uuid4()
    with database.writing() as connection:
        connection.execute(users.insert().values(id=user, login=name.lower(), name=name, created_at=NOON))
        connection.execute(user_roles.insert().values(user_id=user, role=Role.REVIEWER, site="north"))
    return str(user)


def test_the_queue_is_filtered_by_what_people_made_of_events(
    reviews: Reviews, add_event: AddEvent, database: Database
) -> None:
    untouched, confirmed, assigned = (add_event(minutes) for minutes in (0, 10, 20))
    reviews.decide(caller(), Member(confirmed, 0), CONFIRMED)
    reviews.decide(caller(), Member(assigned, 0), Wanted(S.UNCLEAR, R.INCONCLUSIVE))
    binh = add_user(database, "Binh")
    with pytest.raises(NotAllowed, match="user id"):
        reviews.decide(caller(), Member(assigned, 1), Wanted(S.ASSIGNED, assignee=Assignee("Binh", "u7")))
    reviews.decide(caller(), Member(assigned, 1), Wanted(S.ASSIGNED, assignee=Assignee("?", binh)))

    def found(wanted: EventFilter) -> list[UUID]:
        return [item.event_id for item in reviews.queue(caller(), wanted, 10)]

    assert found(EventFilter()) == [assigned, confirmed, untouched]
    assert found(EventFilter(states=(S.UNREVIEWED,))) == [untouched]
    assert found(EventFilter(states=(S.UNREVIEWED, S.CONFIRMED))) == [confirmed, untouched]
    assert found(EventFilter(assignee_id=binh)) == [assigned]
    assert found(EventFilter(reason=R.INCONCLUSIVE)) == [assigned]
    assert found(EventFilter(camera="crane")) == []
    counts = reviews.counts(caller(), EventFilter())
    assert (counts["unreviewed"], counts["confirmed"], counts["assigned"], counts["closed"]) == (1, 1, 1, 0)


def test_pages_of_the_queue_meet_without_gap_or_overlap(reviews: Reviews, add_event: AddEvent) -> None:
    events = [add_event(minutes) for minutes in (0, 1, 1, 1, 2)]
    seen: list[UUID] = []
    after = None
    while part := reviews.queue(caller(), EventFilter(), 2, after):
        seen += [item.event_id for item in part]
        after = (part[-1].start_at, part[-1].event_id)
    assert seen == sorted(events, reverse=True)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("giàn giáo", True),
        ("GIAN", True),
        ("gia giáo", True),
        ("giáo thiếu", False),
        ("没有戴", True),
        ("戴", True),
        ("手套", False),
        ("หมวก", True),
        ("%", True),
        ("scaff_ld", False),
    ],
)
def test_comments_are_found_by_beginnings_of_words_in_any_script(
    reviews: Reviews, add_event: AddEvent, wanted: str, found: bool
) -> None:
    event = add_event()
    reviews.comment(caller(), event, "Trên giàn giáo, scaffold level 3; 没有戴安全帽; ไม่สวมหมวก")
    other = add_event(1)
    reviews.comment(caller(), other, "thiếu")
    hits = [item.event_id for item in reviews.queue(caller(), EventFilter(text=wanted), 10)]
    # Signs alone are no words: nothing is asked for, and everything is shown.
    assert (event in hits) == found
    assert (other in hits) == (wanted == "%")


def test_boxes_of_a_picture_are_corrected_in_turn(
    reviews: Reviews, add_event: AddEvent, database: Database
) -> None:
    event = add_event()
    with database.writing() as connection:
        named = {"sha256": A, "event_id": event, "bytes": 1, "media_type": "image/jpeg", "site": "north"}
        connection.execute(insert(archive.evidence).values(**named))
    helmet = LabelledBox(class_name="helmet", xyxy=(10, 20, 30, 40.5))
    first = CorrectionWanted(reason=R.WRONG_CLASS, width=640, height=360, boxes=(helmet,))
    second = first.model_copy(update={"boxes": ()})
    assert reviews.correct(caller(), event, A, 0, first).version == 1
    with pytest.raises(Meanwhile, match="corrected meanwhile"):
        reviews.correct(caller(), event, A, 0, second)
    assert reviews.correct(caller("an"), event, A, 1, second).version == 2
    (holds,) = reviews.one(caller(), event).corrections
    assert (holds.version, holds.boxes, holds.by) == (2, (), "an")
    with database.reading() as connection:
        kept = connection.execute(select(tables.corrections.c.version)).scalars().all()
    assert sorted(kept) == [1, 2]
    with pytest.raises(NotFound, match="no picture of that violation"):
        reviews.correct(caller(), event, "b" * 64, 0, first)


@pytest.mark.parametrize("xyxy", [(0, 0, 641, 10), (-1, 0, 5, 5), (5, 5, 5, 9), (9, 5, 5, 9)])
def test_a_box_outside_of_its_picture_is_refused(xyxy: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="outside the picture"):
        CorrectionWanted(
            reason=R.BAD_BBOX,
            width=640,
            height=360,
            boxes=(LabelledBox(class_name="helmet", xyxy=xyxy),),
        )
