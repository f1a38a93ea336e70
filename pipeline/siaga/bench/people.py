"""How well people are found and judged, by how high they stand in the picture."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from siaga.bench.sightings import Sighting
from siaga.core.verdict import Item, State

BUCKETS = ((0.0, "<40"), (40.0, "40-80"), (80.0, "80-160"), (160.0, ">160"))
"""Least height of a person in pixels, and the bucket's name."""
TALL = ">=80"
_TALL_PX = 80.0
_LEAST_PICTURES = 5
"""A shorter stay in a bucket says nothing."""
_ENOUGH = 0.5


@dataclass(frozen=True, slots=True)
class Found:
    """Person tracks of one condition and height. ``tracks``: people who stood there long enough."""

    tracks: int = 0
    found: int = 0

    def __add__(self, other: "Found") -> "Found":
        return Found(self.tracks + other.tracks, self.found + other.found)

    @property
    def recall(self) -> float | None:
        """Share of the tracks that was found; None when there was none."""
        return self.found / self.tracks if self.tracks else None


@dataclass(frozen=True, slots=True)
class Judging:
    """Person-seconds in which a careful person could tell, by what the edge gave.

    Attributes:
        right: The verdict that is true.
        wrong: The opposite.
        unknown: By reason: what the edge could not tell though it could be told.
        not_found: No track on the person.
    """

    right: float
    wrong: float
    unknown: Mapping[str, float]
    not_found: float

    @property
    def tellable(self) -> float:
        """All of them."""
        return self.right + self.wrong + sum(self.unknown.values()) + self.not_found

    def __add__(self, other: "Judging") -> "Judging":
        return Judging(
            self.right + other.right,
            self.wrong + other.wrong,
            added(self.unknown, other.unknown),
            self.not_found + other.not_found,
        )


NOTHING_JUDGED = Judging(0.0, 0.0, {}, 0.0)


def added(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    """Sums per key, keys in order."""
    return {key: one.get(key, 0.0) + other.get(key, 0.0) for key in sorted({*one, *other})}


def bucket(height: float) -> str:
    """The bucket of a person ``height`` pixels high."""
    return next(name for least, name in reversed(BUCKETS) if height >= least)


def tracks_found(sightings: Iterable[Sighting]) -> dict[str, Found]:
    """Person tracks by height bucket, and all of at least 80 px together.

    A person counts once in each bucket in which at least five analysed pictures show it clearly (at least
    60 % visible, not cut off). It is found there when a track's box overlaps it in at least half of them.
    """
    pictures: defaultdict[tuple[str, str], list[bool]] = defaultdict(list)
    for seen in sightings:
        if not seen.person.clear:
            continue
        hit = seen.judged is not None
        pictures[bucket(seen.person.height), seen.person.id].append(hit)
        if seen.person.height >= _TALL_PX:
            pictures[TALL, seen.person.id].append(hit)
    found = {name: Found() for name in (*(name for _, name in BUCKETS), TALL)}
    for (name, _), hits in pictures.items():
        if len(hits) >= _LEAST_PICTURES:
            found[name] += Found(1, int(sum(hits) >= _ENOUGH * len(hits)))
    return found


def judging(sightings: Iterable[Sighting], item: Item) -> dict[str, Judging]:
    """Person-seconds in which it could be told whether ``item`` is worn, by height bucket."""
    sums = {name: NOTHING_JUDGED for _, name in BUCKETS}
    for seen in sightings:
        if seen.person.tellable(item):
            sums[bucket(seen.person.height)] += _one(seen, item)
    return sums


def _one(seen: Sighting, item: Item) -> Judging:
    if seen.judged is None:
        return Judging(0.0, 0.0, {}, seen.step)
    verdict = seen.judged.verdict(item)
    if verdict is None or verdict.state is State.UNKNOWN:
        reason = verdict.reason.value if verdict and verdict.reason else "unsaid"
        return Judging(0.0, 0.0, {f"{item.value}.{reason}": seen.step}, 0.0)
    if (verdict.state is State.WORN) == seen.person.wears(item):
        return Judging(seen.step, 0.0, {}, 0.0)
    return Judging(0.0, seen.step, {}, 0.0)
