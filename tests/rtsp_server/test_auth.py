"""Who may watch."""

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from siaga.demo.rtsp import Clip, Login, RtspServer
from siaga.demo.rtsp.auth import Guard
from tests.support.rtsp_client import RawClient, watch

pytestmark = pytest.mark.timeout(60)

USER, WORD = "guard", "correct horse: battery/staple@%"
QUOTED = "correct%20horse%3A%20battery%2Fstaple%40%25"


def with_login(url: str, user: str, word: str) -> str:
    return url.replace("rtsp://", f"rtsp://{user}:{word}@")


@pytest.fixture(params=["basic", "digest"])
def guarded(request: pytest.FixtureRequest, clip: Clip) -> Iterator[RtspServer]:
    with RtspServer(login=Login(USER, WORD, request.param)) as server:
        server.add("/cam", clip, fps_scale=4.0)
        yield server


def test_the_right_password_watches(guarded: RtspServer) -> None:
    assert [seen.number for seen in watch(with_login(guarded.url("/cam"), USER, QUOTED), 3)] == [0, 1, 2]


@pytest.mark.parametrize(("user", "word"), [(USER, "wrong"), ("other", QUOTED), (USER, "")])
def test_a_wrong_login_is_refused(guarded: RtspServer, user: str, word: str) -> None:
    with pytest.raises(av.error.HTTPUnauthorizedError):
        watch(with_login(guarded.url("/cam"), user, word), 1)


def test_no_login_is_refused_before_anything_is_told(guarded: RtspServer) -> None:
    with RawClient(guarded.url("/cam")) as client:
        assert client.ask("OPTIONS").code == 200
        for method in ("DESCRIBE", "SETUP", "PLAY", "GET_PARAMETER", "TEARDOWN"):
            reply = client.ask(method, transport="RTP/AVP/TCP;interleaved=0-1")
            assert (reply.code, reply.body) == (401, "")
        assert client.ask("DESCRIBE", url=guarded.url("/missing")).code == 401


@pytest.mark.parametrize(
    "value", ["", "Basic", "Basic ###", "Digest", "Digest username", "Bearer x", "Digest ="]
)
def test_broken_headers_are_refused(guarded: RtspServer, value: str) -> None:
    with RawClient(guarded.url("/cam")) as client:
        assert client.ask("DESCRIBE", authorization=value).code == 401


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def digest(word: str, nonce: str, method: str = "DESCRIBE") -> str:
    """A digest in the old form of RFC 2069, which many clients still send."""
    response = md5(f"{md5(f'{USER}:siaga:{word}')}:{nonce}:{md5(f'{method}:rtsp://h/cam')}")
    return (
        f'Digest username="{USER}", realm="siaga", nonce="{nonce}", uri="rtsp://h/cam", response="{response}"'
    )


def test_digest_without_quality_of_protection() -> None:
    guard = Guard(Login(USER, WORD), nonce="n1")
    assert guard.admits("DESCRIBE", digest(WORD, "n1"))
    assert not guard.admits("SETUP", digest(WORD, "n1"))
    assert not guard.admits("DESCRIBE", digest("wrong", "n1"))
    assert not guard.admits("DESCRIBE", digest(WORD, "n2"))


def test_one_scheme_does_not_open_the_other() -> None:
    basic = "Basic " + base64.b64encode(f"{USER}:{WORD}".encode()).decode()
    assert Guard(Login(USER, WORD, "basic"), nonce="n").admits("DESCRIBE", basic)
    assert not Guard(Login(USER, WORD, "digest"), nonce="n").admits("DESCRIBE", basic)


def test_each_connection_has_its_own_nonce(clips: dict[tuple[str, int], Path]) -> None:
    with RtspServer(login=Login(USER, WORD)) as server:
        server.add("/cam", clips["libx264", 0])
        challenges = set()
        for _ in range(2):
            with RawClient(server.url("/cam")) as client:
                challenges.add(client.ask("DESCRIBE").headers["www-authenticate"])
        assert len(challenges) == 2
        assert WORD not in repr(server.mounts) + server.url("/cam") + repr(Login(USER, WORD))
