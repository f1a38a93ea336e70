"""Who may do what: every route against every kind of credentials, and keys that nobody can read off."""

import re
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from siaga.access import GRANTS, Permission, Principal, Role, Scope
from siaga.api import ServiceOptions, create_app, first_start, run_service
from siaga.archive import EvidenceFolder, StoredArchive
from siaga.archive.keys import StoredKeys
from siaga.auth import GuardedRoute, Keyring, Kind, check_policies, guarded
from siaga.core.clock import ManualClock, SystemClock
from siaga.core.errors import ConfigError, Conflict
from siaga.db import Database
from tests.support.service import Running, running_service

_IDS = {"sha256": "a" * 64, "device_id": "box-1", "name": "page.css"}
_SOME_ID = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
def app(tmp_path: Path, sqlite_template: Path) -> Iterator[FastAPI]:
    """An app that does not listen."""
    database = Database(f"sqlite:///{sqlite_template}")
    keyring = Keyring(StoredKeys(database), SystemClock())
    folder = EvidenceFolder(tmp_path / "evidence")
    yield create_app(StoredArchive(database), folder, folder.staging(), keyring, SystemClock())
    database.close()


def _address(route: APIRoute) -> str:
    return re.sub(r"{(\w+)}", lambda match: _IDS.get(match[1], _SOME_ID), route.path)


def test_what_each_role_may_do_is_what_was_decided() -> None:
    look = {"public", "own_account", "read_statistics", "read_health", "report"}
    assert {str(p) for p in GRANTS[Role.WORKER_REPRESENTATIVE]} == look | {"read_access_log"}
    assert Permission.READ_MEDIA not in GRANTS[Role.WORKER_REPRESENTATIVE]
    assert {str(p) for p in GRANTS[Role.DEVICE]} == {"public", "ingest"}
    assert Permission.INGEST not in GRANTS[Role.ADMIN]
    assert GRANTS[Role.VIEWER] < GRANTS[Role.REVIEWER] < GRANTS[Role.SAFETY_MANAGER] < GRANTS[Role.ADMIN]


def test_a_scope_holds_the_sites_of_every_role_that_grants_the_permission() -> None:
    north, south = Scope(frozenset({"north"})), Scope(frozenset({"south"}))
    who = Principal("1", "one", {Role.VIEWER: north, Role.REVIEWER: south})
    assert who.scope(Permission.READ_EVENTS) == Scope(frozenset({"north", "south"}))
    assert who.scope(Permission.REVIEW) == south
    assert not who.scope(Permission.EXPORT).allows("south")
    assert not who.may(Permission.EXPORT)
    assert Principal("1", "one", {Role.ADMIN: Scope.everything()}).scope(Permission.EXPORT).allows("any")
    assert not Principal.nobody().scope(Permission.PUBLIC).allows("north")


def _allowed(permission: Permission) -> set[str]:
    if permission is Permission.PUBLIC:
        return {"nobody", "wrong", "device", "viewer", "cookie", "basic"}
    return {"device"} if permission is Permission.INGEST else {"viewer"}


def test_every_route_lets_in_whom_its_policy_names_and_nobody_else(app: FastAPI, service: Running) -> None:
    who = {
        "nobody": {},
        "wrong": {"Authorization": "Bearer wrong"},
        "device": {"Authorization": f"Bearer {service.device_token}"},
        "viewer": {"Authorization": f"Bearer {service.viewer_key}"},
        "cookie": {"Cookie": "siaga_session=wrong"},
        "basic": {"Authorization": f"Basic {service.viewer_key}"},
    }
    asked = 0
    with httpx.Client(base_url=service.url) as client:
        for route in app.routes:
            assert isinstance(route, GuardedRoute)
            for method in sorted(route.methods or ()):
                for name, headers in who.items():
                    if route.path == "/session":
                        continue
                    status = client.request(method, _address(route), headers=headers).status_code
                    refused = status in (401, 429)
                    assert refused != (name in _allowed(route.permission)), (method, route.path, name, status)
                    assert status < 500
                    asked += 1
    assert asked >= 6 * 18


def test_policies_are_those_that_were_decided(app: FastAPI) -> None:
    permissions = {route.path: route.permission for route in app.routes if isinstance(route, GuardedRoute)}
    public = {path for path, permission in permissions.items() if permission is Permission.PUBLIC}
    device = {path for path, permission in permissions.items() if permission is Permission.INGEST}
    assert public == {
        "/healthz",
        "/readyz",
        "/session",
        "/static/{name}",
        "/api/v1/public/reports/{code}",
    }
    assert device == {
        "/api/v1/events/{record_id}",
        "/api/v1/evidence/{sha256}",
        "/api/v1/ledger/{device_id}",
    }


def test_a_route_without_a_policy_stops_the_start(app: FastAPI) -> None:
    def open_to_all() -> None: ...

    app.add_api_route("/forgotten", open_to_all)
    with pytest.raises(ConfigError, match="/forgotten"):
        check_policies(app)


def test_a_guarded_route_needs_a_declared_policy() -> None:
    def forgotten() -> None: ...

    with pytest.raises(ConfigError, match="no policy"):
        GuardedRoute("/forgotten", forgotten)
    assert GuardedRoute("/said", guarded(Permission.PUBLIC)(lambda: None)).permission is Permission.PUBLIC


def test_a_wrong_body_is_not_looked_at_before_the_credentials(service: Running) -> None:
    with httpx.Client(base_url=service.url) as client:
        for content in (b"{", b"x" * 2_000_000):
            assert client.put(f"/api/v1/events/{_SOME_ID}", content=content).status_code == 401


def test_the_key_in_the_address_becomes_a_cookie_once(service: Running) -> None:
    with httpx.Client(base_url=service.url) as browser:
        answer = browser.get("/", params={"key": service.viewer_key})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/")
        cookie = answer.headers["Set-Cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert service.viewer_key.lower() not in cookie
        assert browser.get("/").status_code == 200
        assert browser.get("/api/v1/violations").status_code == 200
        assert browser.get("/", params={"key": service.viewer_key}).status_code == 303
        assert browser.put(f"/api/v1/events/{_SOME_ID}", json={}).status_code == 401


def test_signing_in_by_form(service: Running) -> None:
    with httpx.Client(base_url=service.url) as browser:
        page = browser.get("/")
        assert page.status_code == 401
        assert 'action="/session"' in page.text
        assert browser.post("/session", data={"key": "wrong"}).status_code == 401
        assert browser.post("/session", data={"key": service.viewer_key}).status_code == 303
        assert browser.get("/").status_code == 200


def test_a_session_ends(service: Running, clock: ManualClock) -> None:
    with httpx.Client(base_url=service.url) as browser:
        browser.get("/", params={"key": service.viewer_key})
        clock.advance(6.9 * 86400)
        assert browser.get("/").status_code == 200
        clock.advance(0.2 * 86400)
        assert browser.get("/").status_code == 401


def test_wrong_keys_are_slowed_down_but_right_ones_never(service: Running, clock: ManualClock) -> None:
    wrong = {"Authorization": "Bearer wrong"}
    with httpx.Client(base_url=service.url) as client:
        statuses = [client.get("/api/v1/violations", headers=wrong).status_code for _ in range(12)]
        assert statuses == [401] * 10 + [429] * 2
        assert client.get("/", params={"key": "wrong"}).headers["Retry-After"] == "61"
        assert service.viewer.get("/api/v1/violations").status_code == 200
        clock.advance(61)
        assert client.get("/api/v1/violations", headers=wrong).status_code == 401


def test_keys_are_files_for_the_owner_and_hashes_for_the_service(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    keys = first_start(data_dir)
    assert keys.created
    assert keys.device_token
    assert keys.viewer_key
    assert len({keys.device_token, keys.viewer_key}) == 2
    for kind in Kind:
        assert stat.S_IMODE((data_dir / kind).stat().st_mode) == 0o600
    with sqlite3.connect(data_dir / "archive.sqlite3") as connection:
        dump = "\n".join(connection.iterdump())
    connection.close()
    assert keys.device_token not in dump
    assert keys.viewer_key not in dump
    assert keys.viewer_key not in repr(keys)


def test_keys_stay_and_are_told_once(tmp_path: Path) -> None:
    first = first_start(tmp_path / "data")
    second = first_start(tmp_path / "data")
    assert (second.created, second.viewer_key) == (False, first.viewer_key)
    (tmp_path / "data" / Kind.VIEWER).unlink()
    third = first_start(tmp_path / "data")
    assert (third.created, third.viewer_key) == (False, None)


def test_renewed_keys_end_the_old_ones_and_all_sessions(tmp_path: Path) -> None:
    with running_service(tmp_path / "data") as service, httpx.Client(base_url=service.url) as browser:
        old = service.viewer_key
        browser.get("/", params={"key": old})
        cookie = browser.cookies["siaga_session"]
    with running_service(tmp_path / "data", renew_keys=True) as service:
        assert service.viewer_key != old
        for headers in ({"Authorization": f"Bearer {old}"}, {"Cookie": f"siaga_session={cookie}"}):
            assert httpx.get(f"{service.url}/api/v1/violations", headers=headers).status_code == 401


def test_a_second_service_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with running_service(tmp_path / "data"), pytest.raises(Conflict, match="data folder"):
        run_service(ServiceOptions(tmp_path / "data", port=0))


def test_a_port_that_is_taken_is_told(tmp_path: Path, service: Running) -> None:
    port = httpx.URL(service.url).port
    assert port is not None
    with pytest.raises(Conflict, match=f"127.0.0.1:{port}"):
        run_service(ServiceOptions(tmp_path / "other", port=port))


def test_headers_keep_scripts_and_frames_out(service: Running) -> None:
    for path in ("/", "/healthz", "/api/v1/violations", "/nothing"):
        headers = service.viewer.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"
