"""The worst errors on one sheet, to be looked at: who was judged wrong, and what the model saw there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from siaga.core.geometry import Box
from siaga.data.cards import Card
from siaga.sim.sheet import sheet, write_picture

from .people import Outcome
from .pictures import Rgb, Size
from .predict import Found
from .run import SourceResult, pixels_of
from .scenes import truth_of

KINDS = (
    "bare judged worn",
    "worn judged missing",
    "nobody judged missing",
    "bare not judged",
    "worn not judged",
)
EACH = 12
_CELL = 240
_LEAST_SIDE = 64.0
_HEADS_WIDE = 6.0
_COLUMNS = 6
_COLOURS = {"person": (60, 120, 255), "helmet": (0, 200, 0), "head": (255, 40, 40), "vest": (255, 160, 0)}
_OTHER = (200, 200, 200)
_TRUTH = (255, 255, 255)
_THIS = (255, 255, 0)


def kind(one: Outcome) -> str | None:
    """Which of ``KINDS`` an outcome is; None when it is no error that can be shown."""
    if one.head is None:
        return None
    if one.whose == "nobody":
        return "nobody judged missing" if one.call == "missing" else None
    if one.whose != "person" or one.worn is None:
        return None
    if one.call in ("unknown", "not_found"):
        return "worn not judged" if one.worn else "bare not judged"
    if one.worn == (one.call == "worn"):
        return None
    return "worn judged missing" if one.worn else "bare judged worn"


def worst(outcomes: Sequence[Outcome], each: int = EACH) -> list[tuple[str, Outcome]]:
    """Up to ``each`` errors of every kind, gravest kind first; the surest and then the largest heads lead."""
    out: list[tuple[str, Outcome]] = []
    for name in KINDS:
        own = [one for one in outcomes if kind(one) == name]
        own.sort(key=lambda one: (-one.confidence, -one.px))
        out.extend((name, one) for one in own[:each])
    return out


def draw_worst(result: SourceResult, card: Card, thresholds: Mapping[str, float], path: Path) -> int:
    """Write the sheet; returns how many errors are on it, 0 without a file when there is none.

    Yellow: the head in question (a found one where nobody is). White: other true heads, helmets included.
    Blue, green, red, orange: persons, helmets, bare heads and vests that were found.

    Raises:
        StorageError: It cannot be written.
    """
    errors = worst(result.outcomes)
    if errors:
        write_picture(path, error_sheet(result, card, thresholds, errors))
    return len(errors)


def error_sheet(
    result: SourceResult,
    card: Card,
    thresholds: Mapping[str, float],
    errors: Sequence[tuple[str, Outcome]],
) -> Rgb:
    """Errors (name and outcome of ``result``) in the order given, as :func:`draw_worst` shows them.

    Raises:
        BadRequest: There is none.
    """
    cells: list[tuple[str, Rgb]] = []
    for name, one in errors:
        picture = result.found[one.picture]
        why = one.reason or (f"{one.confidence:.2f}" if one.confidence else "not_found")
        caption = f"{name}: {why} {one.px:.0f}px"
        cells.append((caption, _cell(picture, one, pixels_of(picture, card), thresholds)))
    columns = min(_COLUMNS, len(cells))
    return sheet(cells, columns, columns * _CELL)


def _cell(picture: Found, one: Outcome, rgb: Rgb, thresholds: Mapping[str, float]) -> Rgb:
    """The surroundings of a head, (``_CELL``, ``_CELL``, 3), with boxes."""
    if one.head is None:
        raise ValueError("an error without a place")
    left, top, side = _window(one.head, picture.size)
    gain = _CELL / side
    move = np.array([[gain, 0, -left * gain], [0, gain, -top * gain]])
    cell = np.asarray(cv2.warpAffine(rgb, move, (_CELL, _CELL), flags=cv2.INTER_LINEAR), np.uint8)
    found = picture.detections
    for box, score, class_id in zip(found.xyxy, found.confidence, found.class_id, strict=True):
        name = found.class_names[class_id]
        if score > thresholds[name]:
            _frame(cell, box.tolist(), (left, top), gain, _COLOURS.get(name, _OTHER))
    for name in ("head", "helmet"):
        for true_box in truth_of(picture, name):
            _frame(cell, true_box.tolist(), (left, top), gain, _TRUTH)
    _frame(cell, one.head, (left, top), gain, _THIS)
    return cell


def _window(head: Box, size: Size) -> tuple[float, float, float]:
    """Left, top and side of a square round ``head``, within the picture where that is possible."""
    x1, y1, x2, y2 = head
    side = min(max(_HEADS_WIDE * (y2 - y1), _LEAST_SIDE), float(max(size)))
    # The head stands in the upper third: below it is the person.
    wanted = ((x1 + x2) / 2 - side / 2, (y1 + y2) / 2 - side / 3)
    left, top = (
        min(max(start, 0.0), length - side) if length > side else (length - side) / 2
        for start, length in zip(wanted, size, strict=True)
    )
    return left, top, side


def _frame(
    cell: Rgb, box: Box, corner: tuple[float, float], gain: float, colour: tuple[int, int, int]
) -> None:
    x1, y1, x2, y2 = (round((value - corner[index % 2]) * gain) for index, value in enumerate(box))
    cv2.rectangle(cell, (x1, y1), (x2, y2), colour, 1)
