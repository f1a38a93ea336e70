"""Model cards: facts come from the manifest, the rest is left alone."""

from pathlib import Path

import pytest
import yaml

from siaga.core.errors import ConfigError
from siaga.export.card import BEGIN, END, card, hand_written, write_card
from siaga.manifest import Manifest, names, resolve_any, weights_dir
from tests.detect import classifiers
from tests.detect.models import seeing, write


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    path = write(tmp_path, seeing()).path.with_suffix(".yaml")
    content = yaml.safe_load(path.read_text())
    content["parity"] = {
        "against": "last.pt",
        "against_sha256": "a" * 64,
        "precision": "int8",
        "runtime": "onnxruntime, CPU",
        "images": 12,
        "boxes": 345,
        "matched": 0.9876,
        "box_iou": 0.9512,
        "score_difference": 0.0123,
        "map50_95": 0.42,
        "map50_95_against": 0.43,
    }
    metrics = {"head_boxes": 80, "head_ap50": 0.3472, "head_recall": 0.5, "bare_heads_called_helmet": 1}
    content["measured"] = [{"source": "plant", "split": "test", "images": 229, "metrics": metrics}]
    path.write_text(yaml.safe_dump(content))
    return Manifest.load(path)


def test_the_facts_are_the_manifests(manifest: Manifest, tmp_path: Path) -> None:
    write_card(manifest, tmp_path / "tiny.md")
    text = (tmp_path / "tiny.md").read_text()
    assert manifest.sha256 in text
    assert "98.76% of 345 boxes found by both, mean IoU 0.9512" in text
    assert "mAP50-95 0.4200 against 0.4300 (-1.00 points)" in text
    assert "| plant test (229) | head | 80 | 0.347 | - | - | 0.500 |" in text
    assert "- plant test: bare heads called helmet 1" in text


def test_a_classifiers_figures_stand_in_a_table_with_their_intervals() -> None:
    accuracy = {"balanced_accuracy": 0.9357, "balanced_accuracy_low": 0.686, "balanced_accuracy_high": 0.97}
    metrics = {"worn": 284, "missing": 1, "auc": 1.0, "rainy": 3} | accuracy
    measured = [{"source": "plant", "split": "test", "images": 420, "metrics": metrics}]
    text = card(classifiers.described(measured=measured), "")
    assert "| source (crops) | worn | missing | balanced accuracy | cannot tell |" in text
    assert "| plant test (420) | 284 | 1 | 0.936 (0.686–0.970) | - | - | - | 1.000 | - |" in text
    assert text.count("0.686") == text.count("284") == 1
    assert "- plant test: rainy 3\n" in text


def test_what_was_written_by_hand_stays(manifest: Manifest, tmp_path: Path) -> None:
    path = tmp_path / "tiny.md"
    path.write_text(f"# old\n{BEGIN}\nold facts\n{END}\n\n## Known failures\n\nMirrors.\n")
    write_card(manifest, path)
    text = path.read_text()
    assert text.endswith(f"{END}\n\n## Known failures\n\nMirrors.\n")
    assert text.startswith("# tiny\n")
    assert "old facts" not in text
    write_card(manifest, path)
    assert path.read_text() == text


def test_a_card_without_marks_is_left_alone(manifest: Manifest, tmp_path: Path) -> None:
    path = tmp_path / "tiny.md"
    path.write_text("# all by hand\n")
    with pytest.raises(ConfigError, match="by hand altogether"):
        write_card(manifest, path)
    assert path.read_text() == "# all by hand\n"


@pytest.mark.parametrize("name", names())
def test_shipped_cards_say_what_the_manifest_says(name: str) -> None:
    path = weights_dir() / f"{name}.md"
    text = path.read_text(encoding="utf-8")
    manifest = resolve_any(name)
    assert text == card(manifest, hand_written(text, path)), f"write it anew: siaga model card {name}"
