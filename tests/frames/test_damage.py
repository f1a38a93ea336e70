"""After damage or loss nothing is published until the next clean keyframe; what is published is unharmed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from siaga.core.clock import SystemClock
from siaga.core.settings import StreamUrl
from siaga.frames import Capture, CaptureStats, SourcePacket
from siaga.frames.file import FileSource
from tests.frames.conftest import busy, open_file, pictures
from tests.support.clips import Encoder, write_clip

GOP, FRAMES, FPS = 20, 100, 25
Damage = Callable[[int, bytes], bytes | None]


def damaged_copy(path: Path, out: Path, damage: Damage) -> Path:
    """Copy a clip, giving every packet to ``damage`` with its number; None leaves it out."""
    with av.open(str(path)) as source, av.open(str(out), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(packet for packet in source.demux(video=0) if packet.size):
            data = damage(number, bytes(packet))
            if data is not None:
                new = av.Packet(data)
                new.pts, new.dts, new.time_base = packet.pts, packet.dts, packet.time_base
                new.is_keyframe, new.stream = packet.is_keyframe, stream
                target.mux(new)
    return out


def published(path: Path) -> tuple[dict[int, np.ndarray], CaptureStats]:
    """Pictures by number (from their time), and the counts."""
    with open_file(path) as source:
        capture = Capture(source, fps=1000, analysis_size=(320, 180), clock=SystemClock())
        seen = {round(picture.pts * FPS): picture.i420 for picture in capture}
        return seen, capture.stats


def intact(path: Path) -> dict[int, np.ndarray]:
    with open_file(path) as source:
        return {round(picture.pts * FPS): picture.i420 for picture in pictures(source)}


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
@pytest.mark.parametrize("lost", [30, 40])
def test_after_a_lost_unit_nothing_comes_until_the_next_keyframe(
    tmp_path: Path, busy_clips: dict[Encoder, Path], codec: Encoder, lost: int
) -> None:
    clip = busy_clips[codec]
    broken = damaged_copy(clip, tmp_path / "lost.mkv", lambda number, data: None if number == lost else data)
    seen, stats = published(broken)
    resumes = (lost // GOP + 1) * GOP
    assert sorted(seen) == [number for number in range(FRAMES) if not lost <= number < resumes]
    whole = intact(clip)
    assert all(np.array_equal(picture, whole[number]) for number, picture in seen.items())
    assert stats.corrupt >= 1
    assert stats.blind_seconds == pytest.approx((resumes - lost) / FPS, abs=1.5 / FPS)


def test_bit_flips_in_h264_are_nearly_always_noticed(tmp_path: Path, busy_clips: dict[Encoder, Path]) -> None:
    """Not always: some flips give another valid stream, and nothing in H.264 tells it from the right one."""
    clip = busy_clips["libx264"]
    whole = intact(clip)
    shown = wrong = damaged = 0
    for seed in range(6):
        seen, stats = published(damaged_copy(clip, tmp_path / f"{seed}.mkv", flips(1e-5, seed)))
        wrong += sum(not np.array_equal(picture, whole[number]) for number, picture in seen.items())
        shown += len(seen)
        damaged += stats.corrupt
    held_back = 6 * FRAMES - shown
    assert damaged > 20
    assert held_back > 200
    assert shown > 100
    assert wrong < 0.15 * held_back


@pytest.mark.parametrize("lost", range(24, 36))
def test_pictures_still_in_the_decoder_at_the_keyframe_are_not_published(
    tmp_path: Path, clip_with_b_frames: Path, lost: int
) -> None:
    broken = damaged_copy(
        clip_with_b_frames, tmp_path / "b.mkv", lambda number, data: None if number == lost else data
    )
    seen, _ = published(broken)
    whole = intact(clip_with_b_frames)
    assert [number for number, picture in seen.items() if not np.array_equal(picture, whole[number])] == []
    assert set(range(40, FRAMES)) <= set(seen)


@pytest.fixture(scope="session")
def clip_with_b_frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("b") / "clip.mp4"
    return write_clip(path, frames=FRAMES, gop=GOP, b_frames=2, painter=busy)


def test_a_keyframe_that_the_demuxer_calls_damaged_is_not_a_clean_one(
    busy_clips: dict[Encoder, Path],
) -> None:
    class Doubting(FileSource):
        def packets(self) -> Iterator[SourcePacket]:
            for number, packet in enumerate(super().packets()):
                yield replace(packet, corrupt=number == 40)

    url = StreamUrl(f"file:{busy_clips['libx264']}")
    with Doubting(url, start_utc=SystemClock().utc(), epoch=0) as source:
        assert [round(picture.pts * FPS) for picture in pictures(source)] == [*range(40), *range(60, 100)]


def test_a_damaged_keyframe_does_not_count_as_a_clean_one(
    tmp_path: Path, busy_clips: dict[Encoder, Path]
) -> None:
    def hit(number: int, data: bytes) -> bytes:
        middle = len(data) // 2
        return data[:middle] + bytes(64) + data[middle + 64 :] if number == 40 else data

    seen, stats = published(damaged_copy(busy_clips["libx264"], tmp_path / "key.mkv", hit))
    assert sorted(seen) == [*range(40), *range(60, 100)]
    assert stats.corrupt >= 1


def flips(rate: float, seed: int) -> Damage:
    """Flip each bit with probability ``rate``, except in the first packet."""
    dice = np.random.default_rng(seed)

    def flip(number: int, data: bytes) -> bytes:
        bits = np.unpackbits(np.frombuffer(data, np.uint8))
        return data if number == 0 else np.packbits(bits ^ (dice.random(bits.size) < rate)).tobytes()

    return flip
