"""Make the training set that a configuration describes, of several sources.

Writes ``images/``, ``labels/`` (YOLO), ``train.txt`` and ``val.txt`` (a picture may stand in the list more
than once), ``dataset.yaml``, and ``report.json`` with counts, what was dropped, and which rows of which
label file a teacher filled in. The same configuration, data and teacher give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import cv2
import numpy as np
import yaml

from siaga.core.errors import ConfigError

from .autolabel import PersonFinder, add_people
from .boxes import (
    IMAGE_SUFFIXES,
    Labelled,
    clip,
    harmonise,
    ignore_regions,
    read_image,
    read_yolo,
    true_rows,
    write_yolo,
)
from .cards import Card
from .cutouts import PasteSpec, load_cutouts, pasted
from .formats.image_size import pictures_in
from .overlap import Progress, near_pairs, print_of
from .recipe import Recipe
from .variants import GridSpec, grids


@dataclass(slots=True)
class Report:
    """What went in. ``boxes[split][class]`` counts each picture once."""

    images: dict[str, dict[str, int]] = field(default_factory=dict)
    boxes: dict[str, dict[str, int]] = field(default_factory=dict)
    autolabelled: dict[str, list[int]] = field(default_factory=dict)
    dropped_as_duplicates: dict[str, int] = field(default_factory=dict)
    train_entries: int = 0


def read_split(
    folder: Path, card: Card, classes: tuple[str, ...], height_per_width: float
) -> Iterator[Labelled]:
    """Pictures of one split with harmonised boxes, in order of their names.

    Args:
        classes: The project's classes; the class ids of the boxes index into it.
        height_per_width: See ``harmonise``.

    Raises:
        ConfigError: The split is empty, or a picture or label file is broken; the text names it.
    """
    images = sorted(p for p in (folder / "images").glob("*") if p.suffix.lower() in IMAGE_SUFFIXES)
    if not images:
        raise ConfigError("No pictures found.", where=str(folder / "images"))
    for path in images:
        image = read_image(path)
        label = folder / "labels" / f"{path.stem}.txt"
        if not label.is_file():
            raise ConfigError("The picture has no label file.", where=str(path), fix=f"Add {label.name}.")
        height, width = image.shape[:2]
        raw = read_yolo(label, len(card.classes), width, height)
        boxes = harmonise(raw, card, classes, height_per_width)
        ignored = ignore_regions(raw, card, classes)
        if card.mirrored_padding:
            first, last = true_rows(image)
            image = np.ascontiguousarray(image[first:last])
            boxes = boxes - np.array([0, 0, first, 0, first])
        yield Labelled(card.name, path, image, clip(boxes, width, len(image)), ignored=ignored)


def load(
    recipe: Recipe, cards: Path, root: Path, find: PersonFinder, progress: Progress | None = None
) -> tuple[list[Labelled], list[Labelled]]:
    """Training and validation pictures of every source, people filled in where they are not annotated."""
    person = recipe.classes.index("person")
    splits: dict[str, list[Labelled]] = {"train": [], "val": []}
    known = {name: Card.load(cards / f"{name}.yaml") for name in recipe.data.sources}
    folders = [
        (split, card, root / name / card.folder(split)) for name, card in known.items() for split in splits
    ]
    total = sum(len(pictures_in(folder / "images")) for _, _, folder in folders)
    for split, card, folder in folders:
        for picture in read_split(folder, card, recipe.classes, recipe.data.head_height_per_width):
            annotated = "person" in card.annotates
            splits[split].append(picture if annotated else add_people(picture, find, person))
            if progress is not None:
                progress(sum(map(len, splits.values())), total)
    return splits["train"], splits["val"]


def drop_duplicates(
    train: Sequence[Labelled], val: Sequence[Labelled], most_bits: int
) -> tuple[list[Labelled], dict[str, int]]:
    """Training pictures without what validation shows too, and each only once; counts of both.

    What validation shows is left out also where it is only nearly the same (see ``overlap.near_pairs``);
    within training nearly the same is welcome, and only copies go.
    """
    first = len(val)
    prints = [print_of(picture.image) for picture in (*val, *train)]
    shown: set[int] = set()
    copies: dict[int, list[int]] = {}
    for pair in near_pairs(prints, most_bits):
        if pair.a < first <= pair.b:
            shown.add(pair.b)
        elif pair.a >= first and prints[pair.a].code == prints[pair.b].code:
            copies.setdefault(pair.b, []).append(pair.a)
    kept: dict[int, Labelled] = {}
    counts = {"train_in_val": 0, "train_in_train": 0}
    for number, picture in enumerate(train, first):
        if number in shown:
            counts["train_in_val"] += 1
        elif any(other in kept for other in copies.get(number, ())):
            counts["train_in_train"] += 1
        else:
            kept[number] = picture
    return list(kept.values()), counts


def paste(train: Sequence[Labelled], recipe: Recipe, cards: Path) -> list[Labelled]:
    """Photographs with cut-out people in them, if the configuration asks for any."""
    settings = recipe.data.cutouts
    if settings is None:
        return []
    cutouts = load_cutouts(cards / settings.folder, recipe.classes)
    spec = PasteSpec(**settings.model_dump(exclude={"folder"}))
    return pasted(train, cutouts, spec, np.random.default_rng(recipe.seed + 1))


def write_pictures(
    pictures: Sequence[Labelled], split: str, out: Path, recipe: Recipe, report: Report
) -> list[Path]:
    """Write pictures and labels of one split; returns the picture paths in order."""
    (out / "images").mkdir(parents=True, exist_ok=True)
    (out / "labels").mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    for number, picture in enumerate(pictures):
        stem = f"{split}_{number:05d}_{picture.source}"
        height, width = picture.image.shape[:2]
        path = out / "images" / f"{stem}.jpg"
        cv2.imwrite(str(path), picture.image, [cv2.IMWRITE_JPEG_QUALITY, 92])
        write_yolo(out / "labels" / f"{stem}.txt", picture.boxes, width, height)
        if picture.autolabelled:
            report.autolabelled[stem] = list(picture.autolabelled)
        paths.append(path)
        per_source = report.images.setdefault(split, {})
        per_source[picture.source] = per_source.get(picture.source, 0) + 1
        per_class = report.boxes.setdefault(split, dict.fromkeys(recipe.classes, 0))
        for class_id, name in enumerate(recipe.classes):
            per_class[name] += picture.count(class_id)
    return paths


def prepare(
    recipe: Recipe,
    cards: Path,
    root: Path,
    out: Path,
    find: PersonFinder,
    progress: Progress | None = None,
) -> Report:
    """Write the whole set under ``out``, which must be new or empty.

    Raises:
        ConfigError: ``out`` holds something, or a source is not usable.
    """
    if out.exists() and any(out.iterdir()):
        raise ConfigError("The output folder is not empty.", where=str(out), fix="Name a new folder.")
    report = Report()
    train, val = load(recipe, cards, root, find, progress)
    train, report.dropped_as_duplicates = drop_duplicates(train, val, recipe.data.duplicate_bits)
    head_ids = [recipe.classes.index("helmet"), recipe.classes.index("head")]
    bare = recipe.classes.index("head")
    composites = grids(
        train, GridSpec(**recipe.data.grids.model_dump()), head_ids, bare, np.random.default_rng(recipe.seed)
    )
    photos = write_pictures(train, "train", out, recipe, report)
    entries = [
        path
        for path, picture in zip(photos, train, strict=True)
        for _ in range(recipe.data.bare_head_repeats if picture.count(bare) else 1)
    ]
    entries += write_pictures(composites, "grid", out, recipe, report)
    entries += write_pictures(paste(train, recipe, cards), "pasted", out, recipe, report)
    report.train_entries = len(entries)
    _write_lists(out, recipe, entries, write_pictures(val, "val", out, recipe, report))
    (out / "report.json").write_text(
        json.dumps(asdict(report), indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )
    return report


def _write_lists(out: Path, recipe: Recipe, train: Sequence[Path], val: Sequence[Path]) -> None:
    for name, paths in (("train", train), ("val", val)):
        lines = "".join(f"./{path.relative_to(out).as_posix()}\n" for path in paths)
        (out / f"{name}.txt").write_text(lines, encoding="utf-8")
    content = {
        "path": str(out.resolve()),
        "train": "train.txt",
        "val": "val.txt",
        "names": dict(enumerate(recipe.classes)),
    }
    (out / "dataset.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
