"""A recording through the whole loop: from a picture to a signed event with a clip."""

import json
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from siaga.core.canonical import record_hash
from siaga.core.errors import SourceInvalid
from siaga.core.event import Event, EventState, EvidenceKind, EvidenceStatus, RuleKind
from siaga.edge.offline import OfflineResult, analyse
from siaga.evidence.store import BlobStore
from tests.edge.site import HEAD, START, clip_with_a_person, offline_job
from tests.support.clips import read_frame_number


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("offline")


@pytest.fixture(scope="module")
def result(folder: Path) -> OfflineResult:
    clip = clip_with_a_person(folder / "clip.mp4")
    return analyse(offline_job(folder, clip))


def _file(folder: Path, event: Event, kind: EvidenceKind) -> Path:
    entry = next(entry for entry in event.evidence if entry.kind is kind)
    path = BlobStore(folder / "out" / "evidence").path(entry.sha256 or "")
    assert path is not None
    return path


def _pictures(path: Path) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield float(frame.time or 0), frame.to_ndarray(format="rgb24")


def _the_clip(result: OfflineResult) -> Event:
    return next(
        event
        for event in result.events
        for entry in event.evidence
        if entry.kind is EvidenceKind.CLIP and entry.status is EvidenceStatus.STORED
    )


def test_one_violation_gives_one_event_from_beginning_to_end(result: OfflineResult) -> None:
    told = [(event.rule, event.state, event.reason) for event in result.events]
    assert told == [
        (RuleKind.MISSING_PPE, EventState.NEW, None),
        (RuleKind.MISSING_PPE, EventState.UPDATE, "evidence"),
        (RuleKind.MISSING_PPE, EventState.END, "left"),
    ]
    assert len({event.event_id for event in result.events}) == 1
    # The person is there from 2 s on; the vote needs its looks.
    assert 2.0 <= (result.events[0].start_at - START).total_seconds() <= 3.5
    assert result.frames == 50


def test_records_are_chained_and_say_under_what_they_were_made(result: OfflineResult) -> None:
    before = "0" * 64
    for number, event in enumerate(result.events, start=1):
        assert event.seq == number
        assert event.prev_hash == before
        assert event.hash == record_hash(event.model_dump(mode="json"))
        assert event.model is not None
        assert event.model.name == "tiny"
        before = event.hash


def test_the_clip_holds_the_trigger_picture_where_it_says(folder: Path, result: OfflineResult) -> None:
    event = _the_clip(result)
    entry = event.evidence[0]
    assert entry.trigger_s is not None
    snapshot = next(_pictures(_file(folder, result.events[0], EvidenceKind.SNAPSHOT)))[1]
    triggered = read_frame_number(snapshot)
    numbers = [
        (time, read_frame_number(rgb)) for time, rgb in _pictures(_file(folder, event, EvidenceKind.CLIP))
    ]
    nearest = min(numbers, key=lambda pair: abs(pair[0] - (entry.trigger_s or 0)))
    assert nearest[1] == triggered
    assert numbers[0][1] <= triggered - 25
    assert numbers[-1][1] >= triggered + 24
    assert [number for _, number in numbers] == list(range(numbers[0][1], numbers[-1][1] + 1))


def test_no_head_reaches_the_disk(folder: Path, result: OfflineResult) -> None:
    clip = _pictures(_file(folder, _the_clip(result), EvidenceKind.CLIP))
    shown = [rgb for _, rgb in clip if 50 <= read_frame_number(rgb) < 150]
    assert len(shown) > 30
    for kind in (EvidenceKind.SNAPSHOT, EvidenceKind.ANNOTATED):
        shown.append(next(_pictures(_file(folder, result.events[0], kind)))[1])
    x1, y1, x2, y2 = (round(value) for value in HEAD)
    for rgb in shown:
        head = rgb[y1:y2, x1:x2].astype(int)
        # One-pixel stripes of black and white differ by about 200 from column to column.
        assert np.abs(np.diff(head.mean(axis=2), axis=1)).mean() < 25


def test_the_ledger_counts_who_was_seen_and_how(folder: Path, result: OfflineResult) -> None:
    rows = json.loads((folder / "out" / "ledger.json").read_text())
    assert len(rows) == 1
    row = rows[0]
    assert row["zone"] is None
    assert row["watched_s"] == pytest.approx(9.8, abs=0.3)
    assert row["person_s"] == pytest.approx(4.0, abs=0.6)
    assert row["judged_s"]["helmet.missing"] > 1.5
    assert row["frames_analysed"] == result.frames


def test_the_same_file_gives_the_same_result(folder: Path, result: OfflineResult) -> None:
    again = analyse(offline_job(folder, folder / "clip.mp4", "again"))
    assert again == result
    first, second = (folder / name / "events.jsonl" for name in ("out", "again"))
    assert first.read_bytes() == second.read_bytes()


def test_a_truncated_recording_keeps_what_was_read(folder: Path) -> None:
    cut = clip_with_a_person(folder / "cut.mkv")
    cut.write_bytes(cut.read_bytes()[: int(cut.stat().st_size * 0.7)])
    with pytest.raises(SourceInvalid):
        analyse(offline_job(folder, cut, "cut"))
    assert '"new"' in (folder / "cut" / "events.jsonl").read_text()
