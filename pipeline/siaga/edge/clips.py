"""Which clips are wanted, and when each can be cut. Violations that begin together share one clip."""

from dataclasses import dataclass, field
from uuid import UUID

from siaga.core.clock import IdFactory
from siaga.core.frame import Frame
from siaga.core.geometry import Polygon
from siaga.core.settings import Clip
from siaga.core.video import ClipJob
from siaga.edge.heads import HeadHistory

_TOGETHER_S = 1.5
_LATE_S = 0.5


@dataclass(slots=True)
class WantedClip:
    """A clip to be cut once its post-roll has gone by. ``triggers``: pts of the trigger per event."""

    ticket: UUID
    epoch: int
    trigger_pts: float
    trigger_t: float
    size: tuple[int, int]
    triggers: dict[UUID, float] = field(default_factory=dict)


class ClipPlanner:
    """Collects one camera's wanted clips.

    Args:
        masks: Privacy masks of the camera.
        new_id: Makes tickets.
    """

    def __init__(self, camera: str, settings: Clip, masks: tuple[Polygon, ...], new_id: IdFactory) -> None:
        self._camera = camera
        self._settings = settings
        self._masks = masks
        self._new_id = new_id
        self._wanted: list[WantedClip] = []

    def want(self, event_id: UUID, frame: Frame) -> None:
        """Ask for a clip around ``frame``."""
        for clip in self._wanted:
            if clip.epoch == frame.epoch and 0 <= frame.pts - clip.trigger_pts <= _TOGETHER_S:
                clip.triggers[event_id] = frame.pts
                return
        self._wanted.append(
            WantedClip(self._new_id(), frame.epoch, frame.pts, frame.t, frame.size, {event_id: frame.pts})
        )

    def due(
        self, t: float, heads: HeadHistory, *, all_of_them: bool = False
    ) -> list[tuple[WantedClip, ClipJob]]:
        """The clips whose post-roll is over at ``t`` (rule clock); each is handed out once."""
        ready = [
            clip
            for clip in self._wanted
            if all_of_them or t >= clip.trigger_t + self._settings.post_roll + _TOGETHER_S + _LATE_S
        ]
        self._wanted = [clip for clip in self._wanted if clip not in ready]
        return [(clip, self._job(clip, heads)) for clip in ready]

    def _job(self, clip: WantedClip, heads: HeadHistory) -> ClipJob:
        last_trigger = max(clip.triggers.values())
        pts0 = max(0.0, clip.trigger_pts - self._settings.pre_roll)
        pts1 = last_trigger + self._settings.post_roll
        return ClipJob(
            event_id=next(iter(clip.triggers)),
            camera=self._camera,
            epoch=clip.epoch,
            trigger_pts=clip.trigger_pts,
            trigger_t=clip.trigger_t,
            pts0=pts0,
            pts1=pts1,
            size=clip.size,
            samples=heads.between(clip.epoch, pts0, pts1),
            masks=self._masks,
        )
