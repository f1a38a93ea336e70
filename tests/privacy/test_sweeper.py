"""What is due goes with everything about it, what is held stays, and nobody deletes much without asking."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from siaga.access import Scope
from siaga.archive import StoredArchive
from siaga.core.clock import ManualClock, uuid7_factory
from siaga.core.errors import BadRequest, Conflict, NotFound
from siaga.db import Database
from siaga.db.tables.archive import blobs, evidence, records, violations
from siaga.db.tables.proof import deletion_queue, proof_entries, sweeps
from siaga.db.tables.review import EVENT_TABLES, comments, reviews
from siaga.privacy import holds, policy, sweeper
from siaga.privacy.holds import Hold, HoldKind
from siaga.privacy.policy import PRESETS, Policy, Preset
from siaga.privacy.scrub import scrub
from siaga.privacy.sweeper import Sweeper
from siaga.proof.check import check_archive
from tests.support.proved import ALL, SERVICE, START, ProvedSite

SECRET = "a comment that must not be found again"


class Kept:
    """A site and its sweeper."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.site = ProvedSite(database, folder)
        self.forgotten: list[str] = []
        self.sweeper = Sweeper(
            database,
            self.site.chain,
            StoredArchive(database),
            self.site.bytes,
            uuid7_factory(ManualClock()),
            self.forgotten.append,
        )

    def review(self, number: int, state: str) -> None:
        event_id = UUID(int=number + 1)
        row = {
            "event_id": event_id,
            "site": "north",
            "state": state,
            "version": 1,
            "by_name": "r",
            "at": START,
        }
        with self.database.writing() as connection:
            connection.execute(reviews.insert().values(row))
            connection.execute(
                comments.insert().values(
                    id=event_id, event_id=event_id, site="north", text=SECRET, by_name="r", at=START
                )
            )

    def after(self, days: float, **options: Any) -> list[sweeper.SiteSweep]:
        return self.sweeper.run(START + timedelta(days=days), options.pop("scope", ALL), **options)

    def left(self) -> list[int]:
        with self.database.reading() as connection:
            wanted = select(violations.c.event_id).where(violations.c.site == "north")
            return sorted(event_id.int - 1 for event_id in connection.scalars(wanted))

    def problems(self) -> list[str]:
        with self.database.reading() as connection:
            keys = [SERVICE.public_key]
            return check_archive(connection, keys, evidence_store=self.site.bytes).problems

    def hold(self, incident_at: Any = None, **fields: Any) -> Hold:
        kind = HoldKind.LEGAL if incident_at is None else HoldKind.INCIDENT
        told = {"id": UUID(int=99), "site": "north", "kind": kind, "reason": "court", "placed_by": "owner"}
        with self.database.writing() as connection:
            return holds.place(connection, Hold(**told, placed_at=START, **fields), ALL, incident_at)


@pytest.fixture
def kept(database: Database, tmp_path: Path) -> Kept:
    """Four violations within four minutes."""
    made = Kept(database, tmp_path)
    for number in range(4):
        made.site.put(number)
    return made


def test_by_receipt_and_policy_false_alarms_sooner(kept: Kept) -> None:
    kept.site.put(9, at=START + timedelta(days=5))
    kept.review(1, "false_alarm")
    assert [(one.state, one.due) for one in kept.after(13.9)] == [("nothing", 0)]
    (one,) = kept.after(14.1)
    assert (one.state, one.deleted.violations, one.deleted.records, one.deleted.evidence) == ("done", 1, 2, 2)
    assert kept.left() == [0, 2, 3, 9]
    kept.after(90.1)
    assert kept.left() == [9]
    kept.after(95.1)
    assert kept.left() == []
    with kept.database.reading() as connection:
        for table in (records, evidence, blobs, deletion_queue, *EVENT_TABLES):
            assert connection.execute(select(table)).all() == [], table.name
    assert list(kept.site.bytes.root.iterdir()) == []
    assert len(kept.forgotten) == 10


def test_the_chain_stays_whole_and_says_what_went(kept: Kept) -> None:
    kept.review(1, "false_alarm")
    kept.after(20)
    assert kept.problems() == []
    with kept.database.reading() as connection:
        graves = connection.execute(
            select(proof_entries.c.about, proof_entries.c.at).where(proof_entries.c.kind == "tombstone")
        ).all()
    assert [row.about for row in graves].count('{"of":"record","policy":"standard 90/14 days"}') == 2
    assert [row.about for row in graves].count('{"of":"evidence","policy":"standard 90/14 days"}') == 2
    assert {row.at for row in graves} == {START + timedelta(days=20)}


def test_bytes_that_another_violation_names_stay(kept: Kept) -> None:
    kept.review(1, "false_alarm")
    with kept.database.reading() as connection:
        wanted = select(records.c.body).where(records.c.event_id == UUID(int=2)).order_by(records.c.seq)
        first = json.loads(connection.scalars(wanted).first())
    kept.site.keep(kept.site.record("south", 30, "new", first["evidence"]), START + timedelta(days=19))
    (one, _) = kept.after(20)
    assert one.deleted.evidence == 1
    assert (kept.site.bytes.root / first["evidence"][0]["sha256"]).exists()
    assert kept.problems() == []


def test_what_is_held_stays_until_it_is_released(kept: Kept) -> None:
    placed = kept.hold(since=START + timedelta(minutes=1), until=START + timedelta(minutes=3))
    kept.after(91)
    assert kept.left() == [1, 2]
    with kept.database.writing() as connection:
        holds.release(connection, placed.id, ALL, at=START, by="owner")
        with pytest.raises(Conflict):
            holds.release(connection, placed.id, ALL, at=START, by="owner")
    kept.after(91)
    assert kept.left() == []


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        ({}, [0, 1, 2, 3]),
        ({"event_id": UUID(int=1)}, [0]),
        ({"camera": "gate"}, [0, 1, 2, 3]),
        ({"camera": "x"}, []),
    ],
)
def test_a_hold_is_about_what_it_names(kept: Kept, fields: dict[str, Any], left: list[int]) -> None:
    kept.hold(**fields)
    kept.after(91)
    assert kept.left() == left


def test_an_incident_holds_for_180_days(kept: Kept) -> None:
    assert kept.hold(incident_at=START).expires_at == START + timedelta(days=180)
    kept.after(179.9)
    assert kept.left() == [0, 1, 2, 3]
    kept.after(180.1)
    assert kept.left() == []


def test_a_mass_deletion_asks_and_waits(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeper, "FEW", 1)
    for days in (91, 92):
        assert [(one.state, one.due) for one in kept.after(days)] == [("asking", 4)]
    with kept.database.reading() as connection:
        (row,) = connection.execute(select(sweeps)).all()
    assert (row.state, row.due, row.total) == ("asking", 4, 4)
    with pytest.raises(NotFound):
        kept.sweeper.decide(row.id, True, Scope(frozenset({"south"})), at=START, by="x")
    kept.sweeper.decide(row.id, False, ALL, at=START + timedelta(days=92), by="owner")
    assert kept.after(93)[0].state == "refused"
    assert kept.after(100)[0].state == "asking"
    with kept.database.reading() as connection:
        asking = connection.scalars(select(sweeps.c.id).where(sweeps.c.state == "asking")).one()
    kept.sweeper.decide(asking, True, ALL, at=START + timedelta(days=100), by="owner")
    assert [(one.state, one.deleted.violations) for one in kept.after(101)] == [("done", 4)]
    with pytest.raises(Conflict):
        kept.sweeper.decide(asking, True, ALL, at=START, by="owner")


def test_a_dry_run_and_a_foreign_scope_change_nothing(kept: Kept) -> None:
    assert [(one.state, one.due) for one in kept.after(91, dry=True)] == [("would", 4)]
    assert kept.after(91, scope=Scope(frozenset({"south"}))) == []
    assert kept.left() == [0, 1, 2, 3]
    assert kept.problems() == []


def test_after_a_crash_the_bytes_go_with_the_next_run(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_path: str) -> None:
        raise KeyboardInterrupt

    remove = kept.site.bytes.remove
    monkeypatch.setattr(kept.site.bytes, "remove", crash)
    with pytest.raises(KeyboardInterrupt):
        kept.after(91)
    assert len(list(kept.site.bytes.root.iterdir())) == 8
    monkeypatch.setattr(kept.site.bytes, "remove", remove)
    kept.after(92)
    assert list(kept.site.bytes.root.iterdir()) == []
    assert kept.problems() == []


def test_policies_hold_what_their_preset_promises(kept: Kept) -> None:
    def choose(chosen: Policy, site: str = "north", scope: Scope = ALL) -> None:
        with kept.database.writing() as connection:
            policy.set_policy(connection, site, chosen, scope, at=START, by="owner")

    for preset in PRESETS.values():
        choose(preset)
    refused: list[Callable[[], None]] = [
        lambda: choose(Policy(Preset.SG_36B, 29, 29)),
        lambda: choose(Policy(Preset.SG_36B, 60, 29)),
        lambda: choose(Policy(Preset.STANDARD, 10, 11)),
        lambda: choose(Policy(Preset.STANDARD, 10, 0)),
        lambda: choose(Policy(Preset.STANDARD, 10, 5, 0.0)),
    ]
    for wrong in refused:
        with pytest.raises(BadRequest):
            wrong()
    for site, scope in (("north", Scope(frozenset({"south"}))), ("nowhere", ALL)):
        with pytest.raises(NotFound):
            choose(PRESETS[Preset.SHORT], site, scope)
    choose(PRESETS[Preset.SHORT])
    kept.after(30.1)
    assert kept.left() == []


def test_after_deletion_the_bytes_are_nowhere_in_the_files(tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "archive.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{path}")
    kept = Kept(database, tmp_path)
    for number in range(12):
        kept.site.put(number, detail={"note": f"needle-{number}-of-a-record"})
        kept.review(number, "confirmed")
    traces = [b"needle-", SECRET.encode(), b"picture 3 of north", b"clip 3 of north", b"gate"]

    def found() -> list[bytes]:
        held = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
        return [trace for trace in traces if trace in held]

    assert found() == traces
    kept.after(91)
    # Of the camera itself its name stays.
    assert found() == [b"gate"]
    scrub(database)
    assert found() == [b"gate"]
    assert kept.problems() == []
    database.close()
