"""Coming in over HTTP: first owner, sign-in page, cookies, cross-site requests, demo, enrolled devices."""

import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from siaga.api import ServiceReady
from siaga.core.canonical import record_hash
from siaga.core.clock import SystemClock
from siaga.core.errors import DeliveryUnauthorised
from siaga.deliver.device import DeviceKey
from siaga.deliver.enrol import enrol
from tests.support.records import RecordMaker
from tests.support.service import Running, plain_service

PASSWORD = "tarmac lantern gibbon"
OWNER = {"login": "anchor@site.example", "name": "Anchor", "password": PASSWORD}


@pytest.fixture
def ready(tmp_path: Path) -> Iterator[ServiceReady]:
    """A service that nobody has set up."""
    with plain_service(tmp_path / "data") as ready:
        yield ready


def _token(ready: ServiceReady) -> str:
    return ready.keys.path.split("token=")[1]


def _set_up(ready: ServiceReady, browser: httpx.Client) -> None:
    answer = browser.post("/welcome", data=OWNER | {"token": _token(ready)})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_the_first_owner_comes_in_by_a_link_and_stays_the_first(ready: ServiceReady, tmp_path: Path) -> None:
    link = tmp_path / "data" / "setup.link"
    assert stat.S_IMODE(link.stat().st_mode) == 0o600
    assert link.read_text().strip() == ready.keys.path
    assert _token(ready) not in repr(ready)
    with httpx.Client(base_url=ready.url, timeout=60) as browser:
        assert "12 characters" in browser.get(ready.keys.path).text
        weak = browser.post("/welcome", data=OWNER | {"token": _token(ready), "password": "password1234"})
        assert weak.status_code == 400
        assert "guessed first" in weak.text
        _set_up(ready, browser)
        assert browser.get("/").status_code == 200
        assert "without a password" not in browser.get("/").text
    with httpx.Client(base_url=ready.url, timeout=60) as other:
        assert other.post("/welcome", data=OWNER | {"token": _token(ready)}).status_code == 401
        assert other.get("/").status_code == 401


def test_signing_in_and_out_on_the_page(ready: ServiceReady) -> None:
    with httpx.Client(base_url=ready.url, timeout=60) as browser:
        _set_up(ready, browser)
        browser.cookies.clear()
        page = browser.get("/")
        assert page.status_code == 401
        assert 'action="/session"' in page.text
        form = {"login": OWNER["login"], "password": "wrong"}
        assert browser.post("/session", data=form).status_code == 401
        answer = browser.post("/session", data=form | {"password": PASSWORD})
        cookie = answer.headers["Set-Cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert "secure" not in cookie
        assert browser.get("/api/v1/violations").status_code == 200
        before = browser.cookies["siaga_session"]
        assert browser.post("/session/end").status_code == 303
        old = {"Cookie": f"siaga_session={before}"}
        assert httpx.get(f"{ready.url}/api/v1/violations", headers=old).status_code == 401


def test_another_sites_page_changes_nothing(ready: ServiceReady) -> None:
    user = {"login": "mai", "name": "Mai"}
    with httpx.Client(base_url=ready.url, timeout=60) as browser:
        _set_up(ready, browser)
        token = {"X-CSRF-Token": browser.get("/api/v1/session").json()["csrf_token"]}
        for headers in (
            {},
            {"X-CSRF-Token": "wrong"},
            token | {"Sec-Fetch-Site": "cross-site"},
            token | {"Sec-Fetch-Site": "same-site"},
            token | {"Origin": "https://evil.example"},
            token | {"Origin": "null"},
        ):
            assert browser.post("/api/v1/users", json=user, headers=headers).status_code == 403, headers
        foreign = {"Origin": "https://evil.example"}
        for path in ("/session", "/session/end", "/welcome"):
            assert browser.post(path, data=OWNER, headers=foreign).status_code == 403
        assert browser.post("/api/v1/session", json=OWNER, headers=foreign).status_code in (403, 422)
        assert browser.get("/api/v1/users", headers=foreign).status_code == 200
        own = token | {"Origin": ready.url, "Sec-Fetch-Site": "same-origin"}
        assert browser.post("/api/v1/users", json=user, headers=own).status_code == 201


def test_behind_https_the_cookie_never_goes_without(tmp_path: Path) -> None:
    with (
        plain_service(tmp_path / "data", public_url="https://siaga.example") as ready,
        httpx.Client(base_url=ready.url, timeout=60) as browser,
    ):
        answer = browser.post("/welcome", data=OWNER | {"token": _token(ready)})
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-siaga_session=")
        assert "Secure" in cookie
        assert "Path=/" in cookie
        assert "max-age=63072000" in answer.headers["Strict-Transport-Security"]


def test_the_demo_says_that_it_signed_one_in(service: Running) -> None:
    cookie = {"Cookie": f"siaga_session={service.session}"}
    assert "without a password" in httpx.get(service.url, headers=cookie).text


def test_a_box_is_enrolled_and_sends_what_it_signed(service: Running) -> None:
    key, clock = DeviceKey.from_seed(b"7" * 32), SystemClock()
    wanted = {"site": "north tower", "name": "gate box"}
    code = service.viewer.post("/api/v1/enrolment-codes", json=wanted).json()["code"]
    with httpx.Client(timeout=60) as client:
        enrolled = enrol(client, service.url, code.lower(), key)
        with pytest.raises(DeliveryUnauthorised, match="code"):
            enrol(client, service.url, code, key)
        client.headers["Authorization"] = f"Bearer {enrolled.token}"
        record = RecordMaker(clock, key.device_id).make()
        address = f"{service.url}/api/v1/events/{record['id']}"
        forged = client.put(address, json=record)
        assert (forged.status_code, forged.json()["code"]) == (422, "wrong_signature")
        assert record["hash"] == record_hash(record)
        signed = record | {"signature": key.sign(record["hash"])}
        assert client.put(address, json=signed).status_code == 201
        device = f"/api/v1/devices/{key.device_id}"
        assert service.viewer.delete(device).status_code == 204
        assert client.put(address, json=signed).status_code == 401
    actions = [row["action"] for row in service.viewer.get("/api/v1/audit").json()["items"]]
    assert actions[:3] == ["device.revoke", "device.enrol", "device.code"]
