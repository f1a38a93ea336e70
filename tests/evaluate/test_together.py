"""What was taken for what, and several sources as one."""

from pathlib import Path

from siaga.evaluate.confusion import confusion
from siaga.evaluate.pooled import pooled
from siaga.evaluate.predict import Predictions
from siaga.evaluate.run import Bootstrap, evaluate
from siaga.evaluate.yolo_set import of_yaml
from tests.evaluate.sets import CLASSES, HEAD, PERSON, found, model, yolo_line, yolo_set

FAR = (10.0, 40.0, 50.0, 160.0)
LEAST = dict.fromkeys(CLASSES, 0.25)


def test_each_true_box_is_found_as_one_class_or_not_at_all() -> None:
    seen = [("person", PERSON, 0.9), ("head", HEAD, 0.8), ("person", FAR, 0.7), ("helmet", FAR, 0.2)]
    pictures = [found({"person": [PERSON], "helmet": [HEAD]}, seen), found({"person": [FAR]}, [])]
    counts = confusion(pictures, CLASSES, LEAST).tolist()
    assert counts == [
        [1, 0, 0, 1],
        [0, 0, 1, 0],
        [0, 0, 0, 0],
        [1, 0, 0, 0],
    ]


def test_a_pair_of_the_same_class_comes_first_and_the_unreadable_is_left_out() -> None:
    near = (HEAD[0] + 3, *HEAD[1:])
    seen = [("helmet", HEAD, 0.9), ("head", near, 0.8), ("person", FAR, 0.8)]
    picture = found({"helmet": [near], "head": [HEAD]}, seen, {"person": [FAR]})
    assert confusion([picture], CLASSES, LEAST).tolist() == [
        [0, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 0],
    ]


def test_sources_keep_their_own_pictures_when_they_are_taken_together(tmp_path: Path) -> None:
    bare = yolo_line(0, PERSON) + yolo_line(2, HEAD)
    manifest = model(tmp_path / "m")
    predictions = Predictions(manifest)
    parts = [
        evaluate(
            of_yaml(yolo_set(tmp_path / name, lines=lines), None, "test"),
            predictions,
            manifest,
            Bootstrap(20),
        )
        for name, lines in (("a", ["", bare]), ("b", [bare, "", bare]))
    ]
    predictions.close()
    whole = pooled(parts, manifest)
    assert [one.picture for one in whole.outcomes if one.whose == "person"] == [1, 2, 4]
    assert [one.picture for one in whole.outcomes if one.whose == "nobody"] == [0, 3]
    assert whole.draws.cluster.tolist() == [0, 1, 2, 3, 4]
    assert {one.name: one.score.truths for one in whole.classes} == {"person": 3, "helmet": 0, "head": 3}
    assert (whole.name, len(whole.found)) == ("a+b", 5)
    assert whole.people is not None
    assert (whole.people.missing_precision().part, whole.people.missing_precision().whole) == (3, 5)
