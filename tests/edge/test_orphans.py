"""No child of the edge lives on when its supervisor was killed, however early."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.edge.site import model_that_sees_in_bright_pictures

_EDGE = "import sys; from siaga.cli import main; main()"
_EDGE_THAT_DIES_EARLY = """
import os, signal, sys
from multiprocessing.context import SpawnProcess
from siaga.cli import main

start = SpawnProcess.start

def start_and_die(process):
    start(process)
    print(process.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

SpawnProcess.start = start_and_die
main()
"""
_PATIENCE_S = 60


def _children(process: psutil.Process) -> list[psutil.Process]:
    return [child for child in process.children(recursive=True) if _is_spawned(child)]


def _is_spawned(process: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return False


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _config(folder: Path) -> Path:
    path = folder / "site.yaml"
    path.write_text(
        f"state_dir: {folder / 'edge'}\nmodel: {model_that_sees_in_bright_pictures(folder)}\n"
        "cameras: {gate: {ffmpeg: {inputs: [{path: 'rtsp://127.0.0.1:9/gate'}]}}}\n"
    )
    return path


@pytest.mark.parametrize("least", [1, 3], ids=["while-preparing", "while-starting"])
def test_children_follow_a_killed_supervisor(tmp_path: Path, least: int) -> None:
    edge = subprocess.Popen(
        [sys.executable, "-c", _EDGE, "run", str(_config(tmp_path))], stderr=subprocess.DEVNULL
    )
    children: list[psutil.Process] = []
    try:
        seen = psutil.Process(edge.pid)
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until and len(children := _children(seen)) < least:
            time.sleep(0.02)
        assert len(children) >= least
        os.kill(edge.pid, signal.SIGKILL)
        edge.wait()
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until and any(_lives(child) for child in children):
            time.sleep(0.02)
        assert [child for child in children if _lives(child)] == []
    finally:
        edge.kill()
        for child in children:
            if child.is_running():
                child.kill()


def test_a_child_that_got_no_task_yet_follows_too(tmp_path: Path) -> None:
    said = tmp_path / "said.txt"
    with said.open("w") as file:
        edge = subprocess.run(
            [sys.executable, "-c", _EDGE_THAT_DIES_EARLY, "run", str(_config(tmp_path))],
            stdout=file,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    assert edge.returncode == -signal.SIGKILL
    child = int(said.read_text())
    try:
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until and psutil.pid_exists(child):
            time.sleep(0.02)
        assert not psutil.pid_exists(child)
    finally:
        if psutil.pid_exists(child):
            os.kill(child, signal.SIGKILL)
