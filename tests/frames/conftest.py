"""Clips and cameras for the tests of frames."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from siaga.core.clock import SystemClock
from siaga.core.settings import StreamUrl
from siaga.demo.rtsp import Login, RtspServer
from siaga.frames import Capture, Picture, VideoSource, open_source
from tests.support.clips import Encoder, Rgb, write_clip

PASSWORD = "p@ss/w:r?d#1&x"
SIZE = (320, 180)


def busy(rgb: Rgb, index: int) -> None:
    """Texture that moves, so that packets have some size and damage shows."""
    rows, columns = np.indices(rgb.shape[:2])
    rgb[:] = ((rows * 3 + columns * 2 + index * 5) % 251)[..., None]
    rgb[90:150, 40 + index : 100 + index] = np.random.default_rng(index).integers(0, 255, (60, 60, 3))


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[Encoder, int], Path]:
    """MP4 files of 50 pictures at 25 a second, a keyframe every 12, by encoder and number of B-frames."""
    folder = tmp_path_factory.mktemp("clips")
    encoders: tuple[Encoder, ...] = ("libx264", "libx265")
    return {
        (codec, b_frames): write_clip(folder / f"{codec}-{b_frames}.mp4", codec=codec, b_frames=b_frames)
        for codec in encoders
        for b_frames in (0, 2)
    }


@pytest.fixture(scope="session")
def busy_clips(tmp_path_factory: pytest.TempPathFactory) -> dict[Encoder, Path]:
    """MP4 files of 100 busy pictures, a keyframe every 20, by encoder."""
    folder = tmp_path_factory.mktemp("busy")
    encoders: tuple[Encoder, ...] = ("libx264", "libx265")
    return {
        codec: write_clip(folder / f"{codec}.mp4", frames=100, gop=20, codec=codec, painter=busy)
        for codec in encoders
    }


@pytest.fixture
def camera(clips: dict[tuple[Encoder, int], Path]) -> Iterator[RtspServer]:
    """A camera /h264 and one /h265 behind a login, 50 pictures a second."""
    with RtspServer(login=Login("operator", PASSWORD)) as server:
        server.add("/h264", clips["libx264", 0], fps_scale=2.0)
        server.add("/h265", clips["libx265", 0], fps_scale=2.0)
        yield server


def open_file(path: Path) -> VideoSource:
    return open_source(StreamUrl(f"file:{path}"), clock=SystemClock())


def pictures(source: VideoSource, fps: float = 1000.0) -> list[Picture]:
    """All pictures at full size."""
    return list(Capture(source, fps=fps, analysis_size=lambda size: size, clock=SystemClock()))
