"""The second stage in the whole loop, with tiny models on painted recordings: from crops to events."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from siaga.core.canonical import record_hash
from siaga.core.errors import ConfigError, ModelUnsupported
from siaga.core.event import Event, EventState
from siaga.core.settings.load import hash_settings
from siaga.core.settings.site import Clip, Crops, EvidenceSettings, Ppe, Snapshot
from siaga.detect import load
from siaga.detect.classifier import OnnxClassifier
from siaga.edge import parts
from siaga.edge.check import check_site
from siaga.edge.offline import OfflineResult, analyse
from siaga.manifest import CropManifest
from tests.detect import classifiers
from tests.edge.site import HEAD, SIZE, clip_with_a_person, configured, offline_job
from tests.support.clips import write_clip

Colour = tuple[int, int, int]
RED, GREEN, BLUE = (220, 30, 30), (30, 220, 30), (30, 30, 220)
PERSON = (140, 44, 180, 164)
GOLDEN = Path(__file__).parent / "golden" / "one_violation.json"


@pytest.fixture(autouse=True)
def known_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first load in a child has tests of its own; here it would only take its time."""
    monkeypatch.setattr(load, "check_once", lambda *_: None)


def recording(path: Path, head: Colour | None, body: Colour | None = None) -> Path:
    """The bright picture in which the detector sees a person, with head and body painted."""

    def paint(rgb: NDArray[np.uint8], index: int) -> None:
        rgb[:] = 200
        rgb[:20, (index * 3) % 280 : (index * 3) % 280 + 20] = 30
        for box, colour in ((PERSON, body), (tuple(round(side) for side in HEAD), head)):
            if colour is not None:
                rgb[box[1] : box[3], box[0] : box[2]] = colour

    return write_clip(path, frames=60, size=SIZE, gop=25, painter=paint)


def run(folder: Path, clip: Path, *, head: float = 0.8, camera: str = "", **changes: object) -> OfflineResult:
    """Analyse ``clip`` without evidence, with both classifiers at hand and ``changes`` to the settings."""
    classifiers.write(folder)
    classifiers.write(folder, name="tiny-body", region="person")
    cameras = f"  gate: {{ffmpeg: {{inputs: [{{path: 'file:x'}}]}}{camera}}}"
    job = offline_job(folder, clip)
    settings = configured(folder, cameras, head=head).settings
    nothing = EvidenceSettings(snapshot=Snapshot(enabled=False), clip=Clip(enabled=False))
    settings = settings.model_copy(update={"evidence": nothing, **changes})
    check_site(settings)
    return analyse(replace(job, settings=settings, config_hash=hash_settings(settings)))


def ledger(folder: Path) -> dict[str, Any]:
    (row,) = [row for row in json.loads((folder / "out" / "ledger.json").read_text()) if row["zone"] is None]
    return dict(row["judged_s"] | row["unknown_s"])


def new(result: OfflineResult) -> list[Event]:
    return [event for event in result.events if event.state is EventState.NEW]


def names(event: Event) -> list[str]:
    return [model.name for model in event.classifiers]


@pytest.fixture
def heads(tmp_path: Path) -> dict[str, object]:
    return {"head_model": str(tmp_path / "tiny-head.yaml")}


def test_a_bare_head_that_both_see_is_an_event_that_names_both_models(
    tmp_path: Path, heads: dict[str, object]
) -> None:
    result = run(tmp_path, recording(tmp_path / "clip.mp4", RED), **heads)
    (event,) = new(result)
    assert event.model is not None
    assert (event.model.name, names(event)) == ("tiny", ["tiny-head"])
    assert event.subjects[0].verdicts[0].confidence > 0.95
    for record in result.events:
        body = record.model_dump(mode="json")
        assert record.hash == record_hash(body)
        assert Event.model_validate(body) == record
    assert ledger(tmp_path)["helmet.missing"] > 0.5


@pytest.mark.parametrize(
    ("colour", "reason"), [(GREEN, "helmet.ambiguous"), (BLUE, "helmet.not_seen")], ids=["green", "blue"]
)
def test_where_the_classifier_does_not_agree_nothing_is_said(
    tmp_path: Path, heads: dict[str, object], colour: Colour, reason: str
) -> None:
    result = run(tmp_path, recording(tmp_path / "clip.mp4", colour), **heads)
    assert new(result) == []
    told = ledger(tmp_path)
    assert told[reason] > 0.5
    assert "helmet.missing" not in told


def test_a_weak_bare_head_is_found_by_the_classifier_alone(tmp_path: Path, heads: dict[str, object]) -> None:
    clip = recording(tmp_path / "clip.mp4", RED)
    (event,) = new(run(tmp_path, clip, head=0.15, **heads))
    assert event.subjects[0].verdicts[0].state == "missing"


def test_without_the_classifier_a_weak_head_is_nothing(tmp_path: Path) -> None:
    result = run(tmp_path, recording(tmp_path / "clip.mp4", RED), head=0.15)
    assert new(result) == []
    assert ledger(tmp_path)["helmet.not_seen"] > 0.5


ZONE = ", zones: {roof: {coordinates: '0,0,1,0,1,1,0,1', requires: [harness]}}"
QUICK: dict[str, object] = {"ppe": Ppe(requires=()), "crops": Crops(harness_period=0.2)}
ELSEWHERE = ", zones: {roof: {coordinates: '0,0,0.3,0,0.3,1,0,1', requires: [harness]}}"


@pytest.mark.parametrize(("colour", "events"), [(RED, 1), (GREEN, 0)], ids=["without", "with"])
def test_a_missing_harness_in_its_zone_is_an_event(tmp_path: Path, colour: Colour, events: int) -> None:
    clip = recording(tmp_path / "clip.mp4", None, colour)
    result = run(tmp_path, clip, camera=ZONE, harness_model=str(tmp_path / "tiny-body.yaml"), **QUICK)
    assert [(event.zone, names(event)) for event in new(result)] == [("roof", ["tiny-body"])] * events
    state = "missing" if events else "worn"
    assert ledger(tmp_path)[f"harness.{state}"] > 0.3


def test_outside_the_zone_nobody_is_looked_at_for_a_harness(tmp_path: Path) -> None:
    clip = recording(tmp_path / "clip.mp4", None, RED)
    result = run(tmp_path, clip, camera=ELSEWHERE, harness_model=str(tmp_path / "tiny-body.yaml"), **QUICK)
    assert new(result) == []
    assert set(ledger(tmp_path)) == {"harness.not_enough_looks"}


def test_not_configured_costs_nothing_and_changes_no_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        pytest.fail("a classifier was opened")

    monkeypatch.setattr(parts, "open_classifier", never)
    clip = clip_with_a_person(tmp_path / "clip.mp4", frames=150, first=25, last=110)
    result = analyse(offline_job(tmp_path, clip))
    golden = json.loads(GOLDEN.read_text())
    assert [plain(event) for event in result.events] == golden["records"]
    assert json.loads((tmp_path / "out" / "ledger.json").read_text()) == golden["ledger"]


def plain(event: Event) -> dict[str, Any]:
    """A record without what depends on keys, on the configuration's hash or on an encoder."""
    body: dict[str, Any] = json.loads(event.model_dump_json())
    for key in ("id", "event_id", "hash", "prev_hash", "signature", "config_hash", "device_id"):
        del body[key]
    del body["model"]["sha256"]
    for piece in body["evidence"]:
        del piece["sha256"], piece["bytes"]
    return body


def test_asked_for_by_nobody_no_classifier_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heads: dict[str, object]
) -> None:
    opened: list[str] = []
    really = parts.open_classifier

    def remember(manifest: CropManifest, **options: Any) -> OnnxClassifier:
        opened.append(manifest.name)
        return really(manifest, **options)

    monkeypatch.setattr(parts, "open_classifier", remember)
    clip = recording(tmp_path / "clip.mp4", RED)
    assert new(run(tmp_path, clip, **heads, ppe=Ppe(requires=()))) == []
    assert opened == []
    (tmp_path / "asked").mkdir()
    assert len(new(run(tmp_path / "asked", clip, **heads))) == 1
    assert opened == ["tiny-head"]


def test_the_models_companion_is_taken_and_can_be_disabled(tmp_path: Path) -> None:
    clip = recording(tmp_path / "clip.mp4", RED)
    classifiers.write(tmp_path)
    settings = configured(tmp_path, "  gate: {ffmpeg: {inputs: [{path: 'file:x'}]}}").settings
    described = yaml.safe_load((tmp_path / "tiny.yaml").read_text()) | {"head_model": "tiny-head"}
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(described))
    job = offline_job(tmp_path, clip)
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(described))
    assert names(new(analyse(job))[0]) == ["tiny-head"]
    off = settings.model_copy(update={"head_model": "disabled"})
    assert names(new(analyse(replace(job, settings=off, out=tmp_path / "off")))[0]) == []
    (tmp_path / "tiny-head.yaml").unlink()
    assert names(new(analyse(replace(job, out=tmp_path / "gone")))[0]) == []


def test_a_classifier_of_another_item_or_a_detector_is_refused(tmp_path: Path) -> None:
    classifiers.write(tmp_path, name="tiny-body", region="person")
    settings = configured(tmp_path, "  gate: {ffmpeg: {inputs: [{path: 'file:x'}]}}").settings

    def checked(**changes: str) -> None:
        check_site(settings.model_copy(update=changes))

    with pytest.raises(ConfigError, match="judges harness on person crops, not helmet on head crops"):
        checked(head_model=str(tmp_path / "tiny-body.yaml"))
    with pytest.raises(ModelUnsupported, match="This is a detector"):
        checked(head_model=str(tmp_path / "tiny.yaml"))
    with pytest.raises(ModelUnsupported, match="This is a crop classifier"):
        checked(model=str(tmp_path / "tiny-body.yaml"))


def test_a_harness_is_asked_for_only_with_a_classifier(tmp_path: Path) -> None:
    classifiers.write(tmp_path, name="tiny-body", region="person")
    settings = configured(tmp_path, f"  gate: {{ffmpeg: {{inputs: [{{path: 'file:x'}}]}}{ZONE}}}").settings
    with pytest.raises(ConfigError, match=r"cannot judge harness.*harness_model"):
        check_site(settings)
    check_site(settings.model_copy(update={"harness_model": str(tmp_path / "tiny-body.yaml")}))
