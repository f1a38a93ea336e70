"""siaga eval and siaga tune from start to end, with a model that always sees the same."""

import json
from pathlib import Path
from typing import Any

import cv2
import pytest
import yaml

from siaga.evaluate.people import Outcome
from siaga.evaluate.worst import worst
from tests.cli.siaga_command import siaga_here
from tests.detect import classifiers
from tests.evaluate.sets import HEAD, PERSON, SIZE, model, yolo_line, yolo_set

BARE, HELMETED = (yolo_line(0, PERSON) + yolo_line(kind, HEAD) for kind in (2, 1))
FAR = yolo_line(0, (10, 40, 50, 160))
LINES = [BARE, BARE, HELMETED, HELMETED + FAR, ""]


def run(folder: Path, *words: str | Path) -> dict[str, Any]:
    said = siaga_here(*map(str, words), cwd=folder)
    assert said.code == 0, said.err
    found = json.loads(said.out.splitlines()[-1])
    assert isinstance(found, dict)
    return found


def test_the_last_line_is_one_object_with_what_was_counted(tmp_path: Path) -> None:
    data, manifest = yolo_set(tmp_path / "set", lines=LINES), model(tmp_path / "m")
    found = run(tmp_path, "eval", manifest.path, data, "--resamples", "50", "--json")
    # Five pictures, the same person and bare head found on each.
    assert found["images"] == found["clusters"] == 5
    assert found["classes"]["person"]["truths"] == 5
    assert (found["classes"]["person"]["precision"], found["classes"]["person"]["recall"]) == (0.8, 0.8)
    assert (found["classes"]["head"]["precision"], found["classes"]["head"]["recall"]) == (0.4, 1.0)
    assert found["classes"]["helmet"]["ap50"] == 0.0
    low, high = found["classes"]["person"]["ap50_95_interval"]
    assert 0 <= low <= found["classes"]["person"]["ap50_95"] <= high <= 1
    people = found["people"]
    assert people["people"] == 4
    # Right on two, wrong on two with a helmet and where nobody is; the one far off says nothing of a head.
    assert (people["missing_precision"]["count"], people["missing_precision"]["of"]) == (2, 5)
    assert (people["missing_recall"]["value"], people["bare_heads_judged_worn"]["value"]) == (1.0, 0.0)
    assert (people["unknown_share"]["count"], people["confusion"]["not_known"]["not_found"]) == (0, 1)
    assert [one["source"] for one in found["sources"]] == ["set"]
    assert found["map50"] == pytest.approx(sum(c["ap50"] for c in found["classes"].values()) / 3, abs=1e-3)


def test_the_report_has_tables_and_pictures_and_overwrites_nothing(tmp_path: Path) -> None:
    data, manifest = yolo_set(tmp_path / "set", lines=LINES), model(tmp_path / "m")
    words = ("eval", manifest.path, data, "--out", tmp_path / "out", "--resamples", "50")
    said = siaga_here(*map(str, words), cwd=tmp_path)
    assert said.code == 0, said.err
    assert "People: is the helmet worn?" in said.out
    assert {file.name for file in (tmp_path / "out").iterdir()} == {
        "report.md",
        "result.json",
        "set-test-curves.png",
        "set-test-confusion.png",
        "set-test-worst.jpg",
    }
    report = (tmp_path / "out/report.md").read_text()
    assert "| set | all | 4 | 2/5 = 0.400 [" in report
    assert "![set-test-worst.jpg](set-test-worst.jpg)" in report
    assert json.loads((tmp_path / "out/result.json").read_text()) == json.loads(said.out.splitlines()[-1])
    sheet = cv2.imread(str(tmp_path / "out/set-test-worst.jpg"))
    assert sheet is not None
    assert sheet.shape[1] > 700
    before = report
    again = siaga_here(*map(str, words), cwd=tmp_path)
    assert again.code == 8
    assert "not empty" in again.err
    assert (tmp_path / "out/report.md").read_text() == before


def test_sources_with_cards_are_counted_apart_and_together(tmp_path: Path) -> None:
    manifest = model(tmp_path / "m")
    card = {"title": "t", "origin": "o", "licence": "CC0-1.0", "attribution": "a"}
    card |= {"helmet_extends": "head", "head_extends": "head", "splits": {"test": "."}}
    classes = ["person", "helmet", "head"]
    cards = tmp_path / "cards"
    cards.mkdir()
    for name, lines, annotates in (("yard", [BARE, ""], classes), ("hall", [HELMETED], classes[:2])):
        yolo_set(tmp_path / "raw" / name, lines=lines)
        for kind in ("images", "labels"):
            (tmp_path / "data" / name).mkdir(parents=True, exist_ok=True)
            (tmp_path / "raw" / name / kind / "test").rename(tmp_path / "data" / name / kind)
        mapping = {one: one for one in annotates}
        content = {"name": name, "annotates": annotates, "classes": classes, "mapping": mapping} | card
        (cards / f"{name}.yaml").write_text(yaml.safe_dump(content))
    sources = ("--source", "yard", "--source", "hall:test", "--data", tmp_path / "data", "--cards", cards)
    cache = ("--cache", tmp_path / "cache", "--json", "--resamples", "20")
    found = run(tmp_path, "eval", manifest.path, *sources, *cache)
    assert [one["source"] for one in found["sources"]] == ["yard", "hall"]
    assert [one["classes"]["person"]["truths"] for one in found["sources"]] == [1, 1]
    assert found["classes"]["person"]["truths"] == 2
    # The hall does not label bare heads: whoever is called bare there may be so.
    assert found["classes"]["head"]["truths"] == 1
    assert found["sources"][1]["people"]["missing_precision"]["value"] is None
    assert (found["people"]["people"], found["people"]["missing_precision"]["of"]) == (1, 2)
    manifest.path.unlink()
    assert run(tmp_path, "eval", tmp_path / "m/tiny.yaml", *sources, *cache) == found


def test_a_head_classifier_has_the_last_word(tmp_path: Path) -> None:
    data, manifest = yolo_set(tmp_path / "set", lines=[BARE]), model(tmp_path / "m", kind="helmet")
    words = ("eval", manifest.path, data, "--json", "--resamples", "20")
    before = run(tmp_path, *words)
    assert (before["people"]["bare_heads_judged_worn"]["count"], before["head_model"]) == (1, None)
    picture = cv2.imread(str(tmp_path / "set/images/test/p0.png"))
    picture[:, :] = (0, 0, 255)
    cv2.imwrite(str(tmp_path / "set/images/test/p0.png"), picture)
    classifier = classifiers.write(tmp_path / "m", name="tiny-head")
    after = run(tmp_path, *words, "--head-model", tmp_path / "m/tiny-head.yaml")
    # The crop is red: missing. The detector is sure of a helmet: nothing is said.
    assert after["head_model"] == classifier.sha256
    assert after["people"]["bare_heads_judged_worn"]["count"] == 0
    assert after["people"]["unknown_reasons"] == {"ambiguous": 1}
    strict = yaml.safe_load((tmp_path / "m/tiny.yaml").read_text())
    strict["thresholds"]["confidence"]["helmet"] = 0.95
    (tmp_path / "m/tiny.yaml").write_text(yaml.safe_dump(strict | {"head_model": "tiny-head"}))
    assert run(tmp_path, *words)["people"]["missing_recall"]["count"] == 1
    assert run(tmp_path, *words, "--head-model", "disabled")["people"]["missing_recall"]["count"] == 0


def test_results_are_written_into_the_manifest(tmp_path: Path) -> None:
    data, manifest = yolo_set(tmp_path / "set", lines=LINES), model(tmp_path / "m")
    run(tmp_path, "eval", manifest.path, data, "--record", "--json", "--resamples", "20")
    (entry,) = yaml.safe_load((tmp_path / "m/tiny.yaml").read_text())["measured"]
    assert (entry["source"], entry["split"], entry["images"], entry["tuned_on"]) == ("set", "test", 5, False)
    assert entry["metrics"]["people_missing_recall"] == 1.0
    assert entry["metrics"]["people_missing_precision"] == 0.4
    assert entry["metrics"]["head_recall"] == 1.0


def test_classes_that_stand_for_nothing_are_named(tmp_path: Path) -> None:
    data = yolo_set(tmp_path / "set", ["person", "Helmet", "head", "boots"], [BARE])
    said = siaga_here("eval", str(model(tmp_path / "m").path), str(data), "--resamples", "20", cwd=tmp_path)
    assert "set: not mapped, so left out: Helmet, boots" in said.err
    assert json.loads(said.out.splitlines()[-1])["classes_left_out"] == ["Helmet", "boots"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "nothing to evaluate"),
        (("--source", "yard"), 2, "--data"),
        (("--map", "m.yaml"), 2, "DATA.yaml"),
        (("set/data.yaml", "--input", "big"), 2, "1280x704"),
        (("set/data.yaml", "--input", "640x384"), 2, "320x192"),
        (("set/data.yaml", "--input", "320x192", "--record"), 2, "--input"),
        (("set/data.yaml", "--split", "val"), 2, "no split 'val'"),
        (("other/data.yaml",), 4, "labels vest"),
        (("set/data.yaml", "--head-model", "no-such"), 4, "no-such"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path: Path, words: tuple[str, ...], code: int, said: str) -> None:
    yolo_set(tmp_path / "set", lines=[BARE])
    yolo_set(tmp_path / "other", names=["vest"], lines=[""])
    told = siaga_here("eval", str(model(tmp_path / "m").path), *words, cwd=tmp_path)
    assert told.code == code
    assert said in " ".join(told.err.split())
    assert "Traceback" not in told.err


def test_thresholds_are_chosen_and_written(tmp_path: Path) -> None:
    manifest = model(tmp_path / "m")
    yolo_set(tmp_path / "raw", lines=[BARE] * 4)
    (tmp_path / "data/yard").mkdir(parents=True)
    for kind in ("images", "labels"):
        (tmp_path / "raw" / kind / "test").rename(tmp_path / "data/yard" / kind)
    classes = ["person", "helmet", "head"]
    card = {"title": "t", "origin": "o", "licence": "CC0-1.0", "attribution": "a", "name": "yard"}
    card |= {"helmet_extends": "head", "head_extends": "head", "splits": {"val": "."}}
    card |= {"classes": classes, "annotates": classes, "mapping": {one: one for one in classes}}
    (tmp_path / "yard.yaml").write_text(yaml.safe_dump(card))
    words = ("tune", manifest.path, "yard", "--data", tmp_path / "data", "--cards", tmp_path, "--write")
    found = run(tmp_path, *words)
    assert found["confidence"]["person"] == 0.1
    content = yaml.safe_load((tmp_path / "m/tiny.yaml").read_text())
    assert content["thresholds"]["confidence"] == found["confidence"]
    assert content["gates"]["min_head_px"] == found["min_head_px"]


def test_thresholds_are_chosen_on_ones_own_set_too(tmp_path: Path) -> None:
    data = yolo_set(tmp_path / "set", ["worker", "hat", "no-hat"], [BARE] * 3)
    data.write_text(data.read_text().replace("test: ", "val: "))
    mapping = tmp_path / "map.yaml"
    mapping.write_text("mapping: {worker: person, hat: helmet, no-hat: head}\n")
    manifest = model(tmp_path / "m")
    found = run(tmp_path, "tune", manifest.path, data, "--map", mapping)
    assert found["confidence"]["person"] == 0.1
    assert (
        yaml.safe_load((tmp_path / "m/tiny.yaml").read_text())["thresholds"]["confidence"]["person"] == 0.25
    )
    said = siaga_here("tune", str(manifest.path), "yard", cwd=tmp_path)
    assert (said.code, "folder that holds them" in said.err) == (2, True)


def test_the_gravest_errors_come_first() -> None:
    def one(worn: bool | None, call: str, confidence: float, px: float, whose: str = "person") -> Outcome:
        return Outcome(0, whose, worn, call, None, confidence, HEAD, px, False)  # type: ignore[arg-type]

    said = [one(True, "missing", 0.9, 20), one(False, "worn", 0.5, 20), one(False, "worn", 0.8, 9)]
    said += [one(False, "unknown", 0, 12), one(False, "not_found", 0, 40), one(True, "worn", 0.9, 40)]
    said += [one(None, "missing", 0.6, 10, "nobody"), one(None, "worn", 0.9, 10, "nobody")]
    assert [(name, outcome.confidence, outcome.px) for name, outcome in worst(said)] == [
        ("bare judged worn", 0.8, 9),
        ("bare judged worn", 0.5, 20),
        ("worn judged missing", 0.9, 20),
        ("nobody judged missing", 0.6, 10),
        ("bare not judged", 0, 40),
        ("bare not judged", 0, 12),
    ]
    assert [outcome.px for _, outcome in worst(said, each=1)] == [9, 20, 10, 40]
    assert SIZE == (320, 192)
