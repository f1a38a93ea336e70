"""Who may do what: every route against every kind of credentials, and keys that nobody can read off."""

import re
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography.fernet import Fernet
from fastapi import FastAPI
from fastapi.routing import APIRoute

from siaga.access import GRANTS, Permission, Principal, Role, Scope
from siaga.api import ServiceOptions, create_app, run_service
from siaga.archive import EvidenceFolder, StoredArchive
from siaga.audit import AuditLog
from siaga.auth import GuardedRoute, People, check_policies, guarded
from siaga.auth.secrets import Vault
from siaga.core.clock import ManualClock, SystemClock
from siaga.core.errors import ConfigError, Conflict
from siaga.db import Database
from tests.support.service import Running, plain_service, running_service

_IDS = {"sha256": "a" * 64, "device_id": "box-1", "name": "page.css"}
_SOME_ID = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
def app(tmp_path: Path, sqlite_template: Path) -> Iterator[FastAPI]:
    """An app that does not listen."""
    database = Database(f"sqlite:///{sqlite_template}")
    clock, audit, folder = SystemClock(), AuditLog(database), EvidenceFolder(tmp_path / "evidence")
    people = People.on(database, clock, audit, Vault(Fernet.generate_key()))
    yield create_app(StoredArchive(database), folder, folder.staging(), people, audit, clock)
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


def test_wrong_keys_are_slowed_down_but_right_ones_never(service: Running, clock: ManualClock) -> None:
    wrong = {"Authorization": "Bearer wrong"}
    with httpx.Client(base_url=service.url) as client:
        statuses = [client.get("/api/v1/violations", headers=wrong).status_code for _ in range(12)]
        assert statuses == [401] * 10 + [429] * 2
        assert client.get("/welcome", params={"token": "wrong"}).headers["Retry-After"] == "61"
        assert service.viewer.get("/api/v1/violations").status_code == 200
        clock.advance(61)
        assert client.get("/api/v1/violations", headers=wrong).status_code == 401


def test_the_shared_token_is_a_file_for_the_owner_and_a_hash_for_the_service(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with running_service(data_dir) as service:
        first = service.device_token
    with running_service(data_dir) as service:
        assert service.device_token == first
    with running_service(data_dir, renew_keys=True) as service:
        assert service.device_token != first
        old = {"Authorization": f"Bearer {first}"}
        assert httpx.put(f"{service.url}/api/v1/events/{_SOME_ID}", headers=old).status_code == 401
        last = service.device_token
    for name in ("device.token", "secret.key"):
        assert stat.S_IMODE((data_dir / name).stat().st_mode) == 0o600
    with sqlite3.connect(data_dir / "archive.sqlite3") as connection:
        dump = "\n".join(connection.iterdump())
    connection.close()
    assert last not in dump


def test_a_service_that_is_no_demo_has_neither_a_shared_token_nor_a_demo_user(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with running_service(data_dir) as demo:
        token, key = demo.device_token, demo.viewer_key
    with plain_service(data_dir) as ready:
        assert ready.keys.path.startswith("/welcome?token=")
        for secret in (token, key):
            headers = {"Authorization": f"Bearer {secret}"}
            assert httpx.get(f"{ready.url}/api/v1/violations", headers=headers).status_code == 401


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
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
