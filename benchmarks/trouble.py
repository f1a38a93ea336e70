"""A site with cameras that fail, and what is measured while one does."""

import base64
import json
import socket
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import httpx

from benchmarks import rig, sites
from siaga.demo.rtsp import RtspServer

USER = "viewer"
RIGHT, WRONG, OTHER = "Kacang-Panjang!77", "Bayam/Merah@88", "Terung#Ungu%99"
PASSWORDS = {"BENCH_RIGHT": RIGHT, "BENCH_WRONG": WRONG}
"""The environment of the edge; the configuration only names the variables."""

_FLUSH_S = 75.0


def listens(port: int) -> bool:
    """Whether somebody takes connections."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class FaultSite:
    """Four cameras, of which one has a server process of its own that may be killed; later three bad ones."""

    folder: Path
    clip: Path
    server: RtspServer
    victim: rig.Program
    victim_port: int
    service: rig.Service
    bad: dict[str, int] = field(default_factory=dict)
    mute: socket.socket | None = None
    before: dict[str, float] = field(default_factory=dict)
    metrics: int = field(default_factory=rig.free_port)

    def config(self, name: str, model: str, *, quick: bool) -> Path:
        """Write the configuration with all cameras that there are now."""
        urls = {mount[1:]: self.server.url(mount) for mount in self.server.mounts}
        urls["victim"] = f"rtsp://{USER}:{{BENCH_RIGHT}}@127.0.0.1:{self.victim_port}/victim"
        for camera, port in self.bad.items():
            urls[camera] = f"rtsp://{USER}:{{BENCH_WRONG}}@127.0.0.1:{port}/{camera}"
        brief: dict[str, Any] = {"timeout": "2s"} if quick else {}
        cameras = {camera: sites.camera(url, **brief) for camera, url in urls.items()}
        if quick:
            for block in cameras.values():
                block["audit"] = {"offline_after": "2s", "settle": "1s"}
        more: dict[str, Any] = {
            "metrics": {"enabled": True, "port": self.metrics},
            "evidence": {"clip": {"pre_roll": 1, "post_roll": 1}},
        }
        return sites.write(self.folder / name, self.folder / "state", model, cameras, self.service, more)

    def alive(self) -> set[str]:
        """Cameras of which a picture was analysed in this life of the edge."""
        return {name for name, camera in rig.states(self.folder).items() if camera["analysed"] > 0}

    def analysed(self, name: str) -> int:
        """Pictures of a camera analysed in this life of the edge."""
        return int(rig.states(self.folder).get(name, {}).get("analysed", 0))

    def rates(self, seconds: float) -> dict[str, float]:
        """Frames a second of every camera over the next ``seconds``."""
        first = rig.states(self.folder)
        time.sleep(seconds)
        return between(first, rig.states(self.folder))

    def down_s(self, name: str) -> dict[str, float]:
        """Seconds not monitored of a camera by condition, as the box's ledger says."""
        return _down(self.ledger_here().values(), name)

    def ledger_here(self) -> dict[tuple[str, ...], dict[str, Any]]:
        """The box's ledger rows by camera, zone and hour."""
        with closing(sqlite3.connect(self.folder / "state" / "ledger.sqlite", timeout=60)) as connection:
            rows = [json.loads(row[0]) for row in connection.execute("SELECT body FROM ledger")]
        return {_place(row): row for row in rows}

    def ledger_arrived(self) -> bool:
        """Whether the service has the same rows; to be asked when the edge has stopped."""
        with self.service.viewer() as client:
            items = client.get("/api/v1/ledger").json()["items"]
        return {_place(item["row"]): item["row"] for item in items} == self.ledger_here()

    def unmonitored(self, name: str | None) -> list[dict[str, Any]]:
        """Violations "not monitored" of a camera, or of all."""
        found = [v for v in self.service.violations() if v["rule"] == "camera_unmonitored"]
        return [v for v in found if name in (None, v["camera"])]

    def give_server(self, name: str) -> float:
        """Let a bad camera have its server at last; returns the seconds until a picture is analysed."""
        if name == "mute" and self.mute is not None:
            self.mute.close()
        server = RtspServer(port=self.bad[name])
        server.add(f"/{name}", self.clip)
        with server:
            return rig.until(lambda: self.analysed(name) > 0, f"{name} is analysed", 120)


def _place(row: dict[str, Any]) -> tuple[str, ...]:
    return row["camera"], row["zone"] or "", row["hour"]


def _down(rows: Iterable[dict[str, Any]], camera: str) -> dict[str, float]:
    total: dict[str, float] = {}
    for row in rows:
        if row["camera"] == camera and row["zone"] is None:
            for condition, seconds in row["down_s"].items():
                total[condition] = total.get(condition, 0.0) + seconds
    return total


def between(first: dict[str, dict[str, Any]], last: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Frames a second of every camera between two states."""
    return {
        name: (last[name]["analysed"] - first[name]["analysed"]) / (last[name]["at"] - first[name]["at"])
        for name in first.keys() & last.keys()
        if last[name]["at"] > first[name]["at"]
    }


class Fault:
    """Measures while one camera of ``site`` fails; call `over` when its server is well again.

    ``told``: seconds until a picture was analysed again (``back_s``, to a second), the least ratio of the
    other cameras' frames a second to those before, the real gap beside what the ledger added, and how many
    "not monitored" violations began and ended.
    """

    def __init__(self, site: FaultSite, camera: str) -> None:
        self._site, self._camera = site, camera
        self.told: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._down = self._site.down_s(self._camera)
        self._known = {v["event_id"] for v in self._site.unmonitored(self._camera)}
        self._first = rig.states(self._site.folder)
        self._began = time.monotonic()
        self._at = datetime.now(UTC)
        return self

    def over(self) -> None:
        """The server is well again."""
        site, camera = self._site, self._camera
        last = rig.states(site.folder)
        rates = between(self._first, last)
        others = [rates[name] / site.before[name] for name in rates if name != camera]
        seen = last[camera]["analysed"]
        back = rig.until(lambda: site.analysed(camera) > seen, f"{camera} is back", 180, 0.1)
        gap = time.monotonic() - self._began
        capture = (site, self._first[camera]["state"] or {}, rig.states(site.folder)[camera]["state"] or {})
        self.told |= {
            "back_s": round(back, 1),
            "others_least_ratio": round(min(others), 3),
            "own_fps": round(rates.get(camera, 0.0), 2),
            "gap_s": round(gap, 1),
            "connects": capture[2].get("connects", 0) - capture[1].get("connects", 0),
            "corrupt": capture[2].get("corrupt", 0) - capture[1].get("corrupt", 0),
        }

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            return
        site, camera = self._site, self._camera
        # The ledger comes every ten seconds, and an offline camera is well only after the settling time.
        until = time.monotonic() + min(_FLUSH_S, 25.0 + self.told["gap_s"])
        while time.monotonic() < until and any(v["state"] == "open" for v in site.unmonitored(camera)):
            time.sleep(1.0)
        time.sleep(12.0)
        mine = [v for v in site.unmonitored(camera) if v["event_id"] not in self._known]
        down = site.down_s(camera)
        self.told |= {
            "unmonitored_begun": len(mine),
            "unmonitored_ended": sum(v["state"] == "ended" for v in mine),
            "ledger_down_s": {
                name: round(seconds - self._down.get(name, 0.0), 1)
                for name, seconds in down.items()
                if seconds - self._down.get(name, 0.0) > 0.05
            },
        }


def search(site: FaultSite) -> int:
    """In how many files and answers a password stands, in any of the forms in which it travels."""
    forms = set()
    for password in (RIGHT, WRONG, OTHER):
        login = base64.b64encode(f"{USER}:{password}".encode()).decode()
        forms |= {password.encode(), quote(password, safe="").encode(), login.encode()}
    texts = {str(path): path.read_bytes() for path in site.folder.rglob("*") if path.is_file()}
    with site.service.viewer() as client:
        for path in ("violations", "events", "ledger", "cameras", "summary", "openapi.json"):
            texts[path] = client.get(f"/api/v1/{path}").content
    if listens(site.metrics):
        texts["metrics"] = httpx.get(f"http://127.0.0.1:{site.metrics}/metrics").content
    hits = [name for name, text in texts.items() if any(form in text for form in forms)]
    for name in hits:
        rig.say(f"a password stands in {name}")
    return len(hits)
