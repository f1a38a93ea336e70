"""Bytes by their hash, whole and in ranges, and nothing else by any address."""

from collections.abc import Iterator

import httpx
import pytest

from siaga.core.clock import SystemClock
from tests.support.records import RecordMaker, evidence_entry
from tests.support.service import Running, running_service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One service for all of these: they only read."""
    with running_service(tmp_path_factory.mktemp("media") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def media(service: Running) -> str:
    """The address of the ten bytes 0123456789."""
    entry = evidence_entry("clip", "video/mp4", b"0123456789")
    service.put(RecordMaker(SystemClock()).make(evidence=[entry]))
    service.upload(entry, b"0123456789")
    return f"/api/v1/media/{entry['sha256']}"


@pytest.mark.parametrize(
    ("header", "status", "body", "content_range"),
    [
        ("bytes=0-0", 206, b"0", "bytes 0-0/10"),
        ("bytes=0-", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-99", 206, b"789", "bytes 7-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=-0", 416, b"", "bytes */10"),
        ("bytes=0-1,3-4", 416, b"", "bytes */10"),
        ("bytes=" + ",".join(["0-"] * 1000), 416, b"", "bytes */10"),
        ("bytes=4-2", 200, b"0123456789", None),
        ("bytes=", 200, b"0123456789", None),
        ("bytes=-", 200, b"0123456789", None),
        ("bytes=a-b", 200, b"0123456789", None),
        ("pages=1-2", 200, b"0123456789", None),
    ],
)
def test_ranges(
    service: Running, media: str, header: str, status: int, body: bytes, content_range: str | None
) -> None:
    answer = service.viewer.get(media, headers={"Range": header})
    assert (answer.status_code, answer.content, answer.headers.get("Content-Range")) == (
        status,
        body,
        content_range,
    )
    assert answer.headers["Content-Length"] == str(len(body))


def test_what_media_is_served_with(service: Running, media: str) -> None:
    head = service.viewer.head(media)
    assert (head.status_code, head.content) == (200, b"")
    assert {name: head.headers[name] for name in _EXPECTED} == _EXPECTED
    etag = head.headers["ETag"]
    assert service.viewer.get(media, headers={"If-None-Match": etag}).status_code == 304
    part = {"Range": "bytes=0-1"}
    assert service.viewer.get(media, headers=part | {"If-Range": etag}).status_code == 206
    assert service.viewer.get(media, headers=part | {"If-Range": '"other"'}).status_code == 200


_EXPECTED = {
    "Content-Type": "video/mp4",
    "Content-Length": "10",
    "Accept-Ranges": "bytes",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, max-age=31536000, immutable",
}

_TRAVERSALS = [
    "../" * 8 + "etc/passwd",
    "..%2f" * 8 + "etc%2fpasswd",
    "%2e%2e/" * 8 + "etc/passwd",
    "..%5c..%5carchive.sqlite3",
    "....//....//viewer.key",
    "%00",
    "a" * 64 + "%00",
    "A" * 64,
    "a" * 63,
    "/etc/passwd",
    "%252e%252e%252fviewer.key",
    "..%c0%af..%c0%afviewer.key",
    "partial/" + "a" * 64,
    "' OR 1=1 --",
]


@pytest.mark.parametrize("text", _TRAVERSALS)
@pytest.mark.parametrize("where", ["/api/v1/media/", "/static/", "/violations/", "/api/v1/violations/"])
def test_no_address_becomes_a_path(service: Running, text: str, where: str) -> None:
    request = httpx.Request("GET", service.url, headers={"Authorization": f"Bearer {service.viewer_key}"})
    request.url = httpx.URL(service.url).copy_with(raw_path=(where + text).encode())
    assert service.viewer.send(request).status_code in (404, 422)
