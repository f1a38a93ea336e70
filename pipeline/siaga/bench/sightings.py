"""Who of the truth was seen as which track, picture by picture."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from siaga.bench.matching import person_overlap
from siaga.bench.truth import ClipTruth, TruthPerson
from siaga.core.geometry import as_boxes
from siaga.core.person import Judged
from siaga.core.scene import Scene

LEAST_IOU = 0.5
_AROUND_S = 1.0
_LONGEST_STEP_S = 1.0
"""Most that one step counts, as in the ledger."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A person of the truth in one analysed picture.

    Attributes:
        t: Seconds from the first picture.
        step: Seconds since the analysed picture before it; what this one stands for.
        judged: The track that was matched one-to-one, with its verdicts; None: not found.
    """

    t: float
    step: float
    person: TruthPerson
    judged: Judged | None


def sightings(truth: ClipTruth, scenes: Sequence[Scene]) -> tuple[Sighting, ...]:
    """Match the tracks of every scene to the people of the truth (IoU of at least 0.5)."""
    found: list[Sighting] = []
    before: float | None = None
    for scene in scenes:
        step = 0.0 if before is None else min(scene.t - before, _LONGEST_STEP_S)
        before = scene.t
        people = truth.at(scene.t)
        tracks = dict(_pairs(people, scene.people))
        found += [Sighting(scene.t, step, person, tracks.get(row)) for row, person in enumerate(people)]
    return tuple(found)


def person_of_track(found: Sequence[Sighting], track_id: int | None, said_s: float) -> str | None:
    """Whom a track was on in most pictures of the second before and after ``said_s``; None: nobody."""
    near = Counter(
        sighting.person.id
        for sighting in found
        if abs(sighting.t - said_s) <= _AROUND_S
        and sighting.judged is not None
        and sighting.judged.person.track_id == track_id
    )
    return near.most_common(1)[0][0] if near else None


def _pairs(people: Sequence[TruthPerson], tracks: Sequence[Judged]) -> Iterator[tuple[int, Judged]]:
    if not people or not tracks:
        return
    shared = person_overlap(people, as_boxes(judged.person.xyxy for judged in tracks))
    worth = np.where(shared >= LEAST_IOU, shared, 0.0)
    rows, columns = linear_sum_assignment(worth, maximize=True)
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        if shared[row, column] >= LEAST_IOU:
            yield row, tracks[column]
