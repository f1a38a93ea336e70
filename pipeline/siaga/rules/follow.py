"""One key per person in view, the same when the tracker changes the id."""

from collections.abc import Mapping

from siaga.core.geometry import Box, displacement
from siaga.core.scene import Scene

GAP_S = 2.0
"""Seconds out of view after which a new track is somebody else."""
_REACH, _SPEED = 0.3, 0.8
"""How far a person may be from where it was lost: body heights, plus body heights per second away."""


class Follower:
    """Gives each track of one camera the key of the person.

    A track that appears where another was lost within 2 s takes over its key. Keys count from 1; a key
    says nothing about identity and ends with the person's leaving the view. It is not a track id, because
    the tracker may revive an id whose key went to another track.
    """

    def __init__(self) -> None:
        self._next = 1
        self._keys: dict[int, int] = {}
        self._last: dict[int, tuple[float, Box]] = {}

    def update(self, scene: Scene) -> Mapping[int, int]:
        """Take one frame; returns the key of every track in it."""
        self._last = {track: last for track, last in self._last.items() if scene.t - last[0] <= GAP_S}
        self._keys = {track: self._keys[track] for track in self._last}
        present = {judged.person.track_id for judged in scene.people}
        for judged in scene.people:
            track, box = judged.person.track_id, judged.person.xyxy
            if track not in self._keys:
                self._keys[track] = self._key_for(box, present, scene.t)
        for judged in scene.people:
            self._last[judged.person.track_id] = (scene.t, judged.person.xyxy)
        return {track: self._keys[track] for track in present}

    def _key_for(self, box: Box, present: set[int], t: float) -> int:
        lost = [
            (displacement(last, box) - _SPEED * (t - seen), old)
            for old, (seen, last) in self._last.items()
            if old not in present
        ]
        distance, old = min(lost, default=(float("inf"), 0))
        if distance > _REACH:
            self._next += 1
            return self._next - 1
        del self._last[old]
        return self._keys.pop(old)
