"""Programs from outside Python that some tests need; without one, a test skips and says what to install."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import pytest

SystemName = Literal["mosquitto", "chromium", "gst-rtsp-server", "postgresql"]

SYSTEM_PYTHON = "/usr/bin/python3"
GST_SCRIPT = Path(__file__).with_name("gst_rtsp.py")

_GST_PACKAGES = (
    "python3-gi gir1.2-gst-rtsp-server-1.0 gir1.2-gst-plugins-base-1.0 gstreamer1.0-plugins-base"
    " gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly"
)
_GST_PROBE = """
import sys, gi
for name in ("Gst", "GstApp", "GstRtsp", "GstRtspServer"):
    gi.require_version(name, "1.0")
from gi.repository import Gst, GstApp, GstRtspServer
Gst.init(None)
needed = "qtdemux matroskademux h264parse h265parse rtph264pay rtph265pay appsrc appsink".split()
sys.exit(any(Gst.ElementFactory.find(name) is None for name in needed))
"""


@dataclass(frozen=True)
class _System:
    find: Callable[[], str | None]
    packages: str


def _which(*names: str) -> Callable[[], str | None]:
    # Debian keeps servers in sbin, which is not on everybody's PATH.
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
    return lambda: next((found for name in names if (found := shutil.which(name, path=path))), None)


@cache
def _find_gst() -> str | None:
    if not Path(SYSTEM_PYTHON).exists():
        return None
    probe = subprocess.run([SYSTEM_PYTHON, "-c", _GST_PROBE], capture_output=True, timeout=60)
    return SYSTEM_PYTHON if probe.returncode == 0 else None


def _find_postgresql() -> str | None:
    # Debian keeps the server's programs out of everybody's PATH.
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4])
    )
    return str(installed[-1]) if installed else _which("postgres")()


_SYSTEMS: dict[SystemName, _System] = {
    "mosquitto": _System(_which("mosquitto"), "mosquitto"),
    "chromium": _System(_which("chromium", "chromium-browser", "google-chrome"), "chromium"),
    "gst-rtsp-server": _System(_find_gst, _GST_PACKAGES),
    "postgresql": _System(_find_postgresql, "postgresql"),
}


def require_system(name: SystemName) -> str:
    """Path of the program (for gst-rtsp-server: of the Python that has its bindings), or skip the test."""
    system = _SYSTEMS[name]
    found = system.find()
    if found is None:
        pytest.skip(f"{name} is not installed; to run this: sudo apt-get install {system.packages}")
    return found


@contextmanager
def gst_server(file: Path, *options: str, password: str = "") -> Iterator[list[str]]:
    """Run the independent RTSP server (see gst_rtsp.py for the options); yields the cameras' addresses.

    Skips the test where gst-rtsp-server is not installed. ``password`` goes with ``--auth basic|digest``,
    for the user ``camera``.
    """
    python = require_system("gst-rtsp-server")
    cameras = int(options[options.index("--cameras") + 1]) if "--cameras" in options else 1
    process = subprocess.Popen(
        [python, str(GST_SCRIPT), str(file), *options],
        stdout=subprocess.PIPE,
        text=True,
        env={
            "PATH": os.environ.get("PATH", ""),
            "HOME": os.environ.get("HOME", "/"),
            "CAMERA_PASSWORD": password,
        },
    )
    with process:
        try:
            assert process.stdout is not None
            yield [process.stdout.readline().strip() for _ in range(cameras)]
        finally:
            process.kill()
