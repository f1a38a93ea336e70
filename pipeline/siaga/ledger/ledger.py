"""The ledger of one camera: the denominator of every number that is said about it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import compress

from siaga.core.geometry import anchor_point
from siaga.core.health import Condition, HealthChange
from siaga.core.ledger import LedgerRow
from siaga.core.person import Judged
from siaga.core.scene import Scene
from siaga.core.settings import Zone
from siaga.core.verdict import State

GAP_S = 1.0
"""Most that one step between analysed frames counts: what happened in a longer gap was not seen."""

_Key = tuple[str | None, datetime]
_Sums = defaultdict[str, float]


def _sums() -> _Sums:
    return defaultdict(float)


@dataclass(slots=True)
class _Tally:
    watched: float = 0.0
    person: float = 0.0
    down: _Sums = field(default_factory=_sums)
    judged: _Sums = field(default_factory=_sums)
    unknown: _Sums = field(default_factory=_sums)
    counts: dict[str, int] = field(default_factory=dict)

    def row(self, site: str, camera: str, zone: str | None, hour: datetime) -> LedgerRow:
        return LedgerRow(
            site=site,
            camera=camera,
            zone=zone,
            hour=hour,
            watched_s=round(self.watched, 6),
            down_s=_rounded(self.down),
            person_s=round(self.person, 6),
            judged_s=_rounded(self.judged),
            unknown_s=_rounded(self.unknown),
            **self.counts,
        )


class Ledger:
    """Adds up one camera's scenes, conditions and counts into rows per zone and UTC hour.

    Not thread-safe. Time is taken from the rule clock; UTC only says into which hour it falls. While a
    condition holds, time counts as down and not as watched, whether pictures come or not.

    Args:
        site: The site's name.
        camera: The camera's name.
        zones: Its zones by name. The whole picture is always there, as None.
    """

    def __init__(self, site: str, camera: str, zones: Mapping[str, Zone]) -> None:
        self._site = site
        self._camera = camera
        self._zones = dict(zones)
        self._tallies: dict[_Key, _Tally] = {}
        self._seen: float | None = None
        self._down: dict[Condition, float] = {}

    def observe(self, scene: Scene) -> None:
        """Count one judged frame: the time since the frame before it, at most one second."""
        before, self._seen = self._seen, scene.t
        self.tick(scene.t, scene.utc)
        step = 0.0 if before is None else min(max(scene.t - before, 0.0), GAP_S)
        if step <= 0.0:
            return
        hour = _hour(scene.utc)
        if not self._down:
            for zone in (None, *self._zones):
                self._tally(zone, hour).watched += step
        for zone, people in self._places(scene):
            tally = self._tally(zone, hour)
            for judged in people:
                _count_person(tally, judged, step)

    def health(self, change: HealthChange) -> None:
        """Count from when a condition begins to when it ends. Saying either twice changes nothing."""
        self.tick(change.t, change.utc)
        if change.active:
            self._down.setdefault(change.condition, change.t)
        else:
            self._down.pop(change.condition, None)
        # What lies between the last frame before the change and the first one after it was not watched.
        self._seen = None

    def tick(self, t: float, utc: datetime) -> None:
        """Bring the conditions that hold up to now, so that :meth:`rows` shows a camera still down."""
        for condition, since in self._down.items():
            # A silence is dated from its beginning, which lies before what was counted already.
            if t <= since:
                continue
            for hour, seconds in _by_hour(t - since, utc):
                for zone in (None, *self._zones):
                    self._tally(zone, hour).down[condition.value] += seconds
            self._down[condition] = t

    def frames(self, utc: datetime, analysed: int = 0, overwritten: int = 0, corrupt: int = 0) -> None:
        """Count frames since the last call; they belong to the whole picture."""
        counts = self._tally(None, _hour(utc)).counts
        for name, number in (
            ("frames_analysed", analysed),
            ("frames_overwritten", overwritten),
            ("frames_corrupt", corrupt),
        ):
            counts[name] = counts.get(name, 0) + number

    def events(self, utc: datetime, zone: str | None, number: int = 1) -> None:
        """Count violations begun; those of a zone count for the whole picture too."""
        for place in {None, zone}:
            counts = self._tally(place, _hour(utc)).counts
            counts["events"] = counts.get("events", 0) + number

    def rows(self) -> list[LedgerRow]:
        """What was counted since :meth:`clear`, by hour and zone; the whole picture first."""
        order = sorted(self._tallies, key=lambda key: (key[1], key[0] is not None, key[0] or ""))
        return [self._tallies[key].row(self._site, self._camera, *key) for key in order]

    def clear(self) -> None:
        """Begin to count anew, once what :meth:`rows` gave is stored. Conditions and the clock go on."""
        self._tallies.clear()

    def _places(self, scene: Scene) -> Iterator[tuple[str | None, Sequence[Judged]]]:
        """Who is in the whole picture, and who in each zone."""
        if not scene.people:
            return
        yield None, scene.people
        for name, zone in self._zones.items():
            points = [anchor_point(judged.person.xyxy, zone.anchor) for judged in scene.people]
            yield name, list(compress(scene.people, zone.coordinates.contain(points, scene.size)))

    def _tally(self, zone: str | None, hour: datetime) -> _Tally:
        tally = self._tallies.get((zone, hour))
        if tally is None:
            tally = self._tallies[(zone, hour)] = _Tally()
        return tally


def _count_person(tally: _Tally, judged: Judged, step: float) -> None:
    tally.person += step
    for verdict in judged.verdicts:
        if verdict.state is State.UNKNOWN:
            reason = verdict.reason.value if verdict.reason else "unsaid"
            tally.unknown[f"{verdict.item.value}.{reason}"] += step
        else:
            tally.judged[f"{verdict.item.value}.{verdict.state.value}"] += step


def _hour(utc: datetime) -> datetime:
    return utc.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _by_hour(seconds: float, until: datetime) -> Iterator[tuple[datetime, float]]:
    """Split the ``seconds`` before ``until`` into UTC hours, latest first."""
    while seconds > 0:
        hour = _hour(until - timedelta(microseconds=1))
        part = min(seconds, (until - hour).total_seconds())
        yield hour, part
        seconds, until = seconds - part, hour


def _rounded(sums: Mapping[str, float]) -> dict[str, float]:
    return {key: round(sums[key], 6) for key in sorted(sums)}
