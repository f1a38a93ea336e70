"""The commands that look and say: what they say is true, complete, and holds no secret."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from siaga.demo.rtsp import Login, RtspServer, load_clip
from tests.cli.siaga_command import PASSWORD, siaga, siaga_here, site
from tests.detect import classifiers
from tests.detect.models import constant, write
from tests.support.clips import write_clip

SITE = """\
cameras:
  gate:
    ffmpeg:
      inputs:
        - {path: 'rtsp://admin:{CAM}@127.0.0.1/sub', roles: [detect]}
        - {path: 'rtsp://admin:{CAM}@127.0.0.1/main', roles: [record]}
    ppe: {requires: []}
    masks: {road: {coordinates: '0,0,1,0,1,0.1'}}
    zones:
      pit: {exclusion: true, loitering_time: 2s, schedule: night, coordinates: '0,0,1,0,1,1'}
      ramp: {requires: [helmet], coordinates: '0,0,1,0,1,1'}
  yard:
    enabled: false
    ffmpeg: {inputs: [{path: 'rtsp://127.0.0.1/yard'}]}
schedules: {night: {days: [mon, fri], start: 20:00, end: 06:00}}
deliver: {url: https://siaga.example.com, token: '{CAM}'}
"""


def test_a_right_configuration_is_summed_up(tmp_path: Path) -> None:
    site(tmp_path)
    (tmp_path / "site.yaml").write_text(SITE + "model: tiny.yaml\n")
    said = siaga_here("config", "check", "site.yaml", cwd=tmp_path)
    assert said.code == 0, said.err
    assert said.out.splitlines() == [
        "site site (UTC), model tiny (person, helmet, head)",
        "camera gate",
        "  detect: rtsp://***@127.0.0.1/sub",
        "  record: rtsp://***@127.0.0.1/main",
        "  whole picture: asks for nothing, 5 pictures a second",
        "  zone pit: nobody may be inside for 2 s (schedule night)",
        "  zone ramp: asks for helmet",
        "  privacy masks: road",
        "camera yard (disabled)",
        "  detect and record: rtsp://127.0.0.1/yard",
        "  whole picture: asks for helmet, 5 pictures a second",
        "schedule night: mon/fri 20:00-06:00",
        "events go to https://siaga.example.com",
        "ok site.yaml",
    ]


def test_the_summary_as_json_holds_no_secret(tmp_path: Path) -> None:
    said = siaga_here("config", "check", site(tmp_path), "--json", cwd=tmp_path)
    told = json.loads(said.out)
    assert told["cameras"]["gate"]["streams"][0]["address"] == "rtsp://***@127.0.0.1:9/1"
    assert told["model"]["classes"] == ["person", "helmet", "head"]
    assert "p%40ss" not in said.out


def test_the_classifiers_that_take_part_are_named(tmp_path: Path) -> None:
    manifest = classifiers.write(tmp_path)
    file = site(tmp_path, "head_model: tiny-head.yaml\n")
    told = json.loads(siaga_here("config", "check", file, "--json", cwd=tmp_path).out)
    assert told["classifiers"] == {"helmet": {"name": "tiny-head", "sha256": manifest.sha256}}
    said = siaga_here("config", "check", file, cwd=tmp_path)
    assert "crops judged for helmet: tiny-head" in said.out.splitlines()
    manifest.path.write_bytes(b"changed")
    assert siaga_here("config", "check", file, cwd=tmp_path).code != 0


def test_the_schema_is_printed_and_written(tmp_path: Path) -> None:
    printed = siaga_here("config", "schema", cwd=tmp_path)
    assert json.loads(printed.out)["title"] == "Settings"
    assert siaga_here("config", "schema", "--write", "s.json", cwd=tmp_path).code == 0
    assert (tmp_path / "s.json").read_text() == printed.out
    refused = siaga_here("config", "schema", "--write", "none/s.json", cwd=tmp_path)
    assert refused.code == 5
    assert "none/s.json" in refused.err


def test_the_doctor_finds_a_usable_machine(tmp_path: Path) -> None:
    said = siaga_here("doctor", site(tmp_path), "--json", cwd=tmp_path)
    told = json.loads(said.out)
    findings = {entry["name"]: entry for entry in told["findings"]}
    assert said.code == 0, told
    assert told["ok"] is True
    assert findings["model"]["said"].startswith(
        "tiny: person, helmet, head; licence AGPL-3.0-or-later; sha256 "
    )
    assert "of 640 x 360 on cpu" in findings["inference"]["said"]
    for name in (
        "Python",
        "packages",
        "cores",
        "memory",
        "disk",
        "CPU",
        "provider",
        "video",
        "clock",
        "SQLite",
    ):
        assert findings[name]["status"] in ("ok", "warn")
        assert findings[name]["said"]
    assert not (tmp_path / "state").exists()


def test_the_doctor_says_what_is_wrong_and_the_way_out(tmp_path: Path) -> None:
    file = site(tmp_path, "deliver: {url: 'http://admin:{CAM}@h:1'}\n", model=tmp_path / "none.yaml")
    said = siaga_here("doctor", file, "--json", cwd=tmp_path)
    wrong = {entry["name"]: entry for entry in json.loads(said.out)["findings"] if entry["status"] == "fail"}
    assert said.code == 1
    assert set(wrong) == {"model", "delivery"}
    assert all(entry["way_out"] for entry in wrong.values())
    assert "p%40ss" not in said.out
    assert PASSWORD not in said.out
    readable = siaga_here("doctor", file, cwd=tmp_path)
    assert readable.code == 1
    assert readable.out.count("fail") == 2
    assert "way out:" in readable.out


def test_opencv_without_its_system_libraries(tmp_path: Path) -> None:
    lame = tmp_path / "path/cv2"
    lame.mkdir(parents=True)
    text = "libGL.so.1: cannot open shared object file: No such file or directory"
    (lame / "__init__.py").write_text(f"raise ImportError({text!r}, name='cv2', path=__file__)\n")
    said = siaga("doctor", site(tmp_path), "--json", cwd=tmp_path, path=tmp_path / "path")
    wrong = [entry for entry in json.loads(said.out)["findings"] if entry["status"] == "fail"]
    assert said.code == 1
    assert wrong
    assert all("libgl1" in entry["way_out"] and "libGL.so.1" in entry["said"] for entry in wrong)


def test_a_probe_says_what_a_camera_sends(tmp_path: Path) -> None:
    clip = load_clip(write_clip(tmp_path / "clip.mp4", frames=100, size=(640, 360), gop=25))
    with RtspServer(login=Login("admin", PASSWORD)) as server:
        server.add("/gate", clip)
        address = f"rtsp://admin:{{CAM}}@127.0.0.1:{server.port}/gate"
        said = siaga_here("camera", "probe", address, "--seconds", "2", "--json", cwd=tmp_path)
        wrong = siaga_here("camera", "probe", address.replace("{CAM}", "wr0ng-pw"), cwd=tmp_path)
    told = json.loads(said.out)
    assert (told["codec"], told["width"], told["height"]) == ("h264", 640, 360)
    assert told["fps"] == pytest.approx(25, abs=1)
    assert told["keyframe_seconds"] == pytest.approx(1.0)
    assert told["address"] == f"rtsp://***@127.0.0.1:{server.port}/gate"
    assert wrong.code == 3
    assert "refuses the login" in wrong.err
    assert "wr0ng-pw" not in wrong.err


def model_that_sees_a_head(folder: Path) -> Path:
    answer = np.zeros((7, 2), np.float32)
    answer[:, 0] = (320, 220, 80, 240, 0.9, 0, 0)
    answer[:, 1] = (320, 125, 40, 40, 0, 0, 0.12)
    write(folder, constant(answer))
    return folder / "tiny.yaml"


def test_a_still_is_pixelated_before_it_is_written(tmp_path: Path) -> None:
    from siaga.core.clock import SystemClock
    from siaga.edge.still import covered_still, open_still_detector

    picture = np.full((360, 640, 3), 90, np.uint8)
    picture[85:140, 290:350:2] = 255
    detector = open_still_detector(str(model_that_sees_a_head(tmp_path)))
    jpeg, covered = covered_still(picture, detector, SystemClock())
    detector.close()
    written = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert covered == 2
    assert written is not None
    assert written.shape == (360, 640)
    stripes = written[100:120, 305:335].astype(int)
    assert np.abs(np.diff(stripes, axis=1)).max() < 60
    assert picture[100, 300] @ np.ones(3, int) == 765


def test_without_a_detector_there_is_no_still(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_clip(tmp_path / "clip.mp4", frames=30)
    monkeypatch.setattr("siaga.manifest.store.weights_dir", lambda: tmp_path / "no-weights")
    said = siaga_here("camera", "probe", "clip.mp4", "--still", "still.jpg", cwd=tmp_path)
    assert said.code == 4
    assert "the still is not written" in said.err
    assert "h264" in said.out
    assert not (tmp_path / "still.jpg").exists()


def test_a_probe_gives_advice() -> None:
    from siaga.edge.advice import advise
    from siaga.frames.probe import ProbeReport

    def report(**changed: Any) -> ProbeReport:
        good: dict[str, Any] = {
            "address": "rtsp://h/1",
            "codec": "h264",
            "size": (1920, 1080),
            "fps": 25.0,
            "keyframe_seconds": 2.0,
            "bits_per_second": 4e6,
            "first_picture_seconds": 0.5,
            "clock_offset": 0.2,
            "corrupt": 0,
            "still": np.zeros((2, 2, 3), np.uint8),
        }
        return ProbeReport(**{**good, **changed})

    assert advise(report()) == []
    for changed, said in (
        ({"keyframe_seconds": 8.0}, "Keyframes are 8.0 s apart"),
        ({"keyframe_seconds": None}, "Keyframes are far apart"),
        ({"codec": "hevc"}, "H.265"),
        ({"size": (3840, 2160)}, "3840 x 2160"),
        ({"fps": 3.0}, "3.0 pictures a second"),
        ({"clock_offset": -90.0}, "90 s off"),
        ({"corrupt": 4}, "4 units were damaged"),
        ({"bits_per_second": 20e6}, "20 Mbit/s"),
    ):
        (advice,) = advise(report(**changed))
        assert said in advice.what
        assert advice.change


def test_the_placeholder_in_an_address_is_filled_in_encoded() -> None:
    from siaga.cli.sources import source_url

    assert source_url("rtsp://admin:{CAM}@h/1", {"CAM": "a@b"}).reveal() == "rtsp://admin:a%40b@h/1"
    assert source_url("clip.mp4", {}).reveal() == "file:clip.mp4"
    assert source_url("device:1", {}).reveal() == "device:1"
