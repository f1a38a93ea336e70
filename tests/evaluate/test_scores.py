"""Average precision, the calls on heads, and the choice of thresholds, against numbers worked out by hand."""

import math
from pathlib import Path

import numpy as np
import pytest
import yaml

from siaga.evaluate.heads import Look, looks, table
from siaga.evaluate.metrics import Scene, at_threshold, average_precision, iou, match, rank
from siaga.evaluate.record import record
from siaga.evaluate.tune import best_f1, gate, precise, safe_head, with_thresholds

NONE = np.empty((0, 4))
BOX = np.array([[0.0, 0, 10, 10]])
FAR = np.array([[50.0, 50, 60, 60]])


def scene(truth: np.ndarray, found: np.ndarray, scores: list[float], ignored: np.ndarray = NONE) -> Scene:
    return Scene(truth, found, np.array(scores, float), ignored)


def test_iou() -> None:
    assert iou(BOX, np.array([[5.0, 0, 15, 10], [0, 0, 10, 10], [10, 0, 20, 10]])).round(4).tolist() == [
        [0.3333, 1.0, 0.0]
    ]


def test_a_second_box_on_the_same_head_is_false_and_the_better_one_hits() -> None:
    both = np.concatenate([BOX, BOX])
    assert match(scene(BOX, both, [0.4, 0.9]), 0.5).tolist() == [0, 1]


def test_a_box_on_an_unreadable_region_counts_neither_way() -> None:
    found = np.concatenate([BOX, FAR])
    assert match(scene(BOX, found, [0.9, 0.8], FAR), 0.5).tolist() == [1, -1]
    assert average_precision(rank([scene(BOX, found, [0.5, 0.8], FAR)], 0.5)) == 1.0


def test_average_precision_of_a_known_ranking() -> None:
    # Hit, false, hit of two true boxes: precision 1 up to recall 0.5, then 2/3: (51 * 1 + 50 * 2/3) / 101.
    truth = np.concatenate([BOX, FAR])
    found = np.concatenate([BOX, np.array([[100.0, 100, 110, 110]]), FAR])
    value = average_precision(rank([scene(truth, found, [0.9, 0.8, 0.7])], 0.5))
    assert value == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_missed_boxes_cost_recall_and_no_truth_is_undefined() -> None:
    assert average_precision(rank([scene(np.concatenate([BOX, FAR]), BOX, [0.9])], 0.5)) == pytest.approx(
        51 / 101
    )
    assert average_precision(rank([scene(BOX, NONE, [])], 0.5)) == 0.0
    assert math.isnan(average_precision(rank([scene(NONE, BOX, [0.9])], 0.5)))


def test_precision_and_recall_at_a_threshold() -> None:
    truth = np.concatenate([BOX, FAR])
    found = np.concatenate([BOX, np.array([[100.0, 100, 110, 110]]), FAR])
    assert at_threshold(rank([scene(truth, found, [0.9, 0.8, 0.3])], 0.5), 0.5) == (0.5, 0.5)


def test_a_look_takes_the_best_score_of_each_class_on_the_head() -> None:
    heads = np.array([[0.0, 0, 10, 10, 0.3], [1, 0, 10, 10, 0.5], [50, 50, 60, 60, 0.9]])
    (look,) = looks(BOX, True, heads, np.empty((0, 5)), 0.5)
    assert look == Look(True, 10.0, 0.5, 0.0, 0.5)


@pytest.mark.parametrize(
    ("head", "helmet", "called"),
    [
        (0.5, 0.3, "head"),
        (0.5, 0.7, "helmet"),
        (0.3, 0.7, "helmet"),
        (0.3, 0.3, "nothing"),
        (0.7, 0.7, "head"),
    ],
)
def test_calls(head: float, helmet: float, called: str) -> None:
    assert Look(True, 20, head, helmet).called(0.4, 0.6) == called


def test_the_table_counts_by_height() -> None:
    found = [Look(True, 11, 0.9, 0), Look(True, 22, 0, 0.9), Look(False, 22, 0, 0.9), Look(False, 24.9, 0, 0)]
    rows = {row["from_px"]: row for row in table(found, 0.5, 0.5)}
    assert (rows[0]["bare"], rows[0]["bare_called_head"]) == (1, 1)
    assert (rows[20]["bare_called_helmet"], rows[20]["helmeted"], rows[20]["helmeted_called_nothing"]) == (
        1,
        2,
        1,
    )


def test_thresholds_keep_false_alarms_and_wrong_helmets_rare() -> None:
    ranking = rank([scene(BOX, np.concatenate([BOX, FAR]), [0.8, 0.455])], 0.5)
    assert precise(ranking, 0.9) == 0.46
    assert best_f1(ranking) == 0.46
    alarms = [Look(False, 20, 0.615, 0.0), Look(False, 20, 0.8, 0.9), Look(True, 20, 0.9, 0)]
    assert safe_head(alarms, 0.5, 0.02) == 0.62
    assert safe_head(alarms, 0.95, 0.5) == 0.62


def test_the_gate_is_the_least_height_that_is_called_right() -> None:
    small = [Look(True, 13, 0.0, 0.0)] * 10
    tall = [Look(True, 20, 0.9, 0.0)] * 20
    assert gate(small + tall, 0.5, 0.5, 0.8) == 14.0
    assert gate(small, 0.5, 0.5, 0.8) == 40.0


def test_the_gate_is_written_in_pixels_of_the_input() -> None:
    from siaga.evaluate.tune import Tuned

    old = {"input": {"width": 640}, "thresholds": {"confidence": {"head": 0.25}, "nms_iou": 0.6}}
    new = with_thresholds(old, Tuned({"head": 0.4}, 12.0))
    assert new["gates"] == {"min_head_px": 12.0}
    assert new["thresholds"] == {"confidence": {"head": 0.4}, "nms_iou": 0.6}


def test_a_model_that_knows_no_bare_heads_gets_no_head_gate() -> None:
    from siaga.evaluate.run import Findings
    from siaga.evaluate.tune import tune

    found = Findings(None, "val", 1, {"person": [scene(BOX, BOX, [0.5])]}, [])  # type: ignore[arg-type]
    tuned = tune([found], ["person", "truck"])
    assert tuned.head_input_px is None
    assert set(tuned.confidence) == {"person", "truck"}
    old = {"gates": {"min_head_px": 7.0}, "thresholds": {"nms_iou": 0.6}}
    assert with_thresholds(old, tuned)["gates"] == {"min_head_px": 7.0}


def test_recording_replaces_the_older_result_of_the_same_split(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    row = {"truths": 7, "ap50": 0.5, "ap50_95": 0.25, "precision": None, "recall": 0.0}
    heads = [{"bare_called_head": 3, "bare_called_helmet": 1, "bare_called_nothing": 2}] * 2
    result = {"source": "a", "split": "test", "images": 9, "classes": {"head": row}, "heads": heads}
    other = {"source": "b", "split": "test", "tuned_on": False, "images": 1, "metrics": {}}
    old = other | {"source": "a", "images": 5}
    path.write_text(yaml.safe_dump({"name": "m", "measured": [old, other]}))
    record(path, [result], tuned_on=False)
    content = yaml.safe_load(path.read_text())
    assert [(entry["source"], entry["images"]) for entry in content["measured"]] == [("b", 1), ("a", 9)]
    assert content["measured"][1]["metrics"] == {
        "head_ap50": 0.5,
        "head_ap50_95": 0.25,
        "head_recall": 0.0,
        "head_boxes": 7,
        "bare_heads_called_head": 6,
        "bare_heads_called_helmet": 2,
        "bare_heads_called_nothing": 4,
    }
