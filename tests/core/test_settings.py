"""A right configuration: its defaults, its small types, and what comes from the environment."""

import json
import traceback
from datetime import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from siaga.core.errors import ConfigError
from siaga.core.settings import Settings
from siaga.core.settings.load import hash_settings, load_settings, parse_settings
from siaga.core.settings.units import parse_bytes, parse_seconds
from siaga.core.verdict import Item

MINIMAL = "cameras: {gate: {ffmpeg: {inputs: [{path: 'rtsp://camera/1'}]}}}\n"


def parse(text: str, env: dict[str, str] | None = None) -> Settings:
    return parse_settings(text, env=env).settings


def flat(block: BaseModel, before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in type(block).model_fields:
        value = getattr(block, name)
        if isinstance(value, BaseModel):
            found |= flat(value, f"{before}{name}.")
        elif name != "cameras":
            found[before + name] = value
    return found


def test_the_defaults_of_a_site() -> None:
    assert flat(parse(MINIMAL)) == {
        "site.name": "site",
        "site.timezone": "UTC",
        "state_dir": Path("var/edge"),
        "model": "siaga-ppe-n",
        "head_model": None,
        "harness_model": None,
        "crops.heads_per_frame": 16,
        "crops.harness_per_frame": 4,
        "crops.harness_period": 0.5,
        "detector.provider": "auto",
        "detector.engines": 0,
        "ppe.requires": (Item.HELMET,),
        "ppe.repeat_interval": 60.0,
        "ppe.grouping": 3.0,
        "ppe.schedule": None,
        "ppe.severity": "warning",
        "schedules": {},
        "privacy.blur": "heads",
        "evidence.snapshot.enabled": True,
        "evidence.snapshot.quality": 85,
        "evidence.snapshot.max_width": 1920,
        "evidence.clip.enabled": True,
        "evidence.clip.pre_roll": 5.0,
        "evidence.clip.post_roll": 5.0,
        "evidence.clip.max_fps": 15.0,
        "evidence.clip.max_width": 1280,
        "evidence.clip.crf": 26,
        "evidence.max_bytes": 10_000_000_000,
        "evidence.ballast": 16_000_000,
        "deliver.url": None,
        "deliver.token": None,
        "deliver.token_file": None,
        "deliver.bandwidth.max_bytes_per_second": 0,
        "deliver.timeout": 15.0,
        "deliver.link.enabled": False,
        "deliver.link.service_key": None,
        "deliver.link.variables": (),
        "deliver.link.allow_preview": True,
        "mqtt.enabled": False,
        "mqtt.host": "127.0.0.1",
        "mqtt.port": 1883,
        "mqtt.user": None,
        "mqtt.password": None,
        "mqtt.tls": False,
        "mqtt.topic_prefix": "siaga",
        "metrics.enabled": False,
        "metrics.host": "127.0.0.1",
        "metrics.port": 9105,
    }


def test_the_defaults_of_a_camera() -> None:
    found = flat(parse(MINIMAL).cameras["gate"])
    inputs = found.pop("ffmpeg.inputs")
    assert [(entry.path.reveal(), entry.roles) for entry in inputs] == [
        ("rtsp://camera/1", ("detect", "record"))
    ]
    assert found == {
        "enabled": True,
        "ffmpeg.transport": "tcp",
        "ffmpeg.timeout": 10.0,
        "detect.width": None,
        "detect.height": None,
        "detect.fps": 5.0,
        "objects.filters": {},
        "zones": {},
        "ppe.requires": None,
        "ppe.schedule": None,
        "masks": {},
        "audit.offline_after": 10.0,
        "audit.frozen_after": 10.0,
        "audit.dark_below": 8.0,
        "audit.covered_below": 4.0,
        "audit.moved_above": 0.6,
        "audit.clock_off_after": 60.0,
        "audit.settle": 5.0,
    }


def test_the_defaults_of_a_zone() -> None:
    text = MINIMAL.replace("}}}", "}, zones: {pit: {exclusion: true, coordinates: '0,0,1,0,1,1'}}}}", 1)
    found = flat(parse(text).cameras["gate"].zones["pit"])
    assert found.pop("coordinates").points == ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))
    assert found == {
        "anchor": "bottom_center",
        "inertia": 3,
        "loitering_time": 0.0,
        "exclusion": True,
        "requires": (),
        "schedule": None,
        "severity": "alert",
    }


def test_plain_words_mean_what_yaml_1_2_says() -> None:
    text = MINIMAL + "site: {name: on}\nschedules:\n  no:\n    start: 07:00\n    end: 19:30\n"
    settings = parse(text)
    assert settings.site.name == "on"
    assert settings.schedules["no"].start == time(7)
    assert settings.schedules["no"].end == time(19, 30)


def test_main_and_sub_streams() -> None:
    text = """\
cameras:
  gate:
    ffmpeg:
      inputs:
        - {path: 'rtsp://camera/sub', roles: [detect]}
        - {path: 'rtsp://camera/main', roles: [record]}
"""
    ffmpeg = parse(text).cameras["gate"].ffmpeg
    assert ffmpeg.url("detect").reveal() == "rtsp://camera/sub"
    assert ffmpeg.url("record").reveal() == "rtsp://camera/main"
    one = parse(text.replace(", roles: [record]", ", roles: []")).cameras["gate"].ffmpeg
    assert one.url("record").reveal() == "rtsp://camera/sub"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5),
        ("30s", 30.0),
        ("1.5m", 90.0),
        ("2h", 7200.0),
        ("1d", 86400.0),
        (" 7 ", 7.0),
        (2.5, 2.5),
    ],
)
def test_durations(text: object, seconds: float) -> None:
    assert parse_seconds(text) == seconds


@pytest.mark.parametrize(
    ("text", "size"),
    [("500kB", 500_000), ("1.5MB", 1_500_000), ("2GB", 2 * 10**9), ("1TB", 10**12), ("9B", 9), (42, 42)],
)
def test_sizes(text: object, size: int) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize("text", ["-1", "1 week", "", "s", True, None, "1e3"])
def test_neither_a_duration_nor_a_size(text: object) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        parse_seconds(text)
    with pytest.raises(ValueError, match="not a size"):
        parse_bytes(text)


PASSWORD = "p@ss/w:r?d#1&x '\"\\ é%41"
WITH_SECRETS = """\
cameras:
  gate: {ffmpeg: {inputs: [{path: "rtsp://admin:{CAM}@10.0.0.1:554/s?x=1"}]}}
mqtt: {password: "{CAM}"}
deliver: {url: "https://a.example", token: "{TOKEN}"}
"""
ENV = {"CAM": PASSWORD, "TOKEN": "t" * 80}


def test_a_password_of_any_characters_reaches_the_address_percent_encoded() -> None:
    settings = parse(WITH_SECRETS, ENV)
    address = settings.cameras["gate"].ffmpeg.url("detect").reveal()
    user_info, _, rest = address.removeprefix("rtsp://").partition("@")
    assert rest == "10.0.0.1:554/s?x=1"
    assert unquote(user_info.removeprefix("admin:")) == PASSWORD
    assert settings.mqtt.password is not None
    assert settings.mqtt.password.reveal() == PASSWORD


def test_secrets_show_in_no_text() -> None:
    loaded = parse_settings(WITH_SECRETS, env=ENV)
    texts = [
        repr(loaded.settings),
        str(loaded.settings),
        loaded.settings.model_dump_json(),
        json.dumps(loaded.settings.model_dump(mode="json"), default=str),
        loaded.redact(f"{PASSWORD} {PASSWORD!r} {json.dumps(PASSWORD)} {ENV['TOKEN']}"),
    ]
    for text in texts:
        assert_clean(text)
    assert "10.0.0.1:554" in texts[0]


def assert_clean(text: str) -> None:
    for secret in (PASSWORD, "p@ss", "p%40ss", "w:r", "tttt"):
        assert secret not in text


@pytest.mark.parametrize("name", list(ENV))
@pytest.mark.parametrize(
    "text",
    [
        "detector: {provider: '{X}'}",
        "ppe: {grouping: '{X}'}",
        "evidence: {max_bytes: '{X}'}",
        "metrics: {port: '{X}'}",
        "site: {timezone: '{X}'}",
        "site: {name: '{X}'}",
        "ppe: {requires: ['{X}']}",
        "ppe: {schedule: '{X}'}",
        "deliver: {url: 'ftp://u:{X}@h'}",
        "cameras: {gate: {ffmpeg: {inputs: [{path: 'http://u:{X}@h'}]}}}",
    ],
)
def test_a_secret_in_the_wrong_place_is_not_in_the_error(text: str, name: str) -> None:
    document = text.replace("{X}", "{" + name + "}")
    with pytest.raises(ConfigError) as caught:
        parse_settings(document if "cameras" in document else MINIMAL + document, env=ENV)
    assert_clean("".join(traceback.format_exception(caught.value)))


@given(
    st.text(st.characters(exclude_characters="\n\r\x85\u2028\u2029", categories=["L", "N", "P", "S", "Zs"]))
)
def test_no_typed_in_password_shows_in_an_address(password: str) -> None:
    typed = f"rtsp://admin:~{password}~@camera/1"
    text = json.dumps({"cameras": {"gate": {"ffmpeg": {"inputs": [{"path": typed}]}}}})
    if "{" in password:
        return  # may stand for an environment variable
    shown = repr(parse(text).cameras["gate"].ffmpeg)
    assert shown.count("~") == 0
    assert "camera/1" in shown


def test_the_hash_says_which_settings_and_no_secret_decides_it() -> None:
    one = parse(WITH_SECRETS, ENV)
    other_secret = parse(WITH_SECRETS, {**ENV, "TOKEN": "another"})
    other_fps = parse(MINIMAL + "ppe: {grouping: 11}\n")
    assert hash_settings(one) == hash_settings(other_secret)
    assert hash_settings(parse(MINIMAL)) != hash_settings(other_fps)
    assert hash_settings(parse(MINIMAL)) == hash_settings(parse(MINIMAL + "ppe: {grouping: 3s}\n"))


def test_the_environment_is_the_processes_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "site.yaml"
    file.write_text(MINIMAL.replace("camera/1", "camera/{SIAGA_TEST_PATH}"))
    monkeypatch.setenv("SIAGA_TEST_PATH", "yard")
    address = load_settings(file).settings.cameras["gate"].ffmpeg.url("detect")
    assert address.reveal() == "rtsp://camera/yard"


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        parse(MINIMAL).site.name = "other"
