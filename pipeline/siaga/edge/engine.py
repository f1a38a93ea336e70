"""The loop: from the newest picture of each camera to what has changed on site."""

from collections.abc import Callable, Mapping, Sequence

from siaga.core.clock import Clock
from siaga.core.frame import Frame
from siaga.core.health import HealthChange
from siaga.core.scene import Scene
from siaga.detect.detector import Detector
from siaga.edge.lane import Lane
from siaga.edge.recorder import Occurrence
from siaga.judge.associate import associate


class Engine:
    """Detect, track, look closer, judge, apply the rules, hand over what is to be recorded.

    Args:
        lanes: What each camera remembers between frames, by camera name.
        record: Takes every transition with its picture; called in order, from the caller's thread.
    """

    def __init__(
        self, detector: Detector, lanes: Mapping[str, Lane], record: Callable[[Occurrence], None]
    ) -> None:
        self._detector = detector
        self._lanes = lanes
        self._record = record

    def step(self, frames: Sequence[Frame]) -> list[Scene]:
        """Analyse ``frames`` (at most one per camera) and return what was judged in each.

        Raises:
            ModelError: The detector or a classifier failed.
        """
        scenes = []
        for frame, detections in zip(frames, self._detector.detect(frames), strict=True):
            lane = self._lanes[frame.camera]
            found = lane.second.sure(detections) if lane.second else detections
            tracks = lane.tracker.update(found, frame.t)
            people = associate(tracks, found)
            close = lane.second.look(frame, people, detections) if lane.second else None
            judged = lane.judge.update(people, frame.t, frame.size, frame.scale[1], close)
            scene = Scene(frame.camera, frame.t, frame.utc, frame.size, judged)
            lane.remember(frame, scene, found)
            for transition in lane.rules.update(scene):
                self._record(lane.occurrence(transition, frame))
            scenes.append(scene)
        return scenes

    def health(self, change: HealthChange) -> None:
        """A camera began or ceased to watch."""
        lane = self._lanes[change.camera]
        lane.note(change)
        for transition in lane.rules.health(change):
            self._record(lane.occurrence_without_picture(transition))

    def close(self, clock: Clock) -> None:
        """End what is open: the edge is stopping."""
        for lane in self._lanes.values():
            for transition in lane.rules.close(clock.monotonic(), clock.utc()):
                self._record(lane.occurrence_without_picture(transition))
