"""Is the camera there? Judged by the engine from the pictures that reach it, whatever the reason."""

from datetime import timedelta

from siaga.core.clock import Clock
from siaga.core.health import Condition, HealthChange


class OfflineWatch:
    """Says when a camera's pictures stop and when they are back.

    Works on monotonic time, also while the camera's process is dead or hangs. The silence is dated from the
    last picture, not from when it was noticed: what was not seen is not rounded down.

    Args:
        after: Seconds without a picture.
    """

    def __init__(self, camera: str, after: float, clock: Clock) -> None:
        self._camera = camera
        self._after = after
        self._clock = clock
        self._last = clock.monotonic()
        self._offline = False

    def seen(self) -> HealthChange | None:
        """A picture came."""
        self._last = self._clock.monotonic()
        if not self._offline:
            return None
        self._offline = False
        return self._change(active=False, ago=0.0)

    def tick(self) -> HealthChange | None:
        """Time went by."""
        silent = self._clock.monotonic() - self._last
        if self._offline or silent < self._after:
            return None
        self._offline = True
        return self._change(active=True, ago=silent)

    def _change(self, *, active: bool, ago: float) -> HealthChange:
        since = self._clock.utc() - timedelta(seconds=ago)
        return HealthChange(self._camera, Condition.OFFLINE, active, self._clock.monotonic() - ago, since)
