"""From the renderer's record of a frame to what is true of the people in its picture."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from siaga.sim.camera import Camera
from siaga.sim.raw import Box, PartName, RawActor, RawFrame, RawPart
from siaga.sim.scenario import Zone

from .model import Person, Tell, Tells
from .zones import zones_of

HEAD_PX = 10.0
"""Least height of a head, in picture pixels, at which a careful person can tell a helmet."""
HEAD_VISIBLE = 0.6
_HARNESS_PX, _HARNESS_VISIBLE = 80.0, 0.5
"""Least height of a person, and share of them that shows, at which a harness can be told."""
_ZONE_PX, _ZONE_VISIBLE = 20.0, 0.3
_FEET_HIDDEN = 0.15
"""Share of a person's height, from below, that may be hidden while one still sees where they stand."""
_UNCUT = 0.99
_LEAST_PX = 2.0
IN_PICTURE = 0.25
"""Least share of the amodal box inside the picture for the person to be in it."""


def people_of(frame: RawFrame, camera: Camera, zones: Mapping[str, Zone]) -> tuple[Person, ...]:
    """Everybody whose amodal box reaches at least two pixels into the picture, in the record's order."""
    people = (_person(actor, camera, zones) for actor in frame.actors)
    return tuple(person for person in people if person is not None)


def share_inside(xyxy: Box, camera: Camera) -> float:
    """Share of a box's area that is inside the picture, 0 to 1."""
    left, top, right, bottom = cut(xyxy, camera)
    whole = (xyxy[2] - xyxy[0]) * (xyxy[3] - xyxy[1])
    return max(0.0, right - left) * max(0.0, bottom - top) / whole if whole > 0 else 0.0


def cut(xyxy: Box, camera: Camera) -> Box:
    """A box cut at the picture's edge; right < left or bottom < top if it is outside."""
    left, top, right, bottom = xyxy
    return max(left, 0.0), max(top, 0.0), min(right, float(camera.width)), min(bottom, float(camera.height))


def union(*boxes: Box) -> Box:
    """The box around boxes."""
    low, high = np.min(boxes, axis=0), np.max(boxes, axis=0)
    return float(low[0]), float(low[1]), float(high[2]), float(high[3])


def head_parts(actor: RawActor) -> list[RawPart]:
    """The head, and the helmet while it is on it."""
    names: tuple[PartName, ...] = ("head", "helmet") if actor.helmet == "worn" else ("head",)
    return [actor.parts[name] for name in names if name in actor.parts]


def shown(parts: list[RawPart]) -> float:
    """Share of the parts' pixels inside the picture that nothing covers, 0 to 1."""
    whole = sum(part.full_px for part in parts)
    return min(1.0, sum(part.visible_px for part in parts) / whole) if whole else 0.0


def _person(actor: RawActor, camera: Camera, zones: Mapping[str, Zone]) -> Person | None:
    body = actor.parts.get("person")
    feet = camera.see(actor.feet)
    if body is None or not np.isfinite(feet).all():
        return None
    left, top, right, bottom = cut(body.xyxy, camera)
    if right - left < _LEAST_PX or bottom - top < _LEAST_PX:
        return None
    inside = share_inside(body.xyxy, camera)
    visibility = inside * shown([body])
    head = head_parts(actor)
    head_box = union(*(part.xyxy for part in head)) if head else None
    head_inside = share_inside(head_box, camera) if head_box else 0.0
    (left_x, left_y), (right_x, right_y) = feet.round(1).tolist()
    return Person(
        id=actor.id,
        xyxy=_tenths(body.xyxy),
        visible_xyxy=_tenths(body.visible_xyxy) if body.visible_xyxy else None,
        visibility=round(visibility, 3),
        truncated=inside < _UNCUT,
        head_xyxy=_tenths(head_box) if head_box else None,
        head_visibility=round(head_inside * shown(head), 3),
        helmet=actor.helmet,
        helmet_xyxy=_part_box(actor, "helmet"),
        vest_xyxy=_part_box(actor, "vest"),
        harness="worn" if actor.harness else "none",
        harness_xyxy=_part_box(actor, "harness"),
        lanyard=actor.lanyard,
        feet=((left_x, left_y), (right_x, right_y)),
        zones=zones_of(actor, zones),
        tell=Tells(
            _tell_helmet(head_box, head_inside, shown(head)),
            _tell_harness(body.xyxy, inside, shown([body])),
        ),
        tell_zone=_tell_zone(body, camera),
    )


def _tell_helmet(head: Box | None, inside: float, visible: float) -> Tell:
    if head is None or inside < _UNCUT:
        return "cut off"
    if head[3] - head[1] < HEAD_PX:
        return "too small"
    return "yes" if visible >= HEAD_VISIBLE else "occluded"


def _tell_harness(xyxy: Box, inside: float, visible: float) -> Tell:
    if inside < 0.9:
        return "cut off"
    if xyxy[3] - xyxy[1] < _HARNESS_PX:
        return "too small"
    return "yes" if visible >= _HARNESS_VISIBLE else "occluded"


def _tell_zone(body: RawPart, camera: Camera) -> Tell:
    """Where somebody stands is told by the feet."""
    height = body.xyxy[3] - body.xyxy[1]
    if body.xyxy[3] > camera.height:
        return "cut off"
    if height < _ZONE_PX:
        return "too small"
    seen = body.visible_xyxy
    feet_hidden = seen is None or body.xyxy[3] - seen[3] > _FEET_HIDDEN * height
    return "occluded" if feet_hidden or shown([body]) < _ZONE_VISIBLE else "yes"


def _part_box(actor: RawActor, name: PartName) -> Box | None:
    part = actor.parts.get(name)
    return _tenths(part.xyxy) if part else None


def _tenths(xyxy: Box) -> Box:
    left, top, right, bottom = (round(value, 1) for value in xyxy)
    return left, top, right, bottom
