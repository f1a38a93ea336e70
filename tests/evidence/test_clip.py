"""A clip holds its trigger picture at the time it says, covered, and in a form that plays everywhere."""

import io
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from siaga.core.errors import SourceInvalid
from siaga.core.geometry import Polygon
from siaga.core.settings import Clip
from siaga.core.video import HeadSample, PacketSlice
from siaga.evidence.clip import ClipAborted, cut_clip
from tests.evidence.material import UTC0, job_for, packets_of, pictures
from tests.support.clips import Encoder, Rgb, read_frame_number, write_clip

FPS = 25
SETTINGS = Clip(max_width=320, max_fps=60)


@pytest.fixture(scope="module")
def four_seconds(tmp_path_factory: pytest.TempPathFactory) -> PacketSlice:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    return packets_of(write_clip(path, frames=100, fps=FPS, size=(320, 180), b_frames=2))


def numbers(data: bytes) -> list[tuple[float, int]]:
    return [(time, read_frame_number(rgb)) for time, rgb in pictures(data)]


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
@pytest.mark.parametrize("b_frames", [0, 2])
def test_the_trigger_picture_is_where_the_clip_says(tmp_path: Path, codec: Encoder, b_frames: int) -> None:
    path = write_clip(tmp_path / "in.mp4", frames=100, fps=FPS, codec=codec, b_frames=b_frames, gop=20)
    packets = packets_of(path)
    result = cut_clip(packets, job_for(packets, trigger=50 / FPS), SETTINGS)
    assert result.trigger_s is not None
    shown = min(numbers(result.data), key=lambda one: abs(one[0] - (result.trigger_s or 0)))
    assert shown[1] == 50
    assert [number for _, number in numbers(result.data)] == list(range(25, 76))
    assert result.t0 == UTC0 + timedelta(seconds=1)
    assert result.t1 == UTC0 + timedelta(seconds=3)
    assert (result.frames, result.damaged) == (51, 0)


def test_fewer_pictures_a_second_and_the_trigger_among_them(four_seconds: PacketSlice) -> None:
    few = SETTINGS.model_copy(update={"max_fps": 10})
    for trigger in (50, 51, 52):
        result = cut_clip(four_seconds, job_for(four_seconds, trigger=trigger / FPS), few)
        shown = numbers(result.data)
        nearest = min(shown, key=lambda one: abs(one[0] - (result.trigger_s or 0)))
        assert nearest[1] == trigger
        assert 20 <= len(shown) <= 22
        assert {later[1] - earlier[1] for earlier, later in pairwise(shown[1:])} <= {2, 3}


def test_it_is_h264_that_a_browser_and_a_phone_play_with_the_index_in_front(
    four_seconds: PacketSlice,
) -> None:
    odd = SETTINGS.model_copy(update={"max_width": 201})
    data = cut_clip(four_seconds, job_for(four_seconds), odd).data
    with av.open(io.BytesIO(data)) as container:
        context = container.streams.video[0].codec_context
        assert context.codec.name == "h264"
        assert context.pix_fmt == "yuv420p"
        assert context.profile in ("Baseline", "Constrained Baseline")
        assert (context.width % 2, context.height % 2) == (0, 0)
        assert context.width == 200
    assert 0 < data.index(b"moov") < data.index(b"mdat")
    assert data[4:8] == b"ftyp"


def textured(rgb: Rgb, index: int) -> None:
    rgb[...] = np.random.default_rng(index).integers(0, 256, rgb.shape, np.uint8)


def roughness(rgb: Rgb, box: tuple[int, int, int, int]) -> float:
    x1, y1, x2, y2 = box
    return float(np.abs(np.diff(rgb[y1:y2, x1:x2, 1].astype(float), axis=1)).mean())


def test_heads_are_covered_in_every_picture_and_nothing_else_is(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "in.mp4", frames=100, fps=FPS, size=(640, 360), painter=textured)
    packets = packets_of(path)
    samples = tuple(
        HeadSample(
            pts / 5, 7, (300 + pts * 4, 100, 380 + pts * 4, 340), (320 + pts * 4, 110, 360 + pts * 4, 150)
        )
        for pts in range(4, 17)
    )
    result = cut_clip(packets, job_for(packets, samples=samples), Clip(max_width=640, crf=16, max_fps=60))
    assert result.heads_covered == 1
    for time, rgb in pictures(result.data):
        left = int(320 + (1.0 + time) * 5 * 4)
        assert roughness(rgb, (left, 110, left + 40, 150)) < 6
        assert roughness(rgb, (40, 200, 240, 340)) > 15


def test_a_blur_does_not_spread_into_what_the_decoder_predicts_from(tmp_path: Path) -> None:
    """Same size and format in and out: the decoder's pictures must be copied, not painted."""
    still = np.random.default_rng(1).integers(0, 256, (180, 320, 3), np.uint8)

    def same(rgb: Rgb, index: int) -> None:
        rgb[...] = still

    packets = packets_of(write_clip(tmp_path / "in.mp4", frames=30, fps=FPS, gop=30, painter=same))
    one = HeadSample(0.2, 1, (60, 50, 140, 170), (80, 60, 120, 100))
    job = job_for(packets, trigger=0.2, span=(0.0, 4.0), samples=(one,))
    late = replace(job, samples=(replace(one, pts=-0.9),))
    shown = pictures(cut_clip(packets, late, Clip(max_width=320, crf=16, max_fps=60)).data)
    assert roughness(shown[1][1], (80, 60, 120, 100)) < 8, "still held"
    assert roughness(shown[-1][1], (80, 60, 120, 100)) > 30, "not held any more"


def test_boxes_are_scaled_from_the_picture_they_were_found_in(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "in.mp4", frames=50, fps=FPS, size=(640, 360), painter=textured)
    packets = packets_of(path)
    sample = HeadSample(1.0, 1, (600, 200, 760, 680), (640, 220, 720, 300))
    job = replace(job_for(packets, trigger=1.0, span=(0.8, 1.2), samples=(sample,)), size=(1280, 720))
    _, rgb = pictures(cut_clip(packets, job, Clip(max_width=320, crf=16, max_fps=60)).data)[0]
    assert roughness(rgb, (160, 55, 180, 75)) < 8
    assert roughness(rgb, (20, 60, 100, 160)) > 10


def test_masks_are_black(four_seconds: PacketSlice) -> None:
    mask = Polygon([(0.5, 0.5), (1.0, 0.5), (1.0, 1.0), (0.5, 1.0)])
    result = cut_clip(four_seconds, job_for(four_seconds, masks=(mask,)), SETTINGS)
    assert result.masks == 1
    for _, rgb in pictures(result.data):
        assert rgb[100:, 170:].max() < 24


def test_a_stream_of_variable_rate_keeps_its_times(tmp_path: Path) -> None:
    packets = packets_of(write_clip(tmp_path / "in.mp4", frames=60, fps=FPS, gop=1))
    kept = tuple(packet for index, packet in enumerate(packets.packets) if index % 7 in (0, 1, 3))
    thinned = replace(packets, packets=kept)
    result = cut_clip(thinned, job_for(thinned, trigger=1.4, span=(0.4, 2.2)), SETTINGS)
    for time, number in numbers(result.data):
        assert number == pytest.approx((time + (result.t0 - UTC0).total_seconds()) * FPS, abs=0.05)
    assert result.trigger_s == pytest.approx(35 / FPS - (result.t0 - UTC0).total_seconds(), abs=1e-3)


def test_a_slice_that_starts_late_says_what_it_covers(four_seconds: PacketSlice) -> None:
    start = next(i for i, p in enumerate(four_seconds.packets) if p.keyframe and p.pts > 1.2)
    late = replace(four_seconds, packets=four_seconds.packets[start:])
    result = cut_clip(late, job_for(late), SETTINGS)
    assert result.t0 > UTC0 + timedelta(seconds=1.2)
    assert result.trigger_s is not None
    shown = min(numbers(result.data), key=lambda one: abs(one[0] - (result.trigger_s or 0)))
    assert shown[1] == 50


def test_packets_that_do_not_reach_the_trigger_give_no_time_for_it(four_seconds: PacketSlice) -> None:
    early = replace(four_seconds, packets=four_seconds.packets[:40])
    assert cut_clip(early, job_for(early), SETTINGS).trigger_s is None


def test_damaged_packets_are_counted_and_survived(four_seconds: PacketSlice) -> None:
    broken = tuple(
        replace(packet, data=packet.data[:4] + b"\xff" * 30) if index in (40, 41) else packet
        for index, packet in enumerate(four_seconds.packets)
    )
    result = cut_clip(replace(four_seconds, packets=broken), job_for(four_seconds), SETTINGS)
    assert result.damaged > 0
    assert result.frames > 30


def test_no_picture_at_all_is_an_error_with_a_way_out(four_seconds: PacketSlice) -> None:
    noise = tuple(replace(packet, data=b"\x00" * 50) for packet in four_seconds.packets)
    with pytest.raises(SourceInvalid, match="siaga camera probe"):
        cut_clip(replace(four_seconds, packets=noise), job_for(four_seconds), SETTINGS)


def test_it_stops_when_asked(four_seconds: PacketSlice) -> None:
    asked = iter([False] * 30 + [True] * 100)
    with pytest.raises(ClipAborted):
        cut_clip(four_seconds, job_for(four_seconds), SETTINGS, stop=lambda: next(asked))


def test_the_same_packets_give_the_same_bytes(four_seconds: PacketSlice) -> None:
    job = job_for(four_seconds)
    assert cut_clip(four_seconds, job, SETTINGS).data == cut_clip(four_seconds, job, SETTINGS).data


def test_no_file_is_opened_for_writing(
    four_seconds: PacketSlice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cut_clip(four_seconds, job_for(four_seconds), SETTINGS)
    assert list(tmp_path.iterdir()) == []
