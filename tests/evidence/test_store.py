"""Addresses, sweeps and full disks."""

import errno
from pathlib import Path

import pytest

from siaga.core.canonical import sha256_hex
from siaga.core.errors import StorageError, StorageFull
from siaga.evidence.store import BlobStore, RealFs


def read(store: BlobStore, sha256: str) -> bytes | None:
    file = store.open(sha256)
    if file is None:
        return None
    with file:
        return file.read()


def test_a_file_is_found_by_what_is_in_it(tmp_path: Path) -> None:
    store = BlobStore(tmp_path / "evidence")
    sha256 = store.put(b"picture", "jpg")
    assert sha256 == sha256_hex(b"picture")
    assert store.path(sha256) == tmp_path / "evidence" / sha256[:2] / sha256[2:4] / f"{sha256}.jpg"
    assert read(store, sha256) == b"picture"
    assert store.put(b"picture", "jpg") == sha256
    assert store.total_bytes() == 7
    assert store.delete(sha256) == 7
    assert read(store, sha256) is None
    assert store.delete(sha256) == 0


def test_the_sweep_takes_temporary_files_and_orphans_only(tmp_path: Path) -> None:
    store = BlobStore(tmp_path / "evidence")
    named, orphan = store.put(b"named", "jpg"), store.put(b"orphan", "mp4")
    part = tmp_path / "evidence" / "tmp" / "half-written"
    part.write_bytes(b"ha")
    orphan_path = store.path(orphan)
    assert set(store.sweep({named})) == {part, orphan_path}
    assert read(store, named) == b"named"
    assert read(store, orphan) is None
    assert store.sweep({named}) == []


class FailingFs(RealFs):
    """Fails with ``code`` in one call, after having written half."""

    def __init__(self, call: str, code: int) -> None:
        self.call = call
        self.code = code

    def write(self, path: Path, data: bytes) -> None:
        if self.call == "write":
            path.write_bytes(data[: len(data) // 2])
            raise OSError(self.code, "seeded")
        super().write(path, data)

    def fsync(self, path: Path) -> None:
        if self.call == "fsync":
            raise OSError(self.code, "seeded")
        super().fsync(path)


@pytest.mark.parametrize("call", ["write", "fsync"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_a_state_that_leaves_nothing_behind(tmp_path: Path, call: str, code: int) -> None:
    fs = FailingFs(call, code)
    store = BlobStore(tmp_path / "evidence", fs)
    with pytest.raises(StorageFull, match=r"evidence\.max_bytes"):
        store.put(b"picture", "jpg")
    assert [path for path in (tmp_path / "evidence").rglob("*") if path.is_file()] == []
    fs.call = ""
    assert read(store, store.put(b"picture", "jpg")) == b"picture"


def test_another_failure_of_the_disk_is_told_as_one(tmp_path: Path) -> None:
    store = BlobStore(tmp_path / "evidence", FailingFs("fsync", errno.EIO))
    with pytest.raises(StorageError, match="Check the disk") as caught:
        store.put(b"picture", "jpg")
    assert not isinstance(caught.value, StorageFull)
