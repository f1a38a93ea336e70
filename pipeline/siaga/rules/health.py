"""A camera that does not watch is an event of its own, never "safe"."""

from collections.abc import Iterable

from siaga.core.clock import IdFactory
from siaga.core.event import EventState, RuleKind, Severity, Transition
from siaga.core.health import Condition, HealthChange
from siaga.rules.rule import Moment

BLIND = frozenset({Condition.OFFLINE, Condition.FROZEN, Condition.DARK, Condition.COVERED, Condition.MOVED})
"""Conditions in which nothing that was seen before can be followed further."""

Detail = tuple[tuple[str, str | float | int | bool], ...]


class Unmonitored:
    """The times in which one camera's zones are not monitored, one violation per condition.

    Args:
        camera: The camera's name.
        zones: Names of its zones, for people to read.
        new_id: Gives each its id.
    """

    def __init__(self, camera: str, zones: Iterable[str], new_id: IdFactory) -> None:
        self._camera = camera
        self._zones = ", ".join(zones)
        self._new_id = new_id
        self._open: dict[Condition, Transition] = {}

    def update(self, change: HealthChange) -> list[Transition]:
        """Take one change. What begins twice begins once; an end without a beginning is none."""
        begun = self._open.get(change.condition)
        now = Moment(change.t, change.utc)
        if change.active and begun is None:
            new = self._new(change, now)
            self._open[change.condition] = new
            return [new]
        if not change.active and begun is not None:
            del self._open[change.condition]
            return [_ended(begun, now, "resolved")]
        return []

    def stop(self, now: Moment, reason: str) -> list[Transition]:
        """End everything that is open."""
        said = [_ended(begun, now, reason) for begun in self._open.values()]
        self._open.clear()
        return said

    def _new(self, change: HealthChange, now: Moment) -> Transition:
        detail: Detail = (
            ("condition", change.condition.value),
            ("zones", self._zones),
            *sorted(
                (key, value) for key, value in change.detail.items() if key not in ("condition", "zones")
            ),
        )
        return Transition(
            state=EventState.NEW,
            event_id=self._new_id(),
            rule=RuleKind.CAMERA_UNMONITORED,
            camera=self._camera,
            zone=None,
            severity=Severity.WARNING,
            t=now.t,
            utc=now.utc,
            t_start=now.t,
            utc_start=now.utc,
            reason=change.condition.value,
            detail=detail,
        )


def _ended(begun: Transition, now: Moment, reason: str) -> Transition:
    return Transition(
        state=EventState.END,
        event_id=begun.event_id,
        rule=begun.rule,
        camera=begun.camera,
        zone=begun.zone,
        severity=begun.severity,
        t=now.t,
        utc=now.utc,
        t_start=begun.t_start,
        utc_start=begun.utc_start,
        utc_end=now.utc,
        reason=reason,
        detail=begun.detail,
    )
