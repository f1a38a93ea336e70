"""What changes is told to whoever listens, in its own process or another, and only what it may see."""

import json
import queue
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from siaga.access import Scope
from siaga.core.clock import ManualClock
from siaga.db import Database
from siaga.db.changes import Change, announce
from siaga.db.live import LiveFeed, Numbered
from siaga.db.tables.archive import changes
from tests.support.records import RecordMaker
from tests.support.service import Running

_WAIT_S = 60


class Heard:
    """A listener that remembers."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Numbered] = queue.Queue()

    def deliver(self, told: Sequence[Numbered]) -> None:
        for one in told:
            self._queue.put(one)

    def next(self) -> Numbered:
        return self._queue.get(timeout=_WAIT_S)


def _announce(database: Database, clock: ManualClock, *objects: str, site: str = "north") -> None:
    with database.writing() as connection:
        announce(connection, clock.utc(), *(Change("violation", site, one) for one in objects))


def test_a_change_is_heard_in_this_process_and_in_another(
    database: Database, database_url: str, clock: ManualClock
) -> None:
    _announce(database, clock, "before")
    other = Database(database_url)
    here, there = LiveFeed(database, clock), LiveFeed(other, clock)
    heard = [Heard(), Heard()]
    with here.running(), there.running():
        with here.listening(heard[0].deliver), there.listening(heard[1].deliver):
            _announce(database, clock, "one", "two")
            for one in heard:
                assert [one.next().change.object for _ in range(2)] == ["one", "two"]
            _announce(other, clock, "three")
            for one in heard:
                assert one.next().change == Change("violation", "north", "three")
        assert (here.listeners(), there.listeners()) == (0, 0)
    other.close()


def test_what_is_rolled_back_is_not_told(database: Database, clock: ManualClock) -> None:
    def fail() -> None:
        with database.writing() as connection:
            announce(connection, clock.utc(), Change("violation", "north", "never"))
            raise KeyError

    feed, heard = LiveFeed(database, clock), Heard()
    with feed.running(), feed.listening(heard.deliver):
        with pytest.raises(KeyError):
            fail()
        _announce(database, clock, "told")
        assert heard.next().change.object == "told"


def test_a_number_that_is_committed_late_is_told(database: Database, clock: ManualClock) -> None:
    feed, heard = LiveFeed(database, clock), Heard()
    with feed.running(), feed.listening(heard.deliver):
        for number in (10, 7):
            row = {"id": number, "at": clock.utc(), "site": "north", "kind": "k", "object": str(number)}
            with database.writing() as connection:
                connection.execute(insert(changes).values(row))
            assert heard.next().id == number


def test_going_on_after_a_number(database: Database, clock: ManualClock) -> None:
    _announce(database, clock, *(str(number) for number in range(1200)))
    _announce(database, clock, "south's", site="south")
    feed = LiveFeed(database, clock)
    with database.reading() as connection:
        newest = connection.execute(select(func.max(changes.c.id))).scalar_one()
    south = feed.since(newest - 1, Scope(frozenset({"south"})))
    assert south is not None
    assert [one.change.object for one in south] == ["south's"]
    assert feed.since(newest - 1, Scope.nothing()) == []
    north = feed.since(newest - 1, Scope(frozenset({"north"})))
    assert north is not None
    assert north[-1].change.object == "1199"
    assert feed.since(-1, Scope.everything()) is None


def _events(lines: Any, count: int) -> list[tuple[int, dict[str, str]]]:
    found: list[tuple[int, dict[str, str]]] = []
    number = -1
    for line in lines:
        name, _, value = line.partition(": ")
        if name == "id":
            number = int(value)
        if name == "data":
            found.append((number, json.loads(value)))
        if len(found) == count:
            return found
    raise AssertionError("the stream ended")


def test_a_page_hears_of_a_violation_and_goes_on_where_it_was(
    service: Running, maker: RecordMaker, clock: ManualClock
) -> None:
    first = maker.make()
    service.put(first)
    with service.viewer.stream("GET", "/api/v1/live", headers={"Last-Event-ID": "0"}) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        told = {"kind": "violation", "site": "north tower", "object": first["id"]}
        ((number, data),) = _events(lines, 1)
        assert data == told
        second = maker.make()
        service.put(second)
        later = number
        while later == number:  # a change may be told twice
            ((later, data),) = _events(lines, 1)
        assert (data["object"], later > number) == (second["id"], True)


def test_nobody_listens_without_being_known(service: Running) -> None:
    assert service.device.get("/api/v1/live").status_code in (401, 403)
