"""From a crop set to a classifier that the edge opens; a stopped run goes on; what is wrong is said."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

torch = pytest.importorskip("torch")
pytest.importorskip("efficientnet_lite_pytorch")

from siaga.core.errors import ConfigError, ModelUnsupported  # noqa: E402
from siaga.crops.collect import collect  # noqa: E402
from siaga.crops.fit import Sampler, fit, logits  # noqa: E402
from siaga.crops.judge import report  # noqa: E402
from siaga.crops.net import CropNet  # noqa: E402
from siaga.crops.onnx_file import check_parity  # noqa: E402
from siaga.crops.recipe import CropRecipe  # noqa: E402
from siaga.crops.record import record  # noqa: E402
from siaga.crops.sets import read, read_pictures, write  # noqa: E402
from siaga.crops.train import planned, train  # noqa: E402
from siaga.manifest import CropManifest  # noqa: E402
from tests.crops.site import RECIPE, write_yard  # noqa: E402


def _set(root: Path) -> tuple[Path, Path, Path]:
    """Configuration, crop set and cards."""
    data, cards = write_yard(root)
    config = root / "tiny.yaml"
    config.write_text(RECIPE)
    for _ in write(root / "set", collect(CropRecipe.load(config), data, cards, None)):
        pass
    return config, root / "set", cards


def test_a_set_becomes_a_classifier_with_its_history(tmp_path: Path) -> None:
    config, data, cards = _set(tmp_path)
    steps: list[tuple[int, int]] = []
    target = train(config, data, tmp_path / "run", cards, lambda step, of, loss: steps.append((step, of)))
    assert steps == [(1, 3), (2, 3), (3, 3)]
    manifest = CropManifest.load(target)
    manifest.verify_sha256()
    assert manifest.training is not None
    assert [(s.name, s.licence) for s in manifest.training.sources] == [("yard", "CC-BY-4.0")]
    assert json.loads((tmp_path / "run" / "parity.json").read_text())["most_apart"] <= 1e-3
    result = report(manifest, data, ["val"])
    assert [(s["source"], s["worn"], s["missing"]) for s in result["sources"]] == [("yard", 3, 3)]
    record(target, result)
    assert CropManifest.load(target).measured[0].tuned_on
    json.dumps(result, allow_nan=False)


def test_a_stopped_run_goes_on(tmp_path: Path) -> None:
    config, data, _ = _set(tmp_path)
    recipe = CropRecipe.load(config)
    crops = read(data)
    pictures = read_pictures(data, crops)
    out = tmp_path / "run"
    first = fit(recipe, crops, pictures, planned(recipe), out)
    seen: list[int] = []
    longer = recipe.model_copy(update={"fit": recipe.fit.model_copy(update={"steps": 4})})
    fit(longer, crops, pictures, planned(recipe), out, lambda step, of, loss: seen.append(step))
    assert seen == [4]
    again = fit(recipe, crops, pictures, planned(recipe), tmp_path / "other")
    one, two = (logits(net, crops, pictures, planned(recipe)) for net in (first, again))
    np.testing.assert_allclose(one, two, atol=1e-5)


def test_frozen_blocks_stay_as_they_came(tmp_path: Path) -> None:
    config, data, _ = _set(tmp_path)
    recipe = CropRecipe.load(config)
    crops = read(data)
    net = fit(recipe, crops, read_pictures(data, crops), planned(recipe), tmp_path / "run")
    start = CropNet(3, 0.0)
    for index in (0, 7, 14):
        theirs = start.trunk._blocks[index].state_dict()
        assert all(torch.equal(v, theirs[k]) for k, v in net.trunk._blocks[index].state_dict().items())
    moved = net.trunk._conv_head.weight - start.trunk._conv_head.weight
    assert float(moved.detach().abs().max()) > 0


def test_every_state_is_drawn_alike(tmp_path: Path) -> None:
    config, data, _ = _set(tmp_path)
    crops = read(data)
    rare = [c for c in crops if c.state == "missing"][:1] + [c for c in crops if c.state == "worn"] * 9
    drawn = Sampler(CropRecipe.load(config), rare).draw(2000)
    assert sum(rare[i].state == "missing" for i in drawn) == pytest.approx(1000, abs=120)


def test_the_gate_refuses_a_file_that_differs(tmp_path: Path) -> None:
    one = np.array([[0.5, 0.5]], np.float32)
    assert check_parity(one, one + 5e-4, tmp_path) == pytest.approx(5e-4, rel=1e-3)
    for other in (one + 2e-3, one * np.nan):
        with pytest.raises(ModelUnsupported, match="differ"):
            check_parity(other, one, tmp_path)


def _without(lines: list[str], split: str, state: str) -> list[str]:
    return [line for line in lines if not (f'"{split}"' in line and f'"{state}"' in line)]


@pytest.mark.parametrize(("split", "state"), [("train", "missing"), ("val", "worn")])
def test_a_set_that_lacks_a_state_is_refused(tmp_path: Path, split: str, state: str) -> None:
    config, data, cards = _set(tmp_path)
    index = data / "crops.jsonl"
    index.write_text("\n".join(_without(index.read_text().splitlines(), split, state)) + "\n")
    with pytest.raises(ConfigError, match=f"{split} crops show no {state}"):
        train(config, data, tmp_path / "run", cards)


def test_one_camera_in_two_splits_is_refused(tmp_path: Path) -> None:
    config, data, cards = _set(tmp_path)
    index = data / "crops.jsonl"
    lines = [json.loads(line) for line in index.read_text().splitlines()]
    assert any(line["split"] == "val" for line in lines)
    for line in lines:
        line["group"] = "yard/cam0"
    index.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(ConfigError, match="yard/cam0"):
        train(config, data, tmp_path / "run", cards)


def test_a_wrong_configuration_names_the_field(tmp_path: Path) -> None:
    config = tmp_path / "bad.yaml"
    config.write_text(yaml.safe_dump(yaml.safe_load(RECIPE) | {"margin": 3}))
    with pytest.raises(ConfigError, match="margin"):
        train(config, tmp_path, tmp_path / "run")
