"""Who is in a zone, and the rule that nobody may be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from siaga.core.event import RuleKind, Severity
from siaga.core.geometry import anchor_point
from siaga.core.scene import Scene
from siaga.core.settings import Zone
from siaga.rules.follow import GAP_S
from siaga.rules.rule import Finding, Moment, Standing, subject_of
from siaga.rules.schedule import Timetable


@dataclass(slots=True)
class _Presence:
    seen: float
    inside: bool = False
    streak: int = 0
    turned: Moment | None = None


class ZoneWatch:
    """Who is in one zone. Somebody is in (or out) after ``inertia`` consecutive frames of being there."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._people: dict[int, _Presence] = {}
        self._entered: dict[int, Moment] = {}

    def update(self, scene: Scene, who: Mapping[int, int]) -> None:
        """Take one frame; ``who`` gives each track id's key."""
        now = Moment(scene.t, scene.utc)
        self._people = {key: kept for key, kept in self._people.items() if scene.t - kept.seen <= GAP_S}
        self._entered = {key: entered for key, entered in self._entered.items() if key in self._people}
        points = [anchor_point(judged.person.xyxy, self._zone.anchor) for judged in scene.people]
        inside = self._zone.coordinates.contain(points, scene.size)
        for judged, here in zip(scene.people, inside, strict=True):
            self._count(who[judged.person.track_id], here, now)

    def entered(self, key: int) -> Moment | None:
        """When the person came in; None for somebody who is not in the zone."""
        return self._entered.get(key)

    def _count(self, key: int, here: bool, now: Moment) -> None:
        kept = self._people.setdefault(key, _Presence(now.t))
        kept.seen = now.t
        if here == kept.inside:
            kept.streak = 0
            return
        if kept.streak == 0:
            kept.turned = now
        kept.streak += 1
        if kept.streak < self._zone.inertia:
            return
        kept.inside, kept.streak = here, 0
        if here and kept.turned is not None:
            self._entered[key] = kept.turned
        else:
            self._entered.pop(key, None)


class ZoneIntrusion:
    """Nobody may be in the zone for longer than its loitering time while its schedule is on."""

    kind = RuleKind.ZONE_INTRUSION

    def __init__(self, name: str, zone: Zone, watch: ZoneWatch, timetable: Timetable) -> None:
        self.zone = name
        self.severity = Severity(zone.severity)
        self._loitering = zone.loitering_time
        self._watch = watch
        self._timetable = timetable

    def on(self, utc: datetime) -> bool:
        return self._timetable.on(utc)

    def findings(self, scene: Scene, who: Mapping[int, int]) -> tuple[Finding, ...]:
        now = Moment(scene.t, scene.utc)
        found = []
        for judged in scene.people:
            key = who[judged.person.track_id]
            entered = self._watch.entered(key)
            if entered is None:
                standing = Standing.OUTSIDE
            else:
                long = scene.t - entered.t >= self._loitering
                standing = Standing.VIOLATES if long else Standing.UNCLEAR
            found.append(Finding(key, standing, subject_of(judged), entered or now))
        return tuple(found)
