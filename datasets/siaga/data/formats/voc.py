"""Reading Pascal VOC sets, every fault with its file and line.

supervision's reader is not used here: it takes a missing annotation file for an empty one, and its errors
name neither file nor line. What it reads of a sound set, this reads alike (tested).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

import defusedxml.sax
import numpy as np
from defusedxml import DefusedXmlException

from siaga.core.errors import ConfigError
from siaga.data.cards import Card
from siaga.data.records import WHOLE, DataSet, Finding, Picture

from .image_size import image_size, is_picture
from .layout import split_name
from .yolo import box_fault

_SIDES = ("xmin", "ymin", "xmax", "ymax")


@dataclass(slots=True)
class _Object:
    line: int
    name: str = ""
    sides: dict[str, float] = field(default_factory=dict)


def read_voc_set(path: Path, card: Card | None = None) -> DataSet:
    """Read a Pascal VOC set: a folder with XML files below it, pictures beside them or in ``JPEGImages``.

    Coordinates are the 1-based, inclusive pixel numbers of the VOC devkit. The split is that of
    ``ImageSets/Main/*.txt``, or of the folder's name. Classes are in the card's order, or by name.

    Raises:
        ConfigError: There is no such folder, or nothing in it.
    """
    if not path.is_dir() or not (files := sorted(path.rglob("*.xml"))):
        raise ConfigError("No Pascal VOC annotations found.", where=str(path), fix="Expected .xml files.")
    name = card.name if card else path.resolve().name
    findings: list[Finding] = []
    parsed: list[tuple[Path, Path, list[_Object]]] = []
    for file in files:
        objects, fault = _parse(file)
        picture = _picture_of(file)
        if fault is not None:
            findings.append(fault)
        elif picture is None:
            findings.append(Finding("missing-picture", True, str(file), "no picture has this name"))
        else:
            parsed.append((file, picture, objects))
    classes = card.classes if card else tuple(sorted({o.name for *_, objects in parsed for o in objects}))
    splits = _split_lists(path)
    pictures: list[Picture] = []
    for file, picture, objects in parsed:
        size = image_size(picture)
        if isinstance(size, Finding):
            findings.append(size)
            continue
        split = splits.get(file.stem) or split_name(file.parent.name) or WHOLE
        made, faults = _picture(file, picture, split, size, objects, classes, name)
        pictures.append(made)
        findings += faults
    findings += _without_label(path, {picture for _, picture, _ in parsed})
    if not pictures:
        raise ConfigError("The set has no readable pictures.", where=str(path))
    return DataSet(name, path, classes, tuple(pictures), tuple(findings))


class _Reader(ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.objects: list[_Object] = []
        self._path: list[str] = []
        self._text = ""
        self._locator: Locator | None = None

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802
        self._locator = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: ARG002, N802
        self._path.append(name)
        self._text = ""
        if self._path == ["annotation", "object"]:
            line = self._locator.getLineNumber() if self._locator else 0
            self.objects.append(_Object(line or 0))

    def characters(self, content: str) -> None:
        self._text += content

    def endElement(self, name: str) -> None:  # noqa: N802
        place = self._path[2:]
        if self._path[:2] == ["annotation", "object"] and place == ["name"]:
            self.objects[-1].name = self._text.strip()
        elif place[:1] == ["bndbox"] and name in _SIDES:
            self.objects[-1].sides[name] = _number(self._text)
        self._path.pop()


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _parse(file: Path) -> tuple[list[_Object], Finding | None]:
    reader = _Reader()
    try:
        defusedxml.sax.parse(str(file), reader)
    except SAXParseException as error:
        where = f"{file}:{error.getLineNumber()}"
        return [], Finding("broken-label", True, where, f"this is not XML: {error.getMessage()}")
    except (OSError, DefusedXmlException, ValueError) as error:
        return [], Finding("broken-label", True, str(file), f"cannot be read ({error})")
    return reader.objects, None


def _picture(
    file: Path,
    path: Path,
    split: str,
    size: tuple[int, int],
    objects: list[_Object],
    classes: tuple[str, ...],
    source: str,
) -> tuple[Picture, list[Finding]]:
    rows: list[list[float]] = []
    places: list[str] = []
    findings: list[Finding] = []
    for thing in objects:
        where = f"{file}:{thing.line}"
        row, fault = _row(thing, classes, size, where)
        findings += [fault] if fault else []
        if row is not None:
            rows.append(row)
            places.append(where)
    boxes = np.array(rows, dtype=np.float64).reshape(-1, 5)
    return Picture(path, split, *size, boxes, tuple(places), source), findings


def _row(
    thing: _Object, classes: tuple[str, ...], size: tuple[int, int], where: str
) -> tuple[list[float] | None, Finding | None]:
    if thing.name not in classes:
        return None, Finding(
            "class-out-of-range", True, where, f"{thing.name!r} is not one of {list(classes)}"
        )
    sides = [thing.sides.get(side, math.nan) for side in _SIDES]
    if not all(map(math.isfinite, sides)):
        return None, Finding("broken-box", True, where, "bndbox is not four numbers")
    x1, y1, x2, y2 = sides[0] - 1, sides[1] - 1, sides[2], sides[3]
    fault = box_fault((x1 / size[0], y1 / size[1], x2 / size[0], y2 / size[1]), where)
    row = [float(classes.index(thing.name)), x1, y1, x2, y2]
    return (None if fault and fault.error else row), fault


def _picture_of(file: Path) -> Path | None:
    for folder in (file.parent, file.parent.parent / "JPEGImages", file.parent.parent / "images"):
        for path in sorted(folder.glob(f"{_literal(file.stem)}.*")):
            if is_picture(path):
                return path
    return None


def _literal(stem: str) -> str:
    return "".join(f"[{letter}]" if letter in "[]*?" else letter for letter in stem)


def _split_lists(root: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for file in sorted(root.rglob("ImageSets/Main/*.txt")):
        if split := split_name(file.stem):
            found |= {line.split()[0]: split for line in file.read_text("utf-8").splitlines() if line.strip()}
    return found


def _without_label(root: Path, known: set[Path]) -> list[Finding]:
    what = "the picture has no annotation file; one without objects would say that nothing is in it"
    spare = sorted(path for path in root.rglob("*") if is_picture(path) and path not in known)
    return [Finding("missing-label", True, str(path), what) for path in spare]
