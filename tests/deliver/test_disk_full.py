"""A full disk is a state: records go on by the ballast, evidence waits, and all recovers by itself."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from siaga.core.errors import StorageFull
from siaga.core.event import EvidenceKind
from siaga.deliver.outbox import Outbox
from siaga.evidence.quota import Ballast, make_room
from siaga.evidence.store import BlobStore
from tests.deliver.material import make_draft, make_outbox, piece

DISK = 6_000_000
BALLAST = 1_000_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of six megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True)
    except FileNotFoundError:
        pytest.skip("mount is not installed; a small disk cannot be made")
    if done.returncode != 0:
        pytest.skip("mounting a tmpfs is not allowed here; run as root for a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill_up(disk: Path) -> Path:
    """Take all that is left, to the last byte."""
    path = disk / "filler"
    with path.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    return path


def commit_many(outbox: Outbox) -> None:
    for _ in range(100):
        outbox.commit(make_draft())


def test_records_go_on_and_all_recovers(disk: Path) -> None:
    ballast = Ballast(disk / "ballast", BALLAST)
    assert ballast.ensure()
    outbox = make_outbox(disk, make_room=ballast.release)
    store = BlobStore(disk / "evidence")
    outbox.commit(make_draft(evidence=(piece(store.put(b"still", "jpg")),)))
    filler = fill_up(disk)
    with pytest.raises(StorageFull):
        store.put(os.urandom(100_000), "mp4")
    for _ in range(40):
        outbox.commit(make_draft())
    assert not ballast.held
    assert not ballast.ensure(), "as long as there is no room"
    assert outbox.verify_chain() == 41
    assert store.sweep(outbox.referenced()) == [], "the failed write left nothing behind"
    filler.unlink()
    assert ballast.ensure()
    outbox.commit(make_draft(evidence=(piece(store.put(os.urandom(100_000), "mp4")),)))
    assert outbox.verify_chain() == 42
    outbox.close()


def test_it_starts_on_a_full_disk(disk: Path) -> None:
    ballast = Ballast(disk / "ballast", BALLAST)
    ballast.ensure()
    first = make_outbox(disk, make_room=ballast.release)
    first.commit(make_draft())
    first.close()
    fill_up(disk)
    again = make_outbox(disk, make_room=ballast.release)
    BlobStore(disk / "evidence")
    assert again.commit(make_draft()).seq == 2
    assert again.verify_chain() == 2
    again.close()


def test_the_very_first_start_on_a_full_disk_uses_the_ballast_too(disk: Path) -> None:
    ballast = Ballast(disk / "ballast", BALLAST)
    ballast.ensure()
    make_outbox(disk).close()
    (disk / "records.sqlite").unlink()
    fill_up(disk)
    outbox = make_outbox(disk, make_room=ballast.release)
    outbox.commit(make_draft())
    assert not ballast.held
    outbox.close()


def test_without_a_ballast_it_is_said_and_nothing_breaks(disk: Path) -> None:
    outbox = make_outbox(disk)
    outbox.commit(make_draft())
    filler = fill_up(disk)
    with pytest.raises(StorageFull, match="Free space"):
        commit_many(outbox)
    recorded = outbox.last_seq()
    assert outbox.verify_chain() == recorded
    filler.unlink()
    assert outbox.commit(make_draft()).seq == recorded + 1
    assert outbox.verify_chain() == recorded + 1
    outbox.close()


def test_clips_are_shed_until_the_ballast_is_back(disk: Path) -> None:
    """Also when not even the ballast left room to say so: somebody else took all of it."""
    ballast = Ballast(disk / "ballast", BALLAST)
    ballast.ensure()
    outbox = make_outbox(disk, make_room=ballast.release)
    store = BlobStore(disk / "evidence")
    for _ in range(4):
        clip = piece(store.put(os.urandom(900_000), "mp4"), EvidenceKind.CLIP)
        outbox.commit(make_draft(evidence=(clip, piece(store.put(os.urandom(1000), "jpg")))))
    ballast.release()
    fill_up(disk)
    assert make_room(store, ballast, outbox.held, outbox.shed) == 3 * 900_000
    assert ballast.held
    assert [event.evidence[0].reason for event in outbox.records_after(4)] == ["disk_full"] * 3
    assert len(outbox.referenced()) == 5, "every still and one clip"
    assert store.sweep(outbox.referenced()) == []
    assert make_room(store, ballast, outbox.held, outbox.shed) == 0
    outbox.close()
