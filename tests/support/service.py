"""A real service on a free loopback port, in a thread or in a process of its own, and a client of it."""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from siaga.api import ServiceOptions, ServiceReady, run_service
from siaga.core.clock import Clock

_READY_S = 60
_PROGRAM = """
import json, pathlib, sys
from siaga.api import ServiceOptions, run_service
options = json.loads(sys.argv[1])
run_service(ServiceOptions(pathlib.Path(options.pop("data_dir")), port=0, demo=True, **options))
"""


@dataclass(frozen=True)
class Running:
    """A demo service that takes requests, with a device's client and one of a user who may do everything.

    Attributes:
        device_token: The token that devices share.
        viewer_key: An API token of the user.
        session: The secret of the user's session, for a browser's cookie.
    """

    url: str
    device_token: str
    viewer_key: str
    session: str
    device: httpx.Client
    viewer: httpx.Client

    def put(self, record: dict[str, Any]) -> httpx.Response:
        """Send a record."""
        return self.device.put(f"/api/v1/events/{record['id']}", json=record)

    def patch(self, sha256: str, data: bytes, offset: int, length: int, media: str) -> httpx.Response:
        """Send bytes of evidence from ``offset`` on."""
        headers = {"Upload-Offset": str(offset), "Upload-Length": str(length), "Content-Type": media}
        return self.device.patch(f"/api/v1/evidence/{sha256}", content=data, headers=headers)

    def upload(self, entry: dict[str, Any], data: bytes) -> httpx.Response:
        """Send evidence in one piece."""
        return self.patch(entry["sha256"], data, 0, len(data), entry["media_type"])


@contextmanager
def running_service(data_dir: Path, clock: Clock | None = None, **options: Any) -> Iterator[Running]:
    """Run a demo service in a thread until the block ends; what it raises is raised here."""
    with (
        plain_service(data_dir, clock, demo=True, **options) as ready,
        _clients(ready.open_url, data_dir) as running,
    ):
        yield running


@contextmanager
def plain_service(data_dir: Path, clock: Clock | None = None, **options: Any) -> Iterator[ServiceReady]:
    """Run a service in a thread until the block ends; what it raises is raised here."""
    told: queue.Queue[ServiceReady | BaseException] = queue.Queue()
    stop = threading.Event()

    def run() -> None:
        try:
            run_service(ServiceOptions(data_dir, port=0, **options), told.put, clock, stop)
        except BaseException as error:  # noqa: BLE001
            told.put(error)

    thread = threading.Thread(target=run, name="service")
    thread.start()
    try:
        ready = told.get(timeout=_READY_S)
        if isinstance(ready, BaseException):
            raise ready
        yield ready
    finally:
        stop.set()
        thread.join()


@contextmanager
def service_process(data_dir: Path, **stores: str) -> Iterator[tuple[subprocess.Popen[str], Running]]:
    """Run the service in a process of its own; the caller may kill it."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", _PROGRAM, json.dumps({"data_dir": str(data_dir), **stores})],
        stdout=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )
    with process:
        try:
            assert process.stdout is not None
            # The log may speak before.
            line = next(line for line in process.stdout if line.startswith("Open http"))
            with _clients(line.split()[1], data_dir) as running:
                yield process, running
        finally:
            process.kill()


@contextmanager
def _clients(open_url: str, data_dir: Path) -> Iterator[Running]:
    url = str(httpx.URL(open_url).copy_with(path="/", query=None)).rstrip("/")
    token = (data_dir / "device.token").read_text().strip()
    key, session = _signed_in(url, open_url)
    with (
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as device,
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as viewer,
    ):
        yield Running(url, token, key, session, device, viewer)


def _signed_in(url: str, open_url: str) -> tuple[str, str]:
    """An API token of the demo's user and the session that the one-time link opened."""
    with httpx.Client(base_url=url, timeout=60) as browser:
        assert browser.get(open_url).status_code == 303
        session = browser.get("/api/v1/session").json()
        headers = {"X-CSRF-Token": session["csrf_token"]}
        made = browser.post("/api/v1/tokens", json={"name": "test", "days": 366}, headers=headers)
        return made.json()["secret"], browser.cookies["siaga_session"]
