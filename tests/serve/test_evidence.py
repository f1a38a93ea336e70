"""Evidence comes in by pieces, is checked, and is served only when it is whole and right."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from siaga.archive import Blob, EvidenceFolder, StoredArchive
from siaga.archive.sweep import sweep
from siaga.core.clock import ManualClock
from siaga.db import Database
from tests.support.records import RecordMaker, evidence_entry
from tests.support.service import Running, running_service

DATA = bytes(range(256)) * 8192
JPEG = "image/jpeg"
_AB = "ab" * 32


@pytest.fixture
def entry(service: Running, maker: RecordMaker) -> dict[str, Any]:
    """Evidence of 2 MiB that a record names and whose bytes have not come."""
    entry = evidence_entry("snapshot", JPEG, DATA)
    assert service.put(maker.make(evidence=[entry])).status_code == 201
    return entry


def _offset(service: Running, entry: dict[str, Any]) -> tuple[int, str | None]:
    answer = service.device.head(f"/api/v1/evidence/{entry['sha256']}")
    assert answer.status_code == 200
    return int(answer.headers["Upload-Offset"]), answer.headers.get("Upload-Complete")


def test_evidence_in_one_piece(service: Running, entry: dict[str, Any]) -> None:
    assert _offset(service, entry) == (0, None)
    answer = service.upload(entry, DATA)
    assert (answer.status_code, answer.headers["Upload-Complete"]) == (201, "1")
    assert _offset(service, entry) == (len(DATA), "1")
    media = service.viewer.get(f"/api/v1/media/{entry['sha256']}")
    assert (media.content, media.headers["Content-Type"]) == (DATA, JPEG)


def test_evidence_goes_on_where_it_ended(service: Running, entry: dict[str, Any]) -> None:
    half = 1_000_003
    answer = service.patch(entry["sha256"], DATA[:half], 0, len(DATA), JPEG)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(half))
    assert "Upload-Complete" not in answer.headers
    assert service.patch(entry["sha256"], DATA[half:], half, len(DATA), JPEG).status_code == 201


def test_a_cut_upload_keeps_what_came(service: Running, entry: dict[str, Any]) -> None:
    def cut() -> Any:
        yield DATA[: 3 << 19]
        raise ConnectionResetError

    headers = {"Upload-Offset": "0", "Upload-Length": str(len(DATA)), "Content-Type": JPEG}
    with pytest.raises(ConnectionResetError):
        service.device.patch(f"/api/v1/evidence/{entry['sha256']}", content=cut(), headers=headers)
    # Until the service has noticed that the client is gone, the evidence is busy.
    while (offset := _offset(service, entry)[0]) < 3 << 19:
        pass
    while (
        answer := service.patch(entry["sha256"], DATA[offset:], offset, len(DATA), JPEG)
    ).status_code == 503:
        assert answer.headers["Retry-After"] == "1"
    assert answer.status_code == 201
    assert service.viewer.get(f"/api/v1/media/{entry['sha256']}").content == DATA


@pytest.mark.parametrize("offset", [1, 999_999, len(DATA)])
def test_another_offset_is_refused(service: Running, entry: dict[str, Any], offset: int) -> None:
    service.patch(entry["sha256"], DATA[:1000], 0, len(DATA), JPEG)
    answer = service.patch(entry["sha256"], DATA[offset:], offset, len(DATA), JPEG)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (409, "1000")


def test_complete_evidence_is_not_written_again(service: Running, entry: dict[str, Any]) -> None:
    service.upload(entry, DATA)
    again = service.upload(entry, DATA)
    assert (again.status_code, again.headers["Upload-Complete"]) == (409, "1")
    nothing = service.patch(entry["sha256"], b"", len(DATA), len(DATA), JPEG)
    assert (nothing.status_code, nothing.headers["Upload-Complete"]) == (201, "1")


def test_wrong_bytes_are_refused_and_removed(service: Running, entry: dict[str, Any], tmp_path: Path) -> None:
    wrong = DATA[:-1] + b"\x00"
    answer = service.upload(entry, wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "hash_mismatch")
    assert _offset(service, entry) == (0, None)
    assert not [path for path in (tmp_path / "data/evidence").rglob("*") if path.is_file()]
    assert service.viewer.get(f"/api/v1/media/{entry['sha256']}").status_code == 404


@pytest.mark.parametrize(
    ("length", "media_type"), [(len(DATA) + 1, JPEG), (len(DATA), "image/png"), (len(DATA), "text/html")]
)
def test_length_and_type_are_those_of_the_event(
    service: Running, entry: dict[str, Any], length: int, media_type: str
) -> None:
    answer = service.patch(entry["sha256"], b"x", 0, length, media_type)
    assert (answer.status_code, answer.json()["code"]) == (422, "evidence_mismatch")


def test_more_than_announced_is_refused(service: Running, entry: dict[str, Any]) -> None:
    assert service.upload(entry, DATA).status_code == 201
    other = evidence_entry("clip", "video/mp4", b"x")
    answer = service.patch(other["sha256"], DATA, 0, 1, "video/mp4")
    assert answer.status_code == 404


def test_a_body_beyond_the_length_is_refused(service: Running, maker: RecordMaker) -> None:
    entry = evidence_entry("snapshot", JPEG, b"four")
    service.put(maker.make(evidence=[entry]))
    assert service.patch(entry["sha256"], b"four and more", 0, 4, JPEG).status_code == 413


def test_a_type_that_a_browser_would_run_is_never_taken(service: Running, maker: RecordMaker) -> None:
    page = b"<script>alert(1)</script>"
    entry = evidence_entry("snapshot", "text/html", page)
    assert service.put(maker.make(evidence=[entry])).status_code == 201
    assert service.upload(entry, page).status_code == 422


def test_evidence_beyond_the_maximum_is_refused_but_its_record_is_kept(
    tmp_path: Path, maker: RecordMaker
) -> None:
    with running_service(tmp_path / "small", max_evidence_bytes=1000) as service:
        entry = evidence_entry("snapshot", JPEG, DATA)
        assert service.put(maker.make(evidence=[entry])).status_code == 201
        assert service.upload(entry, DATA).status_code == 413


def test_evidence_that_no_event_names_is_unknown(service: Running) -> None:
    sha256 = hashlib.sha256(b"nobody").hexdigest()
    assert service.device.head(f"/api/v1/evidence/{sha256}").status_code == 404
    assert service.patch(sha256, b"nobody", 0, 6, JPEG).status_code == 404


def test_the_sweep_removes_what_no_row_names(tmp_path: Path, maker: RecordMaker) -> None:
    data_dir = tmp_path / "data"
    entry = evidence_entry("snapshot", JPEG, DATA)
    with running_service(data_dir) as service:
        service.put(maker.make(evidence=[entry]))
        service.upload(entry, DATA)
    root = data_dir / "evidence"
    stray = root / "ff" / ("f" * 64)
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"stray")
    (root / "partial" / ("e" * 64)).write_bytes(b"part")
    outside = tmp_path / "outside"
    outside.write_bytes(b"not ours")
    (root / "ff" / "link").symlink_to(outside)
    with running_service(data_dir) as service:
        files = [path for path in root.rglob("*") if path.is_file()]
        assert [path.name for path in files] == [entry["sha256"]]
        assert service.viewer.get(f"/api/v1/media/{entry['sha256']}").content == DATA
    assert outside.read_bytes() == b"not ours"


def test_a_sweep_tells_what_is_missing(tmp_path: Path, database: Database) -> None:
    archive = StoredArchive(database)
    archive.add_blob(Blob(_AB, 4, JPEG, f"ab/{_AB}"), ManualClock().utc(), lambda: None)
    found = sweep(archive, EvidenceFolder(tmp_path / "evidence"))
    assert (found.removed, found.missing) == (0, (f"ab/{_AB}",))


def test_bytes_are_on_disk_before_they_have_their_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    real_fsync, real_rename = os.fsync, Path.rename

    def fsync(descriptor: int) -> None:
        said.append(f"fsync {Path(f'/proc/self/fd/{descriptor}').readlink().name}")
        real_fsync(descriptor)

    def rename(path: Path, target: Path) -> Path:
        said.append("rename")
        return real_rename(path, target)

    folder = EvidenceFolder(tmp_path / "evidence")
    staging = folder.staging()
    staging.append(_AB, b"data")
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "rename", rename)
    folder.place(staging.path(_AB), _AB, JPEG)
    assert said == [f"fsync {_AB}", "fsync evidence", "rename", "fsync ab"]
