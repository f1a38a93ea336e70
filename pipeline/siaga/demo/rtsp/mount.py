"""One camera of the server: a clip that loops for ever on one timeline that all its clients share."""

from collections.abc import Callable

from siaga.demo.rtsp.clip import Clip
from siaga.demo.rtsp.faults import Faults
from siaga.demo.rtsp.payload import CLOCK_RATE


class Mount:
    """A camera.

    Its time begins when the first client plays, so that this client sees the clip from its first picture.
    Everybody who comes later joins in at the newest keyframe.

    Args:
        path: Where it is served, e.g. ``/cam0``.
        clip: What it shows.
        call_soon: Runs a function on the server's thread.
        fps_scale: Speed; 2.0 shows twice as many pictures per second.
        first_rtp_time: RTP timestamp (90 kHz) of the first picture.
        max_lag: Seconds by which a client may fall behind before pictures up to a keyframe are left out.
    """

    def __init__(
        self,
        path: str,
        clip: Clip,
        call_soon: Callable[[Callable[[], None]], None],
        *,
        fps_scale: float = 1.0,
        first_rtp_time: int = CLOCK_RATE,
        max_lag: float = 5.0,
    ) -> None:
        if fps_scale <= 0:
            raise ValueError(f"fps_scale must be positive, not {fps_scale}")
        self.path = path
        self.clip = clip
        self.max_lag = max_lag
        self.faults = Faults(lambda: call_soon(self._drop_all))
        self.playing = 0
        self._rate = CLOCK_RATE * fps_scale
        self._scale = fps_scale
        self._first_rtp_time = first_rtp_time
        self._epoch: float | None = None
        self._hang_ups: set[Callable[[], None]] = set()

    @property
    def fps(self) -> float:
        """Pictures per second, on average over the loop."""
        return len(self.clip.units) * self._rate / self.clip.length

    def ticks(self, now: float) -> float:
        """Clip time (90 kHz ticks of the unscaled clip, over all loops) at monotonic ``now``."""
        if self._epoch is None:
            self._epoch = now
        return (now - self._epoch) * self._rate

    def due(self, ticks: float) -> float:
        """Monotonic time at which the unit ``sent`` at ``ticks`` goes out, once the camera's time began."""
        return (self._epoch or 0.0) + ticks / self._rate

    def rtp_time(self, ticks: float) -> int:
        """RTP timestamp (90 kHz, before wrapping) of a picture ``shown`` at ``ticks``."""
        return self._first_rtp_time + round(ticks / self._scale + self.faults.jump * CLOCK_RATE)

    def attach(self, hang_up: Callable[[], None]) -> None:
        """Note a connection to this camera; ``hang_up`` closes it. Server's thread only."""
        self._hang_ups.add(hang_up)

    def detach(self, hang_up: Callable[[], None]) -> None:
        """Forget a connection. Server's thread only."""
        self._hang_ups.discard(hang_up)

    def _drop_all(self) -> None:
        for hang_up in list(self._hang_ups):
            hang_up()
