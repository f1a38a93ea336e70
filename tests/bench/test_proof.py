"""Whether an event has its still and its clip, and the clip its trigger."""

from pathlib import Path

import pytest

from siaga.bench.proof import missing_proof, picture_times
from siaga.core.event import Event, EventState, Evidence, EvidenceKind, EvidenceStatus, RuleKind
from siaga.evidence.store import BlobStore
from tests.bench.made import clock, event
from tests.support.clips import write_clip

BOTH = frozenset({EvidenceKind.SNAPSHOT, EvidenceKind.CLIP})


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "evidence")


def still(store: BlobStore) -> Evidence:
    return Evidence(kind=EvidenceKind.SNAPSHOT, sha256=store.put(b"jpeg", "jpg"))


def video(store: BlobStore, folder: Path, *, t0: float = 4.0, trigger_s: float = 1.0) -> Evidence:
    """Two seconds of 10 pictures a second, from ``t0``."""
    data = write_clip(folder / "clip.mp4", frames=20, fps=10).read_bytes()
    return Evidence(kind=EvidenceKind.CLIP, sha256=store.put(data, "mp4"), t0=clock(t0), trigger_s=trigger_s)


def told(store: BlobStore, *evidence: Evidence) -> list[str]:
    """What an event said at 5 s lacks; its first record has the still, a later one the rest."""
    pending = Evidence(kind=EvidenceKind.CLIP, status=EvidenceStatus.PENDING, reason="post_roll")
    records: list[Event] = [
        event(EventState.NEW, 5.0, evidence=(still(store), pending), seq=1),
        event(EventState.UPDATE, 9.0, evidence=evidence, seq=2),
    ]
    return missing_proof(records, store, BOTH)


def test_a_still_and_a_clip_with_its_trigger_are_all_there_is_to_ask(
    store: BlobStore, tmp_path: Path
) -> None:
    assert told(store, video(store, tmp_path)) == []


def test_a_clip_that_was_not_made_says_why(store: BlobStore) -> None:
    missed = Evidence(kind=EvidenceKind.CLIP, status=EvidenceStatus.MISSED, reason="packets_gone")
    assert told(store, missed) == ["missing_ppe 00000000-0000-0000-0000-000000000001: no clip (packets_gone)"]
    assert told(store)[0].endswith("no clip (post_roll)")


@pytest.mark.parametrize(
    ("t0", "trigger_s"),
    [(4.0, 1.2), (3.8, 1.0), (2.0, 3.0), (5.5, -0.5)],
    ids=["another moment", "another beginning", "after its end", "before its beginning"],
)
def test_a_clip_without_its_trigger_is_missed_evidence(
    store: BlobStore, tmp_path: Path, t0: float, trigger_s: float
) -> None:
    lines = told(store, video(store, tmp_path, t0=t0, trigger_s=trigger_s))
    assert [line.split(": ")[1] for line in lines] == ["its clip lacks the picture that triggered it"]


def test_a_file_that_is_gone_or_no_video_is_missed_evidence(store: BlobStore, tmp_path: Path) -> None:
    gone = video(store, tmp_path)
    store.delete(gone.sha256 or "")
    assert "lacks the picture" in told(store, gone)[0]
    noise = Evidence(kind=EvidenceKind.CLIP, sha256=store.put(b"noise", "mp4"), t0=clock(4.0), trigger_s=1.0)
    assert "lacks the picture" in told(store, noise)[0]
    kept = video(store, tmp_path)
    lost = Evidence(kind=EvidenceKind.SNAPSHOT, sha256="0" * 64)
    lines = missing_proof([event(EventState.NEW, 5.0, evidence=(lost, kept))], store, BOTH)
    assert [line.split(": ")[1] for line in lines] == ["the file of its snapshot is gone"]


def test_only_what_the_settings_ask_for_and_only_of_people(store: BlobStore) -> None:
    bare = event(EventState.NEW, 5.0)
    assert len(missing_proof([bare], store, BOTH)) == 2
    assert len(missing_proof([bare], store, frozenset({EvidenceKind.CLIP}))) == 1
    assert missing_proof([bare], store, frozenset()) == []
    down = event(EventState.NEW, 5.0, rule=RuleKind.CAMERA_UNMONITORED, items=())
    assert missing_proof([down], store, BOTH) == []
    assert missing_proof([event(EventState.END, 5.0, end_s=5.0)], store, BOTH) == []


def test_picture_times(tmp_path: Path) -> None:
    assert picture_times(write_clip(tmp_path / "clip.mp4", frames=3, fps=10)) == pytest.approx([0, 0.1, 0.2])
