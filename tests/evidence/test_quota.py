"""What goes first when room runs out, and the ballast."""

import errno
from dataclasses import dataclass
from pathlib import Path

import pytest

from siaga.core.errors import StorageError
from siaga.core.event import EvidenceKind
from siaga.evidence.quota import Ballast, shed
from siaga.evidence.store import BlobStore


@dataclass(frozen=True)
class Piece:
    sha256: str
    kind: EvidenceKind
    delivered: bool
    seq: int


def fill(store: BlobStore) -> list[Piece]:
    """One hundred bytes each; numbered from old to new."""
    pieces = []
    for kind in (EvidenceKind.SNAPSHOT, EvidenceKind.ANNOTATED, EvidenceKind.CLIP):
        for seq, delivered in ((1, False), (2, True), (3, True), (4, False)):
            data = f"{kind.value} {seq}".encode().ljust(100)
            pieces.append(Piece(store.put(data, "bin"), kind, delivered, seq))
    return pieces


def test_the_order_is_clips_then_drawn_then_stills_and_delivered_before_undelivered(tmp_path: Path) -> None:
    store = BlobStore(tmp_path / "evidence")
    pieces = fill(store)
    names = {piece.sha256: (piece.kind.value, piece.seq) for piece in pieces}
    gone: list[tuple[str, int]] = []
    freed = shed(store, pieces, lambda sha256, _: gone.append(names[sha256]), max_bytes=0)
    order = [2, 3, 1, 4]
    assert gone == [(kind, seq) for kind in ("clip", "annotated", "snapshot") for seq in order]
    assert freed == 1200
    assert store.total_bytes() == 0


def test_no_more_goes_than_must(tmp_path: Path) -> None:
    store = BlobStore(tmp_path / "evidence")
    pieces = fill(store)
    told: list[tuple[str, str]] = []
    assert shed(store, pieces, lambda *one: told.append(one), max_bytes=950, reason="quota") == 300
    assert store.total_bytes() == 900
    assert [reason for _, reason in told] == ["quota"] * 3
    assert shed(store, pieces, lambda *one: told.append(one), max_bytes=950) == 0


def test_the_record_says_shed_before_the_file_goes(tmp_path: Path) -> None:
    store = BlobStore(tmp_path / "evidence")
    pieces = fill(store)

    def refuse(sha256: str, _reason: str) -> None:
        assert store.path(sha256) is not None
        raise StorageError("no record, no removal")

    with pytest.raises(StorageError):
        shed(store, pieces, refuse, max_bytes=0)
    assert store.total_bytes() == 1200


def test_the_ballast_is_real_bytes_and_comes_back_when_there_is_room(tmp_path: Path) -> None:
    room = [10_000_000]
    ballast = Ballast(tmp_path / "ballast", 3_000_000, free=lambda _: room[0])
    assert not ballast.held
    assert ballast.ensure()
    assert (tmp_path / "ballast").stat().st_blocks * 512 >= 3_000_000
    assert ballast.release()
    assert not ballast.held
    assert not ballast.release()
    room[0] = 4_000_000
    assert not ballast.ensure(), "twice its size must be free, or it would fill the disk itself"
    room[0] = 6_000_000
    assert ballast.ensure()


def test_a_ballast_that_does_not_fit_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "seeded")

    monkeypatch.setattr("siaga.evidence.quota.os.fsync", full)
    ballast = Ballast(tmp_path / "ballast", 1000, free=lambda _: 10_000)
    assert not ballast.ensure()
    assert list(tmp_path.iterdir()) == []


def test_no_ballast_asked_for_counts_as_held(tmp_path: Path) -> None:
    assert Ballast(tmp_path / "ballast", 0).ensure()
