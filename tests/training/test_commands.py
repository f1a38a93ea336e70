"""The commands: what they print, and the one clear message where something is missing."""

from pathlib import Path

import pytest

from siaga.cli import training
from siaga.core.errors import BadRequest, DependencyMissing
from tests.cli.siaga_command import siaga_here
from tests.detect.models import seeing, write
from tests.training import tiny


def test_the_shipped_models_are_listed(tmp_path: Path) -> None:
    said = siaga_here("model", "list", cwd=tmp_path)
    assert said.code == 0, said.err
    assert "siaga-ppe-n " in said.out
    assert "person, helmet, head, vest" in said.out


def test_a_whole_file_passes_and_a_changed_one_does_not(tmp_path: Path) -> None:
    model = write(tmp_path, seeing()).path
    said = siaga_here("model", "check", "tiny.yaml", cwd=tmp_path)
    assert said.code == 0, said.err
    assert "loads and runs on cpu" in said.out
    assert "Never compared" in said.out
    model.write_bytes(model.read_bytes()[:-1] + b"X")
    said = siaga_here("model", "check", "tiny.yaml", cwd=tmp_path)
    assert said.code == 4
    assert "not the one in its manifest" in said.err


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "find_spec", lambda name: None if name == "albumentations" else object())
    with pytest.raises(DependencyMissing, match=r"albumentations.*siaga\[train,data\]"):
        training.need_training()


@pytest.mark.parametrize("text", ["960", "960x", "x544", "960*544", "-960x544"])
def test_a_size_is_written_as_width_x_height(text: str) -> None:
    assert training.size_of("960x544") == (960, 544)
    with pytest.raises(BadRequest, match="960x544"):
        training.size_of(text)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("train", "config.yaml", "--data", "set", "--out", "run"), "--start WEIGHTS, or --resume"),
        (("train", "none.yaml", "--data", "set", "--out", "run"), "none.yaml"),
        (("train", "odd.yaml", "--data", "set", "--out", "run"), "no task 'segment'"),
        (("train", "config.yaml", "--data", "set", "--out", "run", "--start", "a.pt"), "siaga data prepare"),
        (("export", "a.pt", "--manifest", "m.yaml", "--data", "set", "--int8", "--half"), "one precision"),
        (("model", "check", "tiny.yaml", "--provider", "abacus"), "no provider 'abacus'"),
    ],
)
def test_what_is_wrong_is_said_in_one_message(tmp_path: Path, words: tuple[str, ...], named: str) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("ultralytics")
    tiny.config(tmp_path / "config.yaml")
    tiny.config(tmp_path / "odd.yaml", task="segment")
    write(tmp_path, seeing())
    said = siaga_here(*words, cwd=tmp_path)
    assert said.code in (2, 4), said.err
    assert named in " ".join(said.err.split())
    assert "Traceback" not in said.err
