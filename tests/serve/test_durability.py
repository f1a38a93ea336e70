"""What was answered with 2xx is there after a restart and after kill -9, once."""

import os
import random
import shutil
import signal
import sqlite3
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, text
from sqlalchemy import event as engine_event

from siaga.access import Scope
from siaga.archive import Accepted, EvidenceObjects, Slice, Span, StoredArchive
from siaga.archive.sweep import sweep
from siaga.core.clock import ManualClock, SystemClock
from siaga.core.errors import StorageError, StorageFull
from siaga.core.event import Event
from siaga.db import Database
from tests.support.records import RecordMaker, evidence_entry
from tests.support.service import Running, running_service, service_process

KILLS = int(os.environ.get("SIAGA_KILLS", "3"))
JPEG = "image/jpeg"


def _all_records(service: Running) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        query: dict[str, Any] = {"limit": 200} | ({"cursor": cursor} if cursor else {})
        page = service.viewer.get("/api/v1/events", params=query).json()
        records += [item["record"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return records


def test_a_restart_keeps_everything(tmp_path: Path, maker: RecordMaker, stores: dict[str, Any]) -> None:
    entry = evidence_entry("snapshot", JPEG, b"picture")
    record = maker.make(evidence=[entry])
    row = {"site": "s", "camera": "gate", "zone": None, "hour": "2026-01-01T11:00:00Z", "watched_s": 5.0}
    with running_service(tmp_path / "data", **stores) as service:
        service.put(record)
        service.upload(entry, b"picture")
        service.device.put("/api/v1/ledger/box-1", json={"rows": [row]})
        before = service.viewer.get("/api/v1/violations").json()
    with running_service(tmp_path / "data", **stores) as service:
        assert service.viewer.get("/api/v1/violations").json() == before
        assert service.viewer.get(f"/api/v1/media/{entry['sha256']}").content == b"picture"
        assert service.viewer.get("/api/v1/ledger").json()["items"][0]["row"]["watched_s"] == 5.0
        assert service.put(record).status_code == 200


def test_stopping_by_signal_ends_in_peace(tmp_path: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        with service_process(tmp_path / "data") as (process, service):
            assert service.viewer.get("/readyz").status_code == 200
            process.send_signal(number)
            assert process.wait(timeout=60) == 0


class _Storm:
    """Sends records, each with evidence, until the service is gone; remembers what was acknowledged."""

    def __init__(self, maker: RecordMaker) -> None:
        self._maker = maker
        self.records: dict[str, dict[str, Any]] = {}
        self.evidence: dict[str, bytes] = {}
        self._waiting: list[tuple[dict[str, Any], dict[str, Any], bytes]] = []

    def run(self, service: Running) -> None:
        try:
            while True:
                if not self._waiting:
                    data = os.urandom(50_000)
                    entry = evidence_entry("snapshot", JPEG, data)
                    self._waiting.append((self._maker.make(evidence=[entry]), entry, data))
                self._send(service, *self._waiting[0])
                self._waiting.pop()
        except httpx.TransportError:
            return

    def _send(self, service: Running, record: dict[str, Any], entry: dict[str, Any], data: bytes) -> None:
        assert service.put(record).status_code in (200, 201)
        self.records[record["id"]] = record
        head = service.device.head(f"/api/v1/evidence/{entry['sha256']}")
        offset = int(head.headers["Upload-Offset"])
        if head.headers.get("Upload-Complete") != "1":
            answer = service.patch(entry["sha256"], data[offset:], offset, len(data), JPEG)
            assert answer.status_code == 201
        self.evidence[entry["sha256"]] = data


def test_kill_9_during_a_storm_loses_and_doubles_nothing(tmp_path: Path, stores: dict[str, Any]) -> None:
    data_dir = tmp_path / "data"
    storms = [_Storm(RecordMaker(SystemClock(), f"box-{number}")) for number in range(3)]
    moments = random.Random(7)
    for _ in range(KILLS):
        with service_process(data_dir, **stores) as (process, service):
            threads = [threading.Thread(target=storm.run, args=(service,)) for storm in storms]
            for thread in threads:
                thread.start()
            threads[0].join(timeout=moments.uniform(0.2, 1.5))
            process.kill()
            for thread in threads:
                thread.join()
    sent = {key: record for storm in storms for key, record in storm.records.items()}
    evidence = {key: data for storm in storms for key, data in storm.evidence.items()}
    assert len(sent) > KILLS
    with running_service(data_dir, **stores) as service:
        kept = _all_records(service)
        ids = [record["id"] for record in kept]
        assert len(ids) == len(set(ids))
        assert {key: record for key, record in sent.items() if record not in kept} == {}
        for sha256, data in evidence.items():
            assert service.viewer.get(f"/api/v1/media/{sha256}").content == data
        rows = service.viewer.get("/api/v1/summary").json()["devices"]
        assert [row["missing"] for row in rows] == [0, 0, 0]
    _assert_no_orphans(data_dir, stores)


def _assert_no_orphans(data_dir: Path, stores: dict[str, str]) -> None:
    database = Database(stores.get("database", f"sqlite:///{data_dir}/archive.sqlite3"))
    if "evidence" in stores:
        evidence = EvidenceObjects(stores["evidence"])
        assert sweep(StoredArchive(database), evidence).missing == ()
        files = {path for prefix in evidence.prefixes() for path in evidence.listing(prefix)}
    else:
        root = data_dir / "evidence"
        files = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    with database.reading() as connection:
        rows = set(connection.execute(text("SELECT path FROM blobs")).scalars())
        if database.dialect == "sqlite":
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    database.close()
    assert files == rows


def test_a_full_disk_is_a_state(sqlite_template: Path, tmp_path: Path, maker: RecordMaker) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "archive.sqlite3")
    database = Database(f"sqlite:///{tmp_path}/archive.sqlite3")
    archive = StoredArchive(database)
    with database.reading() as connection:
        limit = [connection.execute(text("PRAGMA page_count")).scalar_one()]
    now = ManualClock().utc()

    @engine_event.listens_for(database.engine, "begin")
    def keep_to_limit(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {limit[0]}")

    def put(record: dict[str, Any]) -> Accepted:
        return archive.put_event(Event.model_validate(record), record, now, Scope.everything())

    def fill() -> None:
        while put(maker.make(detail={"filler": "x" * 1000})) is Accepted.CREATED:
            pass

    with pytest.raises(StorageFull):
        fill()
    kept = archive.records(Span(), Slice(200), Scope.everything()).items
    limit[0] = 100_000
    assert put(maker.make()) is Accepted.CREATED
    assert len(archive.records(Span(), Slice(200), Scope.everything()).items) == len(kept) + 1
    archive.close()


def test_the_database_is_opened_for_durability(tmp_path: Path, maker: RecordMaker) -> None:
    with running_service(tmp_path / "data") as service:
        service.put(maker.make())
        names = {path.name for path in (tmp_path / "data").iterdir()}
    assert not [name for name in names if name.endswith(("-wal", "-shm"))]


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "archive.sqlite3").write_bytes(b"a text, not a database" * 100)
    with pytest.raises(StorageError, match="not a database"), running_service(tmp_path / "data"):
        pass


def test_an_archive_of_a_newer_siaga_is_not_touched(tmp_path: Path) -> None:
    with running_service(tmp_path / "data"):
        pass
    connection = sqlite3.connect(tmp_path / "data" / "archive.sqlite3")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StorageError, match="newer Siaga"), running_service(tmp_path / "data"):
        pass
