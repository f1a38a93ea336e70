"""Made-up scenes and the folder of pictures to train on, with people of paper in the place of a renderer."""

import json
from pathlib import Path

import pytest
import yaml

from siaga.core.errors import StorageError
from siaga.sim.camera import Camera
from siaga.sim.casting import random_scene
from siaga.sim.clip import Job, movers_of
from siaga.sim.dataset import FRAMES_OF_A_SCENE, DatasetReport, make_dataset
from siaga.sim.labels import CLASSES
from siaga.sim.scenario import Scenario
from siaga.sim.sheet import read_picture
from siaga.sim.sites import SITES

from .paper import PaperPerson, camera, records, scenario, write_job

SIZE = (192, 108)


class PaperRenderer:
    """Renders a scenario's cast as cards where they start; counts what it was asked for."""

    def __init__(self) -> None:
        self.scenes: list[str] = []

    def __call__(self, scene: Scenario, view: str, folder: Path) -> None:
        self.scenes.append(scene.name)
        people = [
            PaperPerson(name, lambda _t, start=actor.start: start, harness=actor.look.harness is not None)
            for name, actor in scene.cast.items()
        ]
        write_job(folder, scene, people, view)


def make(out: Path, count: int, renderer: PaperRenderer, seed: int = 1) -> DatasetReport:
    return make_dataset(out, count=count, seed=seed, size=SIZE, render=renderer)


def test_scenes_are_the_same_for_the_same_seed_and_number_only() -> None:
    scenes = [random_scene(seed, number, 8) for seed, number in ((1, 0), (1, 0), (1, 1), (2, 0))]
    assert scenes[0] == scenes[1]
    assert len({scene.model_dump_json() for scene in scenes}) == 3


def test_scenes_show_many_kinds_of_everything() -> None:
    scenes = [random_scene(5, number, 8) for number in range(60)]
    assert {scene.site for scene in scenes} == set(SITES)
    assert {scene.light for scene in scenes} == {"day", "overcast", "low_sun", "night", "infrared"}
    looks = [actor.look for scene in scenes for actor in scene.cast.values()]
    assert len(looks) > 150
    worn = sum(look.helmet is not None and look.helmet.at == "head" for look in looks) / len(looks)
    assert 0.4 < worn < 0.65
    assert 0.35 < sum(look.harness is not None for look in looks) / len(looks) < 0.65
    assert {look.hair for look in looks} == {"short", "bald", "long", "headscarf", "cap", "beanie"}


def test_people_stand_where_the_camera_sees_them_and_nothing_else_stands() -> None:
    for number in range(20):
        scene = random_scene(9, number, 8)
        lens = Camera.from_view(scene.cameras["view"], scene.width, scene.height)
        site = SITES[scene.site]
        for actor in scene.cast.values():
            x, y = actor.start
            z = site.decks[actor.level].z if actor.level else site.ground(x, y)
            assert actor.level or site.clearance(x, y) > 0.4
            assert ((lens.see([(x, y, z)]) > -2) & (lens.see([(x, y, z)]) < (1282, 722))).all()


def test_a_folder_to_train_on(tmp_path: Path) -> None:
    report = make(tmp_path, 11, PaperRenderer())
    assert (report.pictures, report.wanted) == (11, 11)
    assert report.boxes["person"] > 11
    assert {entry.name for entry in tmp_path.iterdir()} == {
        *("images", "labels", "records", "jobs"),
        *("train.txt", "val.txt", "dataset.yaml", "coco.json"),
    }
    assert list((tmp_path / "jobs").iterdir()) == []
    listed = yaml.safe_load((tmp_path / "dataset.yaml").read_text())
    assert tuple(listed["names"].values()) == CLASSES
    members = (tmp_path / "train.txt").read_text().splitlines()
    assert len(members) == 11
    for member in members:
        assert read_picture(tmp_path / member).shape == (108, 192, 3)
        assert (tmp_path / member.replace("images", "labels").replace(".jpg", ".txt")).exists()
    assert len(json.loads((tmp_path / "coco.json").read_text())["images"]) == 11


def test_what_is_finished_is_not_made_again_and_more_can_be_asked_for(tmp_path: Path) -> None:
    renderer = PaperRenderer()
    make(tmp_path, 2, renderer)
    first = (tmp_path / "images" / "scene_000000_1.jpg").read_bytes()
    assert make(tmp_path, FRAMES_OF_A_SCENE + 1, renderer).pictures == FRAMES_OF_A_SCENE + 1
    assert renderer.scenes == ["scene_000000", "scene_000001"]
    assert (tmp_path / "images" / "scene_000000_1.jpg").read_bytes() == first


def test_a_scene_that_others_still_render_is_left_to_them(tmp_path: Path) -> None:
    class Half(PaperRenderer):
        def __call__(self, scene: Scenario, view: str, folder: Path) -> None:
            super().__call__(scene, view, folder)
            (folder / "frames" / "000005.png").unlink()

    report = make(tmp_path, 3, Half())
    assert (report.pictures, report.wanted) == (0, 3)
    assert (tmp_path / "jobs" / "scene_000000").exists()


def test_validation_is_by_whole_scenes(tmp_path: Path) -> None:
    make(tmp_path, FRAMES_OF_A_SCENE * 10, PaperRenderer())
    scenes = {
        split: {
            Path(line).name.split("_")[1] for line in (tmp_path / f"{split}.txt").read_text().splitlines()
        }
        for split in ("train", "val")
    }
    assert scenes["val"] == {"000009"}
    assert len(scenes["train"]) == 9


def test_an_unfinished_job_says_what_is_missing(tmp_path: Path) -> None:
    write_job(tmp_path / "job", scenario(), [])
    (tmp_path / "job" / "raw" / "000003.json").unlink()
    with pytest.raises(StorageError, match="1 of 40 frames are not rendered, the first is 3"):
        Job(tmp_path / "job", 40)


def test_movers_know_their_distance_and_speed() -> None:
    world = scenario()
    first, second, *_ = records(world, [PaperPerson("A", lambda t: (t, -5))])
    (mover,) = movers_of(second, first, camera(world))
    # 1 m/s at 5 m is 64 px/s.
    assert mover.depth == pytest.approx(5)
    assert mover.velocity == pytest.approx((64, 0), abs=0.2)
    assert movers_of(first, None, camera(world))[0].velocity == (0, 0)
