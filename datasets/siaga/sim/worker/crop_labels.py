"""What a crop shows, as a JSON object: states, boxes and visibility of the parts. numpy only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from siaga.sim.look import Look
from siaga.sim.render.raster import rasterise
from siaga.sim.render.rectangles import Rect

from .fields import Array
from .variation import Shot, Stance

PART_CODES = {"other": 0, "head": 1, "helmet": 2, "vest": 3, "harness": 4, "lanyard": 5, "load": 6}
COVER_CODE = 100
"""Of what stands in front of the person."""
Index = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def crop_rect(pixels: Array, shot: Shot, size: tuple[int, int]) -> Rect:
    """The crop, in pixels of the render of ``size``: around the person's (N, 2), with margin and shift."""
    low, high = pixels.min(0), pixels.max(0)
    border = shot.margin * float((high - low).max())
    shift = np.array(shot.shift) * (high - low)
    left, top = np.floor(low - border + shift).astype(int).tolist()
    right, bottom = np.ceil(high + border + shift).astype(int).tolist()
    return Rect(max(0, left), max(0, top), min(size[0], right), min(size[1], bottom))


def part_boxes(
    points: Array, triangles: Index, codes: Index, rect: Rect, *, helmet_worn: bool
) -> dict[str, dict[str, Any]]:
    """Boxes of the parts in pixels of the crop, of those that are there at all.

    "person" is the body with what is worn: neither lanyard, load, nor a helmet that is not on the head.

    Args:
        points: (N, 3) x, y in render pixels and depth in metres.
        triangles: (M, 3) of the person and of what stands in front.
        codes: (M,) of :data:`PART_CODES`, :data:`COVER_CODE` for what stands in front.
        rect: The crop in the render.

    Returns:
        Name to ``xyxy`` (amodal, may leave the crop), ``visible_xyxy`` (None if hidden), ``visible_px``,
        ``full_px``
        (as if nothing else were there, inside the crop) and ``visibility`` (their ratio, times the share of
        the box inside the crop).
    """
    # Each code is drawn once; what hides what comes from the depths.
    present = np.unique(codes)
    alone = [rasterise(points, triangles[codes == c], codes[codes == c], rect) for c in present]
    nearest = np.argmin([buffer.depth for buffer in alone], axis=0)
    groups = {name: (code,) for name, code in PART_CODES.items() if name != "other"}
    found = {}
    for name, chosen in {"person": (0, 1, 3, 4, *((2,) if helmet_worn else ())), **groups}.items():
        rows = np.flatnonzero(np.isin(present, chosen))
        if len(rows):
            full = np.any([alone[row].code >= 0 for row in rows], axis=0)
            used = np.unique(triangles[np.isin(codes, chosen)])
            found[name] = _box(points[used, :2], full, full & np.isin(nearest, rows), rect)
    return found


def _box(own: Array, full: Mask, seen: Mask, rect: Rect) -> dict[str, Any]:
    (x0, y0), (x1, y1) = own.min(0) - (rect.left, rect.top), own.max(0) - (rect.left, rect.top)
    inside = max(0.0, min(x1, rect.width) - max(x0, 0)) * max(0.0, min(y1, rect.height) - max(y0, 0))
    share = inside / max((x1 - x0) * (y1 - y0), 1e-6)
    rows, columns = np.nonzero(seen)
    visible = None
    if len(rows):
        visible = [int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1]
    ratio = float(seen.sum() / max(int(full.sum()), 1))
    return {
        "xyxy": [round(float(v), 1) for v in (x0, y0, x1, y1)],
        "visible_xyxy": visible,
        "visible_px": int(seen.sum()),
        "full_px": int(full.sum()),
        "visibility": round(min(1.0, ratio) * share, 3),
    }


def label(
    look: Look, stance: Stance, shot: Shot, rect: Rect, parts: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The label of a crop, but its file and number.

    ``helmet``, ``harness`` and ``lanyard`` say what is true, also where it cannot be seen: look at the
    parts' ``visibility`` before learning from them.
    """
    head = parts.get("head", {}).get("xyxy")
    return {
        "width": rect.width,
        "height": rect.height,
        "helmet": stance.helmet,
        "head_cover": "none" if look.hair in ("short", "bald", "long") else look.hair,
        "harness": "worn" if look.harness else "none",
        "lanyard": stance.lanyard,
        "vest": look.vest,
        "backpack": look.backpack,
        "tool_belt": look.tool_belt,
        "top": look.top,
        "pose": stance.name,
        "cover": shot.cover,
        "truncated": parts["person"]["xyxy"] != _held(parts["person"]["xyxy"], rect),
        "head_px": round(head[3] - head[1], 1) if head else 0.0,
        "parts": parts,
        "look": look.model_dump(mode="json"),
        "shot": {
            "height_px": shot.height_px,
            "above_deg": round(shot.above_deg, 1),
            "distance_m": round(shot.distance_m, 1),
            "overcast": shot.overcast,
            "sun_height_deg": round(shot.sun_height_deg, 1),
            "grey": shot.grey,
        },
    }


def _held(xyxy: list[float], rect: Rect) -> list[float]:
    x0, y0, x1, y1 = xyxy
    return [max(0, x0), max(0, y0), min(rect.width, x1), min(rect.height, y1)]
