"""The packet ring: what a clip gets, and how much is kept."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import av
import pytest

from siaga.frames import PacketRing, SourcePacket, StreamInfo

FPS, GOP = 10, 5
START = datetime(2026, 6, 1, tzinfo=UTC)
INFO = StreamInfo("h264", (320, 180), 10.0, True, Fraction(1, 90_000), b"sets")


def packet(index: int, *, epoch: int = 0, delay: float = 0.0, size: int = 100) -> SourcePacket:
    """Number ``index`` of a connection that began at 100 s (+1000 s per epoch) on the rule clock."""
    pts = index / FPS
    t = 100.0 + 1000.0 * epoch + pts + delay
    utc = START + timedelta(seconds=t)
    return SourcePacket(av.Packet(bytes([index % 256]) * size), pts, pts, index % GOP == 0, epoch, t, utc)


def filled(ring: PacketRing, count: int, **more: float) -> PacketRing:
    ring.begin(INFO)
    for index in range(count):
        ring.append(packet(index, **more))  # type: ignore[arg-type]
    return ring


def test_a_slice_begins_at_the_keyframe_at_or_before() -> None:
    ring = filled(PacketRing(60, 10**6), 30)
    cut = ring.slice(1.2, 1.8, 0)
    assert cut is not None
    assert [round(entry.pts * FPS) for entry in cut.packets] == list(range(10, 19))
    assert cut.packets[0].keyframe
    assert (cut.codec, cut.extradata, cut.size, cut.epoch) == ("h264", b"sets", (320, 180), 0)
    assert cut.packets[0].data == bytes([10]) * 100
    exact = ring.slice(1.5, 1.5, 0)
    assert exact is not None
    assert exact.packets[0].pts == 1.5


def test_a_slice_before_the_ring_begins_where_the_ring_does() -> None:
    ring = PacketRing(60, 10**6)
    ring.begin(INFO)
    for index in range(3, 20):
        ring.append(packet(index))
    cut = ring.slice(0.0, 1.0, 0)
    assert cut is not None
    assert cut.packets[0].pts == 0.5
    assert ring.slice(0.0, 0.4, 0) is None
    assert ring.slice(0.0, 9.0, 1) is None


def test_at_least_the_seconds_asked_for_are_kept_and_hardly_more() -> None:
    ring = filled(PacketRing(2.0, 10**6), 200)
    kept = [round(entry.pts * FPS) for entry in ring]
    assert kept == list(range(175, 200))
    assert ring.seconds == pytest.approx(2.4)


def test_memory_is_bounded_even_within_one_group_of_pictures() -> None:
    ring = PacketRing(3600, 50_000)
    ring.begin(INFO)
    for index in range(1000):
        ring.append(packet(index, size=1000))
        assert ring.size_bytes <= 50_000
    assert next(iter(ring)).keyframe
    huge = PacketRing(3600, 3_000)
    huge.begin(INFO)
    for index in range(7):
        huge.append(packet(index, size=1000))
        assert huge.size_bytes <= 3_000
    assert [round(entry.pts * FPS) for entry in huge] == [5, 6]


def test_the_fastest_packet_gives_the_offset_between_the_clocks() -> None:
    ring = PacketRing(60, 10**6)
    ring.begin(INFO)
    for index in range(20):
        ring.append(packet(index, delay=0.05 + 0.3 * (index % 4)))
    assert ring.pts_at(101.05) == (0, pytest.approx(1.0))
    cut = ring.slice(1.0, 1.5, 0)
    assert cut is not None
    assert cut.utc0 == START + timedelta(seconds=100.05)


def test_several_connections_keep_apart() -> None:
    ring = filled(PacketRing(5000, 10**6), 20)
    for index in range(20):
        ring.append(packet(index, epoch=1))
    first, second = ring.slice(0.5, 1.0, 0), ring.slice(0.5, 1.0, 1)
    assert first is not None
    assert second is not None
    assert (first.epoch, second.epoch) == (0, 1)
    assert second.utc0 - first.utc0 == timedelta(seconds=1000)
    assert ring.pts_at(101.0) == (0, pytest.approx(1.0))
    assert ring.pts_at(1101.0) == (1, pytest.approx(1.0))
    assert PacketRing(1, 1).pts_at(0.0) is None


def test_a_new_connection_is_kept_from_its_first_keyframe() -> None:
    ring = filled(PacketRing(5000, 10**6), 6)
    for index in range(3, 8):
        ring.append(packet(index, epoch=1))
    cut = ring.slice(0.0, 9.0, 1)
    assert cut is not None
    assert [round(entry.pts * FPS) for entry in cut.packets] == [5, 6, 7]


def test_codecs_that_no_clip_is_cut_from_are_not_kept() -> None:
    ring = PacketRing(60, 10**6)
    ring.begin(StreamInfo("rawvideo", (320, 180), 10.0, True, Fraction(1, 90_000)))
    ring.append(packet(0))
    assert list(ring) == []
