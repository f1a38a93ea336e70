"""Labelled sets as YOLO, COCO and Pascal VOC."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from siaga.core.errors import ConfigError
from siaga.data.cards import Card
from siaga.data.records import DataSet

from .coco import read_coco_set
from .voc import read_voc_set
from .writers import new_folder, same_names, write_coco_set, write_voc_set, write_yolo_set
from .yolo import read_yolo_set

Format = Literal["yolo", "coco", "voc"]

_READERS: dict[Format, Callable[[Path, Card | None], DataSet]] = {
    "yolo": read_yolo_set,
    "coco": read_coco_set,
    "voc": read_voc_set,
}
_WRITERS: dict[Format, Callable[[DataSet, Path], None]] = {
    "yolo": write_yolo_set,
    "coco": write_coco_set,
    "voc": write_voc_set,
}


def read_set(path: Path, form: Format = "yolo", card: Card | None = None) -> DataSet:
    """Read a set. What is wrong with single files is in its ``findings``; nothing is repaired.

    Raises:
        ConfigError: There is no set in that form at ``path``, or nothing in it.
    """
    return _READERS[form](path, card)


def write_set(data: DataSet, out: Path, form: Format = "yolo") -> None:
    """Write a set into ``out``, which must be new or empty. Pictures are copied byte by byte.

    Raises:
        ConfigError: ``out`` holds something, or two pictures would have the same name there.
    """
    if names := same_names(data, across_splits=form == "voc"):
        raise ConfigError(
            f"Several pictures are called {names[0]!r} ({len(names)} such names).",
            where=str(data.root),
            fix="Rename them, or write another format.",
        )
    _WRITERS[form](data, new_folder(out))


def convert(path: Path, out: Path, source: Format, target: Format, card: Card | None = None) -> DataSet:
    """Read a set in one form, write it in another. Returns what was written.

    Raises:
        ConfigError: Something in it is wrong; the text names the first fault's file and line. Nothing was
            written then.
    """
    data = read_set(path, source, card)
    faults = [finding for finding in data.findings if finding.error]
    if faults:
        more = f" ({len(faults) - 1} more faults)" if len(faults) > 1 else ""
        raise ConfigError(
            f"{faults[0].what}{more}",
            where=faults[0].where,
            fix="Repair it, or let siaga data audit --fix leave it out.",
        )
    write_set(data, out, target)
    return data
