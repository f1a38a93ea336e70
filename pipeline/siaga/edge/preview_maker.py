"""Makes an engine's pictures for a live preview: small, rare, and heads covered whatever the settings say."""

from siaga.core.clock import Clock
from siaga.core.errors import StorageError
from siaga.core.frame import Frame
from siaga.core.settings import Snapshot
from siaga.edge.lane import Lane
from siaga.edge.preview import PreviewAsked, picture_file
from siaga.edge.specs import EngineSpec
from siaga.evidence.blur import HeadTimeline
from siaga.evidence.snapshot import snapshot

_EVERY_S = 1.0
_PICTURE = Snapshot(quality=60, max_width=640)


class PreviewMaker:
    """See the module. One per engine."""

    def __init__(self, spec: EngineSpec, clock: Clock) -> None:
        self._runtime = spec.status.parent
        self._clock = clock
        self._asked = PreviewAsked(spec.preview, clock)
        self._next: dict[str, float] = {}

    def refresh(self) -> None:
        """See which cameras are asked for."""
        self._asked.refresh()

    def offer(self, frame: Frame, lane: Lane) -> None:
        """Make a picture of ``frame``, which was just analysed, if its camera is shown and it is time to."""
        now = self._clock.monotonic()
        if not self._asked.wants(lane.name) or now < self._next.get(lane.name, 0.0):
            return
        full = frame.full()
        if full is None:
            return
        self._next[lane.name] = now + _EVERY_S
        heads = HeadTimeline(lane.heads.between(frame.epoch, frame.pts, frame.pts)).regions(frame.pts)
        try:
            still = snapshot(full, heads, (), None, (), _PICTURE, blur=True)
        except StorageError:
            return
        path = picture_file(self._runtime, lane.name)
        partial = path.with_suffix(".partial")
        partial.write_bytes(still.clean)
        partial.replace(path)
