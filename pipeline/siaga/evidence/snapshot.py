"""The still picture of an event: one clean, one drawn on; both pixelated before they are encoded."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from siaga.core.errors import StorageError
from siaga.core.event import Subject
from siaga.core.frame import Rgb
from siaga.core.geometry import Box, Polygon
from siaga.core.settings import Snapshot
from siaga.core.verdict import State
from siaga.evidence.blur import head_region, pixelate

Colour = tuple[int, int, int]
_ALARM: Colour = (230, 30, 30)
_ZONE: Colour = (255, 190, 0)
_LABEL: Colour = (255, 255, 255)
_GROUND: Colour = (20, 20, 20)
_FONT = cv2.FONT_HERSHEY_SIMPLEX


class Still(NamedTuple):
    """JPEG files (no EXIF) of one moment: the picture itself, and a copy with boxes, zone and caption."""

    clean: bytes
    annotated: bytes
    width: int
    height: int


def snapshot(
    rgb_full: Rgb,
    heads: Sequence[Box],
    subjects: Sequence[Subject],
    zone: Polygon | None,
    caption: Sequence[str],
    settings: Snapshot,
    *,
    blur: bool = True,
) -> Still:
    """Make the stills of an event.

    Args:
        rgb_full: (H, W, 3) uint8 RGB at full resolution, privacy masks already applied; not changed.
        heads: Regions to cover, for everybody in the picture, as :func:`siaga.evidence.blur.head_region`
            gives them (already padded). The subjects' own heads are covered in any case.
        subjects: The people of the event; boxes in pixels of ``rgb_full``.
        zone: Drawn on the annotated copy.
        caption: Lines of text for the annotated copy; ASCII is shown, the rest as ``?``.
        settings: Quality and largest width.
        blur: Off only where the site's settings say ``privacy.blur: none``.

    Raises:
        StorageError: The picture cannot be encoded.
    """
    picture, scale = _scaled(rgb_full, settings.max_width)
    if blur:
        regions = [*heads, *(head_region(subject.xyxy, subject.head) for subject in subjects)]
        pixelate(picture, [_times(region, scale) for region in regions])
    height, width = picture.shape[:2]
    clean = _jpeg(picture, settings.quality)
    _draw(picture, subjects, zone, caption, scale)
    return Still(clean, _jpeg(picture, settings.quality), width, height)


def _scaled(rgb: Rgb, max_width: int) -> tuple[NDArray[np.uint8], float]:
    height, width = rgb.shape[:2]
    if width <= max_width:
        return rgb.copy(), 1.0
    scale = max_width / width
    size = (max_width, max(round(height * scale), 1))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8), scale


def _times(box: Box, scale: float) -> Box:
    return (box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale)


def _jpeg(rgb: NDArray[np.uint8], quality: int) -> bytes:
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise StorageError("the snapshot cannot be encoded as JPEG", where=f"{rgb.shape}")
    return data.tobytes()


def _draw(
    picture: NDArray[np.uint8],
    subjects: Sequence[Subject],
    zone: Polygon | None,
    caption: Sequence[str],
    scale: float,
) -> None:
    height, width = picture.shape[:2]
    thick = max(round(width / 400), 2)
    if zone is not None:
        cv2.polylines(picture, [zone.pixels((width, height))], True, _ZONE, thick)
    for subject in subjects:
        x1, y1, x2, y2 = (round(value) for value in _times(subject.xyxy, scale))
        cv2.rectangle(picture, (x1, y1), (x2, y2), _ALARM, thick)
        if label := _subject_label(subject):
            _label(picture, label, (x1, y1), ground=_ALARM)
    y = 0
    for line in caption:
        y = _label(picture, line, (0, y), ground=_GROUND, below=True)


def _subject_label(subject: Subject) -> str:
    missing = [verdict.item.value for verdict in subject.verdicts if verdict.state is State.MISSING]
    return f"no {', '.join(missing)}" if missing else ""


def _label(
    picture: NDArray[np.uint8],
    text: str,
    corner: tuple[int, int],
    *,
    ground: Colour,
    below: bool = False,
) -> int:
    """Write ``text`` on a filled ground, above ``corner`` or below it; gives the ground's lower edge."""
    width = picture.shape[1]
    text = text.encode("ascii", "replace").decode()
    scale = max(width / 1400, 0.45)
    thick = max(round(scale * 2), 1)
    (text_width, text_height), base = cv2.getTextSize(text, _FONT, scale, thick)
    pad = base // 2 + 2
    box_height = text_height + base + 2 * pad
    x = min(max(corner[0], 0), max(width - text_width - 2 * pad, 0))
    y = corner[1] if below else max(corner[1] - box_height, 0)
    cv2.rectangle(picture, (x, y), (x + text_width + 2 * pad, y + box_height), ground, cv2.FILLED)
    place = (x + pad, y + pad + text_height)
    cv2.putText(picture, text, place, _FONT, scale, _LABEL, thick, cv2.LINE_AA)
    return y + box_height
