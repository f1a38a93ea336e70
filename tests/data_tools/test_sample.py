"""The small set out of the shipped clips, and the reviews that come with corrections."""

from pathlib import Path

import numpy as np
import pytest

from siaga.core.errors import BadRequest, ConfigError
from siaga.data.formats import read_set
from siaga.data.reviews import by_camera, conclusive, read_reviews
from siaga.data.sample import CAMERAS, CLASSES, write_sample


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sample") / "set"
    assert write_sample(out, CAMERAS[:2], 3, reviewed=True) == 6
    return out


def test_the_sample_is_a_sound_set_whose_boxes_are_where_the_truth_has_them(sample: Path) -> None:
    data = read_set(sample)
    assert data.classes == CLASSES
    assert data.findings == ()
    assert [picture.path.stem for picture in data.pictures] == [
        f"{view}_{frame:04d}" for view in ("gate-east", "gate-west") for frame in (0, 140, 280)
    ]
    assert {(picture.width, picture.height) for picture in data.pictures} == {(640, 720)}
    middle = next(one for one in data.pictures if one.path.stem == "gate-west_0140")
    # The man with his helmet in his hand has a bare head.
    assert data.box_counts()["head"] >= 1
    people = middle.boxes[middle.boxes[:, 0] == CLASSES.index("person")]
    heads = middle.boxes[np.isin(middle.boxes[:, 0], [CLASSES.index(name) for name in ("helmet", "head")])]
    assert len(people) == len(heads) == 5
    inside = (heads[:, None, 1:3] >= people[None, :, 1:3] - 2) & (
        heads[:, None, 3:] <= people[None, :, 3:] + 2
    )
    assert inside.all(axis=2).any(axis=1).all()


def test_classes_can_be_left_unlabelled(tmp_path: Path) -> None:
    write_sample(tmp_path / "set", CAMERAS[4:5], 1, without=["person", "vest"])
    data = read_set(tmp_path / "set")
    assert data.classes == ("helmet", "head")
    assert data.findings == ()


def test_what_the_sample_does_not_have_is_said(tmp_path: Path, sample: Path) -> None:
    with pytest.raises(BadRequest, match="no camera 'roof'"):
        write_sample(tmp_path / "set", ["roof"])
    with pytest.raises(BadRequest, match="no class 'boots'"):
        write_sample(tmp_path / "set", without=["boots"])
    with pytest.raises(ConfigError, match="not empty"):
        write_sample(sample)
    assert not (tmp_path / "set").exists()


def test_pictures_on_which_nobody_could_tell_are_left_out(sample: Path) -> None:
    reviews = read_reviews(sample)
    data = read_set(sample)
    counts = by_camera(reviews)
    assert list(counts) == ["gate-east", "gate-west"]
    assert sum(sum(row.values()) for row in counts.values()) == 6
    undecided = sum(row["inconclusive"] for row in counts.values())
    name = data.pictures[0].path.name
    told = {**reviews, name: type(reviews[name])("gate-east", "inconclusive")}
    was_told = reviews[name].reason != "inconclusive"
    assert len(conclusive(data, reviews).pictures) == 6 - undecided
    assert len(conclusive(data, told).pictures) == 6 - undecided - was_told
    with pytest.raises(ConfigError, match="1 pictures have no review"):
        conclusive(data, {key: one for key, one in reviews.items() if key != name})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image,camera\na.jpg,one\n", r"reviews\.csv:1: The column 'reason' is missing"),
        ("image,camera,reason\na.jpg,one,boring\n", r"reviews\.csv:2: There is no reason 'boring'"),
        ("image,camera,reason\na.jpg,one,bad_bbox\na.jpg,one,bad_bbox\n", r"reviews\.csv:3: .*twice"),
    ],
)
def test_a_wrong_line_of_the_reviews_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "reviews.csv").write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_reviews(tmp_path)


def test_missing_reviews_are_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_reviews(tmp_path)
