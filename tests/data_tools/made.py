"""Small sets on disk: pictures that differ, a box in each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import yaml

CLASSES = ("helmet", "head")
CARD: dict[str, Any] = {
    "name": "hats",
    "title": "Hats",
    "origin": "o",
    "licence": "CC-BY-4.0",
    "attribution": "a",
    "annotates": ["helmet", "head"],
    "classes": list(CLASSES),
    "mapping": {"helmet": "helmet", "head": "head"},
    "helmet_extends": "head",
    "head_extends": "head",
    "splits": {"train": "train", "val": "valid", "test": "test"},
}


def paint(seed: int, width: int = 120, height: int = 90) -> npt.NDArray[np.uint8]:
    """(height, width, 3) BGR: a picture that no other seed resembles."""
    rough = np.random.default_rng(seed).integers(0, 255, (12, 12, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def add(folder: Path, name: str, seed: int, label: str | None = "0 0.5 0.5 0.2 0.3\n") -> Path:
    """One picture of a YOLO folder and its label file; ``label`` None: without."""
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    path = folder / "images" / name
    cv2.imwrite(str(path), paint(seed))
    if label is not None:
        (folder / "labels" / name).with_suffix(".txt").write_text(label)
    return path


def yolo_set(root: Path, **splits: int) -> Path:
    """A set with ``data.yaml``: so many pictures of each split (``train=3, valid=2``), all different."""
    seed = 0
    for split, count in splits.items():
        for number in range(count):
            add(root / split, f"{split}{number}.png", seed, f"{seed % 2} 0.5 0.5 0.2 0.3\n")
            seed += 1
    facts = {split: f"../{split}/images" for split in splits}
    (root / "data.yaml").write_text(yaml.safe_dump({**facts, "names": list(CLASSES)}))
    return root


def card(folder: Path, **changes: object) -> Path:
    """A dataset card's file."""
    content = {**CARD, **changes}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{content['name']}.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, with its bytes."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
