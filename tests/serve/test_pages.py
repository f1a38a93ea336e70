"""The page says what happened in plain words, and repeats nothing that a browser would run."""

import re
from typing import Any

import pytest

from siaga.core.clock import ManualClock
from tests.support.records import RecordMaker, evidence_entry
from tests.support.sample_site import verdict
from tests.support.service import Running

ATTACKS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "{{ 7 * 7 }}",
    "</title><svg onload=alert(1)>",
]


def _text(service: Running, path: str = "/") -> str:
    answer = service.viewer.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def _words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_an_empty_archive_says_what_to_do(service: Running) -> None:
    words = _words(_text(service))
    assert "No camera has reported yet" in words
    assert "siaga run site.yaml" in words


@pytest.mark.parametrize("attack", ATTACKS)
def test_names_are_shown_and_never_run(service: Running, maker: RecordMaker, attack: str) -> None:
    fields = {
        "camera": attack,
        "site": attack,
        "zone": attack,
        "reason": attack,
        "detail": {"note": attack, attack: attack, "condition": attack},
        "model": {"name": attack, "sha256": "a" * 64},
        "evidence": [{"kind": "clip", "status": "missed", "reason": attack}],
    }
    intrusion = maker.make(rule="zone_intrusion", items=[], **fields)
    service.put(intrusion)
    service.put(maker.make(rule="camera_unmonitored", items=[], **fields))
    pages = [_text(service, path) for path in ("/", "/parts/list", f"/violations/{intrusion['id']}")]
    for html in pages:
        rest = re.sub(r'<script src="/static/page.js" defer></script>', "", html)
        assert "<script" not in rest
        assert not re.search(r"<[^>]*\son\w+\s*=", re.sub(r'"[^"]*"', '""', rest))
        assert not re.search(r'(?:href|src)="\s*javascript:', rest)
        assert not re.search(r'\sstyle="', rest)
        assert "49" not in re.findall(r"<bdi>([^<]*)</bdi>", rest)


def test_a_missing_helmet_in_plain_words(service: Running, maker: RecordMaker) -> None:
    subject = {
        "track_id": 3,
        "xyxyn": [0, 0, 1, 1],
        "verdicts": [
            verdict("helmet", "missing", 0.91, (1, 9, 2)),
            verdict("vest", "unknown", 0.0, (0, 0, 5), reason="occluded"),
        ],
    }
    record = maker.make(subjects=[subject], zone="scaffold", ago_s=75)
    service.put(record)
    words = _words(_text(service))
    assert "No helmet gate · zone scaffold 9 of 12 looks · 91 % sure" in words
    assert "for 1 min 15 s" in words
    words = _words(_text(service, f"/violations/{record['id']}"))
    assert "Helmet not worn 91 % sure" in words
    assert "Votes: 9 not worn, 1 worn, 2 cannot tell" in words
    assert "Why it cannot be told: covered by something" in words


def test_a_camera_that_does_not_watch_stands_at_the_top(service: Running, maker: RecordMaker) -> None:
    service.put(
        maker.make(rule="camera_unmonitored", items=[], camera="crane", detail={"condition": "covered"})
    )
    words = _words(_text(service))
    assert "Camera crane is not watching: lens covered since 01 Jan 2026, 12:00:00 UTC" in words
    assert "not monitored" in words
    assert words.index("is not watching") < words.index("Last 24 hours")


def test_silence_is_not_safety(service: Running, maker: RecordMaker, clock: ManualClock) -> None:
    service.put(maker.make())
    assert "Nothing heard" not in _text(service)
    clock.advance(301)
    assert "Nothing heard about camera gate" in _words(_text(service))


def test_missing_records_are_told(service: Running, maker: RecordMaker) -> None:
    service.put(maker.make())
    maker.make()
    service.put(maker.make())
    assert "1 record from box-1 has not arrived yet" in _words(_text(service))


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"status": "pending"}, "being made"),
        ({"status": "shed", "reason": "disk_full"}, "given up to save room (disk full)"),
        ({"status": "missed", "reason": "no_keyframe"}, "could not be made (no keyframe)"),
        (evidence_entry("clip", "video/mp4", b"film"), "on its way from the camera’s box"),
    ],
)
def test_absent_evidence_says_why(
    service: Running, maker: RecordMaker, entry: dict[str, Any], words: str
) -> None:
    record = maker.make(evidence=[{"kind": "clip"} | entry])
    service.put(record)
    assert words.replace("’", "'") in _words(_text(service, f"/violations/{record['id']}")).replace(
        "&#39;", "'"
    )


def test_a_clip_plays_from_its_hash_with_a_poster(service: Running, maker: RecordMaker) -> None:
    still, film = (
        evidence_entry("snapshot", "image/jpeg", b"still"),
        evidence_entry("clip", "video/mp4", b"film"),
    )
    record = maker.make(evidence=[still, film])
    service.put(record)
    service.upload(still, b"still")
    service.upload(film, b"film")
    html = _text(service, f"/violations/{record['id']}")
    assert f'src="/api/v1/media/{film["sha256"]}" poster="/api/v1/media/{still["sha256"]}"' in html
    assert f'<img src="/api/v1/media/{still["sha256"]}" alt="Picture of: No helmet"' in _text(service)


def test_filters_of_the_page(service: Running, maker: RecordMaker) -> None:
    service.put(maker.make(camera="gate & co"))
    service.put(maker.make(camera="crane"))
    html = _text(service)
    assert 'href="/?camera=gate+%26+co"' in html
    assert html.count('class="card"') == 2
    assert _text(service, "/?camera=gate+%26+co").count('class="card"') == 1
    assert "Nothing matches these filters" in _text(service, "/?rule=zone_intrusion&open=1")


def test_errors_are_pages_where_pages_are(service: Running) -> None:
    for path in ("/nothing", "/violations/x", "/violations/01900000-0000-7000-8000-000000000000"):
        answer = service.viewer.get(path)
        assert answer.status_code in (404, 422)
        assert "There is nothing here" in answer.text
    assert service.viewer.get("/api/v1/nothing").headers["Content-Type"] == "application/problem+json"
