"""Files become access units, or a clear error."""

from pathlib import Path

import av
import numpy as np
import pytest

from siaga.core.errors import SourceInvalid, SourceUnavailable
from siaga.demo.rtsp import load_clip
from siaga.demo.rtsp.payload import Codec, fragment, split_annex_b
from tests.support.clips import Encoder, draw_frame_number, read_frame_number, write_clip

pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
@pytest.mark.parametrize("b_frames", [0, 2])
def test_every_container_gives_the_same_units(
    tmp_path: Path, codec: Encoder, suffix: str, b_frames: int
) -> None:
    path = write_clip(tmp_path / f"clip{suffix}", frames=20, codec=codec, gop=8, b_frames=b_frames)
    clip = load_clip(path)
    keyframes = [index for index, unit in enumerate(clip.units) if unit.keyframe]
    assert keyframes == [0, 8, 16]
    assert [unit.sent for unit in clip.units] == [3600 * index for index in range(20)]
    assert sorted(unit.shown for unit in clip.units) == [unit.sent for unit in clip.units]
    assert clip.length == 20 * 3600
    # x265 shows two B-frames as a pyramid; both encoders look two pictures ahead.
    assert clip.delay == 3600 * b_frames
    for index in keyframes:
        types = [clip.codec.nal_type(payload) for payload in clip.units[index].payloads]
        assert tuple(types[: len(clip.parameter_sets)]) == clip.codec.parameter_set_types


def test_the_newest_keyframe_over_all_loops(tmp_path: Path) -> None:
    clip = load_clip(write_clip(tmp_path / "clip.mp4", frames=20, gop=8))
    loop = clip.length
    assert [clip.keyframe_at(ticks) for ticks in (-5, 0, 8 * 3600 - 1, 8 * 3600, loop - 1)] == [
        0,
        0,
        0,
        8,
        16,
    ]
    assert [clip.keyframe_at(7 * loop + ticks) for ticks in (0, 8 * 3600)] == [140, 148]
    unit, sent, shown = clip.at(148)
    assert (unit, sent, shown) == (clip.units[8], 7 * loop + 8 * 3600, 7 * loop + 8 * 3600)


@pytest.mark.parametrize(("codec", "header"), [(Codec.H264, b"\x65"), (Codec.H265, b"\x27\x09")])
@pytest.mark.parametrize("size", [1, 99, 100, 101, 500])
def test_fragments_join_to_the_unit_they_came_from(codec: Codec, header: bytes, size: int) -> None:
    nal = header + bytes(range(1, 251)) * 2
    nal = nal[: max(size, len(header))]
    payloads = list(fragment(codec, nal, limit=100))
    assert all(len(payload) <= 100 for payload in payloads)
    if len(nal) <= 100:
        assert payloads == [nal]
        return
    flags = [payload[len(header)] for payload in payloads]
    assert [flag >> 6 for flag in flags] == [2, *[0] * (len(flags) - 2), 1]
    assert {codec.nal_type(payload) for payload in payloads} == {28 if codec is Codec.H264 else 49}
    assert {flag & 0x3F for flag in flags} == {codec.nal_type(nal)}
    # Importance (H.264) and layer (H.265) stay in every fragment's header.
    kept = b"\xe0" if codec is Codec.H264 else b"\x81\xff"
    for payload in payloads:
        assert [a & b for a, b in zip(payload, kept, strict=False)] == [
            a & b for a, b in zip(nal, kept, strict=False)
        ]
    assert b"".join(payload[len(header) + 1 :] for payload in payloads) == nal[len(header) :]


def test_start_codes_of_three_and_four_bytes() -> None:
    assert split_annex_b(b"\0\0\0\1\x67ab\0\0\1\x68c\0\0\0\1\x65\0\0\x03d") == [
        b"\x67ab",
        b"\x68c",
        b"\x65\0\0\x03d",
    ]


def test_another_codec_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "clip.gif"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("gif", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "rgb8"
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(SourceInvalid, match=r"clip\.gif: The video codec is gif; .* ffmpeg -i"):
        load_clip(path)


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("This is not a video.\n" * 50)
    with pytest.raises(SourceInvalid, match="not a video"):
        load_clip(text)
    with pytest.raises(SourceUnavailable, match="No such file"):
        load_clip(tmp_path / "missing.mp4")


def test_frame_numbers_survive_scaling() -> None:
    for number in (0, 1, 2047, 4095):
        rgb = np.full((180, 320, 3), 128, np.uint8)
        with pytest.raises(ValueError, match="no bar code"):
            read_frame_number(rgb)
        draw_frame_number(rgb, number)
        assert read_frame_number(rgb) == number
        assert read_frame_number(rgb[::2, ::2]) == number
