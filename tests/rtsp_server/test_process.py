"""The cameras as a process of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.rtsp_client import RawClient, watch

pytestmark = pytest.mark.timeout(90)

WORD = "correct-horse"


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "siaga.demo.rtsp", *map(str, arguments)]


@contextmanager
def running(
    *arguments: str | Path, urls: int, **environment: str
) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    process = subprocess.Popen(
        command(*arguments, "--port", "0"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    with process:
        try:
            assert process.stdout is not None
            yield process, [process.stdout.readline().strip() for _ in range(urls)]
        finally:
            process.kill()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_its_addresses_and_ends_when_told(clips: dict[tuple[str, int], Path], ending: int) -> None:
    h264, h265 = clips["libx264", 0], clips["libx265", 0]
    with running(h264, f"east={h265}", "--fps-scale", "4", urls=2) as (process, urls):
        assert [url.rpartition("/")[2] for url in urls] == ["libx264-0", "east"]
        for url in urls:
            assert [seen.number for seen in watch(url, 3)] == [0, 1, 2]
        process.send_signal(ending)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "", "")


def test_a_login_never_shows(clips: dict[tuple[str, int], Path]) -> None:
    arguments = (clips["libx264", 0], "--user", "guard", "--password-env", "CAMERA_WORD")
    with running(*arguments, urls=1, CAMERA_WORD=WORD) as (process, urls):
        assert len(watch(urls[0].replace("rtsp://", f"rtsp://guard:{WORD}@"), 3)) == 3
        process.terminate()
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert WORD not in "".join((*urls, out, err))


def test_stopped_and_continued(clips: dict[tuple[str, int], Path]) -> None:
    with running(clips["libx264", 0], urls=1) as (process, urls), RawClient(urls[0]) as client:
        client.play()
        next(client.packets())
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        process.send_signal(signal.SIGCONT)
        assert client.ask("GET_PARAMETER").code == 200
        assert next(client.packets()).data


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["missing.mp4"], 3, "No such file"),
        (["CLIP", "CLIP"], 2, "own path"),
        (["CLIP", "--user", "guard"], 2, "belong together"),
        (["CLIP", "--user", "guard", "--password-env", "SIAGA_NO_SUCH"], 2, "SIAGA_NO_SUCH"),
        (["CLIP", "--fps-scale", "0"], 2, "greater than 0"),
    ],
)
def test_mistakes_are_named(
    clips: dict[tuple[str, int], Path], arguments: list[str], code: int, message: str
) -> None:
    clip = str(clips["libx264", 0])
    given = [clip if argument == "CLIP" else argument for argument in arguments]
    done = subprocess.run(command(*given, "--port", "0"), capture_output=True, text=True, timeout=60)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
