"""Reviewed corrections: a labelled set with ``reviews.csv`` beside it, which says why each picture is in it.

``reviews.csv`` has a heading and one line for each picture: ``image`` (its file name), ``camera`` and
``reason``; further columns are left alone.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from siaga.core.errors import ConfigError

from .records import DataSet

FILE = "reviews.csv"
REASONS = ("false_positive", "false_negative", "wrong_class", "bad_bbox", "inconclusive")
"""As reviewers give them. ``inconclusive``: nobody could tell, so its labels are no truth."""
_COLUMNS = ("image", "camera", "reason")


@dataclass(frozen=True, slots=True)
class Review:
    """Why a picture was corrected."""

    camera: str
    reason: str


def read_reviews(folder: Path) -> dict[str, Review]:
    """File name of each reviewed picture to its review.

    Raises:
        ConfigError: The file is missing, a column is, a reason is unknown, or a picture is named twice; the
            text names the line.
    """
    path = folder / FILE
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            rows = [(reader.line_num, row) for row in reader]
            header = reader.fieldnames or ()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(
            "The reviews cannot be read.",
            where=str(path),
            fix="Name the folder of an export of reviewed events.",
        ) from error
    if lacking := [name for name in _COLUMNS if name not in header]:
        raise ConfigError(f"The column {lacking[0]!r} is missing.", where=f"{path}:1")
    found: dict[str, Review] = {}
    for line, row in rows:
        if row["reason"] not in REASONS:
            raise ConfigError(
                f"There is no reason {row['reason']!r}.",
                where=f"{path}:{line}",
                fix=f"Reasons: {', '.join(REASONS)}.",
            )
        if row["image"] in found:
            raise ConfigError(f"{row['image']} is reviewed twice.", where=f"{path}:{line}")
        found[row["image"]] = Review(row["camera"], row["reason"])
    return found


def conclusive(data: DataSet, reviews: Mapping[str, Review]) -> DataSet:
    """The set without the pictures on which nobody could tell.

    Raises:
        ConfigError: A picture has no review.
    """
    if bare := [one.path for one in data.pictures if one.path.name not in reviews]:
        raise ConfigError(
            f"{len(bare)} pictures have no review.",
            where=str(bare[0]),
            fix=f"Add a line to {FILE}, or remove them.",
        )
    kept = (one for one in data.pictures if reviews[one.path.name].reason != "inconclusive")
    return replace(data, pictures=tuple(kept))


def by_camera(reviews: Mapping[str, Review]) -> dict[str, dict[str, int]]:
    """How often each reason was given at each camera."""
    counts = Counter((one.camera, one.reason) for one in reviews.values())
    return {
        camera: {reason: counts[camera, reason] for reason in REASONS}
        for camera in sorted({one.camera for one in reviews.values()})
    }
