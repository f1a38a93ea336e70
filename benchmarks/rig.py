"""Processes that the endurance runs start, watch and kill: cameras, the edge and the service."""

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx
import psutil

_SLOW_S = 180.0
"""How long a process may take to start on a box that has other things to do."""
_QUIET = {"PYTHONWARNINGS": "ignore"}


def siaga() -> list[str]:
    """The command as a user starts it."""
    script = Path(sys.executable).with_name("siaga")
    return [str(script)] if script.exists() else [sys.executable, "-c", "from siaga.cli import main; main()"]


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def say(text: str) -> None:
    """A line of progress, with the time."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


@dataclass
class Program:
    """A program in a process group of its own, with all that it prints in a file.

    Args:
        command: Program and arguments.
        log: Standard output and error are added here; a restart goes on in the same file.
        env: Beside the environment of this process.
    """

    command: list[str]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it; returns at once."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **_QUIET, **self.env},
                start_new_session=True,
            )
        return self

    @property
    def running(self) -> bool:
        """Whether it is there."""
        return self.process is not None and self.process.poll() is None

    def signal(self, number: int) -> None:
        """Send a signal to the whole group."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """End the whole group now, as a power cut would."""
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def stop(self, patience: float = _SLOW_S) -> int:
        """Ask it to finish; returns the exit code, -9 when it had to be killed."""
        if self.process is None:
            return 0
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            return -signal.SIGKILL

    def family(self) -> list[psutil.Process]:
        """The process and its children; empty when it has ended."""
        try:
            root = psutil.Process(self.process.pid) if self.process else None
            return [root, *root.children(recursive=True)] if root else []
        except psutil.NoSuchProcess:
            return []

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.running:
            self.signal(signal.SIGCONT)
            self.stop(30.0)
        self.kill()


def alive(process: psutil.Process) -> bool:
    """Whether it still runs; a dead child that nobody has reaped does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def cameras(log: Path, port: int, videos: Mapping[str, Path], password: str = "") -> Program:
    """An RTSP server with a camera per name, in a process of its own; with a password it asks for a login."""
    command = [sys.executable, "-m", "siaga.demo.rtsp", "--port", str(port)]
    if password:
        command += ["--user", "viewer", "--password-env", "BENCH_CAMERA_PASSWORD"]
    command += [f"{name}={video}" for name, video in videos.items()]
    return Program(command, log, {"BENCH_CAMERA_PASSWORD": password})


def edge(folder: Path, config: Path, **env: str) -> Program:
    """The edge on ``config``; sockets and states lie in ``folder/tmp``, the log in ``folder/edge.log``."""
    (folder / "tmp").mkdir(exist_ok=True)
    command = [*siaga(), "run", str(config), "--json-logs"]
    return Program(command, folder / "edge.log", {"TMPDIR": str(folder / "tmp"), **env})


def clear_leftovers(folder: Path) -> int:
    """Remove the runtime folders of edges that were killed; returns how many there were. See `edge`."""
    left = list((folder / "tmp").glob("siaga-*"))
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    return len(left)


@dataclass(frozen=True)
class Service:
    """The service on a port that stays the same over restarts."""

    folder: Path
    port: int
    program: Program

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self) -> Path:
        """The file with the device's token."""
        return self.folder / "device.token"

    def viewer(self) -> httpx.Client:
        """A client that may read."""
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.key()}"}, timeout=60)

    def key(self) -> str:
        """An API token of the first user, who is set up when it is asked for the first time."""
        kept = self.folder.parent / "service.api-token"
        if not kept.exists():
            token = (self.folder / "setup.link").read_text().strip().split("token=")[1]
            owner = {"token": token, "login": "bench", "name": "Bench", "password": secrets.token_urlsafe()}
            with httpx.Client(base_url=self.url, timeout=60) as browser:
                session = browser.post("/api/v1/links", json=owner).raise_for_status().json()
                headers = {"X-CSRF-Token": session["csrf_token"]}
                made = browser.post("/api/v1/tokens", json={"name": "bench"}, headers=headers)
                kept.write_text(made.raise_for_status().json()["secret"])
        return kept.read_text()

    def await_ready(self) -> None:
        """Return when it takes requests."""

        def answers() -> bool:
            with contextlib.suppress(httpx.HTTPError):
                return httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200
            return False

        until(answers, "the service answers")

    def violations(self) -> list[dict[str, Any]]:
        """All violations, newest first."""
        return self._all("/api/v1/violations")

    def records(self) -> list[dict[str, Any]]:
        """All records, newest receipt first."""
        return self._all("/api/v1/events")

    def _all(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        params: dict[str, Any] = {"limit": 200}
        with self.viewer() as client:
            while True:
                answer = client.get(path, params=params)
                answer.raise_for_status()
                page = answer.json()
                found += page["items"]
                if page["next_cursor"] is None:
                    return found
                params["cursor"] = page["next_cursor"]


def service(folder: Path) -> Service:
    """The service, not started yet."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [*siaga(), "serve", "--data", str(folder), "--port", str(port), "--shared-token"]
    return Service(folder, port, Program(command, folder.parent / "service.log"))


def until(what: Any, why: str, seconds: float = _SLOW_S, every: float = 0.25) -> float:
    """Wait until ``what()`` holds; returns after how many seconds.

    Raises:
        TimeoutError: It never did.
    """
    began = time.monotonic()
    while not what():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"waited {seconds:.0f} s in vain: {why}")
        time.sleep(every)
    return time.monotonic() - began


def states(folder: Path) -> dict[str, dict[str, Any]]:
    """What the engines last said of each camera (``at``: monotonic seconds of it); see `edge`."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted((folder / "tmp").glob("siaga-*/engine*.json"), key=_written):
        state = _read(path)
        found |= {name: camera | {"at": state["at"]} for name, camera in state.get("cameras", {}).items()}
    return found


def delivery(folder: Path) -> dict[str, Any]:
    """What the delivery process last said."""
    paths = sorted((folder / "tmp").glob("siaga-*/delivery.json"), key=_written)
    return _read(paths[-1]) if paths else {}


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _read(path: Path) -> dict[str, Any]:
    try:
        state = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def log_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a JSON log; what is no JSON comes as ``{"raw": line}``."""
    if not path.exists():
        return
    for line in path.read_text(errors="replace").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        yield entry if isinstance(entry, dict) else {"raw": line}
