"""A power cut at any moment: what was recorded is there, whole. The mutants show that this test bites."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from siaga.core.canonical import sha256_hex
from siaga.evidence.store import BlobStore, RealFs
from tests.evidence.power_cut import Tree, VolatileFs, lay_out

PICTURES = tuple(f"picture {number}".encode() * 50 for number in range(3))
Record = Callable[[str], None]
Write = Callable[[BlobStore, bytes, Record], None]


def put_then_record(store: BlobStore, data: bytes, record: Record) -> None:
    record(store.put(data, "jpg"))


def record_then_put(store: BlobStore, data: bytes, record: Record) -> None:
    record(sha256_hex(data))
    store.put(data, "jpg")


class ForgetsFsync(VolatileFs):
    def fsync(self, path: Path) -> None:
        self._step()


class ForgetsFsyncOfDirectories(VolatileFs):
    def fsync_dir(self, path: Path) -> None:
        self._step()


class ForgetsFsyncOfParents(VolatileFs):
    """The directory of the file is made safe, those above it are not."""

    def fsync_dir(self, path: Path) -> None:
        if len(path.relative_to(self.root).parts) == 3:
            super().fsync_dir(path)
        else:
            self._step()


class SyncsAfterRename(VolatileFs):
    """Renames first and makes the bytes safe afterwards."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._late: Path | None = None

    def fsync(self, path: Path) -> None:
        self._late = path

    def rename(self, source: Path, target: Path) -> None:
        super().rename(source, target)
        super().fsync(target)


def promises_broken(fs: VolatileFs, write: Write, tmp_path: Path) -> list[str]:
    """Play the writes with a power cut after every step; gives what was recorded and is not there whole."""
    broken: list[str] = []
    recorded: list[str] = []
    cuts = itertools.count()

    def record(sha256: str) -> None:
        recorded.append(sha256)
        cut()

    def cut() -> None:
        number = next(cuts)
        for tree in fs.after_power_cut(tries=4, seed=number):
            broken.extend(f"step {number}: {what}" for what in missing(tree, recorded))
        named_only = list(fs.after_power_cut(tries=0, seed=number))[1]
        broken.extend(second_life(named_only, tmp_path / f"named{number}"))

    fs.after_step = cut
    store = BlobStore(fs.root / "evidence", fs)
    for data in (*PICTURES, PICTURES[0]):
        write(store, data, record)
        if broken:
            break
    return broken


def missing(tree: Tree, recorded: list[str]) -> list[str]:
    files = {path.stem: data for path, data in tree.items() if data is not None and path.suffix == ".jpg"}
    return [sha256 for sha256 in recorded if sha256_hex(files.get(sha256) or b"") != sha256]


class Unsynced(RealFs):
    """No second power cut comes: waiting for the real disk would only cost time."""

    def fsync(self, path: Path) -> None:
        return

    def fsync_dir(self, path: Path) -> None:
        return


def second_life(tree: Tree, folder: Path) -> list[str]:
    """After the cut the same pictures are stored again by sound code: they must be whole then."""
    store = BlobStore(lay_out(tree, folder) / "evidence", Unsynced())
    broken = []
    for data in PICTURES:
        with store.open(store.put(data, "jpg")) as file:  # type: ignore[union-attr]
            if file.read() != data:
                broken.append(f"{folder.name}: a damaged file was taken for a good one")
    return broken


def test_nothing_that_was_recorded_is_lost_or_damaged(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    assert promises_broken(VolatileFs(tmp_path / "disk"), put_then_record, tmp_path) == []


@pytest.mark.parametrize(
    ("kind", "write"),
    [
        (ForgetsFsync, put_then_record),
        (ForgetsFsyncOfDirectories, put_then_record),
        (ForgetsFsyncOfParents, put_then_record),
        (SyncsAfterRename, put_then_record),
        (VolatileFs, record_then_put),
    ],
)
def test_each_seeded_fault_is_found(tmp_path: Path, kind: type[VolatileFs], write: Write) -> None:
    (tmp_path / "disk").mkdir()
    assert promises_broken(kind(tmp_path / "disk"), write, tmp_path)


def test_what_a_dead_process_left_unsynced_is_made_safe_by_the_next(tmp_path: Path) -> None:
    """kill -9 between rename and fsync, then the same picture again, then a power cut."""
    (tmp_path / "disk").mkdir()
    fs = VolatileFs(tmp_path / "disk")
    store = BlobStore(fs.root / "evidence", fs)

    class Killed(BaseException):
        pass

    def kill() -> None:
        raise Killed

    whole = fs.rename

    def rename_and_die(source: Path, target: Path) -> None:
        fs.after_step = kill
        whole(source, target)

    fs.rename = rename_and_die  # type: ignore[method-assign]
    with pytest.raises(Killed):
        store.put(PICTURES[0], "jpg")
    fs.rename, fs.after_step = whole, lambda: None  # type: ignore[method-assign]
    sha256 = BlobStore(fs.root / "evidence", fs).put(PICTURES[0], "jpg")
    assert missing(next(fs.after_power_cut(tries=0, seed=0)), [sha256]) == []
