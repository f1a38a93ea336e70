"""Review, actions, reports, statistics and exports over HTTP."""

from __future__ import annotations

import base64
import io
import zipfile
from typing import Any

import httpx
import pytest
from PIL import Image

from siaga.access import Permission, Principal, Role, Scope
from siaga.api.desk import is_restricted
from tests.support.records import RecordMaker, evidence_entry
from tests.support.service import Running

HERE = "/api/v1"


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (640, 360), (90, 120, 80)).save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def entry() -> dict[str, Any]:
    """Evidence that the event names."""
    return evidence_entry("snapshot", "image/jpeg", _picture())


@pytest.fixture
def event(service: Running, maker: RecordMaker, entry: dict[str, Any]) -> str:
    """An event with a picture."""
    record = maker.make(ago_s=30, evidence=[entry], subjects=[{"track_id": 1, "xyxyn": [0.1, 0.1, 0.3, 0.6]}])
    service.put(record)
    service.upload(entry, _picture())
    return str(record["id"])


def _decide(service: Running, event: str, version: int, **body: Any) -> httpx.Response:
    headers = {"If-Match": f'"{version}"'}
    return service.viewer.post(f"{HERE}/review/events/{event}/decisions", json=body, headers=headers)


def test_a_decision_asks_for_the_version_that_was_seen(service: Running, event: str) -> None:
    made = _decide(service, event, 0, state="false_alarm", reason="false_positive", comment="A bucket")
    assert (made.status_code, made.headers["ETag"]) == (201, '"1"')
    late = _decide(service, event, 0, state="confirmed")
    assert (late.status_code, late.headers["Content-Type"]) == (409, "application/problem+json")
    told = late.json()
    assert (told["code"], told["version"], told["state"]) == ("meanwhile", 1, "false_alarm")
    assert told["by"] == made.json()["review"]["by"]
    assert _decide(service, event, 1, state="corrected").json()["code"] == "conflict"
    assert _decide(service, event, 1, state="unclear").json()["code"] == "not_allowed"
    for wrong in ("x", "", "-1", "1" * 20):
        headers = {"If-Match": wrong}
        path = f"{HERE}/review/events/{event}/undo"
        assert service.viewer.post(path, headers=headers).status_code == 400
    undone = service.viewer.post(f"{HERE}/review/events/{event}/undo", headers={"If-Match": '"1"'})
    assert (undone.json()["review"]["state"], undone.headers["ETag"]) == ("unreviewed", '"2"')


def test_the_queue_is_filtered_searched_and_paged(
    service: Running, event: str, maker: RecordMaker, entry: dict[str, Any]
) -> None:
    service.put(maker.make(ago_s=60))
    service.viewer.post(f"{HERE}/review/events/{event}/comments", json={"text": "Giàn giáo tầng 3"})

    def listed(**query: Any) -> dict[str, Any]:
        answer = service.viewer.get(f"{HERE}/review/events", params=query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    (item,) = listed(text="gian giao")["items"]
    assert (item["event_id"], item["comments"], item["picture"]) == (event, 1, entry["sha256"])
    assert listed(text="gian", site="elsewhere")["items"] == []
    first = listed(limit=1)
    second = listed(limit=1, cursor=first["next_cursor"])
    assert len({first["items"][0]["event_id"], second["items"][0]["event_id"]}) == 2
    assert second["next_cursor"] is None
    counts = service.viewer.get(f"{HERE}/review/counts").json()["counts"]
    assert counts["unreviewed"] == 2
    assert service.viewer.get(f"{HERE}/review/events", params={"cursor": "x"}).status_code == 400


def test_boxes_are_corrected_and_leave_as_a_data_set(
    service: Running, event: str, entry: dict[str, Any]
) -> None:
    path = f"{HERE}/review/events/{event}/corrections/{entry['sha256']}"
    box = {"class_name": "helmet", "xyxy": [10, 20, 50, 60]}
    body = {"reason": "wrong_class", "width": 640, "height": 360, "boxes": [box]}
    assert service.viewer.put(path, json=body, headers={"If-Match": '"0"'}).status_code == 200
    outside = body | {"boxes": [box | {"xyxy": [10, 20, 5000, 60]}]}
    assert service.viewer.put(path, json=outside, headers={"If-Match": '"1"'}).status_code == 422
    asked = {"format": "dataset", "purpose": "training"}
    answer = service.viewer.post(f"{HERE}/exports", json=asked)
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert {"data.yaml", "reasons.csv", "annotations/train.json"} <= set(names)
    assert ".zip" in answer.headers["Content-Disposition"]


def test_a_thumbnail_is_small_and_only_of_pictures(
    service: Running, event: str, entry: dict[str, Any]
) -> None:
    answer = service.viewer.get(f"{HERE}/media/{entry['sha256']}/thumbnail")
    with Image.open(io.BytesIO(answer.content)) as opened:
        assert (opened.format, opened.size) == ("JPEG", (320, 180))
    assert service.viewer.get(f"{HERE}/media/{'b' * 64}/thumbnail").status_code == 404


def test_what_nobody_confirmed_is_not_exported_against_a_person(service: Running, event: str) -> None:
    asked = {"format": "csv", "purpose": "disciplinary"}
    refused = service.viewer.post(f"{HERE}/exports", json=asked)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_confirmed")
    _decide(service, event, 0, state="confirmed")
    allowed = service.viewer.post(f"{HERE}/exports", json=asked)
    assert allowed.status_code == 200
    assert event in allowed.text
    assert service.viewer.post(f"{HERE}/exports", json={"format": "csv"}).status_code == 422


def test_every_form_of_export_opens(service: Running, event: str) -> None:
    beginnings = {"csv": b"\xef\xbb\xbfevent_id,", "xlsx": b"PK\x03\x04", "pdf": b"%PDF-"}
    for form, beginning in beginnings.items():
        body = {"format": form, "purpose": "inspection", "note": "Case 7"}
        answer = service.viewer.post(f"{HERE}/exports", json=body)
        # A machine without fonts says which package has them.
        assert answer.content.startswith(beginning) or (form, answer.status_code) == ("pdf", 501)


def test_an_anonymous_report_by_a_link(service: Running, event: str) -> None:
    wanted = {"site": "north tower", "label": "Gate"}
    link = service.viewer.post(f"{HERE}/report-links", json=wanted).json()
    told = {"kind": "hazard", "text": "Loose plank", "photo": base64.b64encode(_picture()).decode()}
    address = f"{HERE}/public/reports/{link['code']}"
    with httpx.Client(base_url=service.url) as anybody:
        assert anybody.get(address).json() == {"site": "north tower", "label": "Gate", "zone": None}
        reference = anybody.post(address, json=told).json()["reference"]
        wrong = anybody.post(address, json=told | {"photo": base64.b64encode(b"x").decode()})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "picture_refused")
        statuses = [anybody.post(address, json=told | {"photo": None}).status_code for _ in range(5)]
        assert statuses == [201] * 3 + [429] * 2
    newest = service.viewer.get(f"{HERE}/reports").json()["items"]
    assert reference in {report["reference"] for report in newest}
    assert {report["by"] for report in newest} == {None}
    qr = service.viewer.get(f"{HERE}/report-links/{link['id']}/qr", params={"format": "png"})
    assert qr.content.startswith(b"\x89PNG")


def test_an_action_with_its_proof(service: Running, event: str) -> None:
    wanted = {"title": "Rail", "owner": {"name": "Crew"}, "due_on": "2025-12-31", "event_id": event}
    made = service.viewer.post(f"{HERE}/actions", json=wanted).json()
    assert (made["overdue"], made["site"]) == (True, "north tower")
    change = {"state": "done", "photo": base64.b64encode(_picture()).decode()}
    path = f"{HERE}/actions/{made['id']}"
    done = service.viewer.patch(path, json=change, headers={"If-Match": '"1"'}).json()
    assert service.viewer.get(f"{HERE}/photos/{done['photo_id']}").headers["Content-Type"] == "image/jpeg"
    assert service.viewer.patch(path, json=change, headers={"If-Match": '"1"'}).status_code == 409


def test_statistics_say_what_they_rest_on(service: Running, event: str) -> None:
    row = {"site": "north tower", "camera": "gate", "zone": None, "hour": "2026-01-01T11:00:00Z"}
    sums = {"watched_s": 3000, "person_s": 7200, "down_s": {"dark": 600}}
    service.device.put(f"{HERE}/ledger/box-1", json={"rows": [row | sums]})
    for by in ("total", "site", "camera", "zone", "rule", "hour", "weekday", "day", "week"):
        answer = service.viewer.get(f"{HERE}/statistics", params={"by": by}).json()
        assert answer["total"]["seen"]["person_hours"] == 2.0
        assert answer["total"]["rate"]["per_100_person_hours"] == 50.0
    place: dict[str, Any] = {"site": "north tower", "camera": "gate", "columns": 4, "rows": 4}
    heat = service.viewer.get(f"{HERE}/statistics/heat-map", params=place).json()
    assert heat["cells"][2] == [1, 0, 0, 0]
    assert service.viewer.get(f"{HERE}/statistics/heat-map").status_code == 400
    (zone,) = service.viewer.get(f"{HERE}/statistics/early-warning").json()["items"]
    assert (zone["observed"], zone["level"]) == (1, "unseen")


def test_who_sees_aggregates_only() -> None:
    north, south = Scope(frozenset({"north"})), Scope(frozenset({"south"}))
    worker = Principal("1", "w", {Role.WORKER_REPRESENTATIVE: north})
    both = Principal("2", "b", {Role.WORKER_REPRESENTATIVE: north, Role.VIEWER: south})
    viewer = Principal("3", "v", {Role.VIEWER: Scope.everything()})
    assert is_restricted(worker, "north")
    assert is_restricted(worker, None)
    assert is_restricted(both, "north")
    assert is_restricted(both, None)
    assert not is_restricted(both, "south")
    assert not is_restricted(viewer, None)
    assert worker.may(Permission.READ_STATISTICS)
