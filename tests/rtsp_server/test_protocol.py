"""RTSP, word by word."""

import base64
from pathlib import Path

import av
import pytest

from siaga.core.errors import ConfigError, SourceUnavailable
from siaga.demo.rtsp import Clip, RtspServer, load_clip
from tests.support.rtsp_client import TCP, RawClient, watch

pytestmark = pytest.mark.timeout(60)


def test_unknown_paths_are_not_found(server: RtspServer) -> None:
    with pytest.raises(av.error.HTTPNotFoundError):
        watch(server.url("/missing"), 1)
    with RawClient(server.url("/missing")) as client:
        assert client.ask("DESCRIBE").code == 404
        assert client.ask("SETUP", transport=TCP).code == 404


@pytest.mark.parametrize(
    ("codec", "names"),
    [("libx264", ["sprop-parameter-sets"]), ("libx265", ["sprop-vps", "sprop-sps", "sprop-pps"])],
)
def test_the_description_carries_the_parameter_sets(
    clips: dict[tuple[str, int], Path], codec: str, names: list[str]
) -> None:
    clip = load_clip(clips[codec, 0])
    with RtspServer() as server:
        server.add("/cam", clip)
        with RawClient(server.url("/cam")) as client:
            reply = client.ask("DESCRIBE", accept="application/sdp")
    assert reply.headers["content-base"] == server.url("/cam") + "/"
    assert "a=framerate:25\r\n" in reply.body
    fmtp = reply.body.split("a=fmtp:96 ")[1].splitlines()[0]
    fields = dict(field.split("=", 1) for field in fmtp.split(";"))
    sets = [base64.b64decode(part) for name in names for part in fields[name].split(",")]
    assert tuple(sets) == clip.parameter_sets


def test_a_whole_session(server: RtspServer) -> None:
    with RawClient(server.url("/fast")) as client:
        assert "PLAY" in client.ask("OPTIONS").headers["public"]
        setup = client.ask("SETUP", url=server.url("/fast/track0"), transport="RTP/AVP/TCP;interleaved=4-5")
        assert "interleaved=4-5" in setup.headers["transport"]
        assert client.ask("PLAY").code == 200
        assert client.ask("GET_PARAMETER").code == 200
        teardown = client.ask("TEARDOWN")
        assert teardown.headers["session"] == setup.headers["session"].partition(";")[0]
        assert {packet.channel for packet in client.packets()} <= {4, 5}
        assert client.ended()


def test_receiver_reports_between_requests_are_skipped(server: RtspServer) -> None:
    with RawClient(server.url("/fast")) as client:
        client.send(b"$\x01\x00\x0cGET * X\r\n\r\n\0")
        assert client.ask("OPTIONS").code == 200


def test_requests_in_one_go_are_answered_in_order(server: RtspServer) -> None:
    with RawClient(server.url("/fast")) as client:
        for method in ("OPTIONS", "DESCRIBE", "GET_PARAMETER"):
            client.request(method)
        assert [client.reply().headers["cseq"] for _ in range(3)] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("transport", "code"),
    [
        ("RTP/AVP;unicast;client_port=5000-5001", 461),
        ("RTP/AVP;unicast;client_port=5000-5001,RTP/AVP/TCP;unicast;interleaved=2-3", 200),
        ("RTP/AVP/TCP;unicast", 200),
        ("RTP/AVP/TCP;interleaved=x-y", 461),
        ("RTP/AVP/TCP;interleaved=300-301", 461),
        ("", 461),
    ],
)
def test_transports(server: RtspServer, transport: str, code: int) -> None:
    with RawClient(server.url("/fast")) as client:
        assert client.ask("SETUP", transport=transport).code == code


def test_a_client_that_prefers_udp_falls_back_to_tcp(server: RtspServer) -> None:
    with av.open(server.url("/fast"), timeout=(20.0, 20.0)) as container:
        assert next(container.decode(video=0)).width == 320


def test_requests_out_of_place(server: RtspServer) -> None:
    with RawClient(server.url("/fast")) as client:
        assert client.ask("PLAY").code == 454
        assert client.ask("PAUSE").code == 501
        assert client.ask("SETUP", transport=TCP).code == 200
        assert client.ask("SETUP", transport=TCP).code == 455
        assert client.ask("PLAY", session="another").code == 454
        assert client.ask("PLAY").code == 200


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: -5\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\nno colon here\r\n\r\n",
        b"\xff\xfe\xfd\r\n\r\n",
        b"A" * 200_000 + b"\n",
        b"OPTIONS * RTSP/1.0\r\n" + b"X: y\r\n" * 100,
    ],
)
def test_garbage_ends_one_connection_only(server: RtspServer, garbage: bytes) -> None:
    with RawClient(server.url("/fast")) as client:
        client.send(garbage)
        try:
            assert client.reply().code == 400
        except ConnectionError:
            # What the server did not read makes the system reset the connection: also an end.
            return
        assert client.ended()
    assert len(watch(server.url("/fast"), 3)) == 3


def test_paths_are_checked(server: RtspServer, clip: Clip) -> None:
    for path in ("/fast", "cam", "/", "/cam/"):
        with pytest.raises(ConfigError, match="own path"):
            server.add(path, clip)


def test_a_taken_port_is_named(server: RtspServer) -> None:
    second = RtspServer(port=server.port)
    with pytest.raises(SourceUnavailable, match=str(server.port)):
        second.start()
