"""Clips that every test of the RTSP server uses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from siaga.core.clock import ManualClock
from siaga.demo.rtsp import Clip, RtspServer, load_clip
from tests.support.clips import write_clip

FRAMES = 30


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], Path]:
    """MP4 files of 30 pictures at 25 a second with a keyframe every 12, by codec and number of B-frames."""
    folder = tmp_path_factory.mktemp("clips")
    return {
        (codec, b_frames): write_clip(
            folder / f"{codec}-{b_frames}.mp4", frames=FRAMES, codec=codec, b_frames=b_frames
        )
        for codec in ("libx264", "libx265")
        for b_frames in (0, 2)
    }


@pytest.fixture(scope="session")
def clip(clips: dict[tuple[str, int], Path]) -> Clip:
    """The H.264 clip without B-frames."""
    return load_clip(clips["libx264", 0])


@pytest.fixture
def server(clip: Clip) -> Iterator[RtspServer]:
    """A running server with the cameras /fast (100 pictures a second) and /other."""
    with RtspServer() as running:
        # A client on a busy machine may fall far behind: no picture may be left out because of that.
        running.add("/fast", clip, fps_scale=4.0, max_lag=600.0)
        running.add("/other", clip, fps_scale=4.0, max_lag=600.0)
        yield running


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def manual(clip: Clip, clock: ManualClock) -> Iterator[RtspServer]:
    """A running server with the camera /cam (25 pictures a second) whose time moves only when told to."""
    with RtspServer(clock=clock) as running:
        running.add("/cam", clip, first_rtp_time=1000)
        yield running
