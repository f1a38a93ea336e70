"""The whole edge on real RTSP streams, with a real service: processes, faults, and what arrives."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from siaga.demo.rtsp import RtspServer
from siaga.edge.site import SiteState, run_site
from tests.edge.site import clip_with_a_person, configured
from tests.support.service import Running, running_service

pytestmark = pytest.mark.timeout(170)


@dataclass
class Live:
    """A running site: two cameras, two engines, delivery, and the service that it delivers to."""

    server: RtspServer
    service: Running
    states: list[SiteState]
    folder: Path

    def until(self, what: Callable[[], bool], seconds: float = 60.0) -> None:
        """Wait until ``what`` holds; fails with the last state when it never does."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if what():
                return
            time.sleep(0.2)
        pytest.fail(f"it never happened; last state: {self.states[-1:]}")

    def camera(self, name: str) -> dict[str, Any]:
        """A camera's state as its engine last told it."""
        for engine in self.states[-1].engines if self.states else []:
            if name in engine["cameras"]:
                state: dict[str, Any] = engine["cameras"][name]
                return state
        return {}

    def violations(self, **filters: str) -> list[dict[str, Any]]:
        """What the service shows."""
        answer = self.service.viewer.get("/api/v1/violations", params=filters)
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


@contextmanager
def _site(folder: Path) -> Iterator[Live]:
    clip = clip_with_a_person(folder / "clip.mp4", frames=200, first=50, last=125)
    with RtspServer() as server, running_service(folder / "service") as service:
        for name in ("gate", "yard"):
            server.add(f"/{name}", clip)
        cameras = "\n".join(
            f"  {name}:\n"
            f"    ffmpeg: {{inputs: [{{path: {server.url('/' + name)}}}], timeout: 2s}}\n"
            "    audit: {offline_after: 2s, settle: 2s}\n"
            "    zones: {pit: {coordinates: '0.3,0.2,0.7,0.2,0.7,1,0.3,1', exclusion: true}}"
            for name in ("gate", "yard")
        )
        token = folder / "service" / "device.token"
        more = f"deliver: {{url: '{service.url}', token_file: {token}}}"
        loaded = configured(folder, cameras, more=more)
        stop, states = threading.Event(), list[SiteState]()
        thread = threading.Thread(target=run_site, args=(loaded, stop), kwargs={"on_state": states.append})
        thread.start()
        try:
            yield Live(server, service, states, folder)
        finally:
            stop.set()
            thread.join(60)
            assert not thread.is_alive()


def _children() -> list[psutil.Process]:
    """The site's processes."""
    return [child for child in psutil.Process().children() if "spawn_main" in " ".join(child.cmdline())]


def _complete(violation: dict[str, Any]) -> bool:
    there = {view["evidence"]["kind"] for view in violation["evidence"] if view["available"]}
    return violation["state"] == "ended" and there == {"snapshot", "annotated", "clip"}


def test_from_a_stream_to_the_page_and_through_faults(tmp_path: Path) -> None:
    with _site(tmp_path) as live:
        live.until(lambda: any(_complete(item) for item in live.violations(rule="missing_ppe")), 90)
        live.until(lambda: any(_complete(item) for item in live.violations(rule="zone_intrusion")))

        live.until(lambda: all(live.camera(name) for name in ("gate", "yard")))
        live.server.mounts["/gate"].faults.freeze()
        live.until(lambda: "offline" in live.camera("gate").get("conditions", []))
        before = live.camera("yard")["analysed"]
        live.until(lambda: live.camera("yard")["analysed"] > before + 10)
        assert live.camera("yard")["conditions"] == []

        live.server.mounts["/gate"].faults.thaw()
        live.until(lambda: live.camera("gate").get("conditions") == [])
        live.until(lambda: bool(live.violations(rule="camera_unmonitored")))

        for child in _children():
            os.kill(child.pid, signal.SIGKILL)
        seen = {item["event_id"] for item in live.violations()}
        live.until(
            lambda: any(_complete(item) and item["event_id"] not in seen for item in live.violations()), 90
        )
        assert all(count >= 1 for count in live.states[-1].restarts.values())
    assert _children() == []
