"""Labelled pictures to compare models on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from siaga.core.errors import ConfigError
from siaga.core.frame import Frame
from siaga.evaluate.pictures import Rgb, decode, read_bytes, read_truth
from siaga.evaluate.samples import LabelledSet, pictures_in
from siaga.evaluate.yolo_set import of_yaml

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Picture:
    """``frame``: full resolution. ``truth``: class name to true boxes (N, 4) xyxy in its pixels."""

    frame: Frame
    truth: Mapping[str, npt.NDArray[np.float64]]


def prepared_split(prepared: Path, split: str) -> LabelledSet:
    """One split (``train`` or ``val``) of the set that ``siaga data prepare`` wrote, or of any YOLO set.

    Args:
        prepared: Its folder (with ``dataset.yaml``), or the YAML file.

    Raises:
        ConfigError: No such set, or it is not usable.
    """
    path = prepared / "dataset.yaml" if prepared.is_dir() else prepared
    if not path.is_file():
        raise ConfigError(
            "There is no prepared set here.", where=str(prepared), fix="Make one with: siaga data prepare."
        )
    return of_yaml(path, None, split)


def read(part: LabelledSet) -> Iterator[Picture]:
    """The pictures of a split, in its order.

    Raises:
        ConfigError: A picture or label file is broken; the text names it.
    """
    for number, one in enumerate(part.samples):
        data, _ = read_bytes(one.image)
        rgb, area = decode(data, one.image, part.card)
        truth = read_truth(one, part.card, area)
        frame = Frame("parity", number, 0, float(number), float(number), _NO_TIME, rgb, area.size)
        yield Picture(frame, truth.boxes)


@dataclass(frozen=True, slots=True)
class Reader:
    """Decodes a picture file to (H, W, 3) uint8 RGB, by the card of ``part``."""

    part: LabelledSet

    def __call__(self, path: Path) -> Rgb:
        data, _ = read_bytes(path)
        return decode(data, path, self.part.card)[0]


def calibration_pictures(folder: Path | None, part: LabelledSet) -> list[Path]:
    """Picture files in ``folder``, or those of ``part`` where none is given.

    Raises:
        ConfigError: There is none.
    """
    if folder is None:
        return [one.image for one in part.samples]
    found = pictures_in(folder)
    if not found:
        raise ConfigError(
            "There is no picture to calibrate with.", where=str(folder), fix="Name another folder."
        )
    return found
