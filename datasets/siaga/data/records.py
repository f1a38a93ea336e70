"""What a labelled set is once it is read, whatever form it was written in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

Boxes = npt.NDArray[np.float64]
"""(N, 5): class id, then x1, y1, x2, y2 in pixels of the picture as it is decoded."""

SPLITS = ("train", "val", "test")
WHOLE = "all"
"""The split of a set that has none."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a set.

    ``code``: kind of fault, such as ``broken-box``. ``error``: a training on the set would be wrong.
    ``where``: file, and line where there is one.
    """

    code: str
    error: bool
    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture and its boxes; ``places[i]`` is the file and line of ``boxes[i]``."""

    path: Path
    split: str
    width: int
    height: int
    boxes: Boxes
    places: tuple[str, ...]
    source: str

    def keep(self, rows: npt.NDArray[np.bool_]) -> Self:
        """The same picture with the boxes that ``rows``, (N,) bool, marks."""
        places = tuple(place for place, stays in zip(self.places, rows, strict=True) if stays)
        return replace(self, boxes=self.boxes[rows], places=places)


@dataclass(frozen=True, slots=True)
class DataSet:
    """A set that was read: ``classes[i]`` names class id ``i``. What could not be read is in ``findings``."""

    name: str
    root: Path
    classes: tuple[str, ...]
    pictures: tuple[Picture, ...]
    findings: tuple[Finding, ...] = field(default=())

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits with pictures in them: train, val, test, then others."""
        there = {picture.split for picture in self.pictures}
        return (*(name for name in SPLITS if name in there), *sorted(there - set(SPLITS)))

    def of(self, split: str) -> tuple[Picture, ...]:
        return tuple(picture for picture in self.pictures if picture.split == split)

    def box_counts(self, split: str | None = None) -> dict[str, int]:
        """Boxes of each class, in one split or in all."""
        pictures = self.pictures if split is None else self.of(split)
        counts = Counter(int(class_id) for picture in pictures for class_id in picture.boxes[:, 0])
        return {name: counts[class_id] for class_id, name in enumerate(self.classes)}
