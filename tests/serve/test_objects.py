"""Evidence in a real S3 server: put once, read in ranges, listed, removed; failures told without secrets."""

import hashlib
from pathlib import Path

import pytest

from siaga.archive import EvidenceObjects
from siaga.archive.evidence import path_of
from siaga.core.errors import StorageError
from tests.support.objects import S3Server

DATA = bytes(range(256)) * 20
SHA256 = hashlib.sha256(DATA).hexdigest()
JPEG = "image/jpeg"


@pytest.fixture
def bucket(s3_server: S3Server) -> str:
    """An empty bucket."""
    return s3_server.bucket()


@pytest.fixture
def store(s3_server: S3Server, bucket: str) -> EvidenceObjects:
    """A folder of the bucket."""
    return EvidenceObjects(f"s3://{bucket}/site/evidence", s3_server.environment)


@pytest.fixture
def part(tmp_path: Path) -> Path:
    """A verified part."""
    path = tmp_path / SHA256
    path.write_bytes(DATA)
    return path


def test_bytes_are_put_once_and_never_changed(
    store: EvidenceObjects, part: Path, s3_server: S3Server, bucket: str
) -> None:
    store.place(part, SHA256, JPEG)
    assert s3_server.objects(bucket) == {f"site/evidence/{path_of(SHA256)}": DATA}
    part.write_bytes(bytes(len(DATA)))
    store.place(part, SHA256, JPEG)
    assert s3_server.objects(bucket) == {f"site/evidence/{path_of(SHA256)}": DATA}


def test_an_object_of_another_size_is_not_taken_for_ours(
    store: EvidenceObjects, part: Path, s3_server: S3Server, bucket: str
) -> None:
    s3_server.put(bucket, f"site/evidence/{path_of(SHA256)}", b"somebody else's")
    with pytest.raises(StorageError, match="15 bytes"):
        store.place(part, SHA256, JPEG)


def test_ranges_listing_and_removal(
    store: EvidenceObjects, part: Path, s3_server: S3Server, bucket: str
) -> None:
    s3_server.put(bucket, "site/other", b"not in our folder")
    store.place(part, SHA256, JPEG)
    path = path_of(SHA256)
    for start, stop in ((0, len(DATA)), (5, 6), (100, 5000), (7, 7)):
        assert b"".join(store.read(path, start, stop)) == DATA[start:stop]
    assert store.listing(SHA256[:2]) == {path}
    store.check()
    store.remove(path)
    store.remove(path)
    assert store.listing(SHA256[:2]) == frozenset()
    assert list(s3_server.objects(bucket)) == ["site/other"]
    with pytest.raises(StorageError, match="FileNotFound"):
        store.read(path, 0, 1)


def test_a_store_that_refuses_or_is_away_is_told_without_secrets(s3_server: S3Server, part: Path) -> None:
    nowhere = {**s3_server.environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    for store in (
        EvidenceObjects("s3://no-such-bucket/x", s3_server.environment),
        EvidenceObjects("s3://bucket/x", nowhere),
    ):
        with pytest.raises(StorageError) as refused:
            store.place(part, SHA256, JPEG)
        assert "siaga-test-secret" not in f"{refused.value} {refused.value.__cause__}"
