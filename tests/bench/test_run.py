"""The whole way: a clip and its truth through the edge, the score, and the command that does it."""

import json
from pathlib import Path
from typing import Any

import pytest

from siaga.bench.run import Clip, read_clips, score_clip, settings_for, shipped_clips
from siaga.bench.score import as_json, counts
from siaga.bench.truth import ClipTruth, TruthEvent, overlap_s
from siaga.core.errors import Conflict
from siaga.core.settings import Settings
from siaga.core.verdict import Item
from tests.bench.made import bare, person, truth_data
from tests.cli.siaga_command import siaga_here
from tests.detect import classifiers
from tests.edge.site import clip_with_a_person, configured
from tests.support.cut import cut_at_keyframes

SEEN = (140.0, 44.0, 180.0, 164.0)
"""Where the tiny model sees somebody from 2 to 6 s."""
UNSEEN = (20.0, 44.0, 60.0, 164.0)


def tiny_clip(folder: Path) -> Path:
    """A bare-headed person whom the tiny model sees, and one whom it does not, with their truth."""
    path = clip_with_a_person(folder / "yard.mp4")
    there = [person("A", SEEN), person("B", UNSEEN)]
    people = [there if 50 <= number < 150 else [] for number in range(250)]
    data = truth_data(bare("A", 2.0, 5.96), bare("B", 2.0, 5.96), frames=250, zones={})
    data |= {"width": 320, "height": 180, "fps": 25, "people": people}
    path.with_name("yard.truth.json").write_text(json.dumps(data))
    return path


def tiny_settings(folder: Path) -> Settings:
    return configured(folder, "  gate: {ffmpeg: {inputs: [{path: 'file:x'}]}}").settings


def config_file(folder: Path) -> Path:
    settings = tiny_settings(folder)
    file = folder / "site.yaml"
    camera = "cameras: {gate: {ffmpeg: {inputs: [{path: 'file:x'}]}}}"
    evidence = "evidence: {clip: {pre_roll: 1, post_roll: 1}, ballast: 100kB}"
    file.write_text(f"model: {settings.model}\n{camera}\nppe: {{grouping: 1s}}\n{evidence}\n")
    return file


def test_a_clip_through_the_whole_edge(tmp_path: Path) -> None:
    (clip,) = read_clips([tiny_clip(tmp_path)])
    settings = settings_for(clip, tiny_settings(tmp_path))
    reached: list[float] = []
    score = score_clip(clip, settings, tmp_path / "out", reached.append)
    total = counts([score])
    assert (total.precision, total.recall, total.duplicates) == (1.0, 0.5, 0)
    assert 0.5 <= total.delays_s[0] <= 1.5
    assert score.proof == ()
    assert reached[-1] > 9.0
    (missed,) = score.misses
    assert missed == "B, no helmet, 2.0-6.0 s: tracked in 0 of 20 pictures in which it could be told"
    result = as_json([score], {})
    assert result["person_tracks"]["day"]["80-160"] == {"tracks": 2, "found": 1}
    assert result["tellable_person_s"] == pytest.approx(8.0)
    assert result["not_found_s"] >= 4.0
    assert result["right_verdict_s"] > 1.5
    assert result["wrong_verdict_s"] == 0.0
    assert result["ledger_unknown_s"].keys() == result["wrong_unknown_s"].keys()
    with pytest.raises(Conflict, match="holds an earlier result"):
        score_clip(clip, settings, tmp_path / "out")


def test_the_command_writes_tables_pictures_and_json_last(tmp_path: Path) -> None:
    clip, out = tiny_clip(tmp_path), tmp_path / "out"
    said = siaga_here("bench", "events", clip, "-c", config_file(tmp_path), "--out", out, cwd=tmp_path)
    assert said.code == 0, said.err
    *lines, last = said.out.splitlines()
    result = json.loads(last)
    assert (result["precision"], result["recall"], result["duplicates"]) == (1.0, 0.5, 0)
    assert (result["clips"]["yard"]["precision"], result["clips"]["yard"]["recall"]) == (1.0, 0.5)
    assert (result["model"], len(result["model_sha256"]), result["classifiers"]) == ("tiny", 64, {})
    assert any("1 of 2" in line for line in lines)
    assert any(line.startswith("yard: missed: B, no helmet") for line in lines)
    assert json.loads((out / "score.json").read_text()) == result
    assert "<svg" in (out / "yard.timeline.svg").read_text()
    assert (out / "yard" / "events.jsonl").exists()


def test_the_classifiers_that_are_asked_for_look_and_are_named(tmp_path: Path) -> None:
    """The classifier sees grey where the detector sees a bare head, so that nothing is said."""
    clip, config = tiny_clip(tmp_path), config_file(tmp_path)
    written = {
        region: classifiers.write(tmp_path, name=region, region=region) for region in ("head", "person")
    }
    asked = ("--head-model", tmp_path / "head.yaml", "--harness-model", tmp_path / "person.yaml")
    said = siaga_here("bench", "events", clip, "-c", config, *asked, "--json", cwd=tmp_path)
    result = json.loads(said.out)
    assert result["classifiers"] == {"helmet": {"name": "head", "sha256": written["head"].sha256}}
    assert (result["recall"], result["reports_correct"]) == (0.0, 0)
    assert result["ledger_unknown_s"]["helmet.ambiguous"] > 2.0


def test_a_classifier_of_another_kind_is_an_error_before_anything_is_analysed(tmp_path: Path) -> None:
    clip, config = tiny_clip(tmp_path), config_file(tmp_path)
    classifiers.write(tmp_path, name="body", region="person")
    asked = ("--head-model", tmp_path / "body.yaml", "--out", tmp_path / "out")
    said = siaga_here("bench", "events", clip, "-c", config, *asked, cwd=tmp_path)
    assert said.code == 2
    assert "judges harness on person crops, not helmet on head crops" in said.err
    assert not (tmp_path / "out").exists()


def test_json_alone_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    clip, config = tiny_clip(tmp_path), config_file(tmp_path)
    before = sorted(tmp_path.iterdir())
    said = siaga_here("bench", "events", clip, "-c", config, "--json", cwd=tmp_path)
    assert json.loads(said.out)["recall"] == 0.5
    assert said.out.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


def test_a_clip_without_truth_is_an_error_and_nothing_is_analysed(tmp_path: Path) -> None:
    clip = clip_with_a_person(tmp_path / "yard.mp4", frames=25)
    said = siaga_here("bench", "events", clip, "--out", tmp_path / "out", cwd=tmp_path)
    assert said.code == 7
    assert "the clip has no ground truth" in said.err
    assert "way out: Put yard.truth.json beside it" in said.err
    assert not (tmp_path / "out").exists()


def _shifted(event: TruthEvent, first: float, last: float) -> dict[str, Any]:
    told = [(max(begin, first) - first, min(end, last) - first) for begin, end in event.tellable]
    times = {"start_s": max(event.start_s, first) - first, "end_s": min(event.end_s, last) - first}
    return event.model_dump() | times | {"could_tell_s": [span for span in told if span[1] >= span[0]]}


def part_of(clip: Clip, first: float, last: float, path: Path) -> Clip:
    """A few seconds of a clip, with their truth."""
    first, last = cut_at_keyframes(clip.path, path, first, last)
    truth = clip.truth
    begin, end = round(first * truth.fps), min(round(last * truth.fps), truth.frames)
    events = [_shifted(event, first, last) for event in truth.events if _within(event, first, last)]
    people = truth.people[begin:end]
    changes = {"events": events, "people": people, "frames": len(people)}
    return Clip(clip.name, path, ClipTruth.model_validate(truth.model_dump() | changes))


def _within(event: TruthEvent, first: float, last: float) -> bool:
    return overlap_s((event.start_s, event.end_s), (first, last)) > 0


def test_a_few_seconds_of_the_shipped_clip_with_the_shipped_model(tmp_path: Path) -> None:
    """From shortly before somebody enters the excavator's zone. The whole clips are for the command."""
    clip = next(clip for clip in read_clips(shipped_clips()) if clip.name == "groundworks")
    event = next(event for event in clip.truth.events if event.rule == "zone_intrusion")
    part = part_of(clip, event.start_s - 1.0, event.start_s + 3.0, tmp_path / "part.mp4")
    score = score_clip(part, settings_for(part), tmp_path / "out")
    entered = [entry for entry in score.matching.happened if entry.event.rule == "zone_intrusion"]
    assert [entry.fate for entry in entered] == ["found"]
    assert entered[0].delay_s is not None
    assert entered[0].delay_s < 2.0
    total = counts([score])
    assert (total.precision, total.duplicates, total.missing_proof) == (1.0, 0, 0)
    helmets = score.judging[Item.HELMET]
    assert helmets["80-160"].tellable + helmets[">160"].tellable > 5.0
