"""The form of an event: what goes out comes back the same, and what does not fit is refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from siaga.cli.reference.events import example_event
from siaga.core.canonical import record_hash
from siaga.core.event import Event


def record() -> dict[str, Any]:
    return example_event().model_dump(mode="json")


def test_an_event_comes_back_from_json_the_same() -> None:
    event = example_event()
    again = Event.model_validate_json(event.model_dump_json())
    assert again == event
    assert record_hash(again.model_dump(mode="json")) == event.hash


def test_times_are_written_in_utc() -> None:
    assert record()["said_at"] == "2026-03-02T07:14:09.500000Z"


def test_a_record_without_classifiers_is_as_it_was_before_there_were_any() -> None:
    assert "classifiers" not in record()
    named = {**record(), "classifiers": [{"name": "siaga-head-n", "sha256": "d" * 64}]}
    event = Event.model_validate(named)
    assert event.model_dump(mode="json")["classifiers"] == named["classifiers"]
    assert Event.model_validate_json(event.model_dump_json()) == event


@pytest.mark.parametrize(
    "change",
    [
        {"face": "somebody"},
        {"schema_version": 2},
        {"seq": 0},
        {"state": "over"},
        {"rule": "loitering"},
        {"items": ["hat"]},
        {"said_at": "2026-03-02T07:14:09"},
        {"hash": "A" * 64},
        {"signature": "0" * 127},
        {"device_id": ""},
        {"site": "x" * 129},
        {"evidence": [{"kind": "clip", "sha256": "../../etc/passwd"}]},
        {"subjects": [{"track_id": 1, "xyxyn": [0, 0, 1], "verdicts": []}]},
        {"subjects": [{"track_id": 1, "xyxyn": [0, 0, 1, 1], "name": "somebody"}]},
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Event.model_validate({**record(), **change})


@pytest.mark.parametrize("key", ["id", "event_id", "site", "camera", "rule", "start_at", "hash", "device_id"])
def test_what_every_event_has(key: str) -> None:
    short = record()
    del short[key]
    with pytest.raises(ValidationError, match="Field required"):
        Event.model_validate(short)
