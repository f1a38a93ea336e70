"""Packs, retention, holds, notices and contests as the service's users and the public see them."""

import io
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from siaga.core.clock import ManualClock
from siaga.proof.verify import Pack
from tests.support.records import RecordMaker, evidence_entry
from tests.support.service import Running, running_service

SITE = {"site": "north tower"}
EVIL = "<script>alert(1)</script>"
PICTURE = b"\xff\xd8 a picture"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def service(tmp_path: Path, clock: ManualClock) -> Iterator[Running]:
    """A service with one violation and its picture."""
    with running_service(tmp_path / "data", clock) as running:
        entry = evidence_entry("snapshot", "image/jpeg", PICTURE)
        assert running.put(RecordMaker(clock).make(evidence=[entry])).status_code == 201
        assert running.upload(entry, PICTURE).status_code == 201
        yield running


def _publish(service: Running, **fields: object) -> str:
    words = {"why": f"To prevent falls {EVIL}", "contact": "Safety office"}
    body = {"texts": {"en": words, "id": words | {"why": "Agar tidak jatuh"}}, "published": True} | fields
    answer = service.viewer.put("/api/v1/notices", params=SITE, json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["address"])


def test_a_pack_over_http_is_whole_and_in_the_access_log(service: Running, tmp_path: Path) -> None:
    wanted = SITE | {
        "since": "2025-12-31T00:00:00Z",
        "until": "2026-01-02T00:00:00Z",
        "purpose": "inspection",
        "time_zone": "Asia/Singapore",
    }
    answer = service.viewer.post("/api/v1/packs", json=wanted)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/zip")
    path = tmp_path / "pack.zip"
    path.write_bytes(answer.content)
    proof = service.viewer.get("/api/v1/proof", params=SITE).json()
    pack = Pack(path, [proof["public_key"]])
    assert pack.problems == []
    assert pack.manifest["chain"] == {"first": 1, "last": proof["checkpoint"]["number"]}
    assert (proof["entries"], proof["checkpoint"]["hash"]) == (2, proof["hash"])
    assert any(
        name.startswith("evidence/") for name in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    )
    log = service.viewer.get("/api/v1/audit").text
    assert "pack.make" in log
    for wrong in ({"time_zone": "../etc/passwd"}, {"until": wanted["since"]}):
        assert service.viewer.post("/api/v1/packs", json=wanted | wrong).status_code == 400
    assert service.viewer.post("/api/v1/packs", json=wanted | {"site": "nowhere"}).status_code == 404
    assert service.viewer.post("/api/v1/packs", json=wanted | {"purpose": "disciplinary"}).status_code == 409
    assert httpx.post(f"{service.url}/api/v1/packs", json=wanted).status_code == 401


def test_policies_holds_and_what_a_sweep_would_do(service: Running, clock: ManualClock) -> None:
    viewer = service.viewer
    assert viewer.get("/api/v1/retention", params=SITE).json()["preset"] == "standard"
    assert len(viewer.get("/api/v1/retention/presets").json()["presets"]) == 3
    chosen = {"preset": "sg_36b", "keep_days": 60, "false_alarm_days": 30, "mass_share": 0.5}
    assert viewer.put("/api/v1/retention", params=SITE, json=chosen).json() == chosen
    short = chosen | {"false_alarm_days": 29}
    assert viewer.put("/api/v1/retention", params=SITE, json=short).status_code == 400
    held = {"kind": "incident", "reason": "a fall", "incident_at": "2026-01-01T00:00:00Z"}
    placed = viewer.post("/api/v1/holds", json=SITE | held)
    assert (placed.status_code, placed.json()["expires_at"][:10]) == (201, "2026-06-30")
    clock.advance(61 * 86400.0)
    assert viewer.get("/api/v1/retention/preview").json()[0]["due"] == 0
    assert viewer.post(f"/api/v1/holds/{placed.json()['id']}/release").status_code == 200
    assert viewer.post(f"/api/v1/holds/{placed.json()['id']}/release").status_code == 409
    told = viewer.get("/api/v1/retention/preview").json()
    assert [(one["due"], one["state"]) for one in told] == [(1, "would")]
    assert viewer.get("/api/v1/sweeps").json()["items"] == []
    assert [one["kind"] for one in viewer.get("/api/v1/holds", params=SITE).json()["items"]] == ["incident"]


def test_the_notice_is_public_plain_escaped_and_in_two_languages(service: Running) -> None:
    address = _publish(service)
    with httpx.Client(base_url=service.url) as anybody:
        page = anybody.get(address)
        assert page.status_code == 200
        for told in (
            "What is watched",
            "gate",
            "90 days",
            "Too few events",
            "Safety office",
            "&lt;script&gt;",
        ):
            assert told in page.text
        assert "<script" not in page.text
        assert 'lang="id"' in anybody.get(address, params={"lang": "id"}).text
        indonesian = anybody.get(address, headers={"Accept-Language": "id-ID,en;q=0.5"}).text
        assert "Agar tidak jatuh" in indonesian
        public = anybody.get(address.replace("/notice/", "/api/v1/public/notices/")).json()
        assert (public["keep_days"], public["reviewed"], public["cameras"]) == (90, None, ["gate"])
        assert anybody.get("/notice/0000000000000000").status_code == 404
        assert _publish(service, published=False) == address
        assert anybody.get(address).status_code == 404


def test_a_contest_gets_a_reference_a_date_and_an_answer(service: Running, clock: ManualClock) -> None:
    address = _publish(service, reply_days=7)
    with httpx.Client(base_url=service.url) as anybody:
        sent = anybody.post(address, data={"text": f"I wore it {EVIL}"})
        assert sent.status_code == 201
        reference = sent.text.split("<code>")[1].split("</code>")[0]
        assert "2026-01-08" in sent.text
        assert anybody.post(address, data={"text": "  "}).status_code == 400
        asked = anybody.get(f"{address}/answer", params={"reference": reference.lower()})
        assert "Not answered yet" in asked.text
        (item,) = service.viewer.get("/api/v1/contests").json()["items"]
        assert (item["text"], item["overdue"]) == (f"I wore it {EVIL}", False)
        clock.advance(8 * 86400.0)
        assert service.viewer.get("/api/v1/contests").json()["items"][0]["overdue"]
        answer = f"/api/v1/contests/{item['id']}/answer"
        assert service.viewer.post(answer, json={"answer": f"You are right {EVIL}"}).status_code == 200
        assert service.viewer.post(answer, json={"answer": "again"}).status_code == 409
        read = anybody.get(f"{address}/answer", params={"reference": reference})
        assert "You are right &lt;script&gt;" in read.text
        wrong = anybody.get(f"{address}/answer", params={"reference": "0000-0000-0000"})
        assert (wrong.status_code, "no such number" in wrong.text) == (404, True)


def test_contests_are_slowed_down_and_no_address_is_stored(service: Running, tmp_path: Path) -> None:
    address = _publish(service).replace("/notice/", "/api/v1/public/notices/")
    with httpx.Client(base_url=service.url) as anybody:
        statuses = [anybody.post(f"{address}/contests", json={"text": "no"}).status_code for _ in range(7)]
        assert statuses == [201] * 5 + [429] * 2
        reference = service.viewer.get("/api/v1/contests").json()["items"][0]["reference"]
        assert anybody.get(f"{address}/contests/{reference}").json()["state"] == "open"
    with sqlite3.connect(tmp_path / "data" / "archive.sqlite3") as connection:
        rows = connection.execute("SELECT * FROM contests").fetchall()
        told = connection.execute("SELECT * FROM audit_log WHERE principal_id IS NULL").fetchall()
    connection.close()
    assert len(rows) == 5
    assert "127.0.0.1" not in f"{rows}{told}"
