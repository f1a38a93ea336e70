"""From a stream's own timestamps to ticks since the first frame, whatever the camera's clock does."""

from dataclasses import dataclass, field
from fractions import Fraction

MAX_GAP_SECONDS = 5.0

_REORDER_FRAMES = 16


@dataclass(slots=True)
class Timeline:
    """Puts packets on a time line that starts at zero and does not go back.

    A timestamp that falls, or (live) runs ahead of the packets' arrival by more than ``MAX_GAP_SECONDS``,
    is taken as a jump of the camera's clock: the time line goes on from the packet before, by the time that
    passed between the two arrivals (live) or by one frame (file). A live camera's first packets may have no
    timestamp at all; they get one frame's time each.

    Args:
        time_base: Seconds per tick.
        frame_ticks: Ticks from one frame to the next, for want of anything better.
        live: Whether arrival times mean anything.
    """

    time_base: Fraction
    frame_ticks: int
    live: bool
    jumps: int = 0
    _shift: int | None = field(default=None, init=False)
    _last_dts: int | None = field(default=None, init=False)
    _last_arrival: float = field(default=0.0, init=False)
    _reorders: bool = field(default=False, init=False)

    def place(self, pts: int | None, dts: int | None, arrival: float) -> tuple[int, int]:
        """Ticks (pts, dts) since the first frame, for a packet's own timestamps.

        Args:
            pts: The packet's presentation timestamp in ticks, if it has one.
            dts: Its decoding timestamp, if it has one.
            arrival: CLOCK_MONOTONIC seconds.
        """
        shown = pts if pts is not None else dts
        if shown is None:
            placed = 0 if self._last_dts is None else self._last_dts + self.frame_ticks
            return self._note(placed, placed, arrival)
        coded = dts if dts is not None else shown
        self._reorders = self._reorders or shown != coded
        if self._shift is None:
            start = 0 if self._last_dts is None else self._last_dts + self.frame_ticks
            self._shift = start - shown
        elif self._jumped(coded + self._shift, arrival):
            self.jumps += 1
            self._shift = self._next(arrival) - coded
        return self._note(shown + self._shift, coded + self._shift, arrival)

    def _jumped(self, dts: int, arrival: float) -> bool:
        if self._last_dts is None:
            return False
        ahead = dts - self._last_dts
        # With B-frames FFmpeg guesses at decoding times, and guesses wrong after a loss.
        slack = _REORDER_FRAMES * self.frame_ticks if self._reorders else 0
        if ahead < 0 or not self.live:
            return ahead < -slack
        passed = arrival - self._last_arrival
        return float(ahead * self.time_base) > passed + MAX_GAP_SECONDS

    def _next(self, arrival: float) -> int:
        step = round((arrival - self._last_arrival) / self.time_base) if self.live else self.frame_ticks
        return (self._last_dts or 0) + max(step, 1)

    def _note(self, pts: int, dts: int, arrival: float) -> tuple[int, int]:
        dts = dts if self._last_dts is None else max(dts, self._last_dts)
        self._last_dts, self._last_arrival = dts, arrival
        return pts, dts
