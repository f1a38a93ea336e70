"""Scenarios that extend another: what they inherit, what they change, and whose frames they may use."""

from dataclasses import replace
from pathlib import Path

import pytest

from siaga.core.errors import ConfigError, Conflict, NotFound
from siaga.sim.clip import finish_clip
from siaga.sim.rendered import check_scene, keep_scene, scene_of
from siaga.sim.scenario import Scenario, load_scenario, parse_scenario, scenario_names
from siaga.sim.truth.model import Person, Tells, Truth, TruthEvent
from tests.cli.siaga_command import siaga_here

from .paper import SCENARIO, PaperPerson, scenario, write_job

DUST = "extends: groundworks\nname: other\ndust: 0.5\n"
SHORT = SCENARIO.replace("duration_s: 4", "duration_s: 1")
BARE = [PaperPerson("A", lambda t: (0.2 * t, -5), lambda _t: "hand")]


def test_a_variation_says_only_what_is_different() -> None:
    base = load_scenario("groundworks")
    text = DUST + "cameras: {gate: {noise: 0.7}}\ncast: {visitor: {look: {vest: none}, enters_s: 3}}\n"
    made = parse_scenario(text)
    assert (made.name, made.dust, base.dust) == ("other", 0.5, 0.0)
    assert made.cameras["gate"] == base.cameras["gate"].model_copy(update={"noise": 0.7})
    visitor, before = made.cast["visitor"], base.cast["visitor"]
    assert (visitor.look.vest, visitor.enters_s) == ("none", 3.0)
    assert (visitor.script, visitor.look.helmet) == (before.script, before.look.helmet)
    assert made.zones == base.zones
    assert list(made.cast) == list(base.cast)


def test_a_list_is_replaced_as_a_whole() -> None:
    made = parse_scenario(DUST + "cast: {visitor: {script: [{stand: {seconds: 3}}]}}\n")
    assert len(made.cast["visitor"].script) == 1


def test_a_mistake_is_named_in_the_file_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_scenario(DUST + "cameras:\n  gate: {nose: 0.7}\n", filename="mine.yaml")
    assert "mine.yaml:5: cameras.gate.nose: unknown key 'nose'; did you mean 'noise'?" in str(caught.value)
    (tmp_path / "base.yaml").write_text(SCENARIO.replace("fps: 10", "fps: 100"), encoding="utf-8")
    (tmp_path / "mine.yaml").write_text("extends: base.yaml\nname: mine\ndust: 2\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_scenario(tmp_path / "mine.yaml")
    said = str(caught.value)
    assert f"{tmp_path / 'base.yaml'}:6: fps: " in said
    assert f"{tmp_path / 'mine.yaml'}:3: dust: " in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("extends: groundworks\ndust: 0.5\n", r"mine\.yaml:1.*name of its own"),
        (
            "extends: groundworks_dust\nname: other\n",
            r"extends another scenario itself[\s\S]*Extend groundworks,",
        ),
        ("extends: nowhere\nname: other\n", "no such scenario"),
    ],
)
def test_what_cannot_be_extended(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse_scenario(text, filename="mine.yaml")


@pytest.mark.parametrize("name", [name for name in scenario_names() if "_" in name and name != "energy_yard"])
def test_the_shipped_variations(name: str) -> None:
    made = load_scenario(name)
    assert made.name == name
    assert made.name.startswith(made.site)
    assert Scenario.model_validate_json(made.model_dump_json()) == made


@pytest.mark.parametrize(
    ("name", "base", "camera"),
    [
        ("groundworks_dust", "groundworks", "gate"),
        ("groundworks_dirty", "groundworks", "gate"),
        ("scaffold_rain", "scaffold", "mast"),
        ("energy_yard_rain", "energy_yard", "gate"),
    ],
)
def test_weather_and_dirt_need_no_rendering(name: str, base: str, camera: str) -> None:
    made = load_scenario(name)
    assert made.rain + made.dust + made.dirt > 0
    assert scene_of(made, camera) == scene_of(load_scenario(base), camera)


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ("light: night\n", "light"),
        ("seed: 3\n", "seed"),
        ("cameras: {gate: {fov_deg: 40}}\n", "camera"),
        ("cast: {visitor: {enters_s: 1}}\n", "cast"),
        ("duration_s: 31\n", "duration_s"),
    ],
)
def test_frames_of_another_scene_are_refused(change: str, differs: str, tmp_path: Path) -> None:
    keep_scene(tmp_path, load_scenario("groundworks"), "gate")
    check_scene(tmp_path, parse_scenario(DUST + "duration_s: 7\n"), "gate")
    for look in (check_scene, keep_scene):
        with pytest.raises(Conflict, match=f"differs in {differs}"):
            look(tmp_path, parse_scenario(DUST + change), "gate")


def test_frames_that_nobody_knows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="which scenario these frames are of"):
        check_scene(tmp_path, load_scenario("groundworks"), "gate")


def test_a_clip_is_made_from_the_frames_of_another(tmp_path: Path) -> None:
    (tmp_path / "paper.yaml").write_text(SHORT, encoding="utf-8")
    (tmp_path / "mine.yaml").write_text("extends: paper.yaml\nname: mine\ndust: 0.9\n", encoding="utf-8")
    write_job(tmp_path / "out" / "gate", scenario(SHORT), BARE)
    refused = siaga_here("sim", "render", "mine.yaml", "--frames", "out", "--out", "new", cwd=tmp_path)
    assert (refused.code, "which scenario these frames are of" in refused.err) == (7, True)
    assert siaga_here("sim", "render", "paper.yaml", "--out", "out", cwd=tmp_path).code == 0
    said = siaga_here("sim", "render", "mine.yaml", "--frames", "out", "--out", "new", cwd=tmp_path)
    assert said.code == 0, said.err
    assert "A: no helmet" in said.out
    assert sorted(path.name for path in (tmp_path / "new").glob("*.mp4")) == ["mine.mp4"]
    assert (tmp_path / "new" / "mine.mp4").read_bytes() != (tmp_path / "out" / "paper.mp4").read_bytes()
    clear, dusty = (
        finish_clip(load_scenario(tmp_path / file), "gate", tmp_path / "out" / "gate", tmp_path / "again.mp4")
        for file in ("paper.yaml", "mine.yaml")
    )
    assert (clear.dust, dusty.dust) == (0.0, 0.9)
    assert [_world(people) for people in clear.people] == [_world(people) for people in dusty.people]
    assert [_what(event) for event in clear.events] == [_what(event) for event in dusty.events]
    assert "indistinct" not in _tells(clear)
    assert "indistinct" in _tells(dusty), "the dust hides somebody"


def _world(people: tuple[Person, ...]) -> list[Person]:
    """What is so, whatever can be seen of it."""
    return [replace(person, tell=Tells("yes", "yes"), tell_zone="yes") for person in people]


def _what(event: TruthEvent) -> TruthEvent:
    return replace(event, could_tell_s=())


def _tells(truth: Truth) -> set[str]:
    return {person.tell.helmet for people in truth.people for person in people}
