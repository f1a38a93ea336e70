"""One event per violation: not per frame, not per change of track id."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from siaga.core.clock import IdFactory
from siaga.core.event import EventState, Transition
from siaga.core.geometry import displacement
from siaga.core.scene import Scene
from siaga.core.verdict import Item
from siaga.rules.follow import GAP_S
from siaga.rules.rule import Finding, Moment, Rule, Standing
from siaga.rules.violation import Stop, Timing, Violation, transition

__all__ = ["Lifecycle", "Timing"]

_NEAR = 1.5
"""Body heights within which a violation begins "where one just ended"."""


class Lifecycle:
    """The violations of one rule on one camera, one per person.

    Args:
        rule: What is asked about each frame.
        camera: The camera's name.
        timing: How long things are waited for.
        new_id: Gives a violation its id.
    """

    def __init__(self, rule: Rule, camera: str, timing: Timing, new_id: IdFactory) -> None:
        self.rule = rule
        self._camera = camera
        self._timing = timing
        self._new_id = new_id
        self._open: dict[int, Violation] = {}
        self._begun: dict[int, float] = {}
        self._views: dict[int, tuple[float, float]] = {}
        self._on_since: Moment | None = None

    def held(self) -> Mapping[int, frozenset[Item]]:
        """Items of the open violations, by person."""
        return {who: frozenset(violation.items) for who, violation in self._open.items()}

    def update(
        self, scene: Scene, who: Mapping[int, int], taken: Mapping[int, frozenset[Item]]
    ) -> list[Transition]:
        """Take one frame.

        Args:
            who: Each track id's key.
            taken: Items per person for which another rule has a violation open; none is begun for them.
        """
        now = Moment(scene.t, scene.utc)
        if not self.rule.on(scene.utc):
            self._on_since = None
            return self.stop(now, "schedule_off")
        self._on_since = self._on_since or now
        findings = self._findings(scene, who, taken)
        self._remember(findings, now)
        begun = self._begin(findings, now)
        for violation in self._open.values():
            finding = findings.get(violation.who)
            if finding is None:
                violation.miss(now, self._timing.grace)
            else:
                violation.take(finding, now, self._timing.hold)
        # What ends makes room before what begins: nobody has two of the same at any moment.
        return self._changes(now) + self._ends(now) + begun

    def stop(self, now: Moment, reason: str) -> list[Transition]:
        """End everything at once; what had stopped before keeps its own reason and time."""
        said = [
            self._say(violation, now, EventState.END, violation.stopped or Stop(reason, now))
            for violation in self._open.values()
        ]
        self._open.clear()
        return said

    def _remember(self, findings: Mapping[int, Finding], now: Moment) -> None:
        self._begun = {
            key: t for key, t in self._begun.items() if now.t - t < self._timing.repeat or key in self._open
        }
        self._views = {key: view for key, view in self._views.items() if now.t - view[1] <= GAP_S}
        for key in findings:
            self._views[key] = (self._views.get(key, (now.t, now.t))[0], now.t)

    def _findings(
        self, scene: Scene, who: Mapping[int, int], taken: Mapping[int, frozenset[Item]]
    ) -> dict[int, Finding]:
        """What the rule finds, by person, without the items that another rule has taken first."""
        found = {}
        for finding in self.rule.findings(scene, who):
            own = self._open[finding.who].items if finding.who in self._open else ()
            found[finding.who] = _without(finding, taken.get(finding.who, frozenset()) - set(own))
        return found

    def _begin(self, findings: Mapping[int, Finding], now: Moment) -> list[Transition]:
        said = []
        for key, finding in findings.items():
            if finding.standing is not Standing.VIOLATES or key in self._open:
                continue
            if not self._continued(finding, findings, now) and key not in self._begun:
                said.append(self._new(finding, now))
        return said

    def _new(self, finding: Finding, now: Moment) -> Transition:
        start = finding.since
        if self._on_since is not None and self._on_since.t > start.t:
            start = self._on_since
        track_id, items = finding.subject.track_id, finding.missing
        violation = Violation(
            self._new_id(), finding.who, start, now, now, finding.subject, items, (now.t, track_id, items)
        )
        self._open[finding.who] = violation
        self._begun[finding.who] = now.t
        return self._say(violation, now, EventState.NEW)

    def _continued(self, finding: Finding, findings: Mapping[int, Finding], now: Moment) -> bool:
        """Let somebody who appeared where a violation's person went out of view go on with it."""
        near = [
            (displacement(violation.subject.xyxy, finding.subject.xyxy), key)
            for key, violation in self._open.items()
            if key not in findings
            and now.t - violation.seen.t <= self._timing.grouping
            and self._views[finding.who][0] > violation.seen.t
            and (violation.stopped is None or violation.stopped.reason != "resolved")
        ]
        distance, key = min(near, default=(float("inf"), 0))
        if distance > _NEAR:
            return False
        violation = self._open.pop(key)
        violation.who = finding.who
        self._open[finding.who] = violation
        self._begun[finding.who] = self._begun.pop(key)
        return True

    def _changes(self, now: Moment) -> list[Transition]:
        said = []
        for violation in self._open.values():
            news = violation.news()
            if news is not None and now.t - violation.said[0] >= self._timing.update_every:
                violation.said = (now.t, violation.subject.track_id, violation.items)
                violation.resumed = False
                said.append(self._say(violation, now, EventState.UPDATE, reason=news))
        return said

    def _ends(self, now: Moment) -> list[Transition]:
        said = []
        for key, violation in list(self._open.items()):
            stop = violation.stopped
            if stop is not None and now.t - stop.at.t >= self._timing.grouping:
                del self._open[key]
                said.append(self._say(violation, now, EventState.END, stop))
        return said

    def _say(
        self,
        violation: Violation,
        now: Moment,
        state: EventState,
        stop: Stop | None = None,
        reason: str | None = None,
    ) -> Transition:
        return transition(self._camera, self.rule, violation, now, state, stop, reason)


def _without(finding: Finding, foreign: frozenset[Item]) -> Finding:
    missing = tuple(item for item in finding.missing if item not in foreign)
    if missing == finding.missing:
        return finding
    return replace(finding, missing=missing, standing=finding.standing if missing else Standing.UNCLEAR)


def merge_held(parts: Iterable[Mapping[int, frozenset[Item]]]) -> dict[int, frozenset[Item]]:
    """Items per person over several rules."""
    merged: dict[int, frozenset[Item]] = {}
    for part in parts:
        for who, items in part.items():
            merged[who] = merged.get(who, frozenset()) | items
    return merged
