"""Several services on one PostgreSQL and one S3 store give the same answers; who cannot share is refused."""

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from siaga.api import ServiceOptions, run_service
from siaga.core.clock import ManualClock, SystemClock
from siaga.core.errors import ConfigError, Conflict
from tests.support.databases import Postgresql
from tests.support.records import RecordMaker, evidence_entry
from tests.support.service import Running, running_service, service_process

DATA = b"0123456789" * 1000
JPEG = "image/jpeg"


@pytest.mark.system
@pytest.mark.timeout(600)
def test_two_processes_give_the_same_answers(postgresql: Postgresql, bucket_url: str, tmp_path: Path) -> None:
    with postgresql.fresh() as url:
        stores = {"database": url, "evidence": bucket_url}
        with service_process(tmp_path / "a", **stores) as (_, first):
            # The token that devices share is told once, in the folder of the service that made it.
            (tmp_path / "b").mkdir(mode=0o700)
            shutil.copyfile(tmp_path / "a" / "device.token", tmp_path / "b" / "device.token")
            with service_process(tmp_path / "b", **stores) as (_, second):
                _same_answers(first, second)


def _same_answers(first: Running, second: Running) -> None:
    maker = RecordMaker(SystemClock())
    entry = evidence_entry("snapshot", JPEG, DATA)
    sent = [maker.make(evidence=[entry]) for _ in range(8)]
    with second.viewer.stream("GET", "/api/v1/live") as live, ThreadPoolExecutor(2) as pool:
        lines = live.iter_lines()
        assert next(lines).startswith("retry")
        for record in sent:
            # The same device: what the second service gave it holds for both.
            both = [pool.submit(_put, url, second, record) for url in (first.url, second.url)]
            assert sorted(one.result() for one in both) == [200, 201]
        told = next(line for line in lines if line.startswith("data:"))
        assert sent[0]["id"] in told
    answers = [one.viewer.get("/api/v1/violations").json() for one in (first, second)]
    assert answers[0] == answers[1]
    assert [item["event_id"] for item in answers[0]["items"]] == [record["id"] for record in sent[::-1]]
    assert second.upload(entry, DATA).status_code == 201
    head = httpx.head(
        f"{first.url}/api/v1/evidence/{entry['sha256']}", headers=second.device.headers, timeout=60
    )
    assert head.headers["Upload-Complete"] == "1"
    part = first.viewer.get(f"/api/v1/media/{entry['sha256']}", headers={"Range": "bytes=5-14"})
    assert (part.status_code, part.content) == (206, b"5678901234")


def _put(url: str, device: Running, record: dict[str, Any]) -> int:
    answer = httpx.put(
        f"{url}/api/v1/events/{record['id']}", json=record, headers=device.device.headers, timeout=60
    )
    return answer.status_code


@pytest.mark.system
def test_evidence_on_a_disk_is_for_one_service(
    postgresql: Postgresql, bucket_url: str, tmp_path: Path, clock: ManualClock
) -> None:
    with postgresql.fresh() as url, running_service(tmp_path / "a", clock, database=url):
        for more in ({}, {"evidence": bucket_url}):
            with pytest.raises(Conflict, match="evidence on its disk") as refused:
                run_service(ServiceOptions(tmp_path / "b", port=0, database=url, **more))
            assert "S3" in str(refused.value.fix)


def test_a_sqlite_file_is_for_one_service(tmp_path: Path, clock: ManualClock) -> None:
    url = f"sqlite:///{tmp_path}/shared.sqlite3"
    with running_service(tmp_path / "a", clock, database=url):
        with pytest.raises(Conflict, match="SQLite file") as refused:
            run_service(ServiceOptions(tmp_path / "b", port=0, database=url))
        assert "PostgreSQL" in str(refused.value.fix)


def test_an_evidence_folder_is_for_one_service(tmp_path: Path, clock: ManualClock) -> None:
    pictures = str(tmp_path / "pictures")
    with (
        running_service(tmp_path / "a", clock, evidence=pictures),
        pytest.raises(Conflict, match="evidence folder"),
    ):
        run_service(ServiceOptions(tmp_path / "b", port=0, evidence=pictures))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"database": "sqlite://"}, "memory"),
        ({"database": "mysql://user:hunter2@host/name"}, "mysql"),
        ({"database": "nothing"}, "address"),
        ({"evidence": "ftp://bucket"}, "address"),
        ({"evidence": "s3://user:hunter2@bucket/x"}, "address"),
    ],
)
def test_an_address_that_cannot_be_used_is_told_without_its_secrets(
    tmp_path: Path, options: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as refused:
        run_service(ServiceOptions(tmp_path / "data", port=0, **options), stop=threading.Event())
    assert "hunter2" not in f"{refused.value} {ServiceOptions(tmp_path, **options)!r}"
