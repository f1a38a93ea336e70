"""A data folder of generated people: a helmet is a bright cap on a skin-coloured head."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np

from siaga.crops.sets import Rgb

CARD = """\
name: yard
title: A yard
origin: https://example.com/yard
licence: CC-BY-4.0
attribution: nobody
annotates: [person, helmet, head]
classes: [helmet, head, person]
mapping: {helmet: helmet, head: head, person: person}
helmet_extends: head
head_extends: head
camera_prefix: 'cam\\d+'
splits: {train: train, val: val, test: test}
"""

RECIPE = """\
name: tiny-head
task: classify
seed: 3
item: helmet
region: head
margin: 0.25
classes: [worn, missing, unclear]
size: [32, 32]
unclear_per_head: 0.5
sources:
  - {kind: boxes, card: yard, part: train, split: train}
  - {kind: boxes, card: yard, part: val, split: val}
fit: {steps: 3, batch: 4, frozen: 15}
augment: {height_px: [8, 24]}
"""


def person(rng: np.random.Generator, helmet: bool) -> Rgb:
    """(160, 96, 3): somebody whose head is the box (36, 20, 60, 48)."""
    picture = rng.integers(60, 120, (160, 96, 3)).astype(np.uint8)
    cv2.rectangle(picture, (26, 50), (70, 150), (40, 60, 160), -1)
    cv2.ellipse(picture, (48, 34), (12, 14), 0, 0, 360, (190, 140, 110), -1)
    if helmet:
        cv2.ellipse(picture, (48, 32), (13, 13), 0, 180, 360, (250, 230, 30), -1)
    return picture


def write_yard(root: Path, count: int = 6) -> tuple[Path, Path]:
    """``count`` pictures in each split, half with helmets; returns the data folder and the cards' folder."""
    rng = np.random.default_rng(1)
    for place, split in enumerate(("train", "val", "test")):
        folder = root / "data" / "images" / "yard" / split
        (folder / "images").mkdir(parents=True)
        (folder / "labels").mkdir()
        for number in range(count):
            helmet = number % 2 == 0
            bgr = cv2.cvtColor(person(rng, helmet), cv2.COLOR_RGB2BGR)
            stem = f"cam{10 * place + number // 2}_{split}_{number}"
            cv2.imwrite(str(folder / "images" / f"{stem}.png"), bgr)
            label = f"{0 if helmet else 1} 0.5 0.2125 0.25 0.175\n2 0.5 0.53 0.5 0.83\n"
            (folder / "labels" / f"{stem}.txt").write_text(label)
    cards = root / "cards"
    cards.mkdir()
    (cards / "yard.yaml").write_text(CARD)
    return root / "data", cards


def write_verdicts(data: Path) -> None:
    """A table of verdicts on the yard's training pictures; two of them show one scene."""
    files = sorted((data / "images" / "yard" / "train" / "images").iterdir())
    with (data / "verdicts.csv").open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["split", "image", "cx", "cy", "w", "h", "verdict"])
        for number, file in enumerate(files):
            verdict = ("harness", "none", "uncertain")[number % 3]
            table.writerow(["train", f"{file.stem}.jpg", 0.5, 0.53, 0.5, 0.83, verdict])


def write_rendered(folder: Path, **changed: object) -> None:
    """Two rendered crops of one person as ``siaga sim crops`` leaves them; ``changed``: in the second."""
    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    rng = np.random.default_rng(2)
    part = {"xyxy": [36, 20, 60, 48], "visibility": 0.9}
    row: dict[str, object] = {
        "seed": 1, "person": 0, "helmet": "none", "head_cover": "cap", "harness": "worn",
        "backpack": False, "tool_belt": False, "top": "shirt",
        "parts": {"person": {"xyxy": [26, 20, 70, 150], "visibility": 1.0}, "head": part, "harness": part},
    }  # fmt: skip
    lines = []
    for number, one in enumerate((row, row | changed)):
        name = f"images/{number:06d}.jpg"
        cv2.imwrite(str(folder / name), person(rng, helmet=False))
        lines.append(json.dumps(one | {"file": name, "number": number}))
    (folder / "labels" / "00000.jsonl").write_text("\n".join(lines) + "\n")
