"""Scenario files: the shipped ones load, and a mistake is named with its place and the way out."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from siaga.core.errors import ConfigError
from siaga.sim.look import linear, srgb
from siaga.sim.motion import perform
from siaga.sim.scenario import Scenario, load_scenario, parse_scenario, scenario_names

TEXT = """name: small
site: scaffold
duration_s: 12.5
start: 2026-03-04T09:10:00+07:00
cameras:
  mast: {position: [0, -9, 4], look_at: [0, 2, 1]}
zones:
  edge: {polygon: [[0, 0], [1, 0], [1, 1]], exclusion: true}
cast:
  one:
    look: {helmet: {colour: yellow}, top: shirt}
    start: [0, 0]
    script:
      - walk: {to: [[1, 1]]}
      - climb: {ladder: slab, to: top}
      - helmet: hand
"""


def test_what_is_written_is_what_is_read() -> None:
    scenario = parse_scenario(TEXT)
    assert scenario.start == datetime(2026, 3, 4, 2, 10, tzinfo=UTC)
    assert (scenario.fps, scenario.width, scenario.height, scenario.frame_count) == (10, 1280, 720, 125)
    assert scenario.zones["edge"].polygon == ((0, 0), (1, 0), (1, 1))
    walk, climb, helmet = scenario.cast["one"].script
    assert walk.walk is not None
    assert (walk.walk.to, walk.walk.speed) == (((1, 1),), 1.25)
    assert climb.climb is not None
    assert (climb.climb.ladder, helmet.helmet) == ("slab", "hand")


@pytest.mark.parametrize(
    ("right", "wrong", "line", "says"),
    [
        ("walk:", "wlak:", 14, "cast.one.script.0.wlak: unknown key 'wlak'; did you mean 'walk'?"),
        ("to: [[1, 1]]", "two: [[1, 1]]", 14, "unknown key 'two'; did you mean 'to'?"),
        ("exclusion: true", "exclude: true", 8, "unknown key 'exclude'; did you mean 'exclusion'?"),
        ("look_at:", "lookat:", 6, "unknown key 'lookat'; did you mean 'look_at'?"),
        ("top: shirt", "top: shrit", 11, "'shrit' is not one of these; did you mean 'shirt'?"),
        ("colour: yellow", "colour: yelow", 11, "'yelow' is no colour; use #rrggbb or one of: black"),
        ("[1, 0], [1, 1]]", "[1, 0], [2, 0]]", 8, "this polygon has no area"),
        ("- helmet: hand", "- {helmet: hand, face: 3}", 16, "give exactly one of walk, stand, face"),
        ("duration_s: 12.5", "duration_s: -1", 3, "should be greater than 0 (found '-1')"),
        ("site: scaffold", "seed: 3", 1, "site: this key is needed and is not there"),
    ],
)
def test_a_mistake_is_named_with_line_and_way_out(right: str, wrong: str, line: int, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_scenario(TEXT.replace(right, wrong), filename="mine.yaml")
    assert f"mine.yaml:{line}: " in str(caught.value)
    assert says in str(caught.value)


def test_a_helmet_that_nobody_has_cannot_be_moved() -> None:
    with pytest.raises(ConfigError, match=r"one has no helmet \(look.helmet\), but the script moves it"):
        parse_scenario(TEXT.replace("helmet: {colour: yellow}, ", ""))


def test_a_lanyard_needs_a_harness() -> None:
    with pytest.raises(ConfigError, match=r"one has no harness"):
        parse_scenario(TEXT.replace("- helmet: hand", "- lanyard: clipped"))


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("ladder: slab", "ladder: roof", r"no such ladder\. Ladders here: high, low, slab"),
        ("site: scaffold", "site: moon", r"no such site: 'moon'\. Sites: energy_yard, groundworks, scaffold"),
        ("start: [0, 0]", "start: [0, 0]\n    level: cellar", r"no such deck\. Decks here: high, low, slab"),
    ],
)
def test_what_the_site_does_not_have_is_named(right: str, wrong: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        perform(parse_scenario(TEXT.replace(right, wrong)))


def test_a_lanyard_is_clipped_only_where_there_is_a_line() -> None:
    text = TEXT.replace("site: scaffold", "site: groundworks").replace("top: shirt", "harness: {}")
    text = text.replace("- helmet: hand", "- lanyard: clipped").replace(
        "      - climb: {ladder: slab, to: top}\n", ""
    )
    with pytest.raises(ConfigError, match="nothing to clip it to"):
        perform(parse_scenario(text))


def test_an_unknown_name_lists_the_shipped_ones() -> None:
    with pytest.raises(ConfigError, match="shipped scenarios: energy_yard, energy_yard_rain, groundworks, "):
        load_scenario("nowhere")


def test_a_path_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(TEXT, encoding="utf-8")
    assert load_scenario(path) == load_scenario(str(path)) == parse_scenario(TEXT)
    path.write_bytes(b"name: \xff")
    with pytest.raises(ConfigError, match="must be UTF-8"):
        load_scenario(path)


@pytest.mark.parametrize("name", ["energy_yard", "groundworks", "scaffold"])
def test_the_shipped_scenarios_are_demo_clips(name: str) -> None:
    scenario = load_scenario(name)
    assert name in scenario_names()
    assert scenario.name == scenario.site == name
    assert (scenario.frame_count, scenario.fps, scenario.width, scenario.height) == (300, 10, 1280, 720)
    assert len(scenario.cast) >= 7
    assert any(zone.exclusion for zone in scenario.zones.values())
    assert Scenario.model_validate_json(scenario.model_dump_json()) == scenario


def test_colours_in_linear_light() -> None:
    assert srgb("#0080ff") == (0, 128, 255)
    assert linear("#0080ff") == pytest.approx((0.0, 0.21586, 1.0), abs=1e-5)


def test_an_empty_file_points_to_a_scenario_to_start_from() -> None:
    with pytest.raises(ConfigError, match=r"Start from datasets/siaga/sim/scenarios/groundworks\.yaml"):
        parse_scenario("just words")
