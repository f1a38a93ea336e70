"""The independent RTSP server that other tests use, and what they say where it is missing."""

from pathlib import Path

import av
import pytest

from tests.support import system
from tests.support.clips import Encoder, write_clip
from tests.support.rtsp_client import RawClient, watch

pytestmark = pytest.mark.timeout(120)


@pytest.mark.system
@pytest.mark.parametrize(("encoder", "codec"), [("libx264", "h264"), ("libx265", "h265")])
@pytest.mark.parametrize(("suffix", "b_frames"), [(".mp4", 0), (".mkv", 2)])
def test_gst_rtsp_server_loops(
    tmp_path: Path, encoder: Encoder, codec: str, suffix: str, b_frames: int
) -> None:
    clip = write_clip(tmp_path / f"clip{suffix}", frames=30, codec=encoder, b_frames=b_frames)
    with system.gst_server(clip, "--codec", codec, "--cameras", "2") as urls:
        assert [url.rpartition("/")[2] for url in urls] == ["cam0", "cam1"]
        numbers = [seen.number for seen in watch(urls[1], 70)]
    assert numbers[0] is not None
    assert numbers == [(numbers[0] + step) % 30 for step in range(70)]


@pytest.mark.system
@pytest.mark.parametrize("scheme", ["basic", "digest"])
def test_gst_rtsp_server_asks_for_a_login(clips: dict[tuple[str, int], Path], scheme: str) -> None:
    word = "correct-horse"
    with system.gst_server(clips["libx264", 0], "--auth", scheme, password=word) as [url]:
        assert len(watch(url.replace("rtsp://", f"rtsp://camera:{word}@"), 3)) == 3
        with RawClient(url) as client:
            reply = client.ask("DESCRIBE")
        assert reply.code == 401
        assert reply.headers["www-authenticate"].lower().startswith(scheme)
        with pytest.raises(av.error.HTTPUnauthorizedError):
            watch(url.replace("rtsp://", "rtsp://camera:wrong@"), 1)


@pytest.mark.parametrize("name", ["mosquitto", "chromium", "gst-rtsp-server"])
def test_a_missing_program_skips_by_name(monkeypatch: pytest.MonkeyPatch, name: system.SystemName) -> None:
    packages = system._SYSTEMS[name].packages
    monkeypatch.setitem(system._SYSTEMS, name, system._System(lambda: None, packages))
    with pytest.raises(pytest.skip.Exception, match=f"{name} is not installed.*apt-get install {packages}"):
        system.require_system(name)
