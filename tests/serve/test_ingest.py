"""Records and the ledger come in once, complete, and as they were sent."""

import json
from typing import Any
from uuid import uuid4

import pytest

from siaga.core.canonical import record_hash
from siaga.core.clock import ManualClock
from tests.support.records import RecordMaker, sealed
from tests.support.service import Running


def test_a_record_is_created_once_and_known_afterwards(service: Running, maker: RecordMaker) -> None:
    record = maker.make()
    assert service.put(record).status_code == 201
    again = service.put(record)
    assert (again.status_code, again.json()["status"]) == (200, "known")
    assert len(service.viewer.get("/api/v1/events").json()["items"]) == 1


def test_a_record_comes_back_as_it_was_sent(service: Running, maker: RecordMaker) -> None:
    record = maker.make(detail={"seconds": 1.5, "wörd": "é"}, zone="excavator")
    service.put(record)
    (item,) = service.viewer.get("/api/v1/events").json()["items"]
    assert item["chain"] == "first"
    returned = item["record"]
    assert (returned["hash"], returned["prev_hash"], returned["signature"], returned["detail"]) == (
        record["hash"],
        record["prev_hash"],
        record["signature"],
        record["detail"],
    )


def test_the_same_id_with_another_body_is_refused(service: Running, maker: RecordMaker) -> None:
    record = maker.make()
    service.put(record)
    other = sealed({**record, "camera": "crane"})
    answer = service.put(other)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    (item,) = service.viewer.get("/api/v1/violations").json()["items"]
    assert item["camera"] == "gate"


def test_a_sequence_number_is_taken_once(service: Running, maker: RecordMaker) -> None:
    record = maker.make()
    service.put(record)
    second = str(uuid4())
    assert service.put(sealed({**record, "id": second, "event_id": second})).status_code == 409


def test_another_device_cannot_go_on_with_a_violation(
    service: Running, maker: RecordMaker, clock: ManualClock
) -> None:
    record = maker.make()
    service.put(record)
    foreign = RecordMaker(clock, "box-2").make(event_id=record["event_id"], state="end")
    assert service.put(foreign).status_code == 409
    (item,) = service.viewer.get("/api/v1/violations").json()["items"]
    assert item["state"] == "open"


def test_a_changed_record_is_refused(service: Running, maker: RecordMaker) -> None:
    answer = service.put(maker.make() | {"severity": "info"})
    assert (answer.status_code, answer.json()["code"]) == (422, "hash_mismatch")
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"surprise": 1}, id="unknown field"),
        pytest.param({"camera": ""}, id="empty name"),
        pytest.param({"start_at": "2026-01-01T00:00:00"}, id="time without zone"),
        pytest.param({"start_at": "0001-01-01T00:00:00+14:00"}, id="before the first year"),
        pytest.param({"seq": 2**63}, id="number too large"),
        pytest.param({"rule": "face_recognition"}, id="unknown rule"),
        pytest.param({"evidence": [{"kind": "clip", "sha256": "../" * 21 + "x"}]}, id="path for a sha256"),
    ],
)
def test_a_record_of_another_form_is_refused(
    service: Running, maker: RecordMaker, change: dict[str, Any]
) -> None:
    record = maker.make() | change
    answer = service.put(record | {"hash": record_hash(record)})
    assert answer.status_code == 422
    assert service.viewer.get("/api/v1/events").json()["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"[" * 100_000,
        b'{"a": NaN}',
        b"\xff\xfe",
        json.dumps({"a": "\ud800"}).encode(),
    ],
)
def test_what_is_no_record_is_refused_without_a_fault(service: Running, body: bytes) -> None:
    answer = service.device.put(
        f"/api/v1/events/{uuid4()}", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (400, 422)
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_values_without_canonical_form_are_refused(service: Running, maker: RecordMaker, value: Any) -> None:
    record = maker.make() | {"detail": {"value": value}}
    answer = service.device.put(
        f"/api/v1/events/{record['id']}",
        content=json.dumps(record).encode(),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 422


def test_an_id_that_differs_from_the_address_is_refused(service: Running, maker: RecordMaker) -> None:
    record = maker.make()
    assert service.device.put(f"/api/v1/events/{uuid4()}", json=record).status_code == 422


def test_a_body_that_is_too_large_is_refused(service: Running) -> None:
    def endless() -> Any:
        for _ in range(40):
            yield b" " * 65536

    answer = service.device.put(
        f"/api/v1/events/{uuid4()}", content=endless(), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413


def test_gaps_and_late_records_are_told(service: Running, maker: RecordMaker) -> None:
    first, second, third, fourth = (maker.make() for _ in range(4))
    for record in (first, third, second, fourth):
        assert service.put(record).status_code == 201
    items = service.viewer.get("/api/v1/events").json()["items"]
    chains = {item["record"]["seq"]: item["chain"] for item in items}
    assert chains == {1: "first", 2: "out_of_order", 3: "gap", 4: "follows"}
    assert service.viewer.get("/api/v1/summary").json()["devices"][0]["missing"] == 0


def test_a_missing_record_is_counted_until_it_comes(service: Running, maker: RecordMaker) -> None:
    first, second, third = (maker.make() for _ in range(3))
    service.put(first)
    service.put(third)
    assert service.viewer.get("/api/v1/summary").json()["devices"][0]["missing"] == 1
    service.put(second)
    assert service.viewer.get("/api/v1/summary").json()["devices"][0]["missing"] == 0


def test_a_broken_chain_is_told_and_kept(service: Running, maker: RecordMaker) -> None:
    service.put(maker.make())
    stray = sealed({**maker.make(), "prev_hash": "d" * 64})
    assert service.put(stray).status_code == 201
    items = service.viewer.get("/api/v1/events").json()["items"]
    assert {item["record"]["seq"]: item["chain"] for item in items} == {1: "first", 2: "broken"}


def _row(**fields: Any) -> dict[str, Any]:
    return {"site": "s", "camera": "gate", "zone": None, "hour": "2026-01-01T11:00:00Z"} | fields


def test_ledger_rows_are_absolute(service: Running) -> None:
    for watched in (60.0, 120.0, 120.0):
        answer = service.device.put("/api/v1/ledger/box-1", json={"rows": [_row(watched_s=watched)]})
        assert answer.status_code == 200
    items = service.viewer.get("/api/v1/ledger").json()["items"]
    assert [item["row"]["watched_s"] for item in items] == [120.0]


def test_a_zone_and_the_whole_picture_are_two_rows(service: Running) -> None:
    rows = [_row(watched_s=60.0), _row(zone="", watched_s=30.0), _row(zone="pit", watched_s=30.0)]
    service.device.put("/api/v1/ledger/box-1", json={"rows": rows})
    assert len(service.viewer.get("/api/v1/ledger").json()["items"]) == 3


@pytest.mark.parametrize("row", [_row(watched_s=-1), _row(surprise=1), _row(hour="noon")])
def test_a_wrong_ledger_row_refuses_all(service: Running, row: dict[str, Any]) -> None:
    answer = service.device.put("/api/v1/ledger/box-1", json={"rows": [_row(), row]})
    assert answer.status_code == 422
    assert service.viewer.get("/api/v1/ledger").json()["items"] == []


def test_an_endless_number_in_the_ledger_is_refused(service: Running) -> None:
    body = json.dumps({"rows": [_row(watched_s=float("inf"))]}).encode()
    answer = service.device.put(
        "/api/v1/ledger/box-1", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422
