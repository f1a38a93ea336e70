"""Run the exported file over labelled pictures, through the detector that the edge runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from siaga.core.frame import Frame
from siaga.data.boxes import Labelled
from siaga.data.cards import Card
from siaga.data.prepare import read_split
from siaga.detect import open_detector
from siaga.manifest import Manifest

from .heads import Look, looks, table
from .metrics import Floats, Scene, score

HEAD_HEIGHT_PER_WIDTH = 1.15
"""As in training: shell-only boxes of a source grow downwards to this height, in widths."""
_LEAST_SCORE = 0.01
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found on one split. ``scenes``: by class, one scene per picture."""

    card: Card
    split: str
    images: int
    scenes: Mapping[str, Sequence[Scene]]
    looks: Sequence[Look]


def find(manifest: Manifest, card: Card, split: str, root: Path, provider: str = "cpu") -> Findings:
    """Detect on every picture of a split, keeping even weak boxes."""
    weak = manifest.thresholds.model_copy(
        update={"confidence": dict.fromkeys(manifest.classes, _LEAST_SCORE)}
    )
    detector = open_detector(manifest.model_copy(update={"thresholds": weak}), provider=provider)  # type: ignore[arg-type]
    scenes: dict[str, list[Scene]] = {name: [] for name in card.annotates}
    seen: list[Look] = []
    images = 0
    folder = root / card.name / card.folder(split)
    try:
        for images, picture in enumerate(
            read_split(folder, card, manifest.classes, HEAD_HEIGHT_PER_WIDTH), 1
        ):
            (found,) = detector.detect([_frame(picture, images)])
            rows = np.column_stack([found.class_id, found.xyxy, found.confidence]).astype(np.float64)
            for name in card.annotates:
                scenes[name].append(_scene(picture, rows, manifest.classes.index(name)))
            size = (picture.image.shape[1], picture.image.shape[0])
            scale = detector.analysis_size(size)[0] / size[0]
            seen.extend(_looks(picture, rows, manifest.classes, card, scale))
    finally:
        detector.close()
    return Findings(card, split, images, scenes, seen)


def _frame(picture: Labelled, seq: int) -> Frame:
    rgb = np.asarray(cv2.cvtColor(picture.image, cv2.COLOR_BGR2RGB), dtype=np.uint8)
    size = (rgb.shape[1], rgb.shape[0])
    return Frame("evaluation", seq, 0, float(seq), float(seq), _NO_TIME, rgb, size)


def _scene(picture: Labelled, rows: Floats, class_id: int) -> Scene:
    own = rows[rows[:, 0] == class_id]
    truth = picture.boxes[picture.boxes[:, 0] == class_id][:, 1:]
    ignored = picture.ignored[picture.ignored[:, 0] == class_id][:, 1:]
    return Scene(truth, own[:, 1:5], own[:, 5], ignored)


def _looks(picture: Labelled, rows: Floats, classes: tuple[str, ...], card: Card, scale: float) -> list[Look]:
    ids = {name: classes.index(name) for name in ("head", "helmet")}
    found = {name: rows[rows[:, 0] == class_id][:, 1:] for name, class_id in ids.items()}
    out: list[Look] = []
    for name, class_id in ids.items():
        if name in card.annotates:
            truth = picture.boxes[picture.boxes[:, 0] == class_id][:, 1:]
            out.extend(looks(truth, name == "head", found["head"], found["helmet"], scale))
    return out


def summarise(findings: Findings, thresholds: Mapping[str, float]) -> dict[str, object]:
    """Numbers of one split as plain types, rounded to four digits."""
    classes: dict[str, object] = {}
    for name, scenes in findings.scenes.items():
        numbers = asdict(score(scenes, thresholds[name]))
        classes[name] = {
            key: None if np.isnan(value) else round(value, 4) if isinstance(value, float) else value
            for key, value in numbers.items()
        }
    heads = table(findings.looks, thresholds["head"], thresholds["helmet"])
    return {
        "source": findings.card.name,
        "split": findings.split,
        "images": findings.images,
        "classes": classes,
        "heads": heads,
    }
