"""Slows down whoever tries wrong keys."""

import threading
from collections import OrderedDict, deque

from siaga.core.clock import Clock
from siaga.core.errors import Unauthorised


class RateLimited(Unauthorised):
    """Too many wrong keys from one address. ``retry_after``: seconds to wait."""

    http_status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__("Too many wrong keys.", fix=f"Wait {retry_after} seconds.")
        self.retry_after = retry_after


class WrongKeyLimiter:
    """Counts wrong keys per address over a sliding window. Right keys are never counted or refused.

    Args:
        limit: Wrong keys per window.
        window_s: Length of the window in seconds.
        addresses: How many addresses are remembered; the longest silent one is forgotten first.
    """

    def __init__(self, clock: Clock, limit: int = 10, window_s: float = 60.0, addresses: int = 1024) -> None:
        self._clock = clock
        self._limit = limit
        self._window_s = window_s
        self._addresses = addresses
        self._lock = threading.Lock()
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()

    def wrong(self, address: str) -> None:
        """Count a wrong key.

        Raises:
            RateLimited: There were too many.
        """
        now = self._clock.monotonic()
        with self._lock:
            times = self._wrong.setdefault(address, deque())
            self._wrong.move_to_end(address)
            while times and times[0] <= now - self._window_s:
                times.popleft()
            if len(times) >= self._limit:
                raise RateLimited(int(times[0] + self._window_s - now) + 1)
            times.append(now)
            if len(self._wrong) > self._addresses:
                self._wrong.popitem(last=False)
