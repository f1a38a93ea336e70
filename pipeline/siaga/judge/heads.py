"""Heads in a frame, bare or helmeted, and how well each would sit on each person."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from siaga.core.detection import Detections
from siaga.core.geometry import FloatArray, area, as_boxes, contained, intersection
from siaga.core.person import Part

Costs = NDArray[np.float64]

REJECT = 1.2
"""Cost from which a head is not this person's; also what it costs to leave a person without a head."""

_SAME_IOU = 0.45
_SAME_SHARE = 0.7
_SAME_SIZE = 0.4
_TIE = 0.1


@dataclass(frozen=True, slots=True)
class HeadCandidate:
    """One physical head. Both parts are set when the detector cannot decide between them."""

    helmet: Part | None = None
    head: Part | None = None

    @property
    def part(self) -> Part:
        """The part that says where the head is."""
        part = self.helmet or self.head
        if part is None:
            raise ValueError("a head candidate without a part")
        return part

    @property
    def is_one(self) -> bool:
        """Whether both parts, if there are two, lie on the same spot: one head, of either kind."""
        if self.helmet is None or self.head is None:
            return True
        return bool(same_spot(as_boxes((self.helmet.xyxy, self.head.xyxy)))[0, 1])


def find_heads(detections: Detections) -> tuple[HeadCandidate, ...]:
    """Merge ``helmet`` (head and helmet) and ``head`` (bare) boxes that lie on the same spot.

    The more confident kind wins; within 0.1 of each other neither does, and the candidate carries both.
    """
    helmets, bare = detections.of("helmet"), detections.of("head")
    boxes = np.concatenate([helmets.xyxy, bare.xyxy])
    scores = np.concatenate([helmets.confidence, bare.confidence])
    same = same_spot(boxes)
    heads: list[HeadCandidate] = []
    leads: list[int] = []
    # Ties are broken by place in the detector's list, so that a file gives the same result every time.
    for index in np.argsort(-scores, kind="stable").tolist():
        x1, y1, x2, y2 = boxes[index].tolist()
        part = Part((x1, y1, x2, y2), float(scores[index]))
        kind = "helmet" if index < len(helmets) else "head"
        at = next((place for place, lead in enumerate(leads) if same[lead, index]), None)
        if at is None:
            leads.append(index)
            heads.append(HeadCandidate(**{kind: part}))
        elif getattr(heads[at], kind) is None and heads[at].part.confidence - part.confidence < _TIE:
            heads[at] = replace(heads[at], **{kind: part})
    return tuple(heads)


def same_spot(boxes: FloatArray) -> NDArray[np.bool_]:
    """Which pairs of boxes (N, 4) are one head, (N, N)."""
    areas = np.maximum(area(boxes), 1e-6)
    shared = intersection(boxes, boxes)
    low = np.minimum(areas[:, None], areas[None, :])
    high = np.maximum(areas[:, None], areas[None, :])
    overlap = shared / (areas[:, None] + areas[None, :] - shared)
    # A small head far behind a near one may lie inside its box: sizes must agree too.
    inside = (shared / low >= _SAME_SHARE) & (low / high >= _SAME_SIZE)
    return np.asarray((overlap >= _SAME_IOU) | inside)


def head_costs(people: FloatArray, heads: FloatArray, scores: FloatArray) -> Costs:
    """How badly each head sits on each person, (N, M); ``REJECT`` where it cannot be that person's.

    Measured in head heights below the top of the person's box, so that one rule fits near and far people:
    an upright person's head is within 0.8 of its own height of the top; in a squat box (kneeling, bending,
    seen from above) it may hang down to 1.6 and off centre, at a cost. A helmet in a hand, on a hip or on a
    table beside is further down, outside, or of the wrong size.

    Args:
        people: (N, 4) float32 pixels.
        heads: (M, 4) float32 pixels.
        scores: (M,) float32, 0..1.
    """
    left, top = people[:, 0:1], people[:, 1:2]
    width = np.maximum(people[:, 2:3] - left, 1e-3)
    height = np.maximum(people[:, 3:4] - top, 1e-3)
    head_width = heads[:, 2] - heads[:, 0]
    head_height = np.maximum(heads[:, 3] - heads[:, 1], 1e-3)
    upright = np.clip(height / width - 1.0, 0.0, 1.0)

    across = ((heads[:, 0] + heads[:, 2]) / 2 - left) / width
    drop = (heads[:, 1] - top) / head_height
    tall = head_height / height
    wide = head_width / width
    possible = (
        (drop >= -0.6)
        & (drop <= 1.6 - 0.8 * upright)
        & (tall >= 0.06)
        & (tall <= 0.8 - 0.42 * upright)
        & (wide >= 0.1)
        & (wide <= 1.1)
        & (contained(heads, people).T >= 0.4)
    )
    cost = (
        np.where(drop > 0, 0.5, -0.8) * drop
        + (0.4 + 0.4 * upright) * np.abs(across - 0.5)
        + 0.4 * np.abs(np.log(np.maximum(tall, 1e-3) / (0.3 - 0.16 * upright)))
        + 0.2 * (1.0 - scores)
    )
    return np.asarray(np.where(possible, np.minimum(cost, REJECT), REJECT), dtype=np.float64)
