"""The access log: nothing in it can be changed, removed or reordered without being found."""

import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, delete, select, update

from siaga.access import AuditEntry, Principal, Role, Scope
from siaga.audit import AuditLog, AuditQuery, Head, check_log
from siaga.core.canonical import ZERO_HASH
from siaga.core.errors import BadRequest, StorageError
from siaga.db import Database
from siaga.db.tables.people import audit_head, audit_log

NOON = datetime(2026, 1, 5, 12, 0, 0, 123456, tzinfo=UTC)
WHO = Principal("u1", "Site safety", {Role.SAFETY_MANAGER: Scope.everything()})


@pytest.fixture
def log(database: Database) -> AuditLog:
    """An empty log."""
    return AuditLog(database)


def entry(number: int, *, site: str | None = "north", action: str = "violation.view") -> AuditEntry:
    at = NOON + timedelta(hours=number)
    return AuditEntry(WHO, action, f"violation/{number}", site, at, {"state": "closed", "rows": number})


def fill(log: AuditLog, rows: int) -> None:
    for number in range(1, rows + 1):
        log.record(None, entry(number))


def test_a_log_that_nobody_touched_is_whole(log: AuditLog) -> None:
    assert log.check() == Head(0, ZERO_HASH)
    fill(log, 5)
    head = log.check()
    assert head.seq == 5
    assert log.head() == head
    fill(log, 2)
    assert log.check(noted=head).seq == 7


def test_the_hash_is_the_same_everywhere(log: AuditLog) -> None:
    log.record(None, entry(1))
    assert log.head().hash == "9aceda8c8b030c2d9aa6af821fffde4c5ca65c4f0630e59a9cacc9b068e5209f"


def _edit(connection: Connection, at: int, dice: random.Random) -> None:
    row = audit_log.c.seq == at
    column, value = dice.choice(
        [
            ("action", "media.view"),
            ("object", "violation/999"),
            ("principal", "somebody else"),
            ("principal_id", None),
            ("site", None),
            ("details", "{}"),
            ("at", NOON - timedelta(days=1)),
            ("prev_hash", "0" * 63 + "1"),
            ("hash", "f" * 64),
        ]
    )
    connection.execute(update(audit_log).where(row).values({column: value}))


def _delete(connection: Connection, at: int, _dice: random.Random) -> None:
    connection.execute(delete(audit_log).where(audit_log.c.seq == at))


def _swap(connection: Connection, at: int, dice: random.Random) -> None:
    other = dice.choice([number for number in range(1, 9) if number != at])
    for old, new in ((at, 1000), (other, at), (1000, other)):
        connection.execute(update(audit_log).where(audit_log.c.seq == old).values(seq=new))


@pytest.mark.parametrize("tamper", [_edit, _delete, _swap])
def test_every_edit_deletion_and_reordering_is_found(
    log: AuditLog, database: Database, tamper: Callable[[Connection, int, random.Random], None]
) -> None:
    fill(log, 8)
    dice = random.Random(1)
    whole = log.head()
    for number in range(1, 9):
        with database.writing() as connection:
            tamper(connection, number, dice)
            with pytest.raises(StorageError, match="access log"):
                check_log(connection)
            connection.rollback()
    assert log.check() == whole


def test_a_log_written_anew_is_found_by_a_noted_head(log: AuditLog, database: Database) -> None:
    fill(log, 4)
    noted = log.head()
    with database.writing() as connection:
        connection.execute(delete(audit_log))
        connection.execute(update(audit_head).values(seq=0, hash=ZERO_HASH))
    for number in (1, 3, 4, 5):
        log.record(None, entry(number))
    assert log.check().seq == 4
    with pytest.raises(StorageError, match="Row 4 of the access log is not the one"):
        log.check(noted)


def test_a_lost_head_is_told(log: AuditLog, database: Database) -> None:
    with database.writing() as connection:
        connection.execute(delete(audit_head))
    with pytest.raises(StorageError, match="lost its head"):
        log.record(None, entry(1))


def test_it_shares_the_fate_of_what_it_tells_of(log: AuditLog, database: Database) -> None:
    with database.writing() as connection:
        log.record(connection, entry(1))
        connection.rollback()
    assert log.check().seq == 0


def test_many_writers_make_one_chain(log: AuditLog) -> None:
    threads = [threading.Thread(target=fill, args=(log, 5)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.check().seq == 20


def test_looking_again_within_ten_minutes_is_one_look(log: AuditLog, database: Database) -> None:
    for minutes in (0, 5, 9, 11, 12):
        log.viewed(AuditEntry(WHO, "media.view", "media/a", "north", NOON + timedelta(minutes=minutes)))
    log.viewed(AuditEntry(Principal("u2", "other"), "media.view", "media/a", "north", NOON))
    with database.reading() as connection:
        ats = connection.execute(select(audit_log.c.at, audit_log.c.principal_id)).all()
    assert [(at - NOON, who) for at, who in ats] == [
        (timedelta(0), "u1"),
        (timedelta(minutes=11), "u1"),
        (timedelta(0), "u2"),
    ]


def test_pages_filters_and_the_scope(log: AuditLog) -> None:
    for number in range(1, 8):
        log.record(None, entry(number, site="north" if number % 2 else "south"))
    log.record(None, entry(8, site=None, action="user.add"))
    north = Scope(frozenset({"north"}))

    def seqs(scope: Scope = north, cursor: str | None = None, **query: object) -> list[int]:
        page = log.page(scope, AuditQuery(**query), details=True, limit=3, cursor=cursor)  # type: ignore[arg-type]
        return [row.seq for row in page.items]

    assert seqs() == [7, 5, 3]
    assert log.page(north, AuditQuery(), details=True, limit=3).next_cursor == "3"
    assert seqs(cursor="3") == [1]
    assert seqs(Scope.everything()) == [8, 7, 6]
    assert seqs(Scope.nothing()) == []
    assert seqs(site="south") == []
    assert seqs(Scope.everything(), site="south") == [6, 4, 2]
    assert seqs(Scope.everything(), action="user") == [8]
    assert seqs(Scope.everything(), action="use") == []
    assert seqs(object="violation/5") == [5]
    assert seqs(who="u2") == []
    assert seqs(since=NOON + timedelta(hours=5), until=NOON + timedelta(hours=7)) == [5]
    with pytest.raises(BadRequest, match="cursor"):
        seqs(cursor="1 OR 1=1")


def test_details_only_for_those_who_may_see_events(log: AuditLog) -> None:
    fill(log, 1)
    pages = [log.page(Scope.everything(), AuditQuery(), details=d, limit=1) for d in (True, False)]
    assert [page.items[0].details for page in pages] == [{"state": "closed", "rows": 1}, {}]
