"""Before and after: both models resampled together."""

from pathlib import Path

import numpy as np
import pytest

from siaga.core.errors import BadRequest
from siaga.evaluate.compare import change_table, compare
from siaga.evaluate.predict import Predictions
from siaga.evaluate.run import Bootstrap, SourceResult, evaluate
from siaga.evaluate.yolo_set import of_yaml
from siaga.manifest import Manifest
from tests.evaluate.sets import HEAD, PERSON, model, yolo_line, yolo_set

BARE, WORN = (yolo_line(0, PERSON) + yolo_line(kind, HEAD) for kind in (2, 1))


def result(manifest: Manifest, data: Path, seed: int = 0) -> SourceResult:
    predictions = Predictions(manifest)
    try:
        return evaluate(of_yaml(data, None, "test"), predictions, manifest, Bootstrap(200, seed))
    finally:
        predictions.close()


def test_a_model_that_sees_helmets_and_one_that_sees_bare_heads(tmp_path: Path) -> None:
    data = yolo_set(tmp_path / "set", lines=[WORN] * 2 + [BARE] * 8)
    blind = result(model(tmp_path / "blind", "helmet"), data)
    seeing = result(model(tmp_path / "seeing", "head"), data)
    changes = {one.name: one for one in compare(blind, seeing)}
    recall = changes["missing: recall"]
    assert (recall.before, recall.after, recall.difference, recall.told) == (0.0, 1.0, 1.0, "better")
    worst = changes["bare head judged worn"]
    assert (worst.before, worst.after, worst.told) == (1.0, 0.0, "better")
    assert changes["helmet judged missing"].told == "worse"
    assert changes["person: AP50"].difference == 0.0
    assert changes["person: AP50"].told == "cannot be told"
    # Eight of ten heads are bare: what is resampled is how many.
    precise = changes["head: AP50"]
    assert precise.interval is not None
    assert precise.interval[0] < precise.difference < precise.interval[1]
    (row,) = (row for row in change_table(list(changes.values())).rows if row[0] == "missing: recall")
    assert row == ("missing: recall", "0.000", "1.000", "+1.000 [+1.000, +1.000]", "better")


def test_what_both_find_hard_falls_out_of_the_difference(tmp_path: Path) -> None:
    data = yolo_set(tmp_path / "set", lines=[BARE, "", BARE, "", WORN, BARE])
    one = result(model(tmp_path / "m"), data)
    changes = compare(one, one)
    assert [change.interval for change in changes] == [(0.0, 0.0)] * len(changes)
    people = one.people
    assert people is not None
    spread = people.missing_precision().interval
    assert spread is not None
    assert np.ptp(spread) > 0.3


def test_one_camera_tells_nothing_and_other_pictures_are_refused(tmp_path: Path) -> None:
    alone = yolo_set(tmp_path / "alone", lines=[BARE])
    blind, seeing = (result(model(tmp_path / kind, kind), alone) for kind in ("helmet", "head"))
    assert {(one.interval, one.told) for one in compare(blind, seeing)} == {(None, "cannot be told")}
    other = result(model(tmp_path / "third"), yolo_set(tmp_path / "other", lines=[BARE, WORN]))
    with pytest.raises(BadRequest, match="not of the same pictures"):
        compare(blind, other)
