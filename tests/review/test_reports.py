"""Corrective actions and reports by hand, with photos, on SQLite and PostgreSQL."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from PIL import Image
from sqlalchemy import insert, select

from siaga.access import Principal, Scope
from siaga.core.clock import ManualClock, uuid7_factory
from siaga.core.errors import Conflict, NotFound
from siaga.db import Database
from siaga.db.tables import archive, people
from siaga.db.tables import review as tables
from siaga.review.actions import ActionChange, ActionFilter, Actions, NewAction
from siaga.review.caller import Caller
from siaga.review.errors import Meanwhile, NotAllowed
from siaga.review.limits import SlidingWindow, TooOften
from siaga.review.links import code_of, link_id_of, new_secret, qr
from siaga.review.reports import NewReport, ReportFilter, Reports
from siaga.review.views import ActionState, AssigneeView, ReportKind, ReportState
from tests.review.conftest import NOON, AddEvent, Notes, caller

CREW = AssigneeView(name="Scaffold crew")
SOUTH = Scope(frozenset({"south"}))
NOBODY = Caller(Principal.nobody(), Scope.nothing(), NOON)
TOLD = NewReport(ReportKind.NEAR_MISS, "A plank fell", NOON - timedelta(hours=1))


def _photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "blue").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def actions(database: Database, notes: Notes) -> Actions:
    """Actions of a database that has heard of a camera."""
    with database.writing() as connection:
        heard = {"site": "north", "camera": "gate", "last_heard_at": NOON}
        connection.execute(insert(archive.cameras).values(**heard))
    return Actions(database, notes, uuid7_factory(ManualClock()))


@pytest.fixture
def reports(actions: Actions, database: Database, notes: Notes) -> Reports:
    """Reports of the same."""
    return Reports(database, notes, uuid7_factory(ManualClock()))


def test_an_action_goes_its_way_with_a_photo_as_proof(
    actions: Actions, reports: Reports, add_event: AddEvent, notes: Notes
) -> None:
    event = add_event(zone="pit")
    made = actions.add(caller(), NewAction("Guard rail", CREW, date(2026, 1, 1), event_id=event))
    assert (made.site, made.zone, made.state, made.overdue) == ("north", "pit", ActionState.OPEN, False)
    assert actions.one(caller(minutes=13 * 60), made.id).overdue
    done = actions.change(caller("an"), made.id, 1, ActionChange(state=ActionState.DONE, photo=_photo()))
    assert (done.version, done.changed_by, done.overdue) == (2, "an", False)
    assert done.photo_id is not None
    assert reports.photo(caller(), done.photo_id).data[:2] == b"\xff\xd8"
    with pytest.raises(Meanwhile, match="an has changed this action"):
        actions.change(caller(), made.id, 1, ActionChange(title="x"))
    with pytest.raises(Conflict, match="done cannot become cancelled"):
        actions.change(caller(), made.id, 2, ActionChange(state=ActionState.CANCELLED))
    assert [e.action for e in notes.entries] == ["action.add", "action.change", "photo.view"]


def test_a_day_is_over_when_it_is_over_at_the_site(actions: Actions, database: Database) -> None:
    made = actions.add(caller(), NewAction("Rail", CREW, date(2026, 1, 1), site="north"))
    with database.writing() as connection:
        row = {"site": "north", "title": "n", "time_zone": "Asia/Manila", "created_at": NOON}
        connection.execute(insert(people.sites).values(**row))
    assert not actions.one(caller(minutes=3 * 60), made.id).overdue
    assert actions.one(caller(minutes=5 * 60), made.id).overdue


def test_actions_belong_to_a_site_of_the_caller(
    actions: Actions, reports: Reports, add_event: AddEvent
) -> None:
    event = add_event()
    made = actions.add(caller(), NewAction("Rail", CREW, date(2026, 1, 1), event_id=event))
    foreign = caller(scope=SOUTH)
    attempts: tuple[Callable[[], object], ...] = (
        lambda: actions.one(foreign, made.id),
        lambda: actions.change(foreign, made.id, 1, ActionChange(title="x")),
        lambda: actions.add(foreign, NewAction("Rail", CREW, date(2026, 1, 1), event_id=event)),
        lambda: actions.add(foreign, NewAction("Rail", CREW, date(2026, 1, 1), site="north")),
        lambda: actions.add(caller(), NewAction("Rail", CREW, date(2026, 1, 1), site="nowhere")),
    )
    for attempt in attempts:
        with pytest.raises(NotFound):
            attempt()
    assert actions.listed(foreign, ActionFilter(), 10) == ()
    with pytest.raises(NotAllowed, match="which site"):
        actions.add(caller(), NewAction("Rail", CREW, date(2026, 1, 1)))


def test_actions_are_listed_by_their_day(actions: Actions) -> None:
    days = [date(2026, 3, 1), date(2026, 1, 1), date(2026, 2, 1), date(2026, 1, 1)]
    for day in days:
        actions.add(caller(), NewAction("Rail", CREW, day, site="north"))
    first = actions.listed(caller(), ActionFilter(state=ActionState.OPEN), 2)
    rest = actions.listed(caller(), ActionFilter(), 9, (first[-1].due_on, first[-1].id))
    assert [view.due_on for view in (*first, *rest)] == sorted(days)


def test_an_anonymous_report_keeps_nothing_of_its_sender(reports: Reports, database: Database) -> None:
    link = reports.add_link(caller(), "north", "Gate", "pit")
    with_photo = NewReport(TOLD.kind, TOLD.text, TOLD.happened_at, photo=_photo())
    made = reports.add_anonymously(NOBODY, link.code, with_photo)
    assert (made.site, made.zone, made.anonymous, made.by) == ("north", "pit", True, None)
    assert len(made.reference) == 8
    with database.reading() as connection:
        (row,) = connection.execute(select(tables.reports)).all()
    assert (row.by_id, row.by_name) == (None, None)
    assert made.photo_id is not None
    assert reports.photo(caller(), made.photo_id).width == 40
    with pytest.raises(NotFound):
        reports.photo(caller(scope=SOUTH), made.photo_id)


def test_only_a_link_that_holds_takes_reports(reports: Reports) -> None:
    link = reports.add_link(caller(), "north", "Gate", None)
    other = link.code[:-2] + ("AA" if link.code[-2:] != "AA" else "BB")
    for code in (other, "", "x", "A" * 43, code_of(link.id, "south", new_secret())):
        with pytest.raises(NotFound):
            reports.add_anonymously(NOBODY, code, TOLD)
    with pytest.raises(NotFound):
        reports.end_link(caller(scope=SOUTH), link.id)
    assert reports.end_link(caller(), link.id).ended_at == NOON
    with pytest.raises(NotFound, match="does not hold"):
        reports.add_anonymously(NOBODY, link.code, TOLD)
    assert reports.links(caller(scope=SOUTH)) == ()
    assert link_id_of(link.code) == link.id


def test_a_report_under_a_name_is_answered(reports: Reports, notes: Notes) -> None:
    made = reports.add(caller(), "north", TOLD)
    closed = reports.change(caller("an"), made.id, 1, ReportState.CLOSED, "Netted")
    assert (closed.by, closed.changed_by, closed.answer, closed.version) == ("mai", "an", "Netted", 2)
    with pytest.raises(Meanwhile):
        reports.change(caller(), made.id, 1, ReportState.NEW, "")
    with pytest.raises(NotFound):
        reports.add(caller(), "south", TOLD)
    assert [view.id for view in reports.listed(caller(), ReportFilter(state=ReportState.CLOSED), 5)] == [
        made.id
    ]
    assert reports.listed(caller(scope=SOUTH), ReportFilter(), 5) == ()
    assert [e.action for e in notes.entries] == ["report.add", "report.change"]


def test_a_qr_code_is_a_picture() -> None:
    assert qr("https://example.org/report/abc", "png").startswith(b"\x89PNG")
    assert b"<svg" in qr("https://example.org/report/abc", "svg")


def test_reports_come_only_so_often_and_addresses_are_not_held() -> None:
    clock = ManualClock()
    window = SlidingWindow(clock, limit=2, window_s=60, keys=2)
    window.take("10.0.0.1")
    clock.advance(10)
    window.take("10.0.0.1")
    with pytest.raises(TooOften) as caught:
        window.take("10.0.0.1")
    assert caught.value.retry_after == 51
    window.take("10.0.0.2")
    assert "10.0.0" not in repr(vars(window))
    clock.advance(51)
    window.take("10.0.0.1")
    for number in range(50):
        window.take(str(number))
    assert len(window._uses) <= 3
