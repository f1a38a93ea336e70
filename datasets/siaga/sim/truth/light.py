"""Whether a person can be made out in the camera's picture, measured against the same one without people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from siaga.sim.raw import Box

from .model import Person, Tell, Tells

Rgb = npt.NDArray[np.uint8]

LEAST_LIGHT = 15.0
"""Of 255: below, what a head wears cannot be told by eye in a picture that is not brightened. In the energy
yard, heads that could not be told were under 14.9 in 19 of 20 frames, half of those that could over 16.5."""
LEAST_CONTRAST = 8.0
"""Of 255: root mean square difference of luma to the picture without people; below, nobody is seen there."""
_CORE = 0.7
"""Share of a box's width and height that the measured ellipse has: less of what stands behind."""
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True, slots=True)
class Views:
    """One moment, each (height, width, 3) RGB uint8, before the codec.

    Attributes:
        picture: As the camera delivers it.
        empty: The same without people, noise and weather included.
        clear: As delivered in clear weather through a clean window, which add light that is not the person's.
    """

    picture: Rgb
    empty: Rgb
    clear: Rgb


def in_this_light(people: Iterable[Person], views: Views) -> tuple[Person, ...]:
    """People with ``indistinct`` instead of ``yes`` where darkness, weather or dirt hide them."""
    return tuple(_seen(person, views) for person in people)


def _seen(person: Person, views: Views) -> Person:
    told = {person.tell.helmet, person.tell.harness, person.tell_zone}
    if "yes" not in told:
        return person
    head = person.head_xyxy is not None and _is_told(person.head_xyxy, views)
    body = _is_told(person.xyxy, views)
    stands_out = contrast(person.xyxy, views) >= LEAST_CONTRAST
    return replace(
        person,
        tell=Tells(_unless(head, person.tell.helmet), _unless(body, person.tell.harness)),
        tell_zone=_unless(stands_out, person.tell_zone),
    )


def _unless(distinct: bool, tell: Tell) -> Tell:
    return "indistinct" if tell == "yes" and not distinct else tell


def _is_told(xyxy: Box, views: Views) -> bool:
    return light(xyxy, views.clear) >= LEAST_LIGHT and contrast(xyxy, views) >= LEAST_CONTRAST


def light(xyxy: Box, picture: Rgb) -> float:
    """How bright it is in a box's middle, 0 to 255: the mean of each pixel's strongest colour
    (dark red is not black). 0 outside the picture."""
    part = _part(xyxy, picture)
    if part.size == 0:
        return 0.0
    rows, columns = np.mgrid[: part.shape[0], : part.shape[1]]
    middle_y, middle_x = (part.shape[0] - 1) / 2, (part.shape[1] - 1) / 2
    inside = np.hypot(
        (columns - middle_x) / (_CORE * part.shape[1] / 2), (rows - middle_y) / (_CORE * part.shape[0] / 2)
    )
    return float(part.max(axis=2)[inside <= 1].mean())


def contrast(xyxy: Box, views: Views) -> float:
    """Root mean square difference of luma to the empty picture in a box, 0 to 255; 0 outside the picture."""
    part, behind = _part(xyxy, views.picture), _part(xyxy, views.empty)
    if part.size == 0:
        return 0.0
    difference = (part.astype(np.float32) - behind.astype(np.float32)) @ _LUMA
    return float(np.sqrt(np.mean(difference**2)))


def _part(xyxy: Box, picture: Rgb) -> Rgb:
    left, top, right, bottom = (max(0, round(value)) for value in xyxy)
    return picture[top:bottom, left:right]
