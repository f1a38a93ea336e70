"""One-to-one matching of heads and vests to people."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from siaga.core.detection import Detections
from siaga.core.geometry import Box, FloatArray, as_boxes, contained
from siaga.core.person import Part, Person, Track
from siaga.judge.heads import REJECT, Costs, HeadCandidate, find_heads, head_costs

_RIVAL = 0.35
"""A second, unclaimed head of the other kind this close in cost leaves the person ambiguous."""
_COVERED = 0.6


def associate(tracks: Sequence[Track], detections: Detections) -> tuple[Person, ...]:
    """Give every person the head (bare or helmeted) and the vest that are its own.

    Hungarian matching over costs of geometry: no head and no vest goes to two people, and a person goes
    without one rather than take one that does not sit on it. ``Person.head`` and ``Person.helmet`` are both
    set exactly when it cannot be told which of the two it is.

    Args:
        tracks: People of this frame.
        detections: All boxes of this frame: ``helmet`` (head and helmet), ``head`` (bare head), ``vest``.

    Returns:
        One person per track, in the order of ``tracks``.
    """
    if not tracks:
        return ()
    people = as_boxes(track.xyxy for track in tracks)
    heads = match_heads(people, find_heads(detections))
    vests = _match_vests(people, detections.of("vest"))
    hidden_heads = covered(people, heads)
    return tuple(
        Person(
            track_id=track.track_id,
            xyxy=track.xyxy,
            confidence=track.confidence,
            head=head.head if head else None,
            helmet=head.helmet if head else None,
            vest=vest,
            head_px=head.part.xyxy[3] - head.part.xyxy[1] if head else None,
            covered_by_other=bool(hidden),
        )
        for track, head, vest, hidden in zip(tracks, heads, vests, hidden_heads, strict=True)
    )


def head_region(person: Box) -> Box:
    """Where the head should be when none was found: the upper middle of the person's box."""
    x1, y1, x2, y2 = person
    width = x2 - x1
    return (x1 + 0.2 * width, y1, x2 - 0.2 * width, y1 + min(0.25 * (y2 - y1), 0.8 * width))


def _assign(costs: Costs, reject: float) -> list[tuple[int, int]]:
    rows, columns = linear_sum_assignment(costs)
    return [
        (row, column)
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        if costs[row, column] < reject
    ]


def match_heads(people: FloatArray, heads: tuple[HeadCandidate, ...]) -> list[HeadCandidate | None]:
    """The head of each of ``people`` (N, 4), one to one; both kinds when a rival leaves it open."""
    matched: list[HeadCandidate | None] = [None] * len(people)
    if not heads:
        return matched
    boxes = as_boxes(head.part.xyxy for head in heads)
    scores = np.asarray([head.part.confidence for head in heads], dtype=np.float32)
    costs = head_costs(people, boxes, scores)
    pairs = _assign(costs, REJECT)
    free = set(range(len(heads))) - {column for _, column in pairs}
    for row, column in pairs:
        head = heads[column]
        rivals = [
            heads[other] for other in free if costs[row, other] < min(REJECT, costs[row, column] + _RIVAL)
        ]
        matched[row] = _with_rivals(head, rivals)
    return matched


def _with_rivals(head: HeadCandidate, rivals: list[HeadCandidate]) -> HeadCandidate:
    """``head``, carrying both kinds when a rival is of the kind that it is not."""
    for rival in rivals:
        if head.helmet is None and rival.helmet is not None:
            return HeadCandidate(helmet=rival.helmet, head=head.head)
        if head.head is None and rival.head is not None:
            return HeadCandidate(helmet=head.helmet, head=rival.head)
    return head


def _match_vests(people: FloatArray, vests: Detections) -> list[Part | None]:
    matched: list[Part | None] = [None] * len(people)
    if not len(vests):
        return matched
    left, top = people[:, 0:1], people[:, 1:2]
    width = np.maximum(people[:, 2:3] - left, 1e-3)
    height = np.maximum(people[:, 3:4] - top, 1e-3)
    across = np.abs(((vests.xyxy[:, 0] + vests.xyxy[:, 2]) / 2 - left) / width - 0.5)
    down = ((vests.xyxy[:, 1] + vests.xyxy[:, 3]) / 2 - top) / height
    wide = (vests.xyxy[:, 2] - vests.xyxy[:, 0]) / width
    possible = (
        (contained(vests.xyxy, people).T >= 0.6)
        & (down >= 0.15)
        & (down <= 0.75)
        & (wide >= 0.25)
        & (wide <= 1.15)
    )
    cost = across + np.abs(down - 0.42) + 0.2 * (1.0 - vests.confidence)
    costs = np.asarray(np.where(possible, np.minimum(cost, 1.0), 1.0), dtype=np.float64)
    for row, column in _assign(costs, 1.0):
        x1, y1, x2, y2 = vests.xyxy[column].tolist()
        matched[row] = Part((x1, y1, x2, y2), float(vests.confidence[column]))
    return matched


def covered(people: FloatArray, heads: Sequence[HeadCandidate | None]) -> NDArray[np.bool_]:
    """Whose head region (N,) lies behind another person's box.

    The one whose feet are lower in the picture stands in front. Two people with a head each are not in
    each other's way, whatever their boxes do: one-to-one matching has told the heads apart.
    """
    regions = as_boxes(
        head.part.xyxy if head else head_region((box[0], box[1], box[2], box[3]))
        for head, box in zip(heads, people.tolist(), strict=True)
    )
    behind = people[None, :, 3] > people[:, None, 3]
    found = np.asarray([head is not None for head in heads])
    told_apart = found[:, None] & found[None, :]
    return np.asarray(((contained(regions, people) >= _COVERED) & behind & ~told_apart).any(axis=1))
