"""A real edge on a real stream, steered by a real service: configuration, refusal, rollback, kill switch."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from siaga.demo.rtsp import RtspServer
from siaga.edge import supervisor
from siaga.edge.site import SiteState, run_site
from tests.edge.site import clip_with_a_person, configured
from tests.support.service import Running, running_service

pytestmark = pytest.mark.timeout(1800)
_PATIENCE_S = 600.0


@dataclass
class Box:
    """A box with one camera, and what its processes say."""

    folder: Path
    camera: str
    url: str
    states: list[SiteState] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[None]:
        """From a start of the box to its end."""
        more = (
            f"deliver: {{url: '{self.url}', token_file: {self.folder / 'service' / 'device.token'},"
            " timeout: 5s, link: {enabled: true}}"
        )
        cameras = f"  gate: {{ffmpeg: {{inputs: [{{path: '{self.camera}'}}]}}, ppe: {{requires: []}}}}"
        loaded = configured(self.folder, cameras, more=more)
        stop = threading.Event()
        self.states.clear()
        thread = threading.Thread(
            target=run_site, args=(loaded, stop), kwargs={"on_state": self.states.append}
        )
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(120)
            assert not thread.is_alive()
            assert watchers() == []

    def text(self, zone: str, more: str = "", model: str = "") -> str:
        """A configuration for the service."""
        return (
            f"site: {{name: test}}\nmodel: {model or self.folder / 'tiny.yaml'}\n{more}\n"
            "evidence: {clip: {enabled: false}}\nppe: {requires: [], repeat_interval: 1s, grouping: 1s}\n"
            f"cameras:\n  gate:\n    ffmpeg: {{inputs: [{{path: '{self.camera}'}}]}}\n"
            f"    zones: {{{zone}: {{coordinates: '0.3,0.2,0.7,0.2,0.7,1,0.3,1', exclusion: true}}}}\n"
        )

    @property
    def analysed(self) -> int:
        """Pictures that went through the model since the engines started."""
        engines = self.states[-1].engines if self.states else []
        return sum(camera["analysed"] for engine in engines for camera in engine["cameras"].values())

    @property
    def halted(self) -> bool:
        return bool(self.states and self.states[-1].link["halted"])


def until(what: Callable[[], Any], told: Callable[[], object] = str) -> Any:
    """Wait until ``what`` gives something true."""
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.2)
    return pytest.fail(f"it never happened: {told()}")


def watchers() -> list[psutil.Process]:
    """Every process of the box: camera, engine, delivery."""
    return [child for child in psutil.Process().children() if "spawn_main" in " ".join(child.cmdline())]


class Office:
    """Somebody who steers the site."""

    def __init__(self, service: Running) -> None:
        self._http = service.viewer

    def put(self, text: str) -> int:
        answer = self._http.put("/api/v1/sites/test/configuration", json={"text": text})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["version"])

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._http.post(f"/api/v1/sites/test/{path}", json=body)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def halt(self) -> None:
        assert self._http.put("/api/v1/sites/test/halt", json={"reason": "asked for"}).is_success

    def lift(self) -> None:
        assert self._http.delete("/api/v1/sites/test/halt").is_success

    def box(self) -> dict[str, Any]:
        items = self._http.get("/api/v1/sites/test/boxes").json()["items"]
        return dict(items[0]) if items else {}

    def zones(self) -> set[str]:
        items = self._http.get("/api/v1/violations", params={"rule": "zone_intrusion"}).json()["items"]
        return {item["zone"] for item in items}

    def frame(self, preview: str) -> bytes:
        answer = self._http.get(f"/api/v1/previews/{preview}/frame")
        return answer.content if answer.status_code == 200 else b""

    def over(self, preview: str) -> bool:
        return self._http.get(f"/api/v1/previews/{preview}/frame").status_code == 404


def test_the_office_steers_a_box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A busy machine takes long to import; nothing hangs here.
    monkeypatch.setattr(supervisor, "_START_S", 600.0)
    clip = clip_with_a_person(tmp_path / "clip.mp4", frames=200, first=50, last=125)
    with RtspServer() as server:
        server.add("/gate", clip)
        with running_service(tmp_path / "service") as service:
            box = Box(tmp_path, server.url("/gate"), service.url)
            office = Office(service)
            with box.running():
                first = office.put(box.text("pit"))
                until(lambda: office.box().get("configuration") == first, office.box)
                until(lambda: "pit" in office.zones(), office.box)
                until(lambda: office.box()["cameras"].get("gate", {}).get("fps", 0) > 0, office.box)

                refused = office.put(box.text("crane", model="no-such-model"))
                until(lambda: office.box()["standing"] == "refused", office.box)
                told = office.box()
                assert (told["refusal"]["version"], told["configuration"]) == (refused, first)
                assert "no-such-model" in told["refusal"]["reason"]
                analysed = box.analysed
                until(lambda: box.analysed > analysed + 5)

                second = office.put(box.text("crane"))
                until(lambda: office.box().get("configuration") == second, office.box)
                until(lambda: "crane" in office.zones(), office.box)

                preview = office.post("previews", {"camera": "gate", "seconds": 20})["id"]
                assert until(lambda: office.frame(preview)).startswith(b"\xff\xd8\xff")
                until(lambda: office.over(preview))

                office.halt()
                until(lambda: box.halted)
                assert len(watchers()) == 1
                until(lambda: office.box()["halted"], office.box)
            with box.running():
                until(lambda: len(box.states) > 8)
                assert box.halted
                assert box.analysed == 0
                assert len(watchers()) == 1
                office.lift()
                until(lambda: box.analysed > 5, office.box)
                until(lambda: not office.box()["halted"], office.box)
                back = office.post("configuration/rollback", {"version": first})["version"]
                until(lambda: office.box().get("configuration") == back, office.box)

        with box.running():
            until(lambda: box.analysed > 5)
            assert box.states[-1].link == {"halted": False, "configuration": back}
