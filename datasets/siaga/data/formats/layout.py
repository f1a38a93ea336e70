"""Where the pictures of a YOLO set are: by its card, its YAML file, or its folders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from siaga.core.errors import ConfigError
from siaga.data.cards import Card
from siaga.data.records import SPLITS, WHOLE, Finding

from .image_size import pictures_in

_SPLIT_NAMES = {
    "train": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    WHOLE: WHOLE,
}
_YAML = ("dataset.yaml", "data.yaml")
_NAMES = ("classes.txt", "obj.names")


@dataclass(slots=True)
class Layout:
    """``splits``: the pictures of each split, by name, each once."""

    root: Path
    classes: tuple[str, ...]
    splits: dict[str, list[Path]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def split_name(folder: str) -> str | None:
    """The split that a folder's name stands for."""
    return _SPLIT_NAMES.get(folder.lower())


def yolo_layout(path: Path, card: Card | None) -> Layout:
    """What a YOLO set consists of. ``path``: its folder or its YAML file.

    Raises:
        ConfigError: There is no such set, it has no classes, or it has no pictures.
    """
    if not path.exists():
        raise ConfigError("There is no such set.", where=str(path), fix="Name a folder or a data.yaml.")
    described = path if path.is_file() else _first(path, _YAML)
    root = path if path.is_dir() else path.parent
    facts = _read_yaml(described) if described else {}
    layout = Layout(root, _classes(root, facts, card, described))
    if card is not None and path.is_dir():
        _by_card(layout, card, described)
    elif described is not None and any(name in facts for name in _SPLIT_NAMES):
        _by_yaml(layout, described, facts)
    else:
        layout.splits = _by_folders(root)
    if not any(layout.splits.values()):
        raise ConfigError(
            "The set has no pictures.",
            where=str(path),
            fix="Expected images/ beside labels/, or a data.yaml.",
        )
    return layout


def label_of(picture: Path) -> Path:
    """The label file of a picture: the same path with the last ``images`` folder named ``labels``."""
    parts = list(picture.parts)
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] == "images":
            parts[index] = "labels"
            return Path(*parts).with_suffix(".txt")
    return picture.with_suffix(".txt")


def _first(folder: Path, names: tuple[str, ...]) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"The set's description cannot be read: {error}", where=str(path)) from error
    if not isinstance(content, dict):
        raise ConfigError("The set's description is no mapping.", where=str(path))
    return content


def _classes(
    root: Path, facts: Mapping[str, Any], card: Card | None, described: Path | None
) -> tuple[str, ...]:
    listed = _first(root, _NAMES)
    names = facts.get("names")
    if isinstance(names, dict):
        names = _in_order(names, described)
    if isinstance(names, list):
        return tuple(str(name) for name in names)
    if listed is not None:
        return tuple(line.strip() for line in listed.read_text(encoding="utf-8").splitlines() if line.strip())
    if card is not None:
        return card.classes
    raise ConfigError(
        "The set does not say what its class ids mean.",
        where=str(root),
        fix="Add classes.txt (one name per line) or a data.yaml with names.",
    )


def _in_order(names: Mapping[object, object], described: Path | None) -> list[object]:
    wanted = range(len(names))
    if {str(key) for key in names} != {str(number) for number in wanted}:
        raise ConfigError(f"The keys of names are not 0 to {len(names) - 1}.", where=str(described))
    by_id = {str(key): name for key, name in names.items()}
    return [by_id[str(number)] for number in wanted]


def _by_card(layout: Layout, card: Card, described: Path | None) -> None:
    if layout.classes != card.classes:
        where = str(described or layout.root)
        raise ConfigError(
            f"Its classes are {list(layout.classes)}, the card {card.name} says {list(card.classes)}.",
            where=where,
            fix="Correct the card, or name another one with --card.",
        )
    for split, folder in card.splits.items():
        layout.splits[split] = pictures_in(layout.root / folder / "images")
        if not layout.splits[split]:
            layout.findings.append(_no_pictures(split, layout.root / folder / "images"))


def _by_yaml(layout: Layout, described: Path, facts: Mapping[str, Any]) -> None:
    base = (described.parent / str(facts.get("path", "."))).resolve()
    base = base if base.is_dir() else described.parent
    for key, split in _SPLIT_NAMES.items():
        if facts.get(key) is None:
            continue
        entries = facts[key] if isinstance(facts[key], list) else [facts[key]]
        found = [picture for entry in entries for picture in _entry(base, str(entry))]
        layout.splits[split] = list(dict.fromkeys(found))
        if not found:
            layout.findings.append(_no_pictures(split, base / str(entries[0])))


def _entry(base: Path, entry: str) -> list[Path]:
    path = base / entry
    if not path.exists() and entry.startswith("../"):
        # Roboflow writes ../train/images and means the folder beside the file.
        path = base / entry.removeprefix("../")
    if path.is_dir():
        return pictures_in(path) or pictures_in(path / "images")
    if path.suffix != ".txt" or not path.is_file():
        return []
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    return [(path.parent / line) for line in lines if line]


def _by_folders(root: Path) -> dict[str, list[Path]]:
    splits: dict[str, list[Path]] = {}
    for name, split in _SPLIT_NAMES.items():
        for folder in (root / name / "images", root / "images" / name):
            if found := pictures_in(folder):
                splits.setdefault(split, []).extend(found)
    return splits or {WHOLE: pictures_in(root / "images")}


def _no_pictures(split: str, folder: Path) -> Finding:
    return Finding("empty-split", split in SPLITS[:2], str(folder), f"the split {split} has no pictures here")
