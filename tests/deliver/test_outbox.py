"""Records: numbered without gaps, chained, signed, and never said twice or forgotten."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from siaga.core.canonical import ZERO_HASH, canonical_json, record_hash
from siaga.core.clock import ManualClock
from siaga.core.errors import Conflict, StorageError
from siaga.core.event import Event, EventState, Evidence, EvidenceKind, EvidenceStatus, ModelRef
from siaga.core.signature import signed_by
from siaga.deliver.device import load_or_make_key
from siaga.deliver.items import Item, Lane
from siaga.deliver.outbox import Outbox
from tests.deliver.material import START, make_draft, make_outbox, pending_clip, piece

A, B, C = "a" * 64, "b" * 64, "c" * 64


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def outbox(tmp_path: Path, clock: ManualClock) -> Iterator[Outbox]:
    opened = make_outbox(tmp_path, clock)
    yield opened
    opened.close()


def now(clock: ManualClock) -> float:
    return clock.utc().timestamp()


def only(items: list[Item]) -> Item:
    assert len(items) == 1
    return items[0]


def test_records_are_numbered_chained_and_signed(tmp_path: Path, outbox: Outbox) -> None:
    key = load_or_make_key(tmp_path / "device.key")
    events = [outbox.commit(make_draft()) for _ in range(3)]
    assert [event.seq for event in events] == [1, 2, 3]
    assert [event.prev_hash for event in events] == [ZERO_HASH, events[0].hash, events[1].hash]
    for event in events:
        assert event.device_id == key.device_id
        assert event.hash == record_hash(event.model_dump(mode="json"))
        assert signed_by(key.public_key, event.hash, event.signature)
    assert outbox.verify_chain() == 3


def test_the_chain_goes_on_after_a_restart(tmp_path: Path, outbox: Outbox) -> None:
    outbox.commit(make_draft())
    again = make_outbox(tmp_path)
    assert again.commit(make_draft()).seq == 2
    assert again.verify_chain() == 2
    again.close()


def test_whoever_reads_and_writes_a_record_gets_the_same_bytes(outbox: Outbox, clock: ManualClock) -> None:
    outbox.commit(make_draft(evidence=(piece(A),)))
    body = only(outbox.due(Lane.METADATA, now(clock))).body
    event = Event.model_validate_json(body)
    assert canonical_json(event.model_dump(mode="json")) == body
    assert canonical_json(json.loads(body)) == body
    assert event.subjects[0].xyxyn == (0.3333, 0.1, 0.6667, 1.0)
    assert event.detail == {"seconds": 1.2346, "note": "Cổng 1", "count": 3, "sure": True}


def test_the_same_draft_twice_is_one_record_and_another_with_its_id_is_refused(outbox: Outbox) -> None:
    draft = make_draft()
    assert outbox.commit(draft) == outbox.commit(draft)
    assert outbox.last_seq() == 1
    with pytest.raises(Conflict):
        outbox.commit(draft.model_copy(update={"camera": "crane"}))
    assert outbox.verify_chain() == 1


def tamper(path: Path, statement: str, *values: object) -> None:
    with sqlite3.connect(path / "records.sqlite") as connection:
        connection.execute(statement, values)
    connection.close()


def test_a_changed_record_is_found(tmp_path: Path, outbox: Outbox) -> None:
    for _ in range(3):
        outbox.commit(make_draft())
    tamper(tmp_path, "UPDATE events SET record = replace(record, 'gate', 'door') WHERE seq = 2")
    with pytest.raises(StorageError, match="record 2 was changed"):
        outbox.verify_chain()


def test_a_removed_record_is_found(tmp_path: Path, outbox: Outbox) -> None:
    for _ in range(3):
        outbox.commit(make_draft())
    tamper(tmp_path, "DELETE FROM items WHERE seq = 2")
    tamper(tmp_path, "DELETE FROM events WHERE seq = 2")
    with pytest.raises(StorageError, match="record 3 stands where number 2 should"):
        outbox.verify_chain()


def test_a_forged_record_with_a_right_hash_is_found(tmp_path: Path, outbox: Outbox) -> None:
    event = outbox.commit(make_draft())
    forged = event.model_dump(mode="json") | {"camera": "door"}
    forged["hash"] = record_hash(forged)
    tamper(tmp_path, "UPDATE events SET record = ?", canonical_json(forged).decode())
    with pytest.raises(StorageError, match="record 1 is not signed by this device"):
        outbox.verify_chain()


def test_evidence_waits_for_its_record_and_clips_have_a_lane_of_their_own(
    outbox: Outbox, clock: ManualClock
) -> None:
    stored = (piece(A), piece(B, EvidenceKind.ANNOTATED), piece(C, EvidenceKind.CLIP))
    shed = Evidence(kind=EvidenceKind.CLIP, status=EvidenceStatus.SHED, sha256="d" * 64, reason="disk_full")
    outbox.commit(make_draft(evidence=(*stored, shed)))
    assert outbox.due(Lane.STILL, now(clock)) == outbox.due(Lane.CLIP, now(clock)) == []
    outbox.delivered(only(outbox.due(Lane.METADATA, now(clock))))
    assert outbox.due(Lane.METADATA, now(clock)) == []
    assert [item.sha256 for item in outbox.due(Lane.STILL, now(clock), 10)] == [A, B]
    clip = only(outbox.due(Lane.CLIP, now(clock), 10))
    assert (clip.sha256, clip.media_type, clip.bytes) == (C, "video/mp4", 10)
    outbox.delivered(clip)
    assert outbox.referenced() == {A, B, C}
    assert {held.sha256: held.delivered for held in outbox.held()} == {A: False, B: False, C: True}


def test_a_deferred_item_comes_back_in_time_also_after_a_restart(
    tmp_path: Path, outbox: Outbox, clock: ManualClock
) -> None:
    outbox.commit(make_draft())
    outbox.defer(only(outbox.due(Lane.METADATA, now(clock))), now(clock) + 30, "answered 500")
    assert outbox.due(Lane.METADATA, now(clock) + 29) == []
    again = make_outbox(tmp_path, clock)
    item = only(again.due(Lane.METADATA, now(clock) + 31))
    assert (item.attempts, item.error) == (1, "answered 500")
    again.close()


def test_a_wall_clock_that_is_set_back_does_not_hold_items_for_years(
    outbox: Outbox, clock: ManualClock
) -> None:
    outbox.commit(make_draft())
    outbox.defer(only(outbox.due(Lane.METADATA, now(clock))), now(clock) + 30, "away")
    assert outbox.due(Lane.METADATA, now(clock) - 10 * 365 * 86400)


def test_the_evidence_of_a_rejected_record_is_a_dead_letter_too(outbox: Outbox, clock: ManualClock) -> None:
    outbox.commit(make_draft(evidence=(piece(A),)))
    outbox.dead(only(outbox.due(Lane.METADATA, now(clock))), "422: unknown site")
    assert [(item.lane, item.error) for item in outbox.dead_letters()] == [
        (Lane.METADATA, "422: unknown site"),
        (Lane.STILL, "its record was rejected"),
    ]
    assert outbox.stats().dead == {Lane.METADATA: 1, Lane.STILL: 1, Lane.CLIP: 0}
    assert outbox.referenced() == {A}, "what could not be delivered is not thrown away"


def test_shedding_what_was_not_delivered_is_told_to_the_service(outbox: Outbox) -> None:
    looked = (ModelRef(name="siaga-head-n", sha256=C),)
    first = outbox.commit(make_draft(evidence=(piece(A, EvidenceKind.CLIP), piece(B)), classifiers=looked))
    outbox.commit(make_draft(state=EventState.END, event_id=first.event_id, classifiers=looked))
    (told,) = outbox.shed(A, "quota")
    assert told.classifiers == looked
    assert (told.event_id, told.state, told.reason) == (first.event_id, EventState.UPDATE, "evidence_shed")
    assert told.id not in (first.id, first.event_id)
    assert told.end_at is not None, "it does not open the violation again"
    (gone,) = told.evidence
    assert (gone.status, gone.reason, gone.sha256) == (EvidenceStatus.SHED, "quota", A)
    assert outbox.referenced() == {B}
    assert outbox.stats().shed[Lane.CLIP] == 1
    assert outbox.open_violations() == []
    assert outbox.shed(A, "quota") == [], "once"
    assert outbox.verify_chain() == 3


def test_shedding_what_the_service_has_is_only_our_own_matter(outbox: Outbox, clock: ManualClock) -> None:
    outbox.commit(make_draft(evidence=(piece(A, EvidenceKind.CLIP),)))
    outbox.delivered(only(outbox.due(Lane.METADATA, now(clock))))
    outbox.delivered(only(outbox.due(Lane.CLIP, now(clock))))
    assert outbox.shed(A, "quota") == []
    assert outbox.referenced() == set()
    assert outbox.last_seq() == 1


def test_open_violations_are_those_without_an_end_in_their_newest_state(outbox: Outbox) -> None:
    first, second = outbox.commit(make_draft()), outbox.commit(make_draft())
    update = outbox.commit(make_draft(state=EventState.UPDATE, event_id=first.event_id))
    outbox.commit(make_draft(state=EventState.END, event_id=second.event_id))
    assert outbox.open_violations() == [update]


def test_a_clip_that_was_promised_and_never_settled_is_found(outbox: Outbox) -> None:
    settled, waiting = (outbox.commit(make_draft(evidence=(pending_clip(),))) for _ in range(2))
    outbox.commit(make_draft())
    outbox.commit(
        make_draft(
            state=EventState.UPDATE, event_id=settled.event_id, evidence=(piece(A, EvidenceKind.CLIP),)
        )
    )
    end = outbox.commit(make_draft(state=EventState.END, event_id=waiting.event_id))
    assert outbox.awaiting_clip() == [end]


def test_those_who_follow_along_get_every_record_once(outbox: Outbox) -> None:
    events = [outbox.commit(make_draft()) for _ in range(5)]
    assert outbox.records_after(0, 3) == events[:3]
    assert outbox.records_after(3) == events[3:]


def test_several_writers_at_once_leave_no_gap_and_break_no_chain(tmp_path: Path) -> None:
    make_outbox(tmp_path).close()

    def write() -> None:
        own = make_outbox(tmp_path)
        for _ in range(10):
            own.commit(make_draft())
        own.close()

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outbox = make_outbox(tmp_path)
    assert outbox.verify_chain() == outbox.last_seq() == 30
    outbox.close()


def test_a_commit_is_durable_when_it_returns(outbox: Outbox) -> None:
    """EXTRA (3) is FULL with the directory made safe after the journal is gone."""
    rows = outbox._database.rows
    assert rows("PRAGMA journal_mode")[0][0] == "delete"
    assert rows("PRAGMA synchronous")[0][0] == 3


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path, outbox: Outbox) -> None:
    tamper(tmp_path, "PRAGMA user_version=99")
    with pytest.raises(StorageError, match="version 99"):
        make_outbox(tmp_path)


def test_a_file_that_is_no_outbox_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "records.sqlite").write_bytes(b"no database " * 100)
    with pytest.raises(StorageError, match="cannot be used"):
        make_outbox(tmp_path)
