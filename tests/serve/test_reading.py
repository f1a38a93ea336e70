"""The list, one violation, cameras and numbers, as a viewer reads them."""

from typing import Any

import httpx
import pytest

from siaga.core.clock import ManualClock
from tests.support.records import RecordMaker, evidence_entry
from tests.support.service import Running


def _list(service: Running, **query: Any) -> list[dict[str, Any]]:
    answer = service.viewer.get("/api/v1/violations", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_a_violation_is_one_row_with_its_newest_state(service: Running, maker: RecordMaker) -> None:
    new = maker.make(ago_s=60)
    update = maker.make(event_id=new["id"], state="update", items=["helmet", "vest"], ago_s=30)
    end = maker.make(event_id=new["id"], state="end", reason="left", end_at="2026-01-01T12:00:00Z")
    for record in (new, update):
        service.put(record)
    (row,) = _list(service)
    assert (row["state"], row["items"], row["records"]) == ("open", ["helmet", "vest"], 2)
    service.put(end)
    (row,) = _list(service)
    assert (row["state"], row["reason"], row["records"]) == ("ended", "left", 3)
    assert row["end_at"] == "2026-01-01T12:00:00Z"


def test_an_end_that_comes_before_its_beginning_still_ends(service: Running, maker: RecordMaker) -> None:
    new = maker.make(camera="gate")
    end = maker.make(event_id=new["id"], state="end", camera="gate")
    service.put(end)
    service.put(new)
    (row,) = _list(service)
    assert (row["state"], row["records"]) == ("ended", 2)
    assert _list(service, state="open") == []


def test_a_late_record_does_not_speak_for_the_violation(service: Running, maker: RecordMaker) -> None:
    new = maker.make(zone=None, items=["helmet"])
    update = maker.make(event_id=new["id"], state="update", zone="pit", items=["vest"])
    service.put(update)
    service.put(new)
    (row,) = _list(service, zone="pit")
    assert (row["zone"], row["items"]) == ("pit", ["vest"])


def test_evidence_is_told_as_the_newest_record_tells_it(service: Running, maker: RecordMaker) -> None:
    still, film = (
        evidence_entry("snapshot", "image/jpeg", b"still"),
        evidence_entry("clip", "video/mp4", b"film"),
    )
    pending = {"kind": "clip", "status": "pending"}
    new = maker.make(evidence=[still, pending])
    service.put(new)
    (row,) = _list(service)
    assert [(e["evidence"]["kind"], e["evidence"]["status"]) for e in row["evidence"]] == [
        ("snapshot", "stored"),
        ("clip", "pending"),
    ]
    service.put(maker.make(event_id=new["id"], state="update", evidence=[film]))
    service.upload(film, b"film")
    (row,) = _list(service)
    assert [(e["evidence"]["kind"], e["available"]) for e in row["evidence"]] == [
        ("snapshot", False),
        ("clip", True),
    ]
    service.put(
        maker.make(event_id=new["id"], state="end", evidence=[still | {"status": "shed", "reason": "quota"}])
    )
    (row,) = _list(service)
    assert [e["evidence"]["status"] for e in row["evidence"]] == ["stored", "shed"]


def test_filters(service: Running, maker: RecordMaker, clock: ManualClock) -> None:
    gate = maker.make(ago_s=300)
    crane = maker.make(camera="crane", rule="zone_intrusion", zone="pit", items=[], ago_s=200)
    ended = maker.make(camera="crane", ago_s=100)
    for record in (
        gate,
        crane,
        ended,
        maker.make(event_id=ended["id"], state="end", camera="crane", ago_s=100),
    ):
        assert service.put(record).status_code == 201

    def ids(**query: Any) -> list[str]:
        return [row["event_id"] for row in _list(service, **query)]

    assert ids() == [ended["id"], crane["id"], gate["id"]]
    assert ids(camera="crane") == [ended["id"], crane["id"]]
    assert ids(rule="zone_intrusion") == ids(zone="pit") == [crane["id"]]
    assert ids(state="open") == [crane["id"], gate["id"]]
    assert ids(state="ended", camera="crane") == [ended["id"]]
    assert ids(since=crane["start_at"]) == [ended["id"], crane["id"]]
    assert ids(until=crane["start_at"]) == [gate["id"]]
    assert ids(camera="' OR 1=1 --") == []


def test_pages_follow_each_other_without_gap_or_double(service: Running, maker: RecordMaker) -> None:
    # All begin at the same moment: the id decides.
    sent = [maker.make(start_at="2026-01-01T11:00:00Z") for _ in range(7)]
    for record in sent:
        service.put(record)
    seen: list[str] = []
    cursor = None
    while True:
        query = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = service.viewer.get("/api/v1/violations", params=query).json()
        seen += [row["event_id"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == sorted((record["id"] for record in sent), reverse=True)


@pytest.mark.parametrize("cursor", ["x", "AAAA", "W10", "WzEsMl0", "W1siYSJdLCJiIl0", "é", "W" * 500])
def test_a_strange_cursor_is_refused(service: Running, cursor: str) -> None:
    answer = service.viewer.get("/api/v1/violations", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    "query",
    [{"limit": 0}, {"limit": 201}, {"state": "x"}, {"rule": "x"}, {"since": "noon"}, {"camera": "x" * 129}],
)
def test_a_strange_query_is_refused(service: Running, query: dict[str, Any]) -> None:
    answer = service.viewer.get("/api/v1/violations", params=query)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation")


def test_a_span_before_the_first_year_is_refused(service: Running) -> None:
    answer = service.viewer.get("/api/v1/violations", params={"since": "0001-01-01T00:00:00+14:00"})
    assert answer.status_code == 422


def test_one_violation_with_its_records(service: Running, maker: RecordMaker) -> None:
    new = maker.make()
    end = maker.make(event_id=new["id"], state="end")
    service.put(new)
    service.put(end)
    detail = service.viewer.get(f"/api/v1/violations/{new['id']}").json()
    assert [view["record"]["id"] for view in detail["records"]] == [new["id"], end["id"]]
    missing = service.viewer.get(f"/api/v1/violations/{end['id']}")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


def test_a_camera_that_does_not_watch_says_since_when_and_why(service: Running, maker: RecordMaker) -> None:
    fields = {"rule": "camera_unmonitored", "items": [], "camera": "crane"}
    offline = maker.make(ago_s=120, reason="offline", detail={"condition": "offline"}, **fields)
    dark = maker.make(ago_s=60, reason="dark", detail={"condition": "dark"}, **fields)
    for record in (maker.make(), offline, dark):
        service.put(record)
    crane, gate = service.viewer.get("/api/v1/cameras").json()["items"]
    assert (crane["monitored"], crane["condition"]) == (False, "offline")
    assert crane["since"] == "2026-01-01T11:58:00Z"
    assert gate["monitored"] is True
    service.put(maker.make(event_id=offline["id"], state="end", **fields))
    crane = service.viewer.get("/api/v1/cameras").json()["items"][0]
    assert (crane["monitored"], crane["condition"]) == (False, "dark")
    service.put(maker.make(event_id=dark["id"], state="end", **fields))
    assert service.viewer.get("/api/v1/cameras").json()["items"][0]["monitored"] is True


def _row(**fields: Any) -> dict[str, Any]:
    return {"site": "s", "camera": "gate", "zone": None, "hour": "2026-01-01T11:00:00Z"} | fields


def test_numbers_count_the_whole_picture_once(service: Running, maker: RecordMaker) -> None:
    service.put(maker.make(ago_s=60))
    service.put(maker.make(ago_s=25 * 3600))
    rows = [
        _row(watched_s=3000, down_s={"offline": 600}, person_s=100, judged_s={"helmet.worn": 86}),
        _row(camera="crane", watched_s=3600, unknown_s={"helmet.too_small": 14}),
        _row(zone="pit", watched_s=3000, unknown_s={"helmet.too_small": 1000}),
        _row(hour="2025-12-31T11:00:00Z", watched_s=3600),
    ]
    service.device.put("/api/v1/ledger/box-1", json={"rows": rows})
    summary = service.viewer.get("/api/v1/summary").json()
    assert summary["violations"] == {"missing_ppe": 1}
    assert (summary["open"], summary["watched_s"], summary["down_s"]) == (2, 6600, 600)
    assert summary["unknown_share"] == pytest.approx(0.14)
    assert [camera["camera"] for camera in summary["cameras"]] == ["crane", "gate"]
    assert len(service.viewer.get("/api/v1/ledger", params={"camera": "gate"}).json()["items"]) == 3


def test_without_people_there_is_no_share(service: Running) -> None:
    assert service.viewer.get("/api/v1/summary").json()["unknown_share"] is None


def test_health_needs_no_key(service: Running) -> None:
    for path in ("/healthz", "/readyz"):
        assert httpx.get(service.url + path).json() == {"status": "ok"}


def test_the_schema_names_every_address(service: Running) -> None:
    paths = service.viewer.get("/api/v1/openapi.json").json()["paths"]
    assert set(paths["/api/v1/evidence/{sha256}"]) == {"head", "patch"}
    assert "/api/v1/violations" in paths
    assert "/" not in paths
