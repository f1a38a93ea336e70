"""How often something may be done, without keeping who did it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict, deque
from typing import Protocol

from siaga.core.clock import Clock
from siaga.core.errors import SiagaError


class TooOften(SiagaError):
    """Too many in a short time. ``retry_after``: seconds to wait."""

    http_status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__("Too many reports came in a short time.", fix=f"Wait {retry_after} seconds.")
        self.retry_after = retry_after


class Limiter(Protocol):
    """Counts uses of keys."""

    def take(self, key: str) -> None:
        """Count one use.

        Raises:
            TooOften: There were too many; it is not counted.
        """


class SlidingWindow:
    """At most ``limit`` uses of a key in ``window_s`` seconds; in memory, of this process.

    Keys (addresses among them) are held as a keyed hash whose key dies with the process, and forgotten after
    the window.

    Args:
        keys: How many keys are remembered; the longest silent one is forgotten first.
    """

    def __init__(self, clock: Clock, limit: int, window_s: float, keys: int = 4096) -> None:
        self._clock = clock
        self._limit = limit
        self._window_s = window_s
        self._keys = keys
        self._salt = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._uses: OrderedDict[bytes, deque[float]] = OrderedDict()

    def take(self, key: str) -> None:
        """See ``Limiter``."""
        name = hmac.digest(self._salt, key.encode(), hashlib.sha256)
        now = self._clock.monotonic()
        with self._lock:
            self._forget(now)
            times = self._uses.setdefault(name, deque())
            while times and times[0] <= now - self._window_s:
                times.popleft()
            if len(times) >= self._limit:
                raise TooOften(int(times[0] + self._window_s - now) + 1)
            times.append(now)
            self._uses.move_to_end(name)

    def _forget(self, now: float) -> None:
        while self._uses:
            oldest = next(iter(self._uses.values()))
            if len(self._uses) <= self._keys and oldest and oldest[-1] > now - self._window_s:
                return
            self._uses.popitem(last=False)
