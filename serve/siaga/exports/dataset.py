"""Pictures with the boxes that people corrected, as a YOLO and a COCO set in one zip, written as it is read.

All pictures of a camera are in one split: a model that is measured on a camera has not seen it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import func, select

from siaga.core.errors import BadRequest, NotFound
from siaga.db import Database
from siaga.db.tables.archive import blobs, violations
from siaga.db.tables.review import corrections, reviews
from siaga.exports.rows import Selection
from siaga.exports.tables import harmless

ZIP_TYPE = "application/zip"
MOST_PICTURES = 20_000
_VAL_SHARE = 5
_EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png"}
_DATE = (1980, 1, 1, 0, 0, 0)
"""Zip entries without a date: the same corrections make the same bytes."""


class EvidenceBytes(Protocol):
    """Where evidence lies."""

    def read(self, path: str, start: int, stop: int) -> Iterator[bytes]:
        """Complete bytes by the path that their row names, in pieces."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A picture with the boxes that hold. ``boxes``: class and xyxy in pixels."""

    name: str
    path: str
    bytes: int
    site: str
    camera: str
    event_id: str
    sha256: str
    reason: str
    width: int
    height: int
    boxes: tuple[tuple[str, tuple[float, float, float, float]], ...]


def labelled_pictures(database: Database, selection: Selection) -> tuple[Labelled, ...]:
    """The pictures of the selected events that somebody corrected and whose bytes are here, by name.

    Raises:
        NotFound: There are none.
        BadRequest: There are too many.
    """
    c = corrections.c
    newest = (
        select(c.event_id, c.sha256, func.max(c.version).label("version"))
        .group_by(c.event_id, c.sha256)
        .subquery()
    )
    query = (
        select(corrections, violations.c.camera, blobs.c.path, blobs.c.bytes, blobs.c.media_type)
        .join(
            newest,
            (newest.c.event_id == c.event_id)
            & (newest.c.sha256 == c.sha256)
            & (newest.c.version == c.version),
        )
        .join(violations, violations.c.event_id == c.event_id)
        .join(reviews, reviews.c.event_id == c.event_id, isouter=True)
        .join(blobs, blobs.c.sha256 == c.sha256)
        .where(selection.condition, blobs.c.media_type.in_(_EXTENSIONS))
        .order_by(c.at, c.id)
        .limit(MOST_PICTURES + 1)
    )
    with database.reading() as connection:
        # One picture may be evidence of several events: the newest correction of it holds.
        found = {row.sha256: _labelled(row) for row in connection.execute(query)}
    if not found:
        raise NotFound("None of these events has a corrected picture.", fix="Correct boxes in review first.")
    if len(found) > MOST_PICTURES:
        raise BadRequest(f"More than {MOST_PICTURES} pictures.", fix="Take a shorter span.")
    return tuple(sorted(found.values(), key=lambda picture: picture.name))


def _labelled(row: Any) -> Labelled:
    place = re.sub(r"[^A-Za-z0-9]+", "-", f"{row.site}-{row.camera}").strip("-") or "camera"
    # Names that differ only in signs must not become one camera.
    mark = hashlib.sha256(f"{row.site}\0{row.camera}".encode()).hexdigest()[:6]
    boxes = tuple((box["class_name"], tuple(box["xyxy"])) for box in json.loads(row.boxes))
    return Labelled(
        name=f"{place}-{mark}_{row.sha256[:16]}.{_EXTENSIONS[row.media_type]}",
        path=row.path,
        bytes=row.bytes,
        site=row.site,
        camera=row.camera,
        event_id=str(row.event_id),
        sha256=row.sha256,
        reason=row.reason,
        width=row.width,
        height=row.height,
        boxes=boxes,
    )


def splits(pictures: Sequence[Labelled]) -> dict[str, str]:
    """The split (``train`` or ``val``) of each picture by name. A camera's split depends on its name only, so
    that it stays from export to export; where that leaves no ``val``, the camera of the lowest hash is it."""
    marks = {_camera(p): int(hashlib.sha256(_camera(p).encode()).hexdigest(), 16) for p in pictures}
    val = {camera for camera, mark in marks.items() if mark % _VAL_SHARE == 0}
    if len(marks) > 1 and not val:
        val = {min(marks, key=lambda camera: marks[camera])}
    if len(val) == len(marks):
        val.discard(max(marks, key=lambda camera: marks[camera]))
    return {p.name: "val" if _camera(p) in val else "train" for p in pictures}


def _camera(picture: Labelled) -> str:
    return f"{picture.site}\0{picture.camera}"


def dataset_bytes(pictures: Sequence[Labelled], evidence: EvidenceBytes) -> Iterator[bytes]:
    """The zip: ``data.yaml``, ``images/``, ``labels/``, ``annotations/*.json`` (COCO) and ``reasons.csv``."""
    classes = sorted({name for picture in pictures for name, _ in picture.boxes}) or ["object"]
    where = splits(pictures)
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for name, text in _texts(pictures, classes, where).items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), text)
            yield sink.taken()
        for picture in pictures:
            folder = where[picture.name]
            label = f"labels/{folder}/{picture.name.rsplit('.', 1)[0]}.txt"
            archive.writestr(zipfile.ZipInfo(label, _DATE), _yolo(picture, classes))
            entry = zipfile.ZipInfo(f"images/{folder}/{picture.name}", _DATE)
            with archive.open(entry, "w") as target:
                for piece in evidence.read(picture.path, 0, picture.bytes):
                    target.write(piece)
                    yield sink.taken()
    yield sink.taken()


def _texts(pictures: Sequence[Labelled], classes: Sequence[str], where: dict[str, str]) -> dict[str, str]:
    texts = {"data.yaml": _yaml(classes, "val" in where.values()), "reasons.csv": _reasons(pictures, where)}
    for split in ("train", "val"):
        mine = [picture for picture in pictures if where[picture.name] == split]
        if mine:
            texts[f"annotations/{split}.json"] = json.dumps(_coco(mine, classes))
    return texts


def _yaml(classes: Sequence[str], has_val: bool) -> str:
    names = "".join(f"  {number}: {json.dumps(name)}\n" for number, name in enumerate(classes))
    val = "images/val" if has_val else "images/train"
    return f"path: .\ntrain: images/train\nval: {val}\nnames:\n{names}"


def _reasons(pictures: Sequence[Labelled], where: dict[str, str]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("file", "split", "site", "camera", "event_id", "sha256", "reason", "boxes"))
    for p in pictures:
        row = (p.name, where[p.name], p.site, p.camera, p.event_id, p.sha256, p.reason, str(len(p.boxes)))
        writer.writerow([harmless(cell) for cell in row])
    return out.getvalue()


def _yolo(picture: Labelled, classes: Sequence[str]) -> str:
    lines = []
    for name, (left, top, right, bottom) in picture.boxes:
        centre = ((left + right) / 2 / picture.width, (top + bottom) / 2 / picture.height)
        size = ((right - left) / picture.width, (bottom - top) / picture.height)
        lines.append(" ".join([str(classes.index(name)), *(f"{part:.6f}" for part in (*centre, *size))]))
    return "".join(f"{line}\n" for line in lines)


def _coco(pictures: Sequence[Labelled], classes: Sequence[str]) -> dict[str, Any]:
    annotations = [
        {
            "image_id": number,
            "category_id": classes.index(name) + 1,
            "bbox": [left, top, right - left, bottom - top],
            "area": (right - left) * (bottom - top),
            "iscrowd": 0,
        }
        for number, picture in enumerate(pictures, 1)
        for name, (left, top, right, bottom) in picture.boxes
    ]
    return {
        "images": [
            {"id": number, "file_name": p.name, "width": p.width, "height": p.height}
            for number, p in enumerate(pictures, 1)
        ],
        "annotations": [{"id": number} | told for number, told in enumerate(annotations, 1)],
        "categories": [{"id": number, "name": name} for number, name in enumerate(classes, 1)],
    }


class _Sink(io.RawIOBase):
    """Takes what zipfile writes and hands it on; it cannot seek, so nothing is held back."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        return len(data)

    def taken(self) -> bytes:
        """What was written since the last call."""
        piece = bytes(self._held)
        self._held.clear()
        return piece
