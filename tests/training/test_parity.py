"""The comparison itself, with detectors that say what they are told."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest

from siaga.core.detection import Detections
from siaga.core.errors import ModelError
from siaga.core.event import ModelRef
from siaga.core.frame import Frame
from siaga.export.parity import Figures, compare, judge
from siaga.export.pictures import Picture

NAMES = ("person", "head")
TIME = datetime(2026, 1, 1, tzinfo=UTC)
Row = tuple[float, float, float, float, float, int]
PERSON: Row = (10, 10, 30, 50, 0.9, 0)
HEAD: Row = (15, 10, 25, 20, 0.6, 1)


class Told:
    """A detector that finds the rows it was given: x1, y1, x2, y2, score, class id."""

    class_names = NAMES
    model = ModelRef(name="told", sha256="0" * 64)

    def __init__(self, *rows: Row) -> None:
        table = np.array(rows, np.float32).reshape(-1, 6)
        self._found = Detections(table[:, :4], table[:, 4], table[:, 5].astype(np.int32), NAMES)

    def analysis_size(self, size: tuple[int, int]) -> tuple[int, int]:
        return size

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        return [self._found for _ in frames]

    def close(self) -> None:
        return


def figures(reference: Told, candidate: Told) -> Figures:
    rgb = np.zeros((64, 64, 3), np.uint8)
    frame = Frame("test", 0, 0, 0.0, 0.0, TIME, rgb, (64, 64))
    truth = {"person": np.array([PERSON[:4]]), "head": np.array([HEAD[:4]])}
    done: list[int] = []
    thresholds = {"person": 0.5, "head": 0.5}
    found = compare(reference, candidate, [Picture(frame, truth)] * 2, thresholds, done.append)
    assert done == [1, 2]
    return found


def test_the_same_boxes_agree_wholly() -> None:
    same = figures(Told(PERSON, HEAD), Told(PERSON, HEAD))
    assert same == Figures(2, 8, 1.0, pytest.approx(1.0), 0.0, 1.0, 1.0)  # type: ignore[arg-type]
    judge(same, "fp32")


def test_a_lost_box_counts_against_the_file() -> None:
    lost = figures(Told(PERSON, HEAD), Told(PERSON))
    assert (lost.boxes, lost.matched) == (6, pytest.approx(4 / 6))
    assert (lost.map50_95_against, lost.map50_95) == (1.0, 0.5)
    assert lost.map_points == pytest.approx(-50)
    with pytest.raises(ModelError, match=r"found by both.*differs by more than 1\.5 points"):
        judge(lost, "int8")


def test_an_invented_box_counts_as_well() -> None:
    assert figures(Told(PERSON), Told(PERSON, HEAD)).matched == pytest.approx(4 / 6)


def test_a_box_that_falls_under_the_threshold_is_a_difference_of_scores() -> None:
    weaker = figures(Told(PERSON, HEAD), Told(PERSON, (*HEAD[:4], 0.4, 1)))
    assert (weaker.boxes, weaker.matched) == (6, 1.0)
    assert weaker.score_difference == pytest.approx(0.1)


def test_boxes_that_are_weak_in_both_are_not_compared() -> None:
    weak: Row = (40, 40, 60, 60, 0.2, 1)
    assert figures(Told(PERSON, HEAD, weak), Told(PERSON, HEAD)).boxes == 8


def test_another_class_is_another_box() -> None:
    assert figures(Told(PERSON), Told((*PERSON[:5], 1))).matched == 0


def test_a_moved_box_lowers_the_overlap() -> None:
    moved = figures(Told(PERSON), Told((12, 10, 32, 50, 0.9, 0)))
    assert moved.box_iou == pytest.approx(18 / 22)


GOOD = Figures(100, 400, 1.0, 1.0, 0.0, 0.5, 0.5)


@pytest.mark.parametrize(
    ("precision", "changed"),
    [
        ("fp32", {"matched": 0.994}),
        ("fp32", {"box_iou": 0.98}),
        ("fp32", {"score_difference": 0.006}),
        ("fp32", {"map50_95": 0.4949}),
        ("fp32", {"map50_95": 0.5051}),
        ("int8", {"matched": 0.94}),
        ("int8", {"box_iou": 0.89}),
        ("int8", {"score_difference": 0.06}),
        ("int8", {"map50_95": 0.484}),
    ],
)
def test_every_bound_is_held(precision: str, changed: dict[str, float]) -> None:
    from dataclasses import replace

    judge(GOOD, precision)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="Nothing was put in place"):
        judge(replace(GOOD, **changed), precision)  # type: ignore[arg-type]


def test_int8_may_lose_a_point_and_fp32_may_not() -> None:
    from dataclasses import replace

    less = replace(GOOD, map50_95=0.49)
    judge(less, "int8")
    with pytest.raises(ModelError):
        judge(less, "fp32")
