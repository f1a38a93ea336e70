"""The judge of one camera: keeps the votes of everybody in view and says what holds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from siaga.core.geometry import Box, displacement
from siaga.core.person import Judged, Person
from siaga.core.verdict import Item, Look, Verdict
from siaga.judge.closer import CloseLooks, confirmed
from siaga.judge.looks import Gates, look_at
from siaga.judge.vote import Voter, VoteRules

_INHERIT_S = 1.0
_FORGET_S = 5.0
_REACH, _SPEED = 0.3, 0.8
"""How far a person may be from where it was lost: body heights, plus body heights per second away."""


@dataclass(slots=True)
class _Memory:
    seen: float
    xyxy: Box
    voters: dict[Item, Voter] = field(default_factory=dict)


class Judge:
    """Judges the people of one camera.

    Args:
        items: Items to give a verdict on.
        classes: Names of the model's classes; an item that the model has no class for is never judged.
        rules: How looks become verdicts.
        gates: Sizes under which nothing is judged, in pixels of the analysed picture.
        closely: Items that classifiers judge on crops, and how those looks become verdicts.
    """

    def __init__(
        self,
        items: Iterable[Item],
        classes: Iterable[str],
        rules: VoteRules | None = None,
        gates: Gates | None = None,
        closely: Mapping[Item, VoteRules] | None = None,
    ) -> None:
        self._items = tuple(items)
        self._classes = frozenset(classes)
        self._rules = rules or VoteRules()
        self._gates = gates or Gates()
        self._closely = dict(closely or {})
        self._memory: dict[int, _Memory] = {}

    def update(
        self,
        people: Sequence[Person],
        t: float,
        size: tuple[int, int],
        scale: float = 1.0,
        close: CloseLooks | None = None,
    ) -> tuple[Judged, ...]:
        """Judge one frame.

        A new track that appears within a second where another was lost takes over its votes: trackers
        change ids when somebody passes behind a post. Tracks not seen for 5 s are forgotten.

        Args:
            people: Everybody in the frame, with their matched parts.
            t: Seconds on the rule clock.
            size: (width, height) in pixels of the full-resolution picture.
            scale: Full-resolution pixels per analysed pixel; the gates count in analysed pixels.
            close: What the classifiers say. Of an item that they judge and did not look at now, what holds
                is said without a new look.

        Returns:
            One :class:`Judged` per person, in the same order.
        """
        self._memory = {key: kept for key, kept in self._memory.items() if t - kept.seen <= _FORGET_S}
        present = {person.track_id for person in people}
        for person in people:
            if person.track_id not in self._memory:
                self._take_over(person, present, t)
        gates = Gates(self._gates.min_head_px * scale, self._gates.min_person_px * scale)
        seen = close or {}
        return tuple(self._judge(person, t, size, gates, seen.get(person.track_id, {})) for person in people)

    def inherit(self, old_id: int, new_id: int) -> None:
        """Let track ``new_id`` go on with the votes of track ``old_id``; nothing when that is not known."""
        if old_id in self._memory:
            self._memory[new_id] = self._memory.pop(old_id)

    def _take_over(self, person: Person, present: set[int], t: float) -> None:
        lost = [
            (displacement(kept.xyxy, person.xyxy) - _SPEED * (t - kept.seen), key)
            for key, kept in self._memory.items()
            if key not in present and t - kept.seen <= _INHERIT_S
        ]
        distance, old_id = min(lost, default=(float("inf"), 0))
        if distance <= _REACH:
            self.inherit(old_id, person.track_id)

    def _judge(
        self, person: Person, t: float, size: tuple[int, int], gates: Gates, close: Mapping[Item, Look]
    ) -> Judged:
        kept = self._memory.setdefault(person.track_id, _Memory(t, person.xyxy))
        kept.seen, kept.xyxy = t, person.xyxy
        looks: list[Look] = []
        verdicts: list[Verdict] = []
        for item in self._items:
            voter = kept.voters.setdefault(item, Voter(item, self._closely.get(item, self._rules)))
            look = self._look(person, item, size, gates, close)
            if look is None:
                verdicts.append(voter.hold(t))
            else:
                looks.append(look)
                verdicts.append(voter.add(look, t))
        return Judged(person, tuple(looks), tuple(verdicts))

    def _look(
        self, person: Person, item: Item, size: tuple[int, int], gates: Gates, close: Mapping[Item, Look]
    ) -> Look | None:
        if item not in self._closely:
            return look_at(person, item, size, gates, self._classes)
        look = close.get(item)
        return confirmed(look, person, gates) if look is not None and item is Item.HELMET else look
