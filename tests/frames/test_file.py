"""Files: which pictures come out, and what is said of files that are none."""

import contextlib
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import numpy as np
import pytest

from siaga.core.clock import ManualClock, SystemClock
from siaga.core.errors import SourceInvalid, SourceUnavailable
from siaga.core.geometry import Polygon
from siaga.core.settings import StreamUrl
from siaga.frames import Capture, PacketRing, VideoSource, open_source, picture_to_frame
from tests.frames.conftest import open_file, pictures
from tests.support.clips import Encoder, read_frame_number, write_clip

Clips = dict[tuple[Encoder, int], Path]


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
@pytest.mark.parametrize("b_frames", [0, 2])
def test_five_a_second_are_every_fifth_picture(clips: Clips, codec: Encoder, b_frames: int) -> None:
    with open_file(clips[codec, b_frames]) as source:
        seen = pictures(source, fps=5)
    assert [read_frame_number(picture.rgb) for picture in seen] == [0, 5, 10, 15, 20, 25, 30, 35, 40, 45]
    assert [round(picture.pts, 6) for picture in seen] == [round(index / 5, 6) for index in range(10)]
    assert [picture.t for picture in seen] == [picture.pts for picture in seen]


def test_every_picture_comes_when_more_are_asked_for_than_there_are(clips: Clips) -> None:
    with open_file(clips["libx264", 2]) as source:
        assert [read_frame_number(picture.rgb) for picture in pictures(source)] == list(range(50))


def test_sampling_at_a_rate_that_does_not_divide_keeps_its_pace(clips: Clips) -> None:
    with open_file(clips["libx264", 0]) as source:
        numbers = [read_frame_number(picture.rgb) for picture in pictures(source, fps=10)]
    assert numbers == [0, 3, 5, 8, 10, 13, 15, 18, 20, 23, 25, 28, 30, 33, 35, 38, 40, 43, 45, 48]


def test_wall_time_of_a_file_counts_from_the_start_given(clips: Clips) -> None:
    start = datetime(2026, 3, 1, 8, tzinfo=UTC)
    url = StreamUrl(f"file:{clips['libx264', 2]}")
    with open_source(url, clock=ManualClock(), start_utc=start) as source:
        seen = pictures(source, fps=1)
    assert [picture.utc for picture in seen] == [start, start + timedelta(seconds=1)]


def test_small_and_full_picture_show_the_same(clips: Clips) -> None:
    clock = SystemClock()
    with open_file(clips["libx264", 0]) as source:
        capture = Capture(source, fps=5, analysis_size=(161, 91), clock=clock)
        picture = next(iter(capture))
        frame = picture_to_frame(picture, "gate", 1)
        full = frame.full()
    assert frame.rgb.shape == (90, 160, 3)
    assert not frame.rgb.flags.writeable
    assert full is not None
    assert full.shape == (180, 320, 3)
    small = full.reshape(90, 2, 160, 2, 3).mean((1, 3))
    assert np.abs(small - frame.rgb).mean() < 4
    # The square of the clip is red: a swap of colours would show.
    red, _, blue = full[75, 20].astype(int)
    assert red > blue + 100


@pytest.mark.parametrize("pixel_format", ["yuvj420p", "yuv444p", "yuv420p"])
def test_full_range_and_other_formats_look_as_they_should(tmp_path: Path, pixel_format: str) -> None:
    colour = (200, 60, 30)
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg" if pixel_format == "yuvj420p" else "libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = 66, 50, pixel_format
        rgb = np.full((50, 66, 3), colour, np.uint8)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        container.mux(stream.encode(None))
    with open_file(path) as source:
        (picture,) = pictures(source)
    full = picture_to_frame(picture, "gate", 1).full()
    assert full is not None
    for view in (picture.rgb, full):
        assert np.abs(view.reshape(-1, 3).mean(0) - colour).max() < 8


def test_masks_black_out_everything_that_leaves_the_capture(clips: Clips) -> None:
    mask = Polygon([(0.25, 0.3), (0.75, 0.3), (0.75, 0.9), (0.25, 0.9)])
    with open_file(clips["libx264", 0]) as source:
        capture = Capture(source, fps=5, analysis_size=(160, 90), masks=(mask,), clock=SystemClock())
        for picture in capture:
            full = picture_to_frame(picture, "gate", 1).full()
            assert full is not None
            assert not full[54:163, 80:241].any()
            assert not picture.rgb[27:82, 40:121].any()
            assert (picture.luma[27:82, 40:121] == 16).all()
            assert full[:40].any()
            assert read_frame_number(full) >= 0


def test_a_mask_that_cannot_be_drawn_stops_the_capture(clips: Clips, monkeypatch: pytest.MonkeyPatch) -> None:
    mask = Polygon([(0.25, 0.3), (0.75, 0.3), (0.75, 0.9)])
    outside = np.array([[5000, 5000], [5001, 5000], [5001, 5001]], np.int32)
    monkeypatch.setattr(Polygon, "pixels", lambda self, size: outside - 10_000)
    with open_file(clips["libx264", 0]) as source:
        capture = Capture(source, fps=5, analysis_size=(160, 90), masks=(mask,), clock=SystemClock())
        with pytest.raises(SourceInvalid, match="mask"):
            next(iter(capture))


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="no such file"):
        open_file(tmp_path / "none.mp4")
    with pytest.raises(SourceUnavailable, match="not a file"):
        open_file(tmp_path)


def test_a_text_file_named_mp4_is_said_to_be_no_video(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("This is not a video.\n" * 100)
    with pytest.raises(SourceInvalid) as caught:
        open_file(path)
    assert "not a video" in str(caught.value)
    assert caught.value.fix is not None


def test_a_playlist_cannot_reach_for_other_files_or_addresses(tmp_path: Path, clips: Clips) -> None:
    path = tmp_path / "list.mp4"
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{clips['libx264', 0]}\n#EXT-X-ENDLIST\n")
    with pytest.raises(SourceInvalid):
        open_file(path)


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(SourceInvalid, match="no video"):
        open_file(path)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_cut_off_file_gives_what_is_there_and_says_where_it_ends(tmp_path: Path, suffix: str) -> None:
    path = write_clip(tmp_path / f"whole{suffix}", frames=100)
    if suffix == ".mp4":
        path = _with_index_first(path, tmp_path / "first.mp4")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 6 // 10])
    seen: list[int] = []
    with open_file(path) as source, pytest.raises(SourceInvalid, match=r"cut off at \d\.\d s") as caught:
        _read_numbers(source, seen)
    assert 5 <= len(seen) <= 19
    assert seen == list(range(0, 5 * len(seen), 5))
    said = float(str(caught.value).split("cut off at ")[1].split(" s")[0])
    assert said == pytest.approx(seen[-1] / 25, abs=0.4)


def test_an_mp4_cut_off_before_its_index_is_said_to_be_no_video(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "whole.mp4")
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(SourceInvalid):
        open_file(path)


def test_a_flood_of_garbage_never_gets_past_our_errors(tmp_path: Path, clips: Clips) -> None:
    good = clips["libx264", 0].read_bytes()
    dice = random.Random(7)
    opened = 0
    for number in range(30):
        bad = bytearray(good)
        for _ in range(200):
            bad[dice.randrange(len(bad))] = dice.randrange(256)
        path = tmp_path / f"{number}.mp4"
        path.write_bytes(bad)
        with contextlib.suppress(SourceInvalid), open_file(path) as source:
            opened += 1
            pictures(source, fps=5)
    assert opened, "the damage gets further than the container"


def test_the_ring_of_a_file_holds_what_a_clip_needs(clips: Clips) -> None:
    ring = PacketRing(60, 10**7)
    clock = SystemClock()
    with open_file(clips["libx264", 2]) as source:
        for _ in Capture(source, fps=5, analysis_size=(64, 36), ring=ring, clock=clock):
            pass
    cut = ring.slice(1.0, 1.5, 0)
    assert cut is not None
    assert cut.packets[0].keyframe
    assert cut.packets[0].pts == pytest.approx(0.96)
    shown = sorted(packet.pts for packet in cut.packets if 1.0 <= packet.pts <= 1.5)
    assert shown == pytest.approx([index / 25 for index in range(25, 38)])


def _read_numbers(source: VideoSource, into: list[int]) -> None:
    for picture in Capture(source, fps=5, analysis_size=(320, 180), clock=SystemClock()):
        into.append(read_frame_number(picture.rgb))


def _with_index_first(path: Path, out: Path) -> Path:
    with av.open(str(path)) as source, av.open(str(out), "w", options={"movflags": "faststart"}) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    return out
