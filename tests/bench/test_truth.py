"""Reading the ground truth."""

import json
from pathlib import Path
from typing import Any

import pytest

from siaga.bench.run import read_clips, shipped_clips
from siaga.bench.truth import parse_truth, read_truth
from siaga.core.errors import BadRequest, NotFound
from siaga.core.verdict import Item
from tests.bench.made import LEFT, bare, person, truth, truth_data


def clip(folder: Path, data: Any) -> Path:
    """A clip of which only the truth matters."""
    path = folder / "made.mp4"
    path.write_bytes(b"")
    path.with_name("made.truth.json").write_text(data if isinstance(data, str) else json.dumps(data))
    return path


def test_the_truth_is_read_and_what_is_not_used_may_stand_there(tmp_path: Path) -> None:
    people = [person("A", LEFT, helmet="hand", feet=[[1, 2], [3, 4]], head_xyxy=LEFT)]
    found = read_truth(clip(tmp_path, truth_data(bare("A", 5, 15), people=people, seed=7, scenario="s")))
    assert (found.seconds, found.light, found.condition, found.scenario) == (30.0, "day", "day", "s")
    assert found.zones["pit"].exclusion
    assert found.events[0].item is Item.HELMET
    assert found.at(3.0)[0].height == 100.0


def test_the_condition_names_the_light_and_what_makes_it_hard_to_see() -> None:
    assert truth(light="night", rain=0.6, dirt=0.25).condition == "night, rain 0.6, dirty window 0.25"
    assert truth(light="overcast", dust=1.0).condition == "overcast, dust 1"


def test_the_picture_nearest_to_a_moment() -> None:
    frames = [[person(name, LEFT)] for name in "abc"]
    found = parse_truth(truth_data(frames=3) | {"people": frames})
    assert [found.at(t)[0].id for t in (-1.0, 0.04, 0.06, 0.14, 0.2, 9.0)] == ["a", "a", "b", "b", "c", "c"]


def test_when_it_could_be_told_is_cut_to_the_event_and_in_order() -> None:
    event = truth(bare("A", 5, 15, (14.0, 20.0), (1.0, 6.0), (1.0, 2.0))).events[0]
    assert event.tellable == ((5.0, 6.0), (14.0, 15.0))


def test_the_shipped_clips_have_their_truth() -> None:
    clips = read_clips(shipped_clips())
    assert "groundworks" in {entry.name for entry in clips}
    for entry in clips:
        assert any(event.tellable for event in entry.truth.events)
        assert any(person.tellable(Item.HELMET) for frame in entry.truth.people for person in frame)


def test_a_clip_without_truth_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "yard.mp4"
    path.write_bytes(b"")
    with pytest.raises(NotFound, match=r"yard\.mp4: the clip has no ground truth.*yard\.truth\.json beside"):
        read_clips([path])
    with pytest.raises(NotFound, match="no such clip"):
        read_clips([tmp_path / "nothing.mp4"])
    with pytest.raises(NotFound, match="no clip with ground truth in this folder"):
        read_clips([tmp_path])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("{", "JSONDecodeError"),
        ([], "TypeError"),
        ({"clip": "made.mp4"}, "schema_version: Field required"),
        (truth_data() | {"schema_version": 3}, "schema_version"),
        (truth_data(frames=3) | {"frames": 4}, "people has 3 entries for 4 frames"),
        (truth_data(bare("A", 5, 4)), "events.0: .*ends before it starts"),
        (truth_data(bare("A", 5, 6) | {"rule": "smoking"}), "events.0.rule"),
        (truth_data() | {"width": 0}, "width"),
    ],
)
def test_a_truth_that_cannot_be_understood_is_refused(tmp_path: Path, data: Any, said: str) -> None:
    with pytest.raises(BadRequest, match=rf"made\.truth\.json: .*{said}"):
        read_truth(clip(tmp_path, data))


def test_a_folder_stands_for_its_clips_and_names_stay_apart(tmp_path: Path) -> None:
    for name in ("b c", "a"):
        (tmp_path / f"{name}.mp4").write_bytes(b"")
        (tmp_path / f"{name}.truth.json").write_text(json.dumps(truth_data()))
    (tmp_path / "without.mp4").write_bytes(b"")
    assert [entry.name for entry in read_clips([tmp_path, tmp_path / "a.mp4"])] == ["a", "b_c", "a-2"]
