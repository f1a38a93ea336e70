"""A YOLO-format set: what its YAML says, and how its classes become the project's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from siaga.core.errors import ConfigError
from siaga.core.settings.document import Document, read_document
from siaga.data.boxes import IMAGE_SUFFIXES
from siaga.data.cards import Card, Class

from .samples import LabelledSet, labelled_set, pictures_in

OURS: tuple[str, ...] = get_args(Class)
_SPLIT_KEYS = ("train", "val", "test")


def of_yaml(path: Path, mapping: Path | None, split: str) -> LabelledSet:
    """One split of the set that the data YAML at ``path`` describes.

    Keys are those of ultralytics: ``path`` (the root, relative to the YAML itself; default: its folder),
    ``train``, ``val``, ``test`` (each a folder, a text file with one picture in a line, or a list of these,
    relative to the root), ``names`` (a list, or a dictionary from class id to name). The label file of
    ``images/A.jpg`` is ``labels/A.txt``.

    Args:
        mapping: YAML with keys of a dataset card (``mapping``, ``ignore``, ``annotates``,
            ``helmet_extends``, ``head_extends``, ``mirrored_padding``, ``camera_prefix``). None: classes
            that are named like the project's own stand for them.

    Raises:
        ConfigError: Anything in one of the files cannot be used; the text names file and line.
    """
    document = _read(path)
    names = _names(document, path)
    card = _card(path, names, mapping)
    root = _root(document, path)
    images = _pictures(document, path, root, split)
    return labelled_set(card, split, [(image, label_of(image)) for image in images], path)


def label_of(image: Path) -> Path:
    """The label file of a picture: the last folder ``images`` on its path becomes ``labels``."""
    parts = list(image.parts)
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] == "images":
            parts[index] = "labels"
            break
    return Path(*parts).with_suffix(".txt")


def _read(path: Path) -> Document:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("The file cannot be read.", where=str(path), fix="Name a YAML file.") from error
    return read_document(text, filename=str(path), env={}, example="the example in docs/evaluate.md")


def _names(document: Document, path: Path) -> tuple[str, ...]:
    raw = document.data.get("names")
    where = f"{path}:{document.line(('names',))}"
    if isinstance(raw, Mapping):
        try:
            by_id = {int(key): str(value) for key, value in raw.items()}
        except ValueError as error:
            raise ConfigError("names has a key that is no class id.", where=where) from error
        if sorted(by_id) != list(range(len(by_id))):
            raise ConfigError(
                f"names has the class ids {sorted(by_id)}.", where=where, fix="Number them from 0, no gaps."
            )
        raw = [by_id[index] for index in range(len(by_id))]
    if not isinstance(raw, list) or not raw:
        raise ConfigError("names is missing or empty.", where=where, fix="List the names of the classes.")
    names = tuple(str(name) for name in raw)
    count = document.data.get("nc")
    if count is not None and count != len(names):
        raise ConfigError(
            f"nc is {count}, but there are {len(names)} names.",
            where=f"{path}:{document.line(('nc',))}",
            fix="Correct one of them.",
        )
    return names


def _root(document: Document, path: Path) -> Path:
    return path.parent / str(document.data.get("path") or ".")


def _pictures(document: Document, path: Path, root: Path, split: str) -> list[Path]:
    entry = document.data.get(split)
    known = [key for key in _SPLIT_KEYS if document.data.get(key)]
    if not entry:
        raise ConfigError(
            f"There is no split {split!r}.",
            where=str(path),
            fix=f"Name one that is there with --split: {', '.join(known) or 'none'}.",
        )
    images: list[Path] = []
    for number, word in enumerate(entry if isinstance(entry, list) else [entry]):
        key = (split, number) if isinstance(entry, list) else (split,)
        images.extend(_listed(root / str(word), f"{path}:{document.line(key)}", root))
    return sorted(set(images))


def _listed(place: Path, where: str, root: Path) -> list[Path]:
    """Pictures of one entry: a folder's, or those that a text file names."""
    if place.is_dir():
        return pictures_in(place)
    if not place.is_file():
        raise ConfigError(
            f"{place} is not there.", where=where, fix="Paths are relative to `path`, and that to the YAML."
        )
    images = []
    for number, line in enumerate(place.read_text(encoding="utf-8").splitlines(), 1):
        if not (word := line.strip()):
            continue
        # As with ultralytics, a leading ./ is relative to the list itself.
        image = place.parent / word[2:] if word.startswith("./") else root / word
        if not image.is_file() or image.suffix.lower() not in IMAGE_SUFFIXES:
            raise ConfigError(f"{image} is no picture that is there.", where=f"{place}:{number}")
        images.append(image)
    return images


def _card(path: Path, names: tuple[str, ...], mapping: Path | None) -> Card:
    """The set's dataset card: what the mapping says, and what a card needs besides."""
    name = path.parent.resolve().name if path.stem in {"data", "dataset"} else path.stem
    fields: dict[str, Any] = {
        "name": name,
        "title": name,
        "origin": path.name,
        "licence": "LicenseRef-none-stated",
        "attribution": "not stated",
        "classes": names,
        "helmet_extends": "head",
        "head_extends": "head",
        "splits": {"test": "."},
    }
    if mapping is None:
        return _validated(fields | _same_names(path, names), path, None)
    document = _read(mapping)
    _check_named(document, mapping, names, path)
    given = document.data
    annotates = list(dict.fromkeys(str(ours) for ours in (given.get("mapping") or {}).values()))
    return _validated(fields | {"annotates": annotates} | given | {"classes": names}, mapping, document)


def _same_names(path: Path, names: tuple[str, ...]) -> dict[str, Any]:
    same = [name for name in names if name in OURS]
    if not same:
        raise ConfigError(
            f"None of the classes ({', '.join(names)}) is one of Siaga's ({', '.join(OURS)}).",
            where=str(path),
            fix="Say what they mean: --map MAPPING.yaml, with `mapping: {their-name: our-name}`.",
        )
    return {"annotates": same, "mapping": {name: name for name in same}}


def _check_named(document: Document, mapping: Path, names: tuple[str, ...], data: Path) -> None:
    """Every class that the mapping names is one of the set's, every target one of ours."""
    for key in ("mapping", "ignore"):
        for theirs, ours in (document.data.get(key) or {}).items():
            where = f"{mapping}:{document.line((key, theirs))}"
            if theirs not in names:
                raise ConfigError(
                    f"{data} has no class {theirs!r}.", where=where, fix=f"It has: {', '.join(names)}."
                )
            targets = {str(one) for one in (ours if isinstance(ours, list) else [ours])}
            if unknown := sorted(targets - set(OURS)):
                raise ConfigError(
                    f"Siaga has no class {unknown[0]!r}.", where=where, fix=f"It has: {', '.join(OURS)}."
                )
    if not document.data.get("mapping"):
        raise ConfigError(
            "The mapping maps no class.",
            where=f"{mapping}:1",
            fix=f"Write `mapping: {{their-name: our-name}}`; ours are {', '.join(OURS)}.",
        )


def _validated(fields: dict[str, Any], path: Path, document: Document | None) -> Card:
    try:
        return Card.model_validate(fields)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        place = fault["loc"]
        line = document.line(place) if document else 1
        key = ".".join(map(str, place))
        raise ConfigError(
            f"{key + ': ' if key else ''}{fault['msg']}.",
            where=f"{path}:{line}",
            fix="The keys are those of a dataset card: docs/evaluate.md.",
        ) from error
