"""The rules of one camera."""

from collections.abc import Iterator
from datetime import datetime

from siaga.core.clock import IdFactory
from siaga.core.event import RuleKind, Severity, Transition
from siaga.core.health import HealthChange
from siaga.core.scene import Scene
from siaga.core.settings import Camera, Settings
from siaga.core.verdict import Item
from siaga.rules.follow import Follower
from siaga.rules.health import BLIND, Unmonitored
from siaga.rules.lifecycle import Lifecycle, Timing, merge_held
from siaga.rules.ppe import MissingPpe
from siaga.rules.rule import Moment, Rule
from siaga.rules.schedule import Timetable
from siaga.rules.zone import ZoneIntrusion, ZoneWatch

_RANK = {severity: rank for rank, severity in enumerate((Severity.INFO, Severity.WARNING, Severity.ALERT))}


class RuleBook:
    """Turns the scenes of one camera into the beginning, change and end of violations.

    One violation per person and rule. Somebody who violates a zone's ``requires`` gives an event of that
    zone and not a second one of the whole picture for the same items. Somebody whom the whole picture has
    reported already and who then walks into the zone is reported again only where the zone is more severe:
    whoever was only warned must hear of it.

    Args:
        name: The camera's name.
        camera: Its configuration.
        settings: The site's, for its time zone, schedules and ``ppe``.
        new_id: Gives each violation its id.
    """

    def __init__(self, name: str, camera: Camera, settings: Settings, new_id: IdFactory) -> None:
        timing = Timing(grouping=settings.ppe.grouping, repeat=settings.ppe.repeat_interval)
        self._follower = Follower()
        self._watches = {zone: ZoneWatch(block) for zone, block in camera.zones.items()}
        self._rules = [
            Lifecycle(rule, name, timing, new_id) for rule in _rules(camera, settings, self._watches)
        ]
        self._unmonitored = Unmonitored(name, camera.zones, new_id)

    @property
    def items(self) -> tuple[Item, ...]:
        """Everything that some rule asks for, to be judged."""
        asked = [
            item
            for lifecycle in self._rules
            if isinstance(lifecycle.rule, MissingPpe)
            for item in lifecycle.rule.items
        ]
        return tuple(dict.fromkeys(asked))

    def update(self, scene: Scene) -> tuple[Transition, ...]:
        """Take one analysed frame. Times are counted in ``scene.t`` alone."""
        who = self._follower.update(scene)
        for watch in self._watches.values():
            watch.update(scene, who)
        said: list[Transition] = []
        for lifecycle in self._rules:
            said += lifecycle.update(scene, who, self._taken(lifecycle))
        return tuple(said)

    def health(self, change: HealthChange) -> tuple[Transition, ...]:
        """Take a change of what the camera can see.

        A camera that goes blind also ends every open violation with the reason ``camera_down``.
        """
        said: list[Transition] = []
        if change.active and change.condition in BLIND:
            said += self._stop(Moment(change.t, change.utc), "camera_down")
        return tuple(said + self._unmonitored.update(change))

    def close(self, t: float, utc: datetime) -> tuple[Transition, ...]:
        """End everything that is open with the reason ``closed``."""
        now = Moment(t, utc)
        return tuple(self._stop(now, "closed") + self._unmonitored.stop(now, "closed"))

    def _stop(self, now: Moment, reason: str) -> list[Transition]:
        return [transition for lifecycle in self._rules for transition in lifecycle.stop(now, reason)]

    def _taken(self, lifecycle: Lifecycle) -> dict[int, frozenset[Item]]:
        """Items per person that another rule has reported, which is enough said."""
        if lifecycle.rule.kind is not RuleKind.MISSING_PPE:
            return {}
        return merge_held(
            other.held()
            for other in self._rules
            if other.rule.kind is RuleKind.MISSING_PPE and _gives_way(lifecycle.rule, other.rule)
        )


def _gives_way(rule: Rule, other: Rule) -> bool:
    """Whether what ``other`` has reported is enough said for ``rule``; zones never give way to zones."""
    if rule.zone is None:
        return other.zone is not None
    return other.zone is None and _RANK[other.severity] >= _RANK[rule.severity]


def _rules(camera: Camera, settings: Settings, watches: dict[str, ZoneWatch]) -> Iterator[Rule]:
    """Zones first: they say first, and the whole picture then leaves those people to them."""
    timezone = settings.site.timezone
    for name, zone in camera.zones.items():
        timetable = Timetable(settings.schedules[zone.schedule] if zone.schedule else None, timezone)
        if zone.exclusion:
            yield ZoneIntrusion(name, zone, watches[name], timetable)
        if zone.requires:
            yield MissingPpe(zone.requires, Severity(zone.severity), timetable, (name, watches[name]))
    asked = settings.ppe.requires if camera.ppe.requires is None else camera.ppe.requires
    if asked:
        schedule = camera.ppe.schedule or settings.ppe.schedule
        timetable = Timetable(settings.schedules[schedule] if schedule else None, timezone)
        yield MissingPpe(asked, Severity(settings.ppe.severity), timetable)
