"""The shipped clips, whole, through the shipped model: what is reported happened, and its proof is there."""

from pathlib import Path

import pytest

from siaga.bench.matching import Fate
from siaga.bench.run import read_clips, score_clip, settings_for, shipped_clips
from siaga.bench.score import counts
from siaga.core.verdict import Item

ALL = {clip.name: clip for clip in read_clips(shipped_clips())}
CLIPS = {name: clip for name, clip in ALL.items() if clip.path.parent.name == "data"}


def test_there_are_two_cameras_and_a_night_for_the_score() -> None:
    assert sorted(CLIPS) == ["groundworks", "scaffold"]
    assert sorted(ALL) == ["energy_yard", "groundworks", "scaffold"]
    for clip in ALL.values():
        assert (clip.truth.width, clip.truth.height, clip.truth.seconds) == (1280, 720, 30.0)
        assert clip.path.stat().st_size <= 5_000_000


@pytest.mark.parametrize("name", sorted(CLIPS))
def test_what_is_reported_happened(name: str, tmp_path: Path) -> None:
    """How late it is said, and what is missed, is measured and published, not tested."""
    clip = CLIPS[name]
    score = score_clip(clip, settings_for(clip), tmp_path / "out")
    assert score.false_alarms == ()
    total = counts([score])
    assert (total.precision, total.missing_proof) == (1.0, 0)
    judged = [entry for entry in score.matching.happened if entry.event.item is not Item.HARNESS]
    found = [entry for entry in judged if entry.fate in (Fate.FOUND, Fate.MERGED)]
    assert len(found) * 2 > len(judged), score.misses
