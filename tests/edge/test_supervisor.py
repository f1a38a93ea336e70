"""The supervisor restarts what crashes, kills what hangs, leaves the rest alone, and waits for every end."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from siaga.core.clock import SystemClock
from siaga.edge.supervisor import Job, Supervisor
from tests.edge import jobs


def _supervisor(*wanted: Job) -> Supervisor:
    return Supervisor(list(wanted), SystemClock(), random.Random(1), secrets=("hunter22",))


def _until(supervisor: Supervisor, what: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, supervisor.states()
        supervisor.tick()
        time.sleep(0.05)


def _pids(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().splitlines()] if path.exists() else []


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_crashes_and_what_hangs_is_restarted_and_the_rest_left_alone(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    supervisor = _supervisor(
        Job("good", jobs.beats, (tmp_path,)),
        Job("bad", jobs.crashes, (tmp_path,)),
        Job("hung", jobs.hangs, (tmp_path,), patience=1.0),
    )
    supervisor.start()
    try:
        _until(supervisor, lambda: len(_pids(tmp_path / "bad")) >= 3 and len(_pids(tmp_path / "hung")) >= 2)
    finally:
        supervisor.stop()
    assert len(_pids(tmp_path / "good")) == 1
    assert len(_pids(tmp_path / "good.ended")) == 1
    everybody = [pid for name in ("good", "bad", "hung") for pid in _pids(tmp_path / name)]
    assert not any(_alive(pid) for pid in everybody)
    said = "".join(capfd.readouterr())
    assert "no right to" in said
    assert "hunter22" not in said


def test_stages_end_one_after_the_other(tmp_path: Path) -> None:
    supervisor = _supervisor(
        Job("low", jobs.beats, (tmp_path,), stage=0), Job("high", jobs.beats, (tmp_path,), stage=1)
    )
    supervisor.start()
    _until(supervisor, lambda: bool(_pids(tmp_path / "low")) and bool(_pids(tmp_path / "high")))
    supervisor.stop()
    ended = {name: (tmp_path / f"{name}.ended").stat().st_mtime_ns for name in ("low", "high")}
    assert ended["high"] < ended["low"]


def test_children_do_not_outlive_a_killed_supervisor(tmp_path: Path) -> None:
    code = (
        "import random, sys, time\n"
        "from pathlib import Path\n"
        "from siaga.core.clock import SystemClock\n"
        "from siaga.edge.supervisor import Job, Supervisor\n"
        "from tests.edge import jobs\n"
        "if __name__ == '__main__':\n"
        "    supervisor = Supervisor(\n"
        "        [Job('good', jobs.beats, (Path(sys.argv[1]),))], SystemClock(), random.Random(1)\n"
        "    )\n"
        "    supervisor.start()\n"
        "    while True:\n"
        "        time.sleep(1)\n"
    )
    script = tmp_path / "main.py"
    script.write_text(code)
    root = Path(__file__).resolve().parents[2]
    parent = subprocess.Popen([sys.executable, str(script), str(tmp_path)], cwd=root, env=_with_path(root))
    end = time.monotonic() + 60
    while not _pids(tmp_path / "good") and time.monotonic() < end:
        time.sleep(0.05)
    (child,) = _pids(tmp_path / "good")
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    end = time.monotonic() + 10
    while _alive(child) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _alive(child)


def _with_path(root: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(root)}
