"""Cameras over RTSP on loopback: what arrives, and what is said when it does not."""

import socket
import time
import traceback
from collections.abc import Callable
from itertools import pairwise
from urllib.parse import quote

import pytest

from siaga.core.clock import SystemClock
from siaga.core.errors import SourceEnded, SourceError, SourceRefused, SourceStalled, SourceUnavailable
from siaga.core.settings import StreamUrl
from siaga.demo.rtsp import RtspServer
from siaga.frames import Capture, PacketRing, Picture, VideoSource, open_source, probe
from tests.frames.conftest import PASSWORD
from tests.support.clips import read_frame_number

CLOCK = SystemClock()


def url(server: RtspServer, path: str, password: str = PASSWORD, user: str = "operator") -> StreamUrl:
    host = server.url(path).removeprefix("rtsp://")
    return StreamUrl(f"rtsp://{user}:{quote(password, safe='')}@{host}")


def connect(address: StreamUrl, timeout: float = 5.0) -> VideoSource:
    return open_source(address, clock=CLOCK, timeout=timeout)


def capture(source: VideoSource, ring: PacketRing | None = None) -> Capture:
    return Capture(source, fps=1000, analysis_size=(320, 180), ring=ring, clock=CLOCK)


def watch(frames: Capture, count: int, then: Callable[[], None]) -> list[Picture]:
    """Take ``count`` pictures, do ``then``, and go on until the source raises."""
    seen: list[Picture] = []
    for picture in frames:
        seen.append(picture)
        if len(seen) == count:
            then()
    return seen


@pytest.mark.parametrize(("path", "codec"), [("/h264", "h264"), ("/h265", "hevc")])
def test_pictures_arrive_in_order_with_their_times(camera: RtspServer, path: str, codec: str) -> None:
    ring = PacketRing(60, 10**7)
    with connect(url(camera, path)) as source:
        assert (source.info.codec, source.info.size, source.info.live) == (codec, (320, 180), True)
        frames = capture(source, ring)
        seen = [picture for picture, _ in zip(frames, range(40), strict=False)]
    numbers = [read_frame_number(picture.rgb) for picture in seen]
    assert numbers == [(numbers[0] + index) % 50 for index in range(40)]
    assert seen[0].pts == 0.0
    steps = [late.pts - early.pts for early, late in pairwise(seen)]
    assert steps == pytest.approx([0.02] * 39, abs=0.001)
    assert all(early.t <= late.t for early, late in pairwise(seen))
    assert abs(seen[-1].t - CLOCK.monotonic()) < 60
    cut = ring.slice(0.2, 0.5, 0)
    assert cut is not None
    assert cut.packets[0].keyframe
    assert (cut.codec, cut.size) == (codec, (320, 180))


def test_the_camera_clock_is_known_from_its_reports(camera: RtspServer) -> None:
    with connect(url(camera, "/h264")) as source:
        next(iter(capture(source)))
        assert source.clock_offset == pytest.approx(0.0, abs=30)


@pytest.mark.parametrize("password", ["wrong/@p:w?", "Zx%41&q=1 #", "äöü-passwort"])
def test_a_wrong_password_is_refused_and_appears_nowhere(camera: RtspServer, password: str) -> None:
    with pytest.raises(SourceRefused) as caught:
        connect(url(camera, "/h264", password))
    assert caught.value.fix is not None
    _says_nothing(caught.value, password)


def test_a_password_with_unencoded_characters_appears_nowhere() -> None:
    parts = ["ha", "lf/w", "ay@th", "ere"]
    with pytest.raises(SourceError) as caught:
        connect(StreamUrl(f"rtsp://operator:{''.join(parts)}@127.0.0.1:1/h264"))
    for secret in ("half", "way", "there"):
        assert secret not in _all_text(caught.value)


def test_no_such_camera(camera: RtspServer) -> None:
    with pytest.raises(SourceUnavailable, match="path") as caught:
        connect(url(camera, "/none"))
    _says_nothing(caught.value, PASSWORD)


def test_nobody_listens() -> None:
    with pytest.raises(SourceUnavailable, match="ECONNREFUSED") as caught:
        connect(StreamUrl(f"rtsp://operator:{quote(PASSWORD, safe='')}@127.0.0.1:1/h264"))
    _says_nothing(caught.value, PASSWORD)


def test_a_host_that_takes_the_connection_and_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = StreamUrl(f"rtsp://127.0.0.1:{mute.getsockname()[1]}/cam")
        with pytest.raises(SourceUnavailable, match=r"within 0\.5 s"):
            connect(address, timeout=0.5)


def test_a_frozen_camera_counts_as_stalled(camera: RtspServer) -> None:
    with connect(url(camera, "/h264"), timeout=0.5) as source:
        frames = capture(source)
        with pytest.raises(SourceStalled) as caught:
            watch(frames, 5, camera.mounts["/h264"].faults.freeze)
    _says_nothing(caught.value, PASSWORD)


def test_a_server_that_hangs_altogether_counts_as_stalled(camera: RtspServer) -> None:
    hung = time.sleep
    with connect(url(camera, "/h264"), timeout=0.5) as source:
        frames = capture(source)
        with pytest.raises(SourceStalled):
            watch(frames, 5, lambda: camera._call_soon(lambda: hung(4)))


@pytest.mark.parametrize("how", ["drop", "stop"])
def test_a_stream_that_stops_without_a_word_has_ended(camera: RtspServer, how: str) -> None:
    actions = {"drop": camera.mounts["/h265"].faults.drop_all, "stop": camera.stop}
    with connect(url(camera, "/h265")) as source:
        frames = capture(source)
        with pytest.raises(SourceEnded) as caught:
            watch(frames, 5, actions[how])
    _says_nothing(caught.value, PASSWORD)


def test_a_camera_whose_clock_jumps_goes_on_in_order(camera: RtspServer) -> None:
    faults = camera.mounts["/h264"].faults
    ring = PacketRing(60, 10**7)
    seen: list[Picture] = []
    with connect(url(camera, "/h264")) as source:
        for picture in capture(source, ring):
            seen.append(picture)
            if len(seen) in (20, 60):
                faults.clock_jump(-500.0 if len(seen) == 20 else 3000.0)
            if len(seen) == 100:
                break
    steps = [late.pts - early.pts for early, late in pairwise(seen)]
    assert min(steps) > 0
    assert seen[-1].pts < 60
    assert [packet.dts for packet in ring] == sorted(packet.dts for packet in ring)


def test_probe_measures_what_a_camera_sends(camera: RtspServer) -> None:
    report = probe(url(camera, "/h265"), seconds=1.0, clock=CLOCK)
    assert (report.codec, report.size, report.still.shape) == ("hevc", (320, 180), (180, 320, 3))
    assert report.fps == pytest.approx(50, rel=0.05)
    # Groups of twelve pictures, and of two at the loop's end.
    assert report.keyframe_seconds == pytest.approx(12 / 50, abs=0.001)
    assert report.bits_per_second > 0
    assert report.corrupt == 0
    assert "***" in report.address
    assert 0 <= read_frame_number(report.still) < 50


def _says_nothing(error: BaseException, secret: str) -> None:
    text = _all_text(error)
    assert secret not in text
    assert quote(secret, safe="") not in text
    assert error.__context__ is None


def _all_text(error: BaseException) -> str:
    return f"{error} {error!r} {error.__dict__} {''.join(traceback.format_exception_only(error))}"
