"""How many live RTSP cameras one box analyses at 5 frames a second before pictures get old."""

import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from siaga.core.settings.load import Loaded, parse_settings
from siaga.edge.site import SiteState, run_site

AGE_LIMIT_MS = 500
FPS = 5


def site(folder: Path, urls: list[str], model: str) -> Loaded:
    """A site of these cameras, asked for helmets, everything on."""
    cameras = "\n".join(
        f"  cam{index}: {{ffmpeg: {{inputs: [{{path: '{url}'}}]}}, detect: {{fps: {FPS}}}}}"
        for index, url in enumerate(urls)
    )
    return parse_settings(
        f"site: {{name: bench}}\nstate_dir: {folder}\nmodel: {model}\n"
        f"ppe: {{requires: [helmet], repeat_interval: 1h}}\ncameras:\n{cameras}\n"
    )


class _Watch:
    """Collects the states after a warm-up."""

    def __init__(self) -> None:
        self.states: list[tuple[float, SiteState]] = []

    def __call__(self, state: SiteState) -> None:
        if state.engines:
            self.states.append((time.monotonic(), state))


def measure(video: Path, model: str, count: int, *, seconds: float) -> dict[str, Any]:
    """Run ``count`` cameras for ``seconds`` once all are being analysed; frames a second and their age."""
    with tempfile.TemporaryDirectory() as folder, _rtsp(video, count) as urls:
        watch, stop = _Watch(), threading.Event()
        thread = threading.Thread(
            target=run_site, args=(site(Path(folder) / "edge", urls, model), stop), kwargs={"on_state": watch}
        )
        thread.start()
        _await_all(watch, count)
        # The ages kept are those of the last minute of pictures: let the start leave them.
        time.sleep(seconds)
        stop.set()
        thread.join()
        return _summary(watch, count, seconds)


def _cameras(state: SiteState) -> dict[str, dict[str, Any]]:
    return {name: camera for engine in state.engines for name, camera in engine["cameras"].items()}


def _await_all(watch: _Watch, count: int) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        cameras = _cameras(watch.states[-1][1]) if watch.states else {}
        if len(cameras) == count and all(camera["analysed"] > 10 for camera in cameras.values()):
            watch.states.clear()
            return
        time.sleep(0.2)
    raise RuntimeError(f"{count} cameras did not start within two minutes")


def _summary(watch: _Watch, count: int, seconds: float) -> dict[str, Any]:
    first, last = watch.states[0][1], watch.states[-1][1]
    before, after = _cameras(first), _cameras(last)
    span = {engine["engine"]: engine["at"] for engine in last.engines}
    began = {engine["engine"]: engine["at"] for engine in first.engines}
    elapsed = min((span[name] - began[name] for name in span), default=seconds) or seconds
    fps = [(after[name]["analysed"] - before[name]["analysed"]) / elapsed for name in after]
    ages = [camera["age_p95_ms"] for camera in after.values()]
    return {
        "cameras": count,
        "fps_least": round(min(fps), 2),
        "age_p95_ms_worst": max(ages),
        "overwritten": sum(after[name]["overwritten"] - before[name]["overwritten"] for name in after),
        "fits": min(fps) >= 0.9 * FPS and max(ages) <= AGE_LIMIT_MS,
    }


class _rtsp:  # noqa: N801 (a context manager, used like a function)
    """The cameras, in a process of their own."""

    def __init__(self, video: Path, count: int) -> None:
        self._command = [sys.executable, "-m", "siaga.demo.rtsp", "--port", "0"]
        self._command += [f"cam{index}={video}" for index in range(count)]
        self._count = count

    def __enter__(self) -> list[str]:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        urls = []
        for line in self._process.stdout:
            urls += [word for word in line.split() if word.startswith("rtsp://")]
            if len(urls) == self._count:
                return urls
        raise RuntimeError("the RTSP server did not start")

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
