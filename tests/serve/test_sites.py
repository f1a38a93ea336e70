"""The boundary of sites in the archive: what belongs to others is as if it were not there."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from siaga.access import Scope
from siaga.archive import Accepted, Blob, Slice, Span, StoredArchive, ViolationFilter
from siaga.archive.errors import ForeignSite, Unprocessable
from siaga.core.clock import ManualClock
from siaga.core.errors import Conflict
from siaga.core.event import Event, RuleKind, Severity
from siaga.core.ledger import LedgerRow
from siaga.db import Database
from tests.support.records import RecordMaker, evidence_entry

ALL, NORTH, SOUTH = Scope.everything(), Scope(frozenset({"north"})), Scope(frozenset({"south"}))
NOBODY = Scope.nothing()
JPEG = "image/jpeg"

Put = Callable[..., Accepted]


@pytest.fixture
def archive(database: Database) -> StoredArchive:
    """An empty archive."""
    return StoredArchive(database)


@pytest.fixture
def put(archive: StoredArchive, clock: ManualClock) -> Put:
    """Keep a record."""

    def put(record: dict[str, Any], scope: Scope = ALL) -> Accepted:
        return archive.put_event(Event.model_validate(record), record, clock.utc(), scope)

    return put


def _ids(archive: StoredArchive, scope: Scope, **wanted: Any) -> list[str]:
    page = archive.violations(ViolationFilter(**wanted), Slice(), scope)
    return [str(item.event_id) for item in page.items]


def test_a_reader_sees_its_own_sites_only(archive: StoredArchive, put: Put, clock: ManualClock) -> None:
    entry = evidence_entry("snapshot", JPEG, b"south")
    north = RecordMaker(clock, "box-n", "north").make(ago_s=20)
    south = RecordMaker(clock, "box-s", "south").make(ago_s=10, evidence=[entry])
    put(north)
    put(south)
    sha256, now = entry["sha256"], clock.utc()
    archive.add_blob(Blob(sha256, 5, JPEG, f"{sha256[:2]}/{sha256}"), now, lambda: None)
    row = LedgerRow(site="south", camera="gate", zone=None, hour=now, watched_s=60.0, down_s={"dark": 2.0})
    archive.put_ledger("box-s", [row], now, SOUTH)
    assert _ids(archive, ALL) == [south["id"], north["id"]]
    assert (_ids(archive, NORTH), _ids(archive, SOUTH), _ids(archive, NOBODY)) == (
        [north["id"]],
        [south["id"]],
        [],
    )
    assert _ids(archive, NORTH, site="south") == []
    assert archive.violation(UUID(south["id"]), NORTH) is None
    assert archive.violation(UUID(south["id"]), SOUTH) is not None
    for scope, found in ((NORTH, False), (SOUTH, True), (NOBODY, False), (ALL, True)):
        assert (archive.blob(sha256, scope) is not None) is found
        assert (archive.named(sha256, scope) is not None) is found
        assert bool(archive.ledger(None, Span(), scope)) is found
    assert [view.site for view in archive.cameras(ALL)] == ["north", "south"]
    assert [view.site for view in archive.cameras(NORTH)] == ["north"]
    assert [str(view.record.id) for view in archive.records(Span(), Slice(), NORTH).items] == [north["id"]]
    numbers = archive.summary(Span().since or now.replace(year=2000), now, SOUTH)
    assert (numbers.open, numbers.violations, numbers.watched_s) == (1, {RuleKind.MISSING_PPE: 1}, 0.0)
    assert [device.device_id for device in numbers.devices] == ["box-s"]


def test_a_device_writes_for_its_own_site_only(archive: StoredArchive, put: Put, clock: ManualClock) -> None:
    north = RecordMaker(clock, "box-n", "north")
    with pytest.raises(ForeignSite):
        put(north.make(), SOUTH)
    row = LedgerRow(site="north", camera="gate", zone=None, hour=clock.utc())
    with pytest.raises(ForeignSite):
        archive.put_ledger("box-n", [row], clock.utc(), SOUTH)
    assert archive.cameras(ALL) == ()
    assert archive.summary(clock.utc(), clock.utc(), ALL).devices == ()


def test_a_device_cannot_take_over_the_violation_of_another_site(
    archive: StoredArchive, put: Put, clock: ManualClock
) -> None:
    maker = RecordMaker(clock, "box-n", "north")
    begun = maker.make()
    put(begun)
    other = RecordMaker(clock, "box-n2", "south").make(event_id=begun["id"], state="end")
    with pytest.raises(Conflict):
        put(other, SOUTH)
    moved = maker.make(event_id=begun["id"], state="end", site="south")
    with pytest.raises(Conflict):
        put(moved, SOUTH)
    assert _ids(archive, SOUTH) == []
    assert _ids(archive, NORTH, open=True) == [begun["id"]]


def test_a_violation_moves_with_its_newest_record(
    archive: StoredArchive, put: Put, clock: ManualClock
) -> None:
    maker = RecordMaker(clock, "box-n", "north")
    entry = evidence_entry("snapshot", JPEG, b"data")
    begun = maker.make(evidence=[entry])
    put(begun)
    put(maker.make(event_id=begun["id"], state="end", site="south"))
    assert (_ids(archive, NORTH), _ids(archive, SOUTH)) == ([], [begun["id"]])
    detail = archive.violation(UUID(begun["id"]), SOUTH)
    assert detail is not None
    assert len(detail.records) == 2
    assert archive.named(entry["sha256"], NORTH) is None
    assert archive.named(entry["sha256"], SOUTH) is not None


def test_filters_hold_together_over_many_sites(archive: StoredArchive, put: Put, clock: ManualClock) -> None:
    sent = []
    for number in range(20):
        maker = RecordMaker(clock, f"box-{number}", f"site {number:02d}")
        for severity in ("alert", "info"):
            record = maker.make(ago_s=number, severity=severity, zone="pit" if number % 2 else None)
            put(record)
            sent.append(record)
    wanted = {"severity": Severity.INFO, "zone": "pit", "open": True}
    expected = [record["id"] for record in sent if record["severity"] == "info" and record["zone"]]
    assert _ids(archive, ALL, **wanted) == expected
    few = Scope(frozenset(f"site {number:02d}" for number in range(5)))
    assert _ids(archive, few, **wanted) == expected[:2]
    assert _ids(archive, ALL, site="site 03", **wanted) == expected[1:2]
    first = archive.violations(ViolationFilter(), Slice(7), few)
    second = archive.violations(ViolationFilter(), Slice(7, first.next_cursor), few)
    seen = [str(item.event_id) for item in (*first.items, *second.items)]
    assert (sorted(seen), second.next_cursor) == (sorted(record["id"] for record in sent[:10]), None)


def test_a_text_that_cannot_be_kept_everywhere_is_refused(
    archive: StoredArchive, put: Put, clock: ManualClock
) -> None:
    with pytest.raises(Unprocessable, match="NUL"):
        put(RecordMaker(clock).make(camera="ga\0te"))
    row = LedgerRow(site="s", camera="ga\0te", zone=None, hour=clock.utc())
    with pytest.raises(Unprocessable, match="NUL"):
        archive.put_ledger("box-1", [row], clock.utc(), ALL)
