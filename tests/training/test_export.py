"""Exported files and the gate that they pass or fail."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from siaga.core.errors import BadRequest, ConfigError, Conflict, ModelError, ModelUnsupported
from siaga.detect import open_detector
from siaga.export import make, parity
from siaga.export.make import Wanted, export
from siaga.export.parity import Bounds
from siaga.manifest import Manifest
from tests.training import tiny

SIZE = (64, 64)


def quiet(what: str, done: int, total: int) -> None:
    assert 0 < done <= total


def wanted(weights: Path, manifest: Path, data: Path, **more: object) -> Wanted:
    return Wanted(weights=weights, manifest=manifest, data=data, size=SIZE, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def fp32(lively_checkpoint: Path, drawn_set: Path, tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    folder = tmp_path_factory.mktemp("weights")
    return export(wanted(lively_checkpoint, folder / "tiny.yaml", drawn_set), quiet)


def test_a_checkpoint_becomes_a_file_that_agrees_with_it(fp32: Manifest) -> None:
    assert fp32.classes == tiny.CLASSES
    assert fp32.input.dynamic
    found = fp32.parity
    assert found is not None
    assert (found.against, found.precision, found.images) == ("lively.pt", "fp32", 4)
    assert found.boxes > 20
    assert found.matched > 0.995
    assert found.box_iou > 0.999
    assert found.score_difference < 1e-4
    assert found.map50_95 == pytest.approx(found.map50_95_against, abs=1e-3)
    assert sorted(path.name for path in fp32.path.parent.iterdir()) == ["tiny.md", "tiny.onnx", "tiny.yaml"]


def test_the_file_keeps_no_path_of_this_machine(fp32: Manifest, lively_checkpoint: Path) -> None:
    assert str(lively_checkpoint.parent).encode() not in fp32.path.read_bytes()
    assert not onnx.load(fp32.path).metadata_props


def test_a_static_file_takes_one_picture_of_one_size(
    lively_checkpoint: Path, drawn_set: Path, tmp_path: Path
) -> None:
    made = export(wanted(lively_checkpoint, tmp_path / "still.yaml", drawn_set, dynamic=False), quiet)
    (given,) = onnx.load(made.path).graph.input
    assert [side.dim_value for side in given.type.tensor_type.shape.dim] == [1, 3, 64, 64]
    assert not made.input.dynamic
    open_detector(made, provider="cpu").close()


def test_in_eight_bits_it_still_agrees_and_is_smaller(
    fp32: Manifest, drawn_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What an untrained model finds hangs on less than what a trained one finds.
    monkeypatch.setitem(parity.BOUNDS, "int8", Bounds(0.8, 0.9, 0.05, 1.5))  # type: ignore[arg-type]
    source = fp32.path.with_suffix(".yaml")
    made = export(wanted(source, tmp_path / "tiny-int8.yaml", drawn_set, precision="int8"), quiet)
    assert made.parity is not None
    assert made.parity.against_sha256 == fp32.sha256
    assert 0 < made.parity.score_difference < 0.05
    kinds = {node.op_type for node in onnx.load(made.path).graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= kinds
    assert made.bytes < fp32.bytes
    assert made.thresholds == fp32.thresholds


def test_in_sixteen_bits_input_and_output_stay_as_they_are(
    fp32: Manifest, drawn_set: Path, tmp_path: Path
) -> None:
    source = fp32.path.with_suffix(".yaml")
    made = export(wanted(source, tmp_path / "tiny-half.yaml", drawn_set, precision="fp16"), quiet)
    assert made.parity is not None
    assert made.parity.precision == "fp16"
    assert made.input == fp32.input
    assert made.bytes < 0.8 * fp32.bytes
    kinds = {one.data_type for one in onnx.load(made.path).graph.initializer}
    assert onnx.TensorProto.FLOAT16 in kinds


def spoil(source: Path, target: Path) -> None:
    """The same graph with the biases of one of the last layers for scores half a logit higher."""
    model = onnx.load(source)
    (bias,) = [one for one in model.graph.initializer if one.name.endswith("cv3.0.2.bias")]
    values = onnx.numpy_helper.to_array(bias) + np.float32(0.5)
    bias.CopyFrom(onnx.numpy_helper.from_array(values, bias.name))
    onnx.save(model, target)


def test_a_file_that_differs_is_not_put_in_place(
    fp32: Manifest, lively_checkpoint: Path, drawn_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make, "to_onnx", lambda weights, target, *rest: spoil(fp32.path, target))
    target = tmp_path / "weights" / "tiny.yaml"
    with pytest.raises(ModelError, match=r"scores differ by more than 0.005.* points\) on 4 pictures"):
        export(wanted(lively_checkpoint, target, drawn_set), quiet)
    assert list(target.parent.iterdir()) == []


def test_a_name_that_no_model_can_have_is_refused_at_once(
    lively_checkpoint: Path, drawn_set: Path, tmp_path: Path
) -> None:
    with pytest.raises(BadRequest, match="no name for a model"):
        export(wanted(lively_checkpoint, tmp_path / "My Model.yaml", drawn_set), quiet)


def test_nothing_is_overwritten(lively_checkpoint: Path, drawn_set: Path, tmp_path: Path) -> None:
    (tmp_path / "tiny.onnx").write_text("mine")
    with pytest.raises(Conflict, match=r"tiny\.onnx"):
        export(wanted(lively_checkpoint, tmp_path / "tiny.yaml", drawn_set), quiet)
    assert (tmp_path / "tiny.onnx").read_text() == "mine"


def test_an_exported_file_is_not_exported_again(fp32: Manifest, drawn_set: Path, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="int8 or half"):
        export(wanted(fp32.path.with_suffix(".yaml"), tmp_path / "b.yaml", drawn_set), quiet)


def test_no_set_and_no_pictures_are_said(lively_checkpoint: Path, drawn_set: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="siaga data prepare"):
        export(wanted(lively_checkpoint, tmp_path / "a.yaml", tmp_path / "none"), quiet)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ConfigError, match="no picture to calibrate"):
        export(
            wanted(lively_checkpoint, tmp_path / "a.yaml", drawn_set, precision="int8", calibrate=empty),
            quiet,
        )


def test_a_hostile_checkpoint_is_refused_before_it_runs(drawn_set: Path, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    trap = tmp_path / "ran"

    class Hostile:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (trap,)

    torch.save({"model": Hostile(), "train_args": {}}, tmp_path / "evil.pt")
    with pytest.raises(ModelUnsupported, match="cannot be opened safely"):
        export(wanted(tmp_path / "evil.pt", tmp_path / "a.yaml", drawn_set), quiet)
    assert not trap.exists()


def test_a_broken_checkpoint_is_said(lively_checkpoint: Path, drawn_set: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.pt").write_bytes(lively_checkpoint.read_bytes()[:5000])
    with pytest.raises(ModelUnsupported, match="cut short"):
        export(wanted(tmp_path / "cut.pt", tmp_path / "a.yaml", drawn_set), quiet)
