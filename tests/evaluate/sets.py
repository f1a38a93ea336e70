"""Small labelled sets and findings, made up by hand."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import yaml

from siaga.core.detection import Detections
from siaga.evaluate.pictures import Area, Truth
from siaga.evaluate.predict import Found
from siaga.evaluate.samples import Sample
from siaga.manifest import Manifest
from tests.detect.models import constant, write

CLASSES = ("person", "helmet", "head")
SIZE = (320, 192)
PERSON, HEAD = (140.0, 40.0, 180.0, 160.0), (150.0, 42.0, 170.0, 64.0)
Box = Sequence[float]
Boxes = Mapping[str, Sequence[Box]]


def found(
    truth: Boxes, seen: Sequence[tuple[str, Box, float]], ignored: Boxes | None = None, name: str = "a.png"
) -> Found:
    """What was found on one picture of ``SIZE``, at the scale of the model's input."""
    boxes = np.array([box for _, box, _ in seen], np.float32).reshape(-1, 4)
    scores = np.array([score for _, _, score in seen], np.float32)
    ids = np.array([CLASSES.index(kind) for kind, _, _ in seen], np.int32)
    return Found(
        Sample(Path(name), Path(name).with_suffix(".txt"), name),
        "0" * 64,
        Area(SIZE, (0, SIZE[1])),
        1.0,
        Truth(_arrays(truth), _arrays(ignored or {})),
        Detections(boxes, scores, ids, CLASSES),
    )


def _arrays(boxes: Boxes) -> dict[str, np.ndarray]:
    return {name: np.array(rows, np.float64).reshape(-1, 4) for name, rows in boxes.items()}


def model(folder: Path, kind: str = "head", **thresholds: float) -> Manifest:
    """A model that finds one person, ``kind`` on its head, in every picture; .9 and .8 sure."""
    folder.mkdir(parents=True, exist_ok=True)
    output = np.zeros((4 + len(CLASSES), 2), np.float32)
    for column, (name, box, score) in enumerate((("person", PERSON, 0.9), (kind, HEAD, 0.8))):
        x1, y1, x2, y2 = box
        output[:4, column] = ((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1)
        output[4 + CLASSES.index(name), column] = score
    confidence = dict.fromkeys(CLASSES, 0.25) | thresholds
    shape = (1, 3, SIZE[1], SIZE[0])
    return write(folder, constant(output, shape), confidence=confidence, width=SIZE[0], height=SIZE[1])


def picture(path: Path, shade: int = 90, size: tuple[int, int] = SIZE) -> Path:
    """A grey picture with a gradient; ``shade`` makes it another file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rgb = np.full((size[1], size[0], 3), shade, np.uint8)
    rgb[:, :, 1] = np.linspace(0, 255, size[0], dtype=np.uint8)
    assert cv2.imwrite(str(path), rgb)
    return path


def yolo_line(class_id: int, box: Box, size: tuple[int, int] = SIZE) -> str:
    """One line of a label file."""
    x1, y1, x2, y2 = box
    width, height = size
    values = ((x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height)
    return " ".join([str(class_id), *(f"{value:.6f}" for value in values)]) + "\n"


def yolo_set(
    folder: Path, names: Sequence[str] = CLASSES, lines: Sequence[str] | None = None, suffix: str = ".png"
) -> Path:
    """A set whose pictures each carry one text of label lines; returns data.yaml."""
    person_and_bare_head = yolo_line(0, PERSON) + yolo_line(2, HEAD)
    for number, text in enumerate(lines if lines is not None else [person_and_bare_head] * 3):
        picture(folder / "images" / "test" / f"p{number}{suffix}", 60 + number)
        label = folder / "labels" / "test" / f"p{number}.txt"
        label.parent.mkdir(parents=True, exist_ok=True)
        label.write_text(text)
    path = folder / "data.yaml"
    path.write_text(yaml.safe_dump({"path": ".", "test": "images/test", "names": list(names)}))
    return path
