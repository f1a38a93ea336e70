"""What a client sees: every picture, in order, for ever."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from siaga.core.clock import ManualClock
from siaga.demo.rtsp import Clip, RtspServer
from siaga.demo.rtsp.payload import Codec
from tests.rtsp_server.conftest import FRAMES
from tests.support.rtsp_client import RawClient, Seen, watch

pytestmark = pytest.mark.timeout(90)


def assert_consecutive(seen: list[Seen], *, ticks: int) -> None:
    numbers = [picture.number for picture in seen]
    assert numbers[0] is not None
    assert numbers == [(numbers[0] + step) % FRAMES for step in range(len(seen))]
    # FFmpeg gives the first picture of a stream no timestamp; then it learns its clock.
    stamps = [picture.pts for picture in seen[1:] if picture.pts is not None]
    assert len(stamps) == len(seen) - 1
    assert {later - earlier for earlier, later in itertools.pairwise(stamps)} == {ticks}
    assert not any(picture.corrupt for picture in seen)


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
@pytest.mark.parametrize("b_frames", [0, 2])
def test_two_loops_are_one_stream(clips: dict[tuple[str, int], Path], codec: str, b_frames: int) -> None:
    with RtspServer() as server:
        server.add("/x", clips[codec, b_frames], fps_scale=4.0, max_lag=600.0)
        seen = watch(server.url("/x"), 2 * FRAMES + 10)
    assert seen[0].number == 0
    assert_consecutive(seen, ticks=900)


def test_timestamps_wrap_after_32_bits(clip: Clip) -> None:
    with RtspServer() as server:
        server.add("/x", clip, fps_scale=4.0, first_rtp_time=(1 << 32) - 20 * 900, max_lag=600.0)
        assert_consecutive(watch(server.url("/x"), FRAMES), ticks=900)


def test_eight_clients_at_once(server: RtspServer) -> None:
    urls = [server.url("/fast"), server.url("/other")] * 4
    with ThreadPoolExecutor(8) as pool:
        for seen in pool.map(lambda url: watch(url, FRAMES), urls):
            assert len(seen) == FRAMES
            assert_consecutive(seen, ticks=900)


def test_a_late_client_joins_at_the_newest_keyframe(
    manual: RtspServer, clock: ManualClock, clip: Clip
) -> None:
    with RawClient(manual.url("/cam")) as early:
        early.play()
        first = next(packet for packet in early.packets() if packet.channel == 0)
    assert first.timestamp == 1000
    clock.advance((FRAMES + 14) / 25)
    with RawClient(manual.url("/cam")) as late:
        late.play()
        pictures = (packet for packet in late.packets() if packet.channel == 0)
        joined = next(pictures)
        parameter_sets = [joined.payload, next(pictures).payload]
    assert joined.timestamp == 1000 + (FRAMES + 12) * 3600
    assert tuple(parameter_sets) == clip.parameter_sets


def test_sender_reports_tie_the_media_clock_to_the_wall_clock(manual: RtspServer, clock: ManualClock) -> None:
    clock.advance(100.25)
    with RawClient(manual.url("/cam")) as client:
        client.play()
        report = next(packet for packet in client.packets() if packet.channel == 1).data
    assert report[1] == 200
    seconds, fraction = int.from_bytes(report[8:12]), int.from_bytes(report[12:16])
    assert seconds - 2_208_988_800 + fraction / (1 << 32) == clock.utc().timestamp()
    assert int.from_bytes(report[16:20]) == 1000


def test_sequence_numbers_and_markers(manual: RtspServer, clock: ManualClock, clip: Clip) -> None:
    with RawClient(manual.url("/cam")) as client:
        client.play()
        wanted = sum(len(unit.payloads) for unit in clip.units)
        pictures = (packet for packet in client.packets() if packet.channel == 0)
        packets = [next(pictures)]
        clock.advance((FRAMES - 1) / 25)
        packets += itertools.islice(pictures, wanted - 1)
    assert [packet.sequence for packet in packets] == list(range(wanted))
    assert sum(packet.marker for packet in packets) == FRAMES
    assert packets[-1].marker
    assert clip.codec is Codec.H264


def test_a_stopped_server_frees_its_port_and_comes_back_on_it(server: RtspServer, clip: Clip) -> None:
    port = server.port
    with RawClient(server.url("/fast")) as client:
        client.play()
        server.stop()
        assert sum(1 for _ in client.packets()) > 0
    with RtspServer(port=port) as other:
        other.add("/x", clip, fps_scale=4.0)
        assert len(watch(other.url("/x"), 3)) == 3
    server.start()
    assert server.port == port
    assert len(watch(server.url("/fast"), 3)) == 3
