"""Faults on demand: the client suffers, the server lives, and what is seeded repeats itself."""

import itertools
import time
from collections.abc import Callable

import pytest

from siaga.core.clock import ManualClock
from siaga.demo.rtsp import Clip, Faults, RtspServer
from tests.rtsp_server.conftest import FRAMES
from tests.support.rtsp_client import Packet, RawClient, watch

pytestmark = pytest.mark.timeout(90)


def make_faults() -> Faults:
    return Faults(disconnect=lambda: None)


def picture(client: RawClient) -> list[Packet]:
    """The packets up to the next marker: one picture, if none is lost."""
    packets: list[Packet] = []
    while not packets or not packets[-1].marker:
        packets += itertools.islice((packet for packet in client.packets() if packet.channel == 0), 1)
    return packets


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def test_a_frozen_camera_answers_but_shows_nothing(server: RtspServer) -> None:
    faults = server.mounts["/fast"].faults
    faults.freeze()
    with RawClient(server.url("/fast")) as client:
        client.play()
        for _ in range(5):
            assert client.ask("GET_PARAMETER").code == 200
        assert client.early == []
        faults.thaw()
        assert picture(client)


def test_after_a_long_freeze_the_picture_is_live(manual: RtspServer, clock: ManualClock) -> None:
    faults = manual.mounts["/cam"].faults
    with RawClient(manual.url("/cam")) as client:
        client.play()
        assert picture(client)[0].timestamp == 1000
        faults.freeze()
        clock.advance(10 * FRAMES / 25 + 13 / 25)
        faults.thaw()
        resumed = picture(client)
    assert resumed[0].timestamp == 1000 + (10 * FRAMES + 12) * 3600


def test_drop_all_closes_every_connection_and_new_ones_are_welcome(server: RtspServer) -> None:
    with RawClient(server.url("/fast")) as one, RawClient(server.url("/fast")) as two:
        one.play()
        two.play()
        server.mounts["/fast"].faults.drop_all()
        assert all(packet.data for client in (one, two) for packet in client.packets())
    assert len(watch(server.url("/fast"), 5)) == 5


def test_one_camera_refuses_and_the_other_does_not(server: RtspServer) -> None:
    faults = server.mounts["/fast"].faults
    faults.refuse()
    with RawClient(server.url("/fast")) as client:
        client.request("OPTIONS")
        assert client.ended()
    assert len(watch(server.url("/other"), 5)) == 5
    faults.accept()
    assert len(watch(server.url("/fast"), 5)) == 5


def test_drop_every(manual: RtspServer, clock: ManualClock) -> None:
    manual.mounts["/cam"].faults.drop_every(30.0)
    with RawClient(manual.url("/cam")) as client:
        client.play()
        assert picture(client)
        clock.advance(29.0)
        assert picture(client)
        clock.advance(1.0)
        assert all(packet.data for packet in client.packets())


def test_bit_flips_damage_the_picture_and_not_the_server(server: RtspServer) -> None:
    faults = server.mounts["/fast"].faults
    faults.bit_flips(2e-3, seed=3)
    seen = watch(server.url("/fast"), 2 * FRAMES)
    numbers = [picture.number for picture in seen]
    assert numbers != [step % FRAMES for step in range(2 * FRAMES)]
    faults.clear()
    clean = [picture.number for picture in watch(server.url("/fast"), 5)]
    assert None not in clean


def test_bit_flips_repeat_and_keep_to_their_rate() -> None:
    payloads = tuple(bytes(1000) for _ in range(100))
    faults = make_faults()
    faults.bit_flips(1e-3, seed=7)

    def flipped(position: int) -> list[bytes | None]:
        return faults.damage(payloads, position)

    assert flipped(5) == flipped(5)
    assert flipped(5) != flipped(6)
    bits = sum(byte.bit_count() for payload in flipped(5) if payload for byte in payload)
    # 800,000 bits: 800 flips expected, standard deviation 28.
    assert 700 < bits < 900
    faults.bit_flips(1e-3, seed=8)
    assert flipped(5) != flipped(6)
    faults.clear()
    assert flipped(5) == list(payloads)


def test_losses_repeat_and_keep_to_their_rate() -> None:
    payloads = tuple(bytes(10) for _ in range(2000))
    faults = make_faults()
    faults.packet_loss(0.1, seed=7)
    # 2,000 packets: 200 losses expected, standard deviation 13.
    assert 150 < faults.damage(payloads, 0).count(None) < 250
    assert faults.damage(payloads, 0) == faults.damage(payloads, 0) != faults.damage(payloads, 1)


def test_lost_packets_leave_gaps_in_the_sequence(manual: RtspServer, clock: ManualClock, clip: Clip) -> None:
    faults = manual.mounts["/cam"].faults
    faults.packet_loss(0.25, seed=1)
    expected, sequence = [], 0
    for position, unit in enumerate(clip.units):
        for payload in faults.damage(unit.payloads, position):
            expected += [sequence] if payload is not None else []
            sequence += 1
    assert 0 < len(expected) < sequence
    with RawClient(manual.url("/cam")) as client:
        client.play()
        arrived = [next(client.packets())]
        clock.advance(FRAMES / 25)
        arrived += itertools.islice(client.packets(), len(expected))
    assert [packet.sequence for packet in arrived if packet.channel == 0] == expected


def test_clock_jump(manual: RtspServer, clock: ManualClock) -> None:
    with RawClient(manual.url("/cam")) as client:
        client.play()
        assert picture(client)[0].timestamp == 1000
        manual.mounts["/cam"].faults.clock_jump(-3.0)
        clock.advance(1 / 25)
        assert picture(client)[0].timestamp == (1000 + 3600 - 3 * 90_000) % (1 << 32)


def test_a_client_that_vanishes_is_forgotten(server: RtspServer) -> None:
    mount = server.mounts["/fast"]
    with RawClient(server.url("/fast")) as client:
        client.play()
        assert eventually(lambda: mount.playing == 1)
    assert eventually(lambda: mount.playing == 0)
    assert len(watch(server.url("/fast"), 3)) == 3


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_a_rate_is_a_probability(rate: float) -> None:
    with pytest.raises(ValueError, match="probability"):
        make_faults().bit_flips(rate, seed=1)
