"""The shipped clip through the shipped model: what its ground truth says is reported once, nothing else."""

import json
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siaga.core.event import Event, EventState, EvidenceKind, EvidenceStatus
from siaga.core.geometry import iou
from siaga.core.settings import StreamUrl
from siaga.core.settings.load import parse_settings
from siaga.edge.offline import OfflineJob, analyse

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def _truth(name: str) -> dict[str, Any]:
    truth: dict[str, Any] = json.loads((files("siaga.demo") / "data" / f"{name}.truth.json").read_text())
    return truth


def _begun(folder: Path, name: str, truth: dict[str, Any]) -> tuple[Event, ...]:
    zones = "".join(
        f"\n      {zone}: {{coordinates: {points}, exclusion: true}}"
        for zone, points in truth["zones"].items()
    )
    text = f"cameras:\n  {name}:\n    ffmpeg: {{inputs: [{{path: 'file:x'}}]}}\n    zones:{zones}\n"
    loaded = parse_settings(text)
    with as_file(files("siaga.demo") / "data" / truth["clip"]) as clip:
        source = StreamUrl(f"file:{clip}")
        job = OfflineJob(source, loaded.settings, loaded.config_hash, name, folder / "out", START)
        return analyse(job).events


def _is_about(event: Event, expected: dict[str, Any], truth: dict[str, Any]) -> bool:
    """The right rule, while it lasts, on the right person. How late it is said is measured, not tested."""
    begun = (event.start_at - START).total_seconds()
    if event.rule.value != expected["rule"] or not expected["t0"] - 1 <= begun <= expected["t1"]:
        return False
    said = (event.said_at - START).total_seconds()
    frame = truth["people"][min(round(said * truth["fps"]), truth["frames"] - 1)]
    person = next(entry["person"] for entry in frame if entry["id"] == expected["who"])
    size = np.array([truth["width"], truth["height"]] * 2, np.float32)
    box = np.array([event.subjects[0].xyxyn], np.float32) * size
    return bool(iou(box, np.array([person], np.float32))[0, 0] > 0.4)


@pytest.mark.parametrize("name", ["groundworks"])
def test_reports_what_happened_and_nothing_else(name: str, tmp_path: Path) -> None:
    truth = _truth(name)
    assert {entry["rule"] for entry in truth["events"]} == {"missing_ppe", "zone_intrusion"}
    events = _begun(tmp_path, name, truth)
    begun = [event for event in events if event.state is EventState.NEW]
    for expected in truth["events"]:
        matching = [event for event in begun if _is_about(event, expected, truth)]
        assert len(matching) == 1, (expected, [(event.rule, event.start_at) for event in begun])
    assert len(begun) == len(truth["events"])
    stored = [
        (event.event_id, entry.kind)
        for event in events
        for entry in event.evidence
        if entry.status is EvidenceStatus.STORED
    ]
    assert sorted(stored) == sorted((event.event_id, kind) for event in begun for kind in EvidenceKind)
