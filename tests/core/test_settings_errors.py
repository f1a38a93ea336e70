"""What is wrong in a configuration is said with its line and the nearest right spelling."""

from pathlib import Path

import pytest

from siaga.core.errors import ConfigError
from siaga.core.settings.load import load_settings, parse_settings

CAMERA = """\
cameras:
  gate:
    ffmpeg:
      inputs:
        - path: rtsp://camera/1
"""


def refused(text: str, env: dict[str, str] | None = None) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse_settings(text, filename="site.yaml", env=env)
    return caught.value


def zone(coordinates: str) -> str:
    return CAMERA + f"    zones:\n      pit:\n        exclusion: true\n        coordinates: {coordinates}\n"


WRONG = {
    "unknown key at the top": ("sit:\n  name: x\n" + CAMERA, 1, "did you mean 'site'?"),
    "unknown key in a camera": (CAMERA + "    zone: {}\n", 6, "did you mean 'zones'?"),
    "unknown key in an input": (CAMERA + "          role: [detect]\n", 6, "did you mean 'roles'?"),
    "unknown key that is like none": (CAMERA + "    xyzzy: 1\n", 6, "known here: audit, detect, enabled"),
    "unknown item": (CAMERA + "ppe:\n  requires: [helmt]\n", 7, "did you mean 'helmet'?"),
    "unknown class": (
        CAMERA + "    objects:\n      filters:\n        persn: {}\n",
        8,
        "did you mean 'person'?",
    ),
    "unknown word": (CAMERA + "detector:\n  provider: gpu\n", 7, "'gpu' is not one of these"),
    "missing key": ("cameras:\n  gate:\n    enabled: true\n", 2, "cameras.gate.ffmpeg: this key is needed"),
    "no cameras": ("cameras: {}\n", 1, "cameras:"),
    "not a number": (CAMERA + "    detect:\n      fps: fast\n", 7, "(found 'fast')"),
    "too much": (CAMERA + "    detect:\n      fps: 31\n", 7, "(found 31)"),
    "not a duration": (CAMERA + "ppe:\n  grouping: soon\n", 7, "write for example 30s"),
    "not a size": (CAMERA + "evidence:\n  max_bytes: 5GiB\n", 7, "write for example 500kB"),
    "crossing polygon": (zone("[[0,0],[1,1],[1,0],[0,1]]"), 9, "crosses itself"),
    "two corners": (zone("[[0,0],[1,1]]"), 9, "at least 3 corners"),
    "corner outside": (zone("[[0,0],[1.2,0],[1,1]]"), 9, "outside the picture"),
    "odd coordinates": (zone("0,0,1"), 9, "pairs"),
    "zone without a rule": (
        CAMERA + "    zones:\n      pit:\n        coordinates: [[0,0],[1,0],[1,1]]\n",
        7,
        "the zone has no rule",
    ),
    "unknown schedule": (CAMERA + "ppe:\n  schedule: nights\n", 1, "'nights', which is not under schedules"),
    "unknown time zone": (CAMERA + "site:\n  timezone: Asia/Kuala\n", 7, "is no time zone"),
    "forbidden protocol": (CAMERA.replace("rtsp:", "http:"), 5, "is not a source"),
    "file by address": (CAMERA.replace("rtsp://camera/1", "file:///etc/passwd"), 5, "is not a source"),
    "two detecting inputs": (
        CAMERA + "        - path: rtsp://camera/2\n          roles: [detect]\n",
        3,
        "exactly one input needs the role detect",
    ),
    "service without http": (CAMERA + "deliver:\n  url: siaga.example.com\n", 7, "starts with http://"),
    "name with a slash": (CAMERA.replace("gate", "gate/1"), 2, "gate/1"),
}


@pytest.mark.parametrize(("text", "line", "said"), WRONG.values(), ids=WRONG.keys())
def test_the_error_names_line_and_problem(text: str, line: int, said: str) -> None:
    error = refused(text)
    assert error.where == f"site.yaml:{line}"
    assert said in error.what


def test_every_problem_is_listed_in_the_order_of_the_file() -> None:
    error = refused(CAMERA + "ppe:\n  grouping: soon\nsitee: 1\n")
    first, second = error.what.split("\n")
    assert error.where == "site.yaml:7"
    assert first.startswith("ppe.grouping: 'soon' is not a duration")
    assert second == "site.yaml:8: sitee: unknown key 'sitee'; did you mean 'site'?"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("cameras: [1\nsite: {}\n", 2, "this is not YAML"),
        ("a: 1\n\tb: 2\n", 2, "this is not YAML"),
        ("", 1, "empty or not a list of keys"),
        ("- a\n- b\n", 1, "empty or not a list of keys"),
        (CAMERA + "cameras: {}\n", 6, "the key 'cameras' is here twice"),
        (CAMERA + "ppe:\n  requires: []\n  requires: [helmet]\n", 8, "the key 'requires' is here twice"),
        (CAMERA.replace("camera/1", "{CAM}@h"), 5, "the environment variable CAM is not set"),
    ],
)
def test_what_is_not_yet_settings_names_its_line_and_the_way_out(text: str, line: int, said: str) -> None:
    error = refused(text)
    assert error.where == f"site.yaml:{line}"
    assert said in error.what
    assert error.fix


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_settings(tmp_path / "none.yaml")
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_settings(binary)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings(tmp_path)
