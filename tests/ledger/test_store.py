"""The ledger on disk: nothing lost, nothing counted twice."""

import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from siaga.core.errors import StorageError, StorageFull
from siaga.core.ledger import LedgerRow
from siaga.ledger import LedgerStore, add_rows

HOUR = datetime(2026, 3, 2, 8, tzinfo=UTC)


def row(zone: str | None = None, hours: int = 0, camera: str = "gate", **values: Any) -> LedgerRow:
    return LedgerRow(site="site", camera=camera, zone=zone, hour=HOUR + timedelta(hours=hours), **values)


def test_rows_add_up() -> None:
    a = row(watched_s=0.1, down_s={"dark": 1.0}, judged_s={"helmet.worn": 2.0}, events=1, frames_analysed=3)
    b = row(
        watched_s=0.2, down_s={"dark": 2.0, "frozen": 4.0}, unknown_s={"helmet.not_seen": 1.5}, person_s=3.5
    )
    assert add_rows(a, b) == row(
        watched_s=0.3,
        down_s={"dark": 3.0, "frozen": 4.0},
        judged_s={"helmet.worn": 2.0},
        unknown_s={"helmet.not_seen": 1.5},
        person_s=3.5,
        events=1,
        frames_analysed=3,
    )
    assert add_rows(a, b) == add_rows(b, a)


@pytest.mark.parametrize("other", [row("pit"), row(hours=1), row(camera="yard")])
def test_rows_of_different_places_do_not_add_up(other: LedgerRow) -> None:
    with pytest.raises(ValueError, match="same site"):
        add_rows(row(), other)


def test_a_restart_goes_on_with_the_hour(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    for _ in range(3):
        store = LedgerStore(path)
        store.add([row(watched_s=10.0, events=1), row("pit", watched_s=4.0)])
        store.close()
    store = LedgerStore(path)
    assert store.changed_since(0)[0] == [row(watched_s=30.0, events=3), row("pit", watched_s=12.0)]
    store.close()


def test_only_what_changed_is_given_again(tmp_path: Path) -> None:
    store = LedgerStore(tmp_path / "ledger.db")
    assert store.changed_since(0) == ([], 0)
    store.add([row(watched_s=1.0), row(hours=1, watched_s=2.0)])
    first, cursor = store.changed_since(0)
    assert first == [row(watched_s=1.0), row(hours=1, watched_s=2.0)]
    assert store.changed_since(cursor) == ([], cursor)
    store.add([row(hours=1, watched_s=5.0)])
    changed, cursor = store.changed_since(cursor)
    assert changed == [row(hours=1, watched_s=7.0)]
    assert store.changed_since(cursor) == ([], cursor)
    store.close()


def test_pages_do_not_split_a_batch_nor_lose_a_row(tmp_path: Path) -> None:
    store = LedgerStore(tmp_path / "ledger.db")
    for batch in range(5):
        store.add([row(hours=batch * 3 + part, events=1) for part in range(3)])
    seen, cursor = [], 0
    while True:
        page, cursor = store.changed_since(cursor, limit=4)
        if not page:
            break
        assert len(page) in (3, 6)
        seen += page
    assert [entry.hour for entry in seen] == [HOUR + timedelta(hours=hour) for hour in range(15)]
    store.close()


def test_it_is_written_for_power_cuts(tmp_path: Path) -> None:
    store = LedgerStore(tmp_path / "ledger.db")
    statements: list[str] = []
    store._db.set_trace_callback(statements.append)
    assert store._db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert store._db.execute("PRAGMA synchronous").fetchone() == (2,)
    store.add([row(events=1), row("pit", events=1)])
    assert statements.count("BEGIN IMMEDIATE") == statements.count("COMMIT") == 1
    store.close()


def test_a_batch_that_fails_leaves_nothing(tmp_path: Path) -> None:
    store = LedgerStore(tmp_path / "ledger.db")

    def rows() -> Any:
        yield row(events=1)
        raise RuntimeError("the batch breaks off")

    with pytest.raises(RuntimeError, match="breaks off"):
        store.add(rows())
    assert store.changed_since(0) == ([], 0)
    store.add([row(events=1)])
    assert store.changed_since(0)[0] == [row(events=1)]
    store.close()


def test_a_full_disk_is_a_state_and_loses_nothing(tmp_path: Path) -> None:
    store = LedgerStore(tmp_path / "ledger.db")
    store.add([row(events=1)])
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    many = [row(hours=hour, events=1, unknown_s={"x" * 500: 1.0}) for hour in range(100)]
    with pytest.raises(StorageFull, match="no space"):
        store.add(many)
    assert store.changed_since(0)[0] == [row(events=1)]
    store._db.execute("PRAGMA max_page_count = 100000")
    store.add(many)
    found, _ = store.changed_since(0)
    assert sum(entry.events for entry in found) == 101
    store.close()


def test_a_file_that_is_no_ledger_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"this is no database, and it is longer than a header of one hundred bytes" * 4)
    with pytest.raises(StorageError, match="ledger"):
        LedgerStore(path)
    with pytest.raises(StorageError, match="ledger"):
        LedgerStore(tmp_path / "missing" / "ledger.db")


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from siaga.core.ledger import LedgerRow
from siaga.ledger import LedgerStore

store = LedgerStore(Path(sys.argv[1]))
hour = datetime(2026, 3, 2, 8, tzinfo=UTC)
while True:
    rows = [LedgerRow(site="site", camera="gate", zone=zone, hour=hour, events=1) for zone in (None, "pit")]
    store.add(rows)
    print("stored", flush=True)
"""


def test_kill_9_loses_nothing_that_was_stored_and_halves_no_batch(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    stored = begun = 0
    for writes in range(1, 6):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        for _ in range(writes):
            assert writer.stdout.readline() == "stored\n"
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read().count("stored\n")
        writer.stdout.close()
        writer.wait()
        stored += writes + rest
        begun += 1
    store = LedgerStore(path)
    whole, pit = store.changed_since(0)[0]
    assert whole.events == pit.events
    assert stored <= whole.events <= stored + begun
    store.close()
    with sqlite3.connect(path) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    raw.close()
