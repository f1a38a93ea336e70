"""Labels for training: the renderer's record of a frame as boxes of classes, in YOLO and COCO form.

The classes follow the project's convention for heads: ``helmet`` and ``head`` are both the whole head from
chin to top, with a helmet on it or without; a helmet anywhere else is a ``loose_helmet``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from .camera import Camera
from .raw import Box, PartName, RawActor, RawFrame, RawPart
from .truth.people import cut, head_parts, share_inside, shown, union

LabelClass = Literal["person", "helmet", "head", "vest", "harness", "loose_helmet"]
CLASSES: tuple[LabelClass, ...] = get_args(LabelClass)
LEAST_VISIBLE = 0.15
"""Boxes of which less shows are not labelled."""
_LEAST_PX = 2.0


@dataclass(frozen=True, slots=True)
class Label:
    """One box of one frame; picture pixels, xyxy.

    Attributes:
        xyxy: What can be seen, cut at the picture's edge.
        amodal_xyxy: The whole thing, not cut.
        visibility: Share of the whole that can be seen, 0 to 1.
        track_id: The person's name in the scenario.
    """

    name: LabelClass
    xyxy: Box
    amodal_xyxy: Box
    visibility: float
    track_id: str
    attributes: dict[str, str] = field(default_factory=dict)


def labels_of(frame: RawFrame, camera: Camera, least_visible: float = LEAST_VISIBLE) -> list[Label]:
    """The labels of a frame: each person's own, in the record's order.

    Args:
        least_visible: Boxes of which a smaller share can be seen are left out.
    """
    found = [label for actor in frame.actors for label in _of_actor(actor, camera)]
    return [label for label in found if label.visibility >= least_visible and _is_large(label.xyxy)]


def write_yolo(path: Path, labels: Iterable[Label], width: int, height: int) -> None:
    """Write ``class x y w h`` lines: centre and size as fractions of the picture, six digits."""
    lines = []
    for label in labels:
        x1, y1, x2, y2 = label.xyxy
        x, y, w, h = (x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height
        lines.append(f"{CLASSES.index(label.name)} {x:.6f} {y:.6f} {w:.6f} {h:.6f}\n")
    path.write_text("".join(lines), encoding="utf-8")


def write_coco(path: Path, images: Sequence[tuple[str, Sequence[Label]]], width: int, height: int) -> None:
    """Write a COCO file of detections.

    Each annotation also has ``amodal_bbox`` (xywh, not cut), ``visibility``, ``track_id`` and ``attributes``
    (helmet, harness, lanyard, carrying).

    Args:
        images: File name and labels of each picture, all of ``width`` x ``height`` pixels.
    """
    annotations: list[dict[str, Any]] = []
    for image_id, (_, labels) in enumerate(images, 1):
        for label in labels:
            annotations.append({"id": len(annotations) + 1, "image_id": image_id, **_annotation(label)})
    document = {
        "info": {"description": "Siaga simulated site: rendered, no real person or place in it"},
        "categories": [{"id": number, "name": name} for number, name in enumerate(CLASSES, 1)],
        "images": [
            {"id": image_id, "file_name": name, "width": width, "height": height}
            for image_id, (name, _) in enumerate(images, 1)
        ],
        "annotations": annotations,
    }
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(json.dumps(document, separators=(",", ":")) + "\n", encoding="utf-8")
    part.replace(path)


def _annotation(label: Label) -> dict[str, Any]:
    left, top, width, height = _xywh(label.xyxy)
    return {
        "category_id": CLASSES.index(label.name) + 1,
        "bbox": [left, top, width, height],
        "area": round(width * height, 2),
        "iscrowd": 0,
        "amodal_bbox": list(_xywh(label.amodal_xyxy)),
        "visibility": round(label.visibility, 3),
        "track_id": label.track_id,
        "attributes": label.attributes,
    }


def _of_actor(actor: RawActor, camera: Camera) -> Iterable[Label]:
    groups: list[tuple[LabelClass, list[RawPart]]] = [
        ("person", _named(actor, "person")),
        ("helmet" if actor.helmet == "worn" else "head", head_parts(actor)),
        ("vest", _named(actor, "vest")),
        ("harness", _named(actor, "harness")),
        ("loose_helmet", _named(actor, "helmet") if actor.helmet in ("hand", "hip", "table") else []),
    ]
    attributes = {
        "helmet": actor.helmet,
        "harness": "worn" if actor.harness else "none",
        "lanyard": actor.lanyard,
        **({"carrying": actor.carrying} if actor.carrying else {}),
    }
    for name, parts in groups:
        seen = [cut(part.visible_xyxy, camera) for part in parts if part.visible_xyxy]
        if seen:
            whole = union(*(part.xyxy for part in parts))
            visibility = share_inside(whole, camera) * shown(parts)
            yield Label(name, union(*seen), whole, visibility, actor.id, attributes)


def _named(actor: RawActor, name: PartName) -> list[RawPart]:
    return [actor.parts[name]] if name in actor.parts else []


def _is_large(xyxy: Box) -> bool:
    return xyxy[2] - xyxy[0] >= _LEAST_PX and xyxy[3] - xyxy[1] >= _LEAST_PX


def _xywh(xyxy: Box) -> Box:
    left, top, right, bottom = xyxy
    return round(left, 2), round(top, 2), round(right - left, 2), round(bottom - top, 2)
