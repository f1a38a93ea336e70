"""One violation from its beginning to its end, as the rules remember it."""

from dataclasses import dataclass
from uuid import UUID

from siaga.core.event import EventState, Subject, Transition
from siaga.core.verdict import Item
from siaga.rules.rule import Finding, Moment, Rule, Standing


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds on the rule clock.

    Attributes:
        grouping: A violation that stopped and begins again within this long, at the same person or at one
            that appeared where it was, is the same one. Its end is said only after this long.
        repeat: The same violation by the same person is begun again only this long after it began.
        grace: Out of view for this long means gone.
        hold: In view but not to be told for this long means lost from sight.
        update_every: At most one update per this long.
    """

    grouping: float = 3.0
    repeat: float = 60.0
    grace: float = 2.0
    hold: float = 15.0
    update_every: float = 5.0


@dataclass(frozen=True, slots=True)
class Stop:
    """Why and when a violation stopped."""

    reason: str
    at: Moment


@dataclass(slots=True)
class Violation:
    """An open violation.

    Attributes:
        last: When it was last seen to be violated.
        seen: When its person was last in view.
        said: When something was last said about it, and about whom and what.
        stopped: Set while it waits for its end to be said.
    """

    event_id: UUID
    who: int
    start: Moment
    last: Moment
    seen: Moment
    subject: Subject
    items: tuple[Item, ...]
    said: tuple[float, int, tuple[Item, ...]]
    stopped: Stop | None = None
    resumed: bool = False

    def take(self, finding: Finding, now: Moment, hold: float) -> None:
        """Count what one frame finds about the violation's person."""
        self.seen = now
        if finding.standing is Standing.VIOLATES:
            self.resumed = self.resumed or self.stopped is not None
            self.last, self.stopped = now, None
            kept = tuple(item for item in self.items if item not in finding.worn)
            self.items = kept + tuple(item for item in finding.missing if item not in kept)
            self.subject = finding.subject
            return
        if self.stopped is not None and self.stopped.reason == "resolved":
            return
        if finding.standing is Standing.OUTSIDE:
            self.stopped = self.stopped or Stop("left", now)
        elif finding.standing is Standing.KEPT or (self.items and set(self.items) <= set(finding.worn)):
            self.stopped, self.subject = Stop("resolved", now), finding.subject
        elif self.stopped is None and now.t - self.last.t > hold:
            self.stopped = Stop("lost_sight", self.last)

    def miss(self, now: Moment, grace: float) -> None:
        """Count a frame in which the violation's person is not in view."""
        if self.stopped is None and now.t - self.seen.t > grace:
            self.stopped = Stop("left", self.seen)

    def news(self) -> str | None:
        """What has changed since something was last said; None for nothing that matters."""
        _, track_id, items = self.said
        if self.stopped is not None:
            return None
        if set(items) != set(self.items):
            return "items_changed"
        if self.resumed:
            return "continued"
        return "track_changed" if track_id != self.subject.track_id else None


def transition(
    camera: str,
    rule: Rule,
    violation: Violation,
    now: Moment,
    state: EventState,
    stop: Stop | None,
    reason: str | None,
) -> Transition:
    """What is said about ``violation`` at ``now``; ``stop`` is set for its end."""
    return Transition(
        state=state,
        event_id=violation.event_id,
        rule=rule.kind,
        camera=camera,
        zone=rule.zone,
        severity=rule.severity,
        t=now.t,
        utc=now.utc,
        t_start=violation.start.t,
        utc_start=violation.start.utc,
        utc_end=stop.at.utc if stop else None,
        subjects=(violation.subject,),
        items=violation.items,
        reason=stop.reason if stop else reason,
    )
