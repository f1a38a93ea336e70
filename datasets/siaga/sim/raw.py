"""What the renderer writes down for each frame, and what the ground truth is made from.

A job's folder, one per scenario and camera::

    frames/%06d.png   the render, RGB, 8 bit, ``Camera.render_size``
    raw/%06d.json     one ``RawFrame``
    plate.png         the render without people
    depth.npy         (render height, render width) float32, metres along the optical axis, of the plate

All boxes are xyxy in pixels of the *picture* (after the lens), so that they are exact where the lens bends;
``measure`` makes them from world points and from masks of the render.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter

from siaga.core.errors import StorageError

from .camera import Camera
from .motion.state import HelmetState, LanyardState

RAW_VERSION = 1
Box = tuple[float, float, float, float]
Mask = npt.NDArray[np.bool_]
Vec3 = tuple[float, float, float]

PartName = Literal["person", "head", "helmet", "vest", "harness", "lanyard"]
"""``person``: everything on the body, the helmet too while it is worn, without lanyard, load or loose helmet.
``head``: skin, hair, headscarf, cap; without the helmet."""
PARTS: tuple[PartName, ...] = get_args(PartName)


@dataclass(frozen=True, slots=True)
class RawPart:
    """One part of one person in one frame.

    Attributes:
        xyxy: Amodal box in picture pixels, not cut at the edge.
        full_px: Pixels of the render, inside the picture, that the part has while the person is alone.
        visible_px: Those of them that show with everything else in place.
        visible_xyxy: Box of the visible pixels, picture pixels, cut at the edge; None without any.
    """

    xyxy: Box
    full_px: int
    visible_px: int
    visible_xyxy: Box | None


@dataclass(frozen=True, slots=True)
class RawActor:
    """One person who is on the site, also while outside the picture.

    Attributes:
        id: Their name in the scenario's cast.
        parts: Those before the camera.
        position: (x, y, z) world metres.
        yaw: Radians.
        feet: Left and right, world metres.
        harness: A harness is worn.
    """

    id: str
    parts: Mapping[PartName, RawPart]
    position: Vec3
    yaw: float
    feet: tuple[Vec3, Vec3]
    helmet: HelmetState
    harness: bool
    lanyard: LanyardState
    carrying: str | None = None


@dataclass(frozen=True, slots=True)
class RawFrame:
    """One frame: ``time_s`` is seconds of scene time."""

    frame: int
    time_s: float
    actors: tuple[RawActor, ...]


_FRAME = TypeAdapter(RawFrame)


def measure(
    camera: Camera, points: npt.ArrayLike, visible: Mask, full: Mask, origin: tuple[int, int] = (0, 0)
) -> RawPart | None:
    """Measure one part.

    Args:
        points: (N, 3) its points, world metres.
        visible: The render's pixels in which it shows; the whole render or a rectangle of it.
        full: Those in which it shows while the person is alone; same shape.
        origin: x and y of the rectangle's first pixel in the render.

    Returns:
        The part, or None if it is behind the camera.
    """
    xyxy = camera.box(points)
    if xyxy is None:
        return None
    x, y = origin
    height, width = visible.shape
    inside = camera.in_picture[y : y + height, x : x + width]
    visible = visible & inside
    return RawPart(
        _rounded(xyxy), int((full & inside).sum()), int(visible.sum()), _mask_box(camera, visible, origin)
    )


def write_raw(path: Path, frame: RawFrame) -> None:
    """Write a frame's record: under another name first, so that a file that is there is whole."""
    text = json.dumps({"version": RAW_VERSION, **asdict(frame)}, separators=(",", ":"))
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(text + "\n", encoding="utf-8")
    part.replace(path)


def read_raw(path: Path) -> RawFrame:
    """Read a frame's record.

    Raises:
        StorageError: It is missing, broken or of another version.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document.pop("version") != RAW_VERSION:
            raise ValueError("another version")
        return _FRAME.validate_python(document)
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise StorageError(
            f"the record of a rendered frame cannot be used ({str(error).splitlines()[0]})",
            where=str(path),
            fix="Remove it and its frame, and render again: what is there is not rendered twice.",
        ) from error


def _rounded(box: Box) -> Box:
    left, top, right, bottom = (round(value, 2) for value in box)
    return left, top, right, bottom


def _mask_box(camera: Camera, mask: Mask, origin: tuple[int, int]) -> Box | None:
    """The box, in picture pixels, of a mask of render pixels: from the two ends of each of its rows."""
    rows = np.flatnonzero(mask.any(axis=1))
    if len(rows) == 0:
        return None
    first = mask[rows].argmax(axis=1) + origin[0]
    after_last = mask.shape[1] - mask[rows][:, ::-1].argmax(axis=1) + origin[0]
    y = rows + origin[1]
    corners = [(first, y), (first, y + 1), (after_last, y), (after_last, y + 1)]
    bent = camera.distort(np.concatenate([np.stack(corner, axis=1) for corner in corners]))
    (left, top), (right, bottom) = bent.min(axis=0).tolist(), bent.max(axis=0).tolist()
    size = float(camera.width), float(camera.height)
    return _rounded((max(left, 0.0), max(top, 0.0), min(right, size[0]), min(bottom, size[1])))
