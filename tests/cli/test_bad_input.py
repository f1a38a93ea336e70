"""What cannot be used gets one clear message with the way out, an exit code, and no traceback."""

from pathlib import Path

import numpy as np
import pytest

from tests.cli.siaga_command import PASSWORD, Said, siaga, siaga_here, site
from tests.detect.models import constant, write
from tests.support.clips import write_clip

CROSSING = """\
cameras:
  gate:
    ffmpeg: {inputs: [{path: 'rtsp://h/1'}]}
    zones:
      pit: {exclusion: true, coordinates: '0,0,1,1,1,0,0,1'}
"""


def assert_refused(said: Said, code: int, *texts: str) -> None:
    """One message, the exit code, and neither a traceback nor a password."""
    assert said.code == code, said.err
    assert said.err.count("error:") == 1, said.err
    for text in texts:
        assert text in said.err
    for text in ("Traceback", 'File "', PASSWORD, "p%40ss"):
        assert text not in said.err + said.out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cameras: [\n", "this is not YAML"),
        (
            "cameras:\n  gate:\n    ffmpg: {}\n",
            "site.yaml:3: cameras.gate.ffmpg: unknown key 'ffmpg'; did",
        ),
        (CROSSING, "site.yaml:5: cameras.gate.zones.pit.coordinates: the polygon crosses itself"),
    ],
    ids=["broken YAML", "unknown key", "crossing polygon"],
)
def test_a_broken_configuration(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "site.yaml").write_text(text)
    assert_refused(siaga_here("config", "check", "site.yaml", cwd=tmp_path), 2, said)


def test_an_item_that_the_model_cannot_judge(tmp_path: Path) -> None:
    file = site(tmp_path, "ppe: {requires: [harness]}\n")
    said = siaga("run", file, cwd=tmp_path)
    assert_refused(said, 2, "ppe.requires", "cannot judge harness", "person, helmet, head", "way out:")


def test_an_unknown_class(tmp_path: Path) -> None:
    file = site(tmp_path, "ppe: {requires: [helmt]}\n")
    assert_refused(siaga("run", file, cwd=tmp_path), 2, "site.yaml:4:", "did you mean 'helmet'?")


@pytest.mark.parametrize("model", ["siaga-of-tomorrow", "nowhere/model.yaml"])
def test_a_missing_model(tmp_path: Path, model: str) -> None:
    file = site(tmp_path, model=Path(model))
    assert_refused(siaga_here("config", "check", file, cwd=tmp_path), 4, model, "way out:")


def test_a_tampered_model(tmp_path: Path) -> None:
    file = site(tmp_path)
    model = tmp_path / "tiny.onnx"
    data = bytearray(model.read_bytes())
    data[len(data) // 2] ^= 1
    model.write_bytes(data)
    clip = write_clip(tmp_path / "clip.mp4", frames=10)
    checked = siaga_here("config", "check", file, cwd=tmp_path)
    analysed = siaga("analyze", clip, "--out", "out", "--config", file, cwd=tmp_path)
    for said in (checked, analysed):
        assert_refused(said, 4, "tiny.onnx", "is not the one in its manifest", "way out:")


def test_a_text_file_that_calls_itself_a_video(tmp_path: Path) -> None:
    file = site(tmp_path)
    (tmp_path / "notes.mp4").write_text("Tuesday: new fence at the gate.\n" * 50)
    said = siaga("analyze", "notes.mp4", "--out", "out", "--config", file, cwd=tmp_path)
    assert_refused(said, 3, "notes.mp4", "not a video", "way out:")


def test_a_truncated_video(tmp_path: Path) -> None:
    file = site(tmp_path)
    whole = write_clip(tmp_path / "whole.mp4", frames=50).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    said = siaga("analyze", "cut.mp4", "--out", "out", "--config", file, cwd=tmp_path)
    assert_refused(said, 3, "cut.mp4", "way out:")


def test_no_such_video_and_no_such_protocol(tmp_path: Path) -> None:
    assert_refused(siaga_here("camera", "probe", "none.mp4", cwd=tmp_path), 3, "none.mp4", "way out:")
    said = siaga_here("camera", "probe", f"http://admin:{PASSWORD}@h/1", cwd=tmp_path)
    assert_refused(said, 2, "http://***@h/1", "is not a source", "way out:")


def test_a_camera_that_is_not_there(tmp_path: Path) -> None:
    said = siaga_here("camera", "probe", "rtsp://admin:{CAM}@127.0.0.1:9/1", "--timeout", "2", cwd=tmp_path)
    assert_refused(said, 3, "rtsp://***@127.0.0.1:9/1", "cannot be reached", "way out:")


def test_a_command_line_that_cannot_be_understood(tmp_path: Path) -> None:
    said = siaga("config", "check", "--hurry", "site.yaml", cwd=tmp_path)
    assert said.code == 2
    assert "No such option: --hurry" in said.err
    assert "Traceback" not in said.err


def test_a_model_without_people(tmp_path: Path) -> None:
    write(tmp_path, constant(np.zeros((5, 2), np.float32)), classes=["crane"])
    file = site(tmp_path, model=tmp_path / "tiny.yaml")
    said = siaga_here("config", "check", file, cwd=tmp_path)
    assert_refused(said, 2, "no class person", "way out:")
