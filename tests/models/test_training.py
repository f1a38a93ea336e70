"""What needs torch: the stand-in for torchvision, and the head that keeps the person row."""

import importlib.util
from pathlib import Path

import pytest

HERE = Path(__file__).resolve()


def test_the_stand_in_keeps_the_better_of_two_boxes() -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("ultralytics")
    path = HERE.parents[1] / "setup/torchvision_stand_in/torchvision/ops.py"
    spec = importlib.util.spec_from_file_location("stand_in_ops", path)
    assert spec is not None
    assert spec.loader is not None
    ops = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(ops)
    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 0, 10, 10], [50, 50, 60, 60]])
    assert ops.nms(boxes, torch.tensor([0.5, 0.9, 0.7]), 0.5).tolist() == [1, 2]
    assert ops.nms(boxes, torch.tensor([0.5, 0.9, 0.7]), 0.95).tolist() == [1, 2, 0]


def test_the_person_row_survives_the_change_of_classes() -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("ultralytics")
    from ultralytics.nn.tasks import DetectionModel

    from siaga.train.trainer import narrow_classes

    model = DetectionModel("yolo11n.yaml", nc=80, verbose=False).eval()
    picture = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        before = model(picture)[0]
        narrow_classes(model, {0: "head", 1: "person"}, [-1, 0])
        after = model(picture)[0]
    assert after.shape == (1, 6, before.shape[2])
    torch.testing.assert_close(after[:, :4], before[:, :4])
    torch.testing.assert_close(after[:, 5], before[:, 4])
    assert not torch.allclose(after[:, 4], before[:, 4])
