"""The sums, the JSON, the tables and the picture, from runs made by hand."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from siaga.bench.matching import Outcome
from siaga.bench.run import Clip, Models, Run, event_words, items_asked, score_run, settings_for
from siaga.bench.score import ClipScore, as_json, counts
from siaga.bench.table import problems, tables
from siaga.bench.timeline import draw_timeline, rows_of
from siaga.bench.truth import ClipTruth
from siaga.core.errors import ConfigError
from siaga.core.event import EventState, RuleKind
from siaga.core.ledger import LedgerRow
from siaga.core.settings.load import parse_settings
from siaga.core.verdict import Item, Reason, State
from tests.bench.made import LEFT, RIGHT, bare, clock, entered, event, judged, person, scene, truth


def scored(name: str, told: ClipTruth, run: Run) -> ClipScore:
    clip = Clip(name, Path(f"{name}.mp4"), told)
    return score_run(clip, settings_for(clip), run)


def good() -> ClipScore:
    """A's missing helmet is reported after 2 s, and again."""
    people = [person("A", LEFT), person("B", RIGHT, helmet="worn")]
    scenes = tuple(scene(0.2 * step, judged(LEFT, State.MISSING)) for step in range(11))
    events = (
        event(EventState.NEW, 7.0, seq=1),
        event(EventState.END, 16.0, end_s=15.0, seq=2),
        event(EventState.NEW, 15.5, start_s=15.5, number=2, seq=3),
    )
    row = LedgerRow(
        site="site",
        camera="good",
        zone=None,
        hour=clock(0.0),
        judged_s={"helmet.missing": 2.0},
        unknown_s={"helmet.too_small": 1.5},
    )
    ledger = (row, replace_zone(row, "pit"), replace_zone(row, None))
    return scored("good", truth(bare("A", 5, 15), people=people), Run(events, scenes, ledger))


def replace_zone(row: LedgerRow, zone: str | None) -> LedgerRow:
    return row.model_copy(update={"zone": zone, "hour": clock(3600.0)})


def bad() -> ClipScore:
    """At night: two are missed, and a helmeted man in nobody's way is reported instead."""
    people = [person("A", LEFT), person("B", RIGHT, helmet="worn", zones=["pit"])]
    told = truth(bare("A", 0.4, 1.0), entered("B", 0.2, 20), people=people, light="night", rain=0.5)
    seen = (judged(LEFT, State.UNKNOWN, Reason.NOT_SEEN), judged(RIGHT, State.MISSING, track_id=2))
    scenes = (scene(0.0), scene(0.2), scene(0.4), scene(0.6, *seen), scene(0.8, *seen))
    events = (
        event(EventState.NEW, 9.0, box=RIGHT, seq=1),
        event(EventState.NEW, 9.0, rule=RuleKind.ZONE_INTRUSION, items=(), zone="pit", number=2, seq=2),
        event(EventState.NEW, 3.0, rule=RuleKind.CAMERA_UNMONITORED, items=(), box=None, number=3, seq=3),
    )
    return scored("bad", told, Run(events, scenes, proof=("zone_intrusion X: no clip (gone)",)))


def test_the_counts_of_each_and_of_both() -> None:
    first, second = counts([good()]), counts([bad()])
    assert (first.precision, first.recall, first.duplicates, first.split) == (1.0, 1.0, 1, 1)
    assert (second.precision, second.recall, second.duplicates, second.split) == (0.0, 0.0, 0, 0)
    both = counts([good(), bad()])
    assert (both.correct, both.false, both.found, both.true_events) == (1, 3, 1, 3)
    assert (both.precision, both.recall, both.missing_proof) == (0.25, 0.3333, 1)
    assert both.delays_s == pytest.approx((2.0,))
    nothing = counts([])
    assert (nothing.precision, nothing.recall) == (None, None)


def test_a_report_over_two_events_finds_both() -> None:
    told = truth(bare("A", 5, 8), bare("A", 10, 15), people=[person("A", LEFT)])
    events = (event(EventState.NEW, 7.0, seq=1), event(EventState.END, 16.0, end_s=15.0, seq=2))
    total = counts([scored("both", told, Run(events, (scene(0.0),)))])
    assert (total.true_events, total.found, total.merged, total.duplicates) == (2, 2, 1, 0)


def test_every_miss_and_every_false_report_says_what_went_wrong() -> None:
    assert bad().misses == (
        "A, no helmet, 0.4-1.0 s: tracked in 2 of 3 pictures in which it could be told; "
        "verdicts on the helmet: not_seen in 2",
        "B, zone_intrusion in pit, 0.2-20.0 s: tracked in 2 of 4 pictures in which it could be told; "
        "its track stood in the zone in 2",
    )
    assert bad().false_alarms == (
        "camera_unmonitored at 3.0 s: nobody stands there",
        "missing_ppe (helmet) at 9.0 s: B wears the helmet",
        "zone_intrusion at 9.0 s: A does not stand in the zone",
    )
    assert good().misses == good().false_alarms == ()


def test_a_false_report_about_a_violator_names_the_time() -> None:
    late = scored("late", truth(bare("A", 5, 6)), Run((event(EventState.NEW, 20.0, start_s=20.0),), ()))
    assert late.false_alarms == (
        "missing_ppe (helmet) at 20.0 s: A: no such event in the truth within a second of it",
    )
    assert late.misses[0].endswith("no picture was analysed while it could be told")


def test_the_json_has_the_numbers_over_all_clips_and_per_clip() -> None:
    result = json.loads(json.dumps(as_json([good(), bad()], {"model": "tiny"})))
    assert (result["precision"], result["recall"], result["duplicates"]) == (0.25, 0.3333, 1)
    assert result["model"] == "tiny"
    assert set(result["clips"]) == {"good", "bad"}
    first, second = result["clips"]["good"], result["clips"]["bad"]
    assert (first["precision"], first["recall"], first["duplicates"]) == (1.0, 1.0, 1)
    assert first["time_to_report_s"] == {"median": 2.0, "max": 2.0}
    assert second["time_to_report_s"] == {"median": None, "max": None}
    assert first["ledger_unknown_s"] == {"helmet.too_small": 3.0}
    assert first["ledger_judged_s"] == {"helmet.missing": 4.0}
    assert (first["tellable_person_s"], first["right_verdict_s"], first["not_found_s"]) == (4.0, 2.0, 2.0)
    assert second["wrong_unknown_s"] == {"helmet.not_seen": 0.4}
    assert (second["wrong_verdict_s"], second["missed_evidence"]) == (0.4, 1)
    assert result["person_tracks"]["day"][">=80"] == {"tracks": 2, "found": 1}
    assert result["person_tracks"]["night, rain 0.5"]["80-160"] == {"tracks": 1, "found": 0}
    assert result["verdicts"]["day"]["helmet"][">160"] == {
        "could_tell_s": 2.0,
        "right_s": 0.0,
        "wrong_s": 0.0,
        "unknown_s": 0.0,
        "not_found_s": 2.0,
    }
    night = result["verdicts"]["night, rain 0.5"]["helmet"]
    assert (night["80-160"]["unknown_s"], night[">160"]["wrong_s"]) == (0.4, 0.4)
    assert len(second["misses"]) == 2


def test_the_tables_show_every_clip_and_the_whole() -> None:
    console = Console(width=120, file=StringIO(), record=True)
    for table in tables([good(), bad()]):
        console.print(table)
    rows = [
        [cell.strip() for cell in line.strip("│┃ ").replace("┃", "│").split("│")]
        for line in console.export_text().splitlines()
    ]
    for expected in (
        ["good", "100 %", "100 %", "1 of 1", "0", "1"],
        ["bad", "0 %", "0 %", "0 of 2", "3", "0"],
        ["all", "25 %", "33 %", "1 of 3", "3", "1"],
        ["good", "1", "0", "2.0 s", "2.0 s", "0"],
        ["bad", "0", "0", "–", "–", "1"],
        ["good", "4.0 s", "50 %", "0 %", "0 %", "50 %"],
        ["helmet.too_small", "3.0 s", "0.0 s"],
        ["helmet.not_seen", "0.0 s", "0.4 s"],
        ["day", "0 of 0", "0 of 0", "1 of 1", "0 of 1", "1 of 2"],
        ["helmet right", "–", "–", "100 %", "0 %"],
        ["helmet wrong", "–", "–", "0 %", "0 %"],
        ["night, rain 0.5", "0 of 0", "0 of 0", "0 of 1", "0 of 1", "0 of 2"],
        ["helmet wrong", "–", "–", "0 %", "50 %"],
    ):
        assert expected in rows, expected


def test_everything_wrong_is_listed_with_its_clip() -> None:
    lines = problems([good(), bad()])
    assert [line.split(": ")[:2] for line in lines] == [
        ["bad", kind] for kind in ("missed", "missed", "false", "false", "false", "evidence")
    ]


def test_the_timeline_has_a_row_per_person_and_violation_and_nobody_last() -> None:
    first, second, third, fourth, last = rows_of(bad().matching)
    assert (first.label, second.label) == ("A: no helmet", "A: zone intrusion\npit")
    assert (third.label, fourth.label) == ("B: no helmet", "B: zone intrusion\npit")
    assert last.label == "nobody: camera unmonitored"
    assert (first.happened, first.tellable, first.told) == (((0.4, 1.0),), ((0.4, 1.0),), ())
    assert third.told == (((5.0, 30.0), 9.0, Outcome.FALSE),)
    (row,) = rows_of(good().matching)
    assert [outcome for _, _, outcome in row.told] == [Outcome.CORRECT, Outcome.DUPLICATE]


def test_the_picture_is_drawn_and_the_same_every_time(tmp_path: Path) -> None:
    draw_timeline(good(), tmp_path / "one.svg")
    draw_timeline(good(), tmp_path / "two.svg")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    text = (tmp_path / "one.svg").read_text()
    # Green for the event's own report, orange for the one too many.
    assert "#1b7f3b" in text
    assert "#e08a00" in text
    draw_timeline(replace(bad(), name="x"), tmp_path / "bad.png")
    assert (tmp_path / "bad.png").read_bytes().startswith(b"\x89PNG")
    draw_timeline(scored("none", truth(), Run((), ())), tmp_path / "none.svg")


def test_zones_and_requirements_come_from_the_truth_and_the_rest_from_the_configuration() -> None:
    roof = {"coordinates": [[0, 0], [1, 0], [1, 1]], "requires": ["harness"]}
    outside = {"coordinates": [], "exclusion": True}
    idle = {"coordinates": [[0, 0], [1, 0], [1, 1]]}
    zones = {"roof": roof, "outside": outside, "idle": idle}
    clip = Clip("yard", Path("yard.mp4"), truth(zones=zones))
    own = "zones: {old: {exclusion: true, coordinates: '0,0,1,0,1,1'}}"
    camera = f"{{ffmpeg: {{inputs: [{{path: 'rtsp://h/1'}}]}}, detect: {{fps: 2}}, {own}}}"
    base = parse_settings(
        f"model: tiny\nhead_model: our-heads\nppe: {{grouping: 9s}}\ncameras: {{gate: {camera}}}"
    ).settings
    made = settings_for(clip, base)
    assert list(made.cameras) == ["yard"]
    assert set(made.cameras["yard"].zones) == {"roof"}
    assert (made.model, made.ppe.grouping, made.cameras["yard"].detect.fps) == ("tiny", 9.0, 2.0)
    other = settings_for(clip, base, Models(model="other", harness_model="straps"))
    assert (other.model, other.head_model, other.harness_model) == ("other", "our-heads", "straps")
    assert settings_for(clip, base, Models(head_model="disabled")).head_model == "disabled"
    assert items_asked(made, "yard") == (Item.HELMET, Item.HARNESS)
    assert set(settings_for(clip).cameras["yard"].zones) == {"roof"}


def test_of_several_cameras_the_one_named_like_the_clip_counts() -> None:
    camera = "{ffmpeg: {inputs: [{path: 'rtsp://h/1'}]}, detect: {fps: %d}, ppe: {requires: []}}"
    base = parse_settings(f"cameras: {{gate: {camera % 2}, yard: {camera % 3}}}").settings
    yard = settings_for(Clip("yard", Path("yard.mp4"), truth()), base)
    assert yard.cameras["yard"].detect.fps == 3.0
    assert items_asked(yard, "yard") == ()
    with pytest.raises(ConfigError, match="none of the cameras is named 'roof'"):
        settings_for(Clip("roof", Path("roof.mp4"), truth()), base)


def test_an_event_in_words() -> None:
    assert event_words(truth(bare("A", 5, 15)).events[0]) == "A, no helmet, 5.0-15.0 s"
