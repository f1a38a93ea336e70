"""``siaga sim`` on jobs that are rendered already, and without Blender."""

import json
from importlib.util import find_spec
from pathlib import Path

import av
import numpy as np
import pytest

from siaga.bench.truth import read_truth as read_bench_truth
from siaga.core.verdict import Item
from siaga.sim.sheet import read_picture
from siaga.sim.truth import read_truth
from tests.cli.siaga_command import Said, siaga_here

from .paper import SCENARIO, PaperPerson, scenario, write_job

SHORT = SCENARIO.replace("duration_s: 4", "duration_s: 1")


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a scenario, and its job made into a clip."""
    folder = tmp_path_factory.mktemp("paper")
    (folder / "paper.yaml").write_text(SHORT)
    people = [
        PaperPerson("A", lambda t: (0.2 * t, -5), lambda _t: "hand"),
        PaperPerson("B", lambda _t: (2, 0)),
    ]
    write_job(folder / "out" / "gate", scenario(SHORT), people)
    said = siaga_here("sim", "render", "paper.yaml", "--out", "out", cwd=folder)
    assert said.code == 0, said.err
    assert "paper.mp4: 10 frames" in said.out
    assert "A: no helmet" in said.out
    assert "B: in the zone (pit)" in said.out
    return folder


def test_a_rendered_job_becomes_clip_truth_and_labels(rendered: Path) -> None:
    out = rendered / "out"
    truth = read_truth(out / "paper.truth.json")
    assert (truth.clip, truth.camera, truth.frames) == ("paper.mp4", "gate", 10)
    assert {(event.rule, event.who) for event in truth.events} == {
        ("missing_ppe", "A"),
        ("zone_intrusion", "B"),
    }
    with av.open(str(out / "paper.mp4")) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == 10
    # The paper vest is orange; it must be where the truth says.
    left, top, right, bottom = (round(value) for value in truth.people[9][0].vest_xyxy or ())
    red, _, blue = frames[9][top + 4 : bottom - 4, left + 8 : right - 8].reshape(-1, 3).mean(axis=0)
    assert red > 170 > 90 > blue
    lines = (out / "paper.yolo" / "000000.txt").read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["0", "2", "3", "5", "0", "1", "3"]
    assert len(json.loads((out / "paper.coco.json").read_text())["images"]) == 10


def test_the_score_reads_the_truth(rendered: Path) -> None:
    truth = read_bench_truth(rendered / "out" / "paper.mp4")
    assert [(event.rule, event.who) for event in truth.events] == [
        ("missing_ppe", "A"),
        ("zone_intrusion", "B"),
    ]
    assert truth.zones["edge"].requires == (Item.HARNESS,)
    a, b = truth.people[5]
    assert (a.helmet, a.tellable(Item.HELMET), b.zones) == ("hand", True, ("pit",))


def test_the_same_job_gives_the_same_bytes(rendered: Path) -> None:
    made = {name: (rendered / "out" / name).read_bytes() for name in ("paper.mp4", "paper.truth.json")}
    assert siaga_here("sim", "render", "paper.yaml", "--out", "out", cwd=rendered).code == 0
    assert made == {name: (rendered / "out" / name).read_bytes() for name in made}


def test_the_overlay_draws_the_truth(rendered: Path) -> None:
    said = siaga_here("sim", "overlay", "out/paper.mp4", cwd=rendered)
    assert (said.code, said.out) == (0, "out/paper.overlay.mp4: 10 frames\n")
    with av.open(str(rendered / "out" / "paper.overlay.mp4")) as container:
        drawn = next(container.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    # The bare head of A is framed in red, 2 px wide: left edge 7.7 px from the middle, rows 196 to 212.
    edge = drawn[200:208, 310:315].reshape(-1, 3)
    assert (edge[:, 0] - edge[:, 1]).max() > 80


def test_an_overlay_of_another_clips_truth_is_refused(rendered: Path) -> None:
    text = (rendered / "out" / "paper.truth.json").read_text()
    (rendered / "out" / "other.truth.json").write_text(text.replace('"frames":10', '"frames":9'))
    (rendered / "out" / "other.mp4").write_bytes((rendered / "out" / "paper.mp4").read_bytes())
    said = siaga_here("sim", "overlay", "out/other.mp4", cwd=rendered)
    assert said.code == 5
    assert "do not belong together" in said.err


def test_a_sheet_holds_what_it_was_given(rendered: Path) -> None:
    arguments = ("--out", "sheet.png", "--each", "3", "--columns", "2", "--width", "400")
    said = siaga_here("sim", "sheet", "out/gate/frames", "out/paper.mp4", *arguments, cwd=rendered)
    assert (said.code, said.out) == (0, "sheet.png: 6 pictures\n")
    paper = read_picture(rendered / "sheet.png")
    assert paper.shape[1] == pytest.approx(400, abs=8)
    assert (np.asarray(paper[:2]) == 245).all()
    assert siaga_here("sim", "sheet", "nowhere.png", "--out", "s.png", cwd=rendered).code == 5


def test_a_sheet_of_moments_and_people_with_labels(rendered: Path) -> None:
    def run(*arguments: str) -> Said:
        return siaga_here("sim", "sheet", *arguments, "--columns", "2", "--width", "800", cwd=rendered)

    said = run(
        "out/paper.mp4@0.5", "out/paper.mp4@0.9:B", "--label", "The site", "--label", "B", "--out", "m.png"
    )
    assert (said.code, said.out) == (0, "m.png: 2 pictures\n")
    paper = read_picture(rendered / "m.png")
    left, right = paper[4 : 4 + 224, 4:400], paper[4 : 4 + 224, 404:800]
    # A person's cut is upright, so paper shows beside it; a moment is as wide as its cell.
    assert (left[100, [2, -8]] < 240).any(axis=-1).all()
    assert (right[100, [2, -8]] == 245).all()
    # B's orange vest fills the middle of the cut.
    red, _, blue = right[80:100, 190:206].reshape(-1, 3).mean(axis=0)
    assert red > 150 > 90 > blue
    for arguments, code, says in (
        (("out/paper.mp4@0.5", "--label", "a", "--label", "b"), 2, "2 labels for 1 sources"),
        (("out/paper.mp4@0.5:C",), 2, "'C' is not in the picture at 0.5 s"),
        (("out/paper.mp4@7",), 2, "shorter than 7 s"),
        (("nowhere.mp4@1",), 5, "cannot be read"),
    ):
        refused = run(*arguments, "--out", "wrong.png")
        assert (refused.code, says in refused.err) == (code, True), refused.err
    assert not (rendered / "wrong.png").exists()


def test_wrong_names_are_answered_with_the_right_ones(rendered: Path) -> None:
    said = siaga_here("sim", "render", "paper.yaml", "--out", "out", "--camera", "gat", cwd=rendered)
    assert said.code == 2
    assert "It has: gate" in said.err


@pytest.mark.skipif(find_spec("bpy") is not None, reason="Blender (bpy) is installed here")
@pytest.mark.parametrize("arguments", [("render", "groundworks"), ("dataset", "--n", "1"), ("crops",)])
def test_without_blender_the_way_out_is_said(arguments: tuple[str, ...], tmp_path: Path) -> None:
    said = siaga_here("sim", *arguments, "--out", "out", cwd=tmp_path)
    assert said.code == 10
    assert "make sim" in said.err
    assert list(tmp_path.iterdir()) == []
