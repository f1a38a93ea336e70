"""Clips as a camera sends them: the right codec, keyframes, bitrate, and the same bytes each time."""

from pathlib import Path

import av
import numpy as np
import pytest

from siaga.core.errors import StorageError
from siaga.sim.encode import Codec, encode_clip, through_codec


def pictures(count: int = 25) -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    ground = rng.integers(60, 160, (90, 160, 3), np.uint8).repeat(2, 0).repeat(2, 1)
    made = []
    for index in range(count):
        picture = ground.copy()
        picture[40:90, 10 + 4 * index : 40 + 4 * index] = (230, 120, 20)
        made.append(picture)
    return made


@pytest.mark.parametrize(("codec", "name"), [("h264", "h264"), ("h265", "hevc")])
def test_a_clip_is_what_a_camera_sends(tmp_path: Path, codec: Codec, name: str) -> None:
    path = tmp_path / "clip.mp4"
    assert encode_clip(path, pictures(), fps=10, codec=codec, kbps=300) == 25
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == name
        assert (stream.width, stream.height, stream.average_rate) == (320, 180, 10)
        packets = [packet for packet in container.demux(stream) if packet.pts is not None]
        step = packets[1].pts - packets[0].pts
        assert [packet.pts // step for packet in packets if packet.is_keyframe] == [0, 20]
        assert all(packet.pts == packet.dts for packet in packets), "no B-frames"
    assert [file.name for file in tmp_path.iterdir()] == ["clip.mp4"]


def test_the_bitrate_is_held(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (40, 90, 160, 3), np.uint8)
    sizes = []
    for kbps in (200, 800):
        encode_clip(tmp_path / "clip.mp4", noise, fps=10, kbps=kbps)
        sizes.append((tmp_path / "clip.mp4").stat().st_size * 8 / 4 / 1000)
    assert 120 < sizes[0] < 300
    assert 500 < sizes[1] < 1200


def test_the_same_pictures_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        encode_clip(tmp_path / name, pictures(), fps=10, kbps=300)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_a_clip_without_pictures_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no pictures"):
        encode_clip(tmp_path / "clip.mp4", [], fps=10, kbps=300)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="nowhere"):
        encode_clip(tmp_path / "nowhere" / "clip.mp4", pictures(2), fps=10, kbps=300)


def test_a_still_goes_through_the_codec() -> None:
    picture = pictures(3)[-1]
    rich, poor = (through_codec(picture, fps=10, codec="h264", kbps=kbps).astype(int) for kbps in (4000, 60))
    assert rich.shape == picture.shape
    lost = [float(np.abs(version - picture).mean()) for version in (rich, poor)]
    assert 0.3 < lost[0] < lost[1]
    assert lost[0] < 20
