"""Equipment that must be worn, in the whole picture or in a zone."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from siaga.core.event import RuleKind, Severity
from siaga.core.person import Judged
from siaga.core.scene import Scene
from siaga.core.verdict import Item, State
from siaga.rules.rule import Finding, Moment, Standing, subject_of
from siaga.rules.schedule import Timetable
from siaga.rules.zone import ZoneWatch


class MissingPpe:
    """Every person (in the zone, if there is one) must wear the items while the schedule is on.

    Args:
        items: What must be worn.
        zone: The zone's name and who is in it; None for the whole picture.
    """

    kind = RuleKind.MISSING_PPE

    def __init__(
        self,
        items: Iterable[Item],
        severity: Severity,
        timetable: Timetable,
        zone: tuple[str, ZoneWatch] | None = None,
    ) -> None:
        self.items = tuple(items)
        self.severity = severity
        self.zone = zone[0] if zone else None
        self._watch = zone[1] if zone else None
        self._timetable = timetable

    def on(self, utc: datetime) -> bool:
        return self._timetable.on(utc)

    def findings(self, scene: Scene, who: Mapping[int, int]) -> tuple[Finding, ...]:
        now = Moment(scene.t, scene.utc)
        return tuple(self._finding(judged, who[judged.person.track_id], now) for judged in scene.people)

    def _finding(self, judged: Judged, key: int, now: Moment) -> Finding:
        if self._watch is not None and self._watch.entered(key) is None:
            return Finding(key, Standing.OUTSIDE, subject_of(judged), now)
        states = {verdict.item: verdict.state for verdict in judged.verdicts}
        missing = tuple(item for item in self.items if states.get(item) is State.MISSING)
        worn = tuple(item for item in self.items if states.get(item) is State.WORN)
        standing = Standing.UNCLEAR
        if missing:
            standing = Standing.VIOLATES
        elif len(worn) == len(self.items):
            standing = Standing.KEPT
        return Finding(key, standing, subject_of(judged), now, missing, worn)
