"""Crops from every kind of source that a configuration names."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from siaga.core.errors import ConfigError
from siaga.core.geometry import Box
from siaga.data.boxes import IMAGE_SUFFIXES, read_image
from siaga.data.cards import Card
from siaga.data.prepare import read_split
from siaga.manifest import Region

from .recipe import Boxes, CropRecipe, Folders, Rendered, Verdicts
from .sets import Loose, Rgb, Split, State, cut_out

CLASSES = ("person", "helmet", "head", "vest")
_HEAD_STATES: dict[str, State] = {"helmet": "worn", "head": "missing"}
_LEAST_PX = 8


def collect(recipe: CropRecipe, data: Path, cards: Path, rendered: Path | None) -> Iterator[Loose]:
    """All crops of the configuration's sources, in its order.

    Args:
        data: Holds ``images/NAME`` for sources with a card, and the folders that other sources name.
        cards: Folder of the dataset cards.
        rendered: What ``siaga sim crops`` made.

    Raises:
        ConfigError: A source is not there or broken.
    """
    for loose in _all(recipe, data, cards, rendered):
        # Slivers at the edge of a picture show nothing.
        if min(loose.picture.shape[:2]) >= _LEAST_PX:
            yield loose


def _all(recipe: CropRecipe, data: Path, cards: Path, rendered: Path | None) -> Iterator[Loose]:
    rng = np.random.default_rng([recipe.seed, 0])
    for source in recipe.sources:
        if isinstance(source, Boxes):
            yield from _heads(source, recipe, data / "images", cards, rng)
        elif isinstance(source, Verdicts):
            yield from _judged(source, recipe.region, data)
        elif isinstance(source, Folders):
            yield from _sorted(source, recipe.region, data)
        else:
            yield from _drawn(source, recipe, rendered)


def held_out(group: str, share: float) -> bool:
    """Whether a group belongs to validation: by its name alone, so that nothing ever changes sides."""
    digest = hashlib.sha256(group.encode()).digest()
    return int.from_bytes(digest[:4], "big") < share * 2**32


def _split(group: str, source: Boxes | Folders | Verdicts) -> Split:
    return "val" if source.split == "train" and held_out(group, source.held_out) else source.split


def _rgb(bgr: Rgb) -> Rgb:
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def _loose(
    rgb: Rgb, xyxy: Box, region: Region, state: State, split: Split, source: str, group: str, kind: str = ""
) -> Loose:
    picture, moved = cut_out(rgb, xyxy, region)
    return Loose(
        picture=picture,
        xyxy=moved,
        state=state,
        split=split,
        source=source,
        group=group,
        height_px=xyxy[3] - xyxy[1],
        kind=kind,
    )


def _heads(
    source: Boxes, recipe: CropRecipe, images: Path, cards: Path, rng: np.random.Generator
) -> Iterator[Loose]:
    card = Card.load(cards / f"{source.card}.yaml")
    folder = images / card.name / card.folder(source.part)
    for picture in read_split(folder, card, CLASSES, recipe.head_height_per_width):
        group = _camera(picture.origin, card)
        split = _split(group, source)
        rgb = _rgb(picture.image)
        heads: list[Box] = []
        for class_id, *corners in picture.boxes.tolist():
            xyxy: Box = (corners[0], corners[1], corners[2], corners[3])
            state = _HEAD_STATES.get(CLASSES[int(class_id)])
            if state and CLASSES[int(class_id)] in card.annotates and xyxy[3] - xyxy[1] >= _LEAST_PX:
                heads.append(xyxy)
                yield _loose(rgb, xyxy, recipe.region, state, split, card.name, group)
        for head in heads:
            if rng.random() < recipe.unclear_per_head:
                below = _below(head, rng)
                if not (below[0] >= 0 and below[2] <= rgb.shape[1] and below[3] <= rgb.shape[0]):
                    continue
                yield _loose(rgb, below, recipe.region, "unclear", split, card.name, group, "below the head")


def _camera(path: Path, card: Card) -> str:
    found = re.match(card.camera_prefix, path.stem) if card.camera_prefix else None
    return f"{card.name}/{found.group(0) if found else path.stem}"


def _below(head: Box, rng: np.random.Generator) -> Box:
    """A box of a head's size on the same person's shoulder, chest or arm, where no head can be."""
    width, height = head[2] - head[0], head[3] - head[1]
    across, down = rng.uniform(-0.9, 0.9) * width, rng.uniform(1.15, 2.6) * height
    return (head[0] + across, head[1] + down, head[2] + across, head[3] + down)


def _judged(source: Verdicts, region: Region, data: Path) -> Iterator[Loose]:
    path = data / source.table
    if not path.is_file():
        raise ConfigError("The table of verdicts is not there.", where=str(path))
    with path.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    for number, row in enumerate(rows, 2):
        state = source.verdicts.get(row.get("verdict", ""))
        if state is None:
            continue
        try:
            x, y, w, h = (float(row[key]) for key in ("cx", "cy", "w", "h"))
            file = _picture(data / source.images / row["split"] / "images", row["image"])
        except (KeyError, ValueError) as error:
            raise ConfigError("This row is no verdict.", where=f"{path}:{number}") from error
        rgb = _rgb(read_image(file))
        high, wide = rgb.shape[:2]
        xyxy = ((x - w / 2) * wide, (y - h / 2) * high, (x + w / 2) * wide, (y + h / 2) * high)
        group = next((names[0] for names in source.together if any(n in file.stem for n in names)), file.stem)
        group = f"{source.name}/{group}"
        yield _loose(rgb, xyxy, region, state, _split(group, source), source.name, group, row["verdict"])


def _picture(folder: Path, name: str) -> Path:
    """The picture of that name, whatever it was encoded as."""
    stem = name.rsplit(".", 1)[0]
    return next((p for s in IMAGE_SUFFIXES if (p := folder / f"{stem}{s}").is_file()), folder / name)


def _sorted(source: Folders, region: Region, data: Path) -> Iterator[Loose]:
    for name, state in source.verdicts.items():
        files = sorted(
            p for p in (data / source.folder / name).glob("*") if p.suffix.lower() in IMAGE_SUFFIXES
        )
        if not files:
            raise ConfigError("No pictures found.", where=str(data / source.folder / name))
        for file in files:
            rgb = _rgb(read_image(file))
            group = f"{source.name}/{file.stem}"
            box = (0.0, 0.0, float(rgb.shape[1]), float(rgb.shape[0]))
            yield _loose(rgb, box, region, state, _split(group, source), source.name, group, name)


def _drawn(source: Rendered, recipe: CropRecipe, folder: Path | None) -> Iterator[Loose]:
    if folder is None or not (folder / "labels").is_dir():
        raise ConfigError(
            "The configuration asks for rendered crops.",
            where=str(folder or "--rendered"),
            fix="Make some with siaga sim crops, and name their folder with --rendered.",
        )
    for path in sorted((folder / "labels").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            judged = _harness_of(row) if recipe.item == "harness" else _helmet_of(row)
            if judged is None:
                continue
            state, xyxy, kind = judged
            rgb = _rgb(read_image(folder / row["file"]))
            group = f"rendered/{row['seed']}-{row['person']}"
            yield _loose(rgb, xyxy, recipe.region, state, source.split, "rendered", group, kind)


def _box(part: dict[str, Any]) -> Box:
    x1, y1, x2, y2 = part["xyxy"]
    return (float(x1), float(y1), float(x2), float(y2))


def _helmet_of(row: dict[str, Any]) -> tuple[State, Box, str] | None:
    """The head of a rendered person: worn, bare, or hidden; None where its size says nothing."""
    parts = row["parts"]
    head = _box(parts["head"])
    worn = row["helmet"] == "worn"
    if worn:
        shell = _box(parts["helmet"])
        head = (
            min(head[0], shell[0]), min(head[1], shell[1]), max(head[2], shell[2]), max(head[3], shell[3]),
        )  # fmt: skip
    if head[3] - head[1] < _LEAST_PX:
        return None
    visible = parts["helmet" if worn else "head"]["visibility"]
    kind = "helmet worn" if worn else f"helmet {row['helmet']}, {row['head_cover']}"
    if visible < 0.25:
        return "unclear", head, f"hidden, {kind}"
    return None if visible < 0.5 else ("worn" if worn else "missing", head, kind)


def _harness_of(row: dict[str, Any]) -> tuple[State, Box, str] | None:
    """The harness of a rendered person; None where too little of it shows to say."""
    parts = row["parts"]
    worn = row["harness"] != "none"
    if worn and parts["harness"]["visibility"] < 0.25:
        return None
    look_alike = row["backpack"] or row["tool_belt"] or row["top"] in ("dungarees", "overalls")
    kind = "harness" if worn else "look-alike" if look_alike else "none"
    return "worn" if worn else "missing", _box(parts["person"]), kind
