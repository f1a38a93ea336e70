"""Every route, for every role, at its own site and at another: what comes of it follows from ``GRANTS``.

The routes are read from the app, so a new one is walked too. What its address names must be made here, at
both sites (``_things``): a name in an address that is not known fails the test.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from siaga.access import GRANTS, Permission, Role
from siaga.api.opening import ServiceOptions, opened
from siaga.auth import GuardedRoute
from siaga.core.clock import SystemClock
from siaga.core.signature import enrolment_hash
from siaga.deliver.device import DeviceKey
from tests.support.records import RecordMaker, evidence_entry
from tests.support.service import Running

HERE, THERE = "here", "there"
_NOBODY = "01900000-0000-7000-8000-000000000000"
_PEOPLE = [role for role in Role if role is not Role.DEVICE]
_PICTURE = {HERE: b"picture of here", THERE: b"picture of there"}
_SIGNING_OUT = {("POST", "/session/end"), ("POST", "/session"), ("DELETE", "/api/v1/session")}
_STREAMS = {"/api/v1/live", "/api/v1/link/orders"}
"""Answers that do not end by themselves; walked without reading them to their end."""


@dataclass
class Walkers:
    """Who walks: a client of each role at ``HERE``, an admin of everything, a device, nobody."""

    service: Running
    things: dict[str, dict[str, str]] = field(default_factory=dict)
    clients: dict[str, httpx.Client] = field(default_factory=dict)


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> list[GuardedRoute]:
    """All routes of the app."""
    with opened(ServiceOptions(tmp_path_factory.mktemp("routes"), demo=True), SystemClock()) as (app, _):
        return _routes(app)


def _routes(app: FastAPI) -> list[GuardedRoute]:
    assert all(isinstance(route, GuardedRoute) for route in app.routes)
    return [route for route in app.routes if isinstance(route, GuardedRoute)]


@pytest.fixture(scope="module")
def walkers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walkers]:
    """A service with two sites, alike but for their names."""
    from tests.support.service import running_service

    with running_service(tmp_path_factory.mktemp("walk") / "data") as service:
        walkers = Walkers(service)
        for site in (HERE, THERE):
            walkers.things[site] = _things(service, site)
        for role in _PEOPLE:
            walkers.clients[role] = _client(service, {"role": role.value, "site": HERE})
        walkers.clients["device"] = _device(service, HERE, 7)[1]
        walkers.clients["nobody"] = httpx.Client(base_url=service.url)
        yield walkers
        for client in walkers.clients.values():
            client.close()


def _client(service: Running, held: dict[str, Any]) -> httpx.Client:
    """A browser of a new user with this role."""
    name = f"{held['role']}-{held['site']}"
    user = service.viewer.post("/api/v1/users", json={"login": name, "name": name, "roles": [held]}).json()
    link = service.viewer.post(f"/api/v1/users/{user['id']}/link").json()
    browser = httpx.Client(base_url=service.url, timeout=60)
    password = {"token": link["token"], "password": "tarmac lantern gibbon"}
    session = browser.post("/api/v1/links", json=password).raise_for_status().json()
    browser.headers["X-CSRF-Token"] = session["csrf_token"]
    return browser


def _device(service: Running, site: str, seed: int) -> tuple[DeviceKey, httpx.Client]:
    key = DeviceKey.from_seed(bytes([seed]) * 32)
    code = service.viewer.post("/api/v1/enrolment-codes", json={"site": site, "name": "box"}).json()["code"]
    shown = {"code": code, "public_key": key.public_key}
    shown["proof"] = key.sign(enrolment_hash(code, key.public_key))
    token = httpx.post(f"{service.url}/api/v1/enrolment", json=shown).raise_for_status().json()["token"]
    return key, httpx.Client(base_url=service.url, headers={"Authorization": f"Bearer {token}"}, timeout=60)


def _things(service: Running, site: str) -> dict[str, str]:
    """What addresses name, at this site."""
    entry = evidence_entry("snapshot", "image/jpeg", _PICTURE[site])
    record = RecordMaker(SystemClock(), f"box-{site}", site).make(evidence=[entry])
    assert service.put(record).status_code == 201
    assert service.upload(entry, _PICTURE[site]).status_code == 201
    user = {"login": f"of-{site}", "name": site, "roles": [{"role": "viewer", "site": site}]}
    key, device = _device(service, site, ord(site[0]))
    device.close()
    service.viewer.post("/api/v1/enrolment-codes", json={"site": site, "name": "box"})
    codes = service.viewer.get("/api/v1/enrolment-codes").json()
    return {
        "site": site,
        "event_id": record["id"],
        "record_id": record["id"],
        "sha256": entry["sha256"],
        "device_id": key.device_id,
        "code_id": next(code["id"] for code in codes if code["site"] == site),
        "user_id": service.viewer.post("/api/v1/users", json=user).json()["id"],
    }


_NO_SITE = {
    "name": "page.css",
    "session_id": _NOBODY,
    "token_id": _NOBODY,
}
"""Named in addresses without belonging to a site."""
_OTHERS = {
    *("action_id", "bulk_id", "code", "contest_id", "hold_id", "link_id", "photo_id", "preview"),
    *("public_id", "reference", "report_id", "sweep_id", "version"),
}
"""Names whose things are walked by their own tests, and here only with an id that is nobody's."""


def _address(route: GuardedRoute, things: dict[str, str]) -> str:
    known = _NO_SITE | things
    return re.sub(r"{(\w+)(:\w+)?}", lambda match: known.get(match[1], _NOBODY), route.path)


def _names(route: GuardedRoute) -> set[str]:
    return set(re.findall(r"{(\w+)", route.path))


def _status(client: httpx.Client, method: str, address: str, **more: Any) -> int:
    return _answer(client, method, address, **more)[0]


def _answer(client: httpx.Client, method: str, address: str, **more: Any) -> tuple[int, str | None]:
    """Status, and a refusal's code; what would not end by itself is not read."""
    with client.stream(method, address, follow_redirects=False, **more) as answer:
        if not answer.headers.get("Content-Type", "").startswith("text/event-stream"):
            answer.read()
        if answer.status_code != 403:
            return answer.status_code, None
        is_problem = answer.headers["Content-Type"] == "application/problem+json"
        # An answer to HEAD has no body.
        return 403, answer.json()["code"] if is_problem and answer.content else "forbidden"


def _walked(routes: list[GuardedRoute]) -> Iterator[tuple[GuardedRoute, str]]:
    for route in routes:
        for method in sorted(route.methods or ()):
            if (method, route.path) not in _SIGNING_OUT:
                yield route, method


def _may(who: str, permission: Permission) -> bool:
    if permission is Permission.PUBLIC:
        return True
    return who != "nobody" and permission in GRANTS[Role(who)]


def _is_wrong(who: str, permission: Permission, status: int, code: str | None) -> bool:
    if status >= 500 or permission is Permission.PUBLIC:
        return status >= 500
    if who == "nobody":
        return status != 401
    # A refusal in other words is about the object, not about the role.
    return status == 401 or (code == "forbidden") == _may(who, permission)


def test_every_role_passes_exactly_where_its_grants_say(routes: list[GuardedRoute], walkers: Walkers) -> None:
    wrong = []
    asked = 0
    for route, method in _walked(routes):
        # With an id that is nobody's: whoever passes finds nothing and changes nothing.
        address = _address(route, dict.fromkeys(walkers.things[HERE], _NOBODY) | {"site": "nowhere"})
        for who, client in walkers.clients.items():
            if _may(who, route.permission) and route.path in _STREAMS:
                continue
            status, code = _answer(client, method, address)
            if _is_wrong(who, route.permission, status, code):
                wrong.append((who, method, route.path, route.permission.value, status))
            asked += 1
    assert wrong == []
    assert asked > 40 * len(walkers.clients)


def test_what_belongs_to_another_site_is_not_there(routes: list[GuardedRoute], walkers: Walkers) -> None:
    wrong = []
    for route, method in _walked(routes):
        if route.permission in (Permission.PUBLIC, Permission.OWN_ACCOUNT, Permission.INGEST):
            continue
        if not _names(route) & set(walkers.things[THERE]):
            continue
        address = _address(route, walkers.things[THERE])
        for who, client in walkers.clients.items():
            if not _may(who, route.permission):
                continue
            status = _status(client, method, address, json=_body(route))
            if status not in (404, 422):
                wrong.append((who, method, route.path, status))
    assert wrong == []


def test_what_belongs_to_ones_own_site_is_there(routes: list[GuardedRoute], walkers: Walkers) -> None:
    wrong = []
    for route, method in _walked(routes):
        if method != "GET" or not _names(route) or not _names(route) <= set(walkers.things[HERE]):
            continue
        if route.permission in (Permission.PUBLIC, Permission.INGEST) or route.path in _STREAMS:
            continue
        address = _address(route, walkers.things[HERE])
        for who, client in walkers.clients.items():
            status = _status(client, method, address)
            if _may(who, route.permission) and status in (401, 403):
                wrong.append((who, route.path, status))
    assert wrong == []
    for path in ("/api/v1/violations/{event_id}", "/api/v1/media/{sha256}", "/api/v1/sites/{site}"):
        route = next(route for route in routes if route.path == path)
        found = walkers.clients[Role.VIEWER].get(_address(route, walkers.things[HERE]))
        assert found.status_code == 200, path


def _body(route: GuardedRoute) -> Any:
    """A body that passes: the example of the model, where it has one."""
    field = route.body_field
    if field is None:
        return None
    return _BODIES.get(route.path, {})


_BODIES: dict[str, Any] = {
    "/api/v1/users/{user_id}": {"name": "changed"},
    "/api/v1/users/{user_id}/roles": {"roles": []},
    "/api/v1/sites/{site}": {"title": "changed", "time_zone": "UTC"},
}


def test_lists_hold_nothing_of_another_site(routes: list[GuardedRoute], walkers: Walkers) -> None:
    marks = [
        walkers.things[THERE][name] for name in ("event_id", "sha256", "device_id", "code_id", "user_id")
    ]
    for route, method in _walked(routes):
        if method != "GET" or _names(route) or route.path in _STREAMS:
            continue
        for who, client in walkers.clients.items():
            if _may(who, route.permission):
                text = client.get(route.path).text
                found = [mark for mark in marks if mark in text]
                assert not found, (who, route.path, found)
                if route.permission is not Permission.PUBLIC:
                    assert not re.search(rf'"site": ?"{THERE}"', text), (who, route.path)


def test_what_another_site_holds_is_as_it_was(walkers: Walkers) -> None:
    things = walkers.things[THERE]
    viewer = walkers.service.viewer
    assert viewer.get(f"/api/v1/users/{things['user_id']}").json()["name"] == THERE
    assert viewer.get(f"/api/v1/devices/{things['device_id']}").json()["revoked_at"] is None
    assert things["code_id"] in viewer.get("/api/v1/enrolment-codes").text
    assert viewer.get(f"/api/v1/media/{things['sha256']}").content == _PICTURE[THERE]


def test_the_device_of_one_site_sends_for_no_other(walkers: Walkers) -> None:
    device, other = walkers.clients["device"], RecordMaker(SystemClock(), "box-there", THERE).make()
    assert device.put(f"/api/v1/events/{other['id']}", json=other).status_code in (403, 404, 422)
    sha256 = walkers.things[THERE]["sha256"]
    assert device.head(f"/api/v1/evidence/{sha256}").status_code == 404
    assert device.put("/api/v1/ledger/box-there", json={"rows": []}).status_code == 403


def test_every_name_in_an_address_is_known(routes: list[GuardedRoute], walkers: Walkers) -> None:
    named = set().union(*(_names(route) for route in routes))
    unknown = named - set(_NO_SITE) - set(walkers.things[HERE]) - _OTHERS
    assert not unknown, f"make these at both sites in _things: {sorted(unknown)}"
