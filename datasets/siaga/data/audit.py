"""Is a set fit to train on? Broken files, wrong boxes, and pictures that stand on both sides of a split."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import supervision as sv

from .overlap import Pair, Print, Progress, fingerprints, near_pairs, same_originals
from .records import WHOLE, Boxes, DataSet, Finding, Picture

SIZE_EDGES = (4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256)
"""Edges of the histogram of box sizes: the square root of a box's area, in pixels."""
_LEAST_PX = 2.0
_SAME_BOX = 0.95
_RARE = 10
"""A class that is this many times rarer than the most frequent one is named."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What is known of one or more sets, their pictures numbered through.

    ``cameras[i]``: the camera or scene of picture ``i``, empty where its card names none.
    """

    sets: tuple[DataSet, ...]
    pictures: tuple[Picture, ...]
    prints: tuple[Print, ...]
    cameras: tuple[str, ...]
    pairs: tuple[Pair, ...]
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.error)

    def leaks(self) -> list[Pair]:
        """Pairs with one picture in a split and the other in another split."""
        return [pair for pair in self.pairs if _across(self.pictures[pair.a], self.pictures[pair.b])]


def audit(
    sets: Sequence[DataSet], cameras: Sequence[str | None] = (), progress: Progress | None = None
) -> Audit:
    """Look at every file of the sets.

    Args:
        cameras: For each set a regular expression for the part of a file's name that names its camera.
    """
    pictures = tuple(picture for data in sets for picture in data.pictures)
    prints = tuple(fingerprints([picture.path for picture in pictures], progress))
    names = tuple(
        camera_of(picture.path, regex)
        for data, regex in zip(sets, cameras or [None] * len(sets), strict=True)
        for picture in data.pictures
    )
    by_name = {(pair.a, pair.b): pair for pair in same_originals(pictures, prints)}
    pairs = tuple({**by_name, **{(pair.a, pair.b): pair for pair in near_pairs(prints)}}.values())
    findings = [finding for data in sets for finding in data.findings]
    findings += _of_files(pictures, prints)
    findings += [finding for picture in pictures for finding in _of_boxes(picture)]
    findings += _of_pairs(pictures, pairs)
    findings += _of_cameras(pictures, names)
    findings += [finding for data in sets for finding in _of_classes(data)]
    return Audit(tuple(sets), pictures, prints, names, pairs, tuple(findings))


def camera_of(path: Path, regex: str | None) -> str:
    """The part of a file's name that names its camera: the expression's first group, or its whole match."""
    match = re.search(regex, path.name) if regex else None
    return (match[1] if match.re.groups else match[0]) if match else ""


def cleaned(audited: Audit, number: int) -> DataSet:
    """Set ``number`` without what is wrong in it.

    Pictures that do not decode or have no labels are left out, and so are pictures whose likeness is in a
    split that counts more: test over val over train. Broken boxes are gone already.
    """
    first = sum(len(data.pictures) for data in audited.sets[:number])
    data = audited.sets[number]
    out = {_weaker(audited.pictures, pair) for pair in audited.leaks()}
    unlabelled = {finding.where for finding in data.findings if finding.code == "missing-label"}
    stays = tuple(
        picture
        for index, picture in enumerate(data.pictures, first)
        if index not in out and not audited.prints[index].broken and not _named(picture, unlabelled)
    )
    return replace(data, pictures=stays, findings=())


def sizes(picture: Picture) -> npt.NDArray[np.float64]:
    """(N,): the square root of each box's area, in pixels."""
    sides = picture.boxes[:, 3:] - picture.boxes[:, 1:3]
    return np.asarray(np.sqrt(sides.prod(axis=1)), dtype=np.float64)


def _of_files(pictures: Sequence[Picture], prints: Sequence[Print]) -> list[Finding]:
    findings: list[Finding] = []
    for picture, one in zip(pictures, prints, strict=True):
        if one.broken:
            what = f"the picture does not decode to its end ({one.broken})"
            findings.append(Finding("broken-picture", True, str(picture.path), what))
        if one.turned:
            what = "the picture is turned by its EXIF tag: were its boxes drawn on it upright?"
            findings.append(Finding("exif-turned", False, str(picture.path), what))
    return findings


def _of_boxes(picture: Picture) -> list[Finding]:
    findings: list[Finding] = []
    short = (picture.boxes[:, 3:] - picture.boxes[:, 1:3]).min(axis=1) if len(picture.boxes) else []
    for place, side in zip(picture.places, short, strict=True):
        if side < _LEAST_PX:
            findings.append(Finding("tiny-box", False, place, f"the box is {side:.1f} px on its short side"))
    same = np.triu(iou(picture.boxes, picture.boxes) > _SAME_BOX, 1) & (
        picture.boxes[:, :1] == picture.boxes[:, 0]
    )
    for a, b in zip(*np.nonzero(same), strict=True):
        what = f"the same box as {picture.places[a]}"
        findings.append(Finding("same-box", False, picture.places[b], what))
    return findings


def iou(boxes: Boxes, others: Boxes) -> npt.NDArray[np.float64]:
    """(N, M): intersection over union of each box with each of the others."""
    return np.asarray(sv.box_iou_batch(boxes[:, 1:], others[:, 1:]), dtype=np.float64)


def _of_pairs(pictures: Sequence[Picture], pairs: Sequence[Pair]) -> list[Finding]:
    words = {
        "same-bytes": "the same file as",
        "near": "nearly the same picture as",
        "same-original": "made of the same original as",
    }
    findings: list[Finding] = []
    for pair in pairs:
        a, b = pictures[pair.a], pictures[pair.b]
        leak = _across(a, b)
        what = f"{words[pair.kind]} {b.path}"
        what = f"{a.split} and {b.split} share it: {what}" if leak else what
        if a.source != b.source and not leak:
            findings.append(Finding("shared-by-sources", False, str(a.path), what))
        else:
            findings.append(Finding("leak" if leak else "duplicate", leak, str(a.path), what))
    return findings


def _of_cameras(pictures: Sequence[Picture], cameras: Sequence[str]) -> list[Finding]:
    places: dict[tuple[str, str], set[str]] = {}
    for picture, camera in zip(pictures, cameras, strict=True):
        if camera:
            places.setdefault((picture.source, camera), set()).add(picture.split)
    return [
        Finding("camera-in-two-splits", True, f"{source}: {camera}", f"its pictures are in {_list(splits)}")
        for (source, camera), splits in places.items()
        if len(splits) > 1
    ]


def _of_classes(data: DataSet) -> list[Finding]:
    findings: list[Finding] = []
    totals = data.box_counts()
    if not any(totals.values()):
        return [Finding("no-boxes", True, str(data.root), "there is no box in the whole set")]
    for split in data.splits:
        for name, count in data.box_counts(split).items():
            if not count and totals[name]:
                what = f"the split {split} has no box of {name}"
                findings.append(Finding("class-not-in-split", False, str(data.root), what))
    for name, count in totals.items():
        if count * _RARE < max(totals.values()):
            what = f"{name} has {count} boxes, the most frequent class {max(totals.values())}"
            findings.append(Finding("rare-class", False, str(data.root), what))
    return findings


def _across(a: Picture, b: Picture) -> bool:
    return a.split != b.split and WHOLE not in (a.split, b.split)


def _weaker(pictures: Sequence[Picture], pair: Pair) -> int:
    order = {"train": 0, "val": 1, "test": 2}
    return min((pair.a, pair.b), key=lambda number: order.get(pictures[number].split, 3))


def _named(picture: Picture, places: set[str]) -> bool:
    from .formats.layout import label_of

    return str(label_of(picture.path)) in places or str(picture.path) in places


def _list(splits: set[str]) -> str:
    return " and ".join(sorted(splits))
