"""A detector of a few thousand weights, and a prepared set of generated pictures to train it on."""

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import yaml

from siaga.train.checkpoint import prepare_framework

CLASSES = ("person", "helmet", "head", "vest")
COLOURS = ((40, 40, 200), (20, 220, 240), (120, 160, 220), (30, 140, 250))
"""BGR of each class's boxes."""
SIDE = 128
CARD = {
    "name": "drawn",
    "title": "Drawn boxes",
    "origin": "https://example.com/drawn",
    "licence": "CC-BY-4.0",
    "attribution": "nobody",
    "annotates": list(CLASSES),
    "classes": list(CLASSES),
    "mapping": {name: name for name in CLASSES},
    "helmet_extends": "head",
    "head_extends": "head",
    "splits": {"train": "train"},
}
CONFIG = {
    "name": "tiny",
    "seed": 3,
    "classes": list(CLASSES),
    "data": {
        "sources": ["drawn"],
        "head_height_per_width": 1.15,
        "teacher": {},
        "duplicate_bits": 0,
        "bare_head_repeats": 1,
        "grids": {
            "count": 0,
            "size": 128,
            "head_px": [9, 30],
            "bare_head_share": 0.5,
            "jpeg_quality": [25, 80],
        },
    },
    "augment": {
        "strength": 1.0,
        "cutouts": {"p": 0.5},
        "motion_blur": {"p": 0.5},
        "noise": {"p": 0.5},
        "compression": {"p": 1.0, "quality": [10, 30]},
    },
    "train": {
        "imgsz": 64,
        "batch": 4,
        "epochs": 3,
        "optimizer": "AdamW",
        "lr0": 0.001,
        "lrf": 0.05,
        "nbs": 4,
        "warmup_epochs": 0.0,
        "mosaic": 0.5,
        "close_mosaic": 0,
    },
}


def checkpoint(
    path: Path, classes: Sequence[str] = CLASSES, *, architecture: str = "yolo11.yaml", seed: int = 1
) -> Path:
    """Write an untrained YOLO of the smallest width that ultralytics builds."""
    prepare_framework()
    import torch
    from ultralytics.nn.tasks import DetectionModel, yaml_model_load

    torch.manual_seed(seed)
    layout = yaml_model_load(architecture) | {"scales": {"n": [0.33, 0.0625, 128]}, "scale": "n"}
    model = DetectionModel(layout, nc=len(classes), verbose=False)
    model.names = dict(enumerate(classes))
    torch.save({"model": model, "train_args": {}, "epoch": -1, "optimizer": None}, path)
    return path


def lively(path: Path, classes: Sequence[str] = CLASSES) -> Path:
    """An untrained model with opinions: scores from 0 to 1, so that comparing boxes means something.

    Normalisation is set from blotched pictures; without it what the layers give is nearly constant.
    """
    import torch

    from siaga.train.checkpoint import load

    model, _ = load(checkpoint(path, classes))
    blotches = torch.nn.functional.interpolate(torch.rand(8, 3, 8, 8), size=128)
    last = [branch[-1] for branch in model.model[-1].cv3]
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):
                layer.momentum = 1.0
        model.train()(blotches)
        model.eval()
        for layer in last:
            torch.nn.init.normal_(layer.weight, std=0.1)
            layer.bias.zero_()
        logits = torch.logit(model(blotches)[0][:, 4:], eps=1e-7)
        gain = 2.0 / logits.std()
        for layer in last:
            layer.weight.mul_(gain)
            layer.bias.fill_(-1.0 - float(gain * logits.mean()))
    torch.save({"model": model, "train_args": {}, "epoch": -1, "optimizer": None}, path)
    return path


def prepared(folder: Path, pictures: int = 4, *, boxes: bool = True) -> Path:
    """A set as ``siaga data prepare`` writes it."""
    random = np.random.default_rng(5)
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True)
    for split in ("train", "val"):
        names = [f"{split}_{number:05d}_drawn" for number in range(pictures)]
        for name in names:
            _draw(folder, name, random, boxes)
        (folder / f"{split}.txt").write_text("".join(f"./images/{name}.jpg\n" for name in names))
    content = {"path": str(folder), "train": "train.txt", "val": "val.txt", "names": dict(enumerate(CLASSES))}
    (folder / "dataset.yaml").write_text(yaml.safe_dump(content))
    report = {"images": {"train": {"drawn": pictures}, "val": {"drawn": pictures}}}
    (folder / "report.json").write_text(json.dumps(report))
    return folder


def _draw(folder: Path, name: str, random: np.random.Generator, boxes: bool) -> None:
    picture = random.integers(90, 120, (SIDE, SIDE, 3), dtype=np.uint8)
    lines = []
    for class_id, colour in enumerate(COLOURS):
        width, height = random.integers(20, 50, 2)
        left, top = random.integers(0, SIDE - 50, 2)
        cv2.rectangle(picture, (int(left), int(top)), (int(left + width), int(top + height)), colour, -1)
        box = ((left + width / 2) / SIDE, (top + height / 2) / SIDE, width / SIDE, height / SIDE)
        lines.append(f"{class_id} " + " ".join(f"{value:.6f}" for value in box))
    cv2.imwrite(str(folder / "images" / f"{name}.jpg"), picture)
    (folder / "labels" / f"{name}.txt").write_text("\n".join(lines) + "\n" if boxes else "")


def config(path: Path, **changes: object) -> Path:
    """Write ``CONFIG`` with ``changes``."""
    path.write_text(yaml.safe_dump(CONFIG | changes))
    return path


def cards(folder: Path) -> Path:
    """A folder with the card of the drawn source."""
    folder.mkdir(exist_ok=True)
    (folder / "drawn.yaml").write_text(yaml.safe_dump(CARD))
    return folder
