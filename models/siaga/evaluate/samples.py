"""Which labelled pictures are evaluated: a source by its dataset card, as a list of files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from siaga.core.errors import ConfigError
from siaga.data.boxes import IMAGE_SUFFIXES
from siaga.data.cards import Card


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture file and its YOLO label file.

    ``cluster``: what it stands or falls with: its camera where the card names cameras, otherwise itself.
    """

    image: Path
    label: Path
    cluster: str


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """One split of one source. ``card`` says what the boxes mean."""

    card: Card
    split: str
    samples: tuple[Sample, ...]

    @property
    def by_camera(self) -> bool:
        """Whether the pictures hang together by camera."""
        return self.card.camera_prefix is not None

    @property
    def left_out(self) -> tuple[str, ...]:
        """The source's classes that stand for nothing here."""
        used = {*self.card.mapping, *self.card.ignore}
        return tuple(name for name in self.card.classes if name not in used)


def of_card(card: Card, split: str, root: Path) -> LabelledSet:
    """A source's pictures, sorted by name, below ``root / card.name``.

    Raises:
        ConfigError: The source has no such split, no picture in it, or a picture without a label file.
    """
    folder = root / card.name / card.folder(split)
    images = pictures_in(folder / "images")
    pairs = [(image, folder / "labels" / f"{image.stem}.txt") for image in images]
    return labelled_set(card, split, pairs, folder / "images")


def pictures_in(folder: Path) -> list[Path]:
    """Picture files in a folder and the folders in it, sorted; none when it is no folder."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES)


def labelled_set(card: Card, split: str, pairs: Sequence[tuple[Path, Path]], where: Path) -> LabelledSet:
    """Check that there are pictures and that each has its label file.

    Raises:
        ConfigError: There is none, or some lack their labels; the text names the first.
    """
    if not pairs:
        raise ConfigError(
            f"There is no picture in the split {split!r}.",
            where=str(where),
            fix=f"Put pictures ({', '.join(IMAGE_SUFFIXES)}) there, or name another split.",
        )
    bare = [(image, label) for image, label in pairs if not label.is_file()]
    if bare:
        image, label = bare[0]
        raise ConfigError(
            f"{len(bare)} of {len(pairs)} pictures have no label file; the first is {image}.",
            where=str(label),
            fix="Add the labels. A picture on which nothing is to be found has an empty label file.",
        )
    samples = tuple(Sample(image, label, cluster_of(card, image)) for image, label in pairs)
    return LabelledSet(card, split, samples)


def cluster_of(card: Card, image: Path) -> str:
    """The camera that the file name begins with, by the card; otherwise the picture itself."""
    if card.camera_prefix is None:
        return str(image)
    found = re.match(card.camera_prefix, image.name)
    return found.group(0) if found else str(image)
